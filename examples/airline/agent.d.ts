export interface Message {
  role: string;
  content: string | null;
  name?: string;
  tool_call_id?: string;
  tool_calls?: { id: string; type: string; function: { name: string; arguments: string } }[];
  function_call?: { name: string; arguments: string };
  valid?: boolean;
}

export interface Conversation {
  end: 'customer done' | 'handed over' | 'finished' | 'too many answers';
  messages: Message[];
}

export const live: { model: number; tool: number; person: number };

export function airline(task: { run: string; model: string; system: string }): Promise<Conversation>;

export function researcher(task: { run: string; model: string; system: string; task: Message; functions: unknown[] }): Promise<Conversation>;
