import type { Message } from './agent.js';

export interface RecordedRun {
  id: string;
  model: string;
  tools: unknown[] | null;
  messages: Message[];
  steps: { type: 'llm' | 'tool' | 'user'; name: string; output_message: number }[];
}

export interface Player {
  readonly url: string;
  readonly counts: { requests: number; refused: number };
  isOver(id: string): boolean;
  stop(): Promise<void>;
}

export function readRuns(file: string | URL): RecordedRun[];
export function startOf(run: RecordedRun): { agent: 'airline' | 'researcher'; input: never };
export function conversationOf(run: RecordedRun): Message[];
export function startPlayer(runs: readonly RecordedRun[]): Promise<Player>;
