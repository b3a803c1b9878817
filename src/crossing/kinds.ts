// The kinds of boundary and the classes of effect, with their defaults. Stored with every crossing.

/** What sort of outside system, or part of the agent, a boundary stands for. */
export type BoundaryKind = 'agent' | 'step' | 'model' | 'tool' | 'retrieval' | 'embedding' | 'guardrail' | 'human';

/**
 * What running the boundary does to the world: `none` computes, `read` looks, `write` can be repeated or undone,
 * `irreversible` can be neither.
 */
export type Effect = 'none' | 'read' | 'write' | 'irreversible';

/** All kinds, in the order in which documentation lists them. */
export const BOUNDARY_KINDS: readonly BoundaryKind[] = ['agent', 'step', 'model', 'tool', 'retrieval', 'embedding', 'guardrail', 'human'];

/** All effects, from harmless to final. */
export const EFFECTS: readonly Effect[] = ['none', 'read', 'write', 'irreversible'];

/** The effect of a boundary whose author said nothing: a tool may do anything, so it counts as irreversible. */
export const DEFAULT_EFFECT: Readonly<Record<BoundaryKind, Effect>> = {
  agent: 'none',
  step: 'none',
  guardrail: 'none',
  model: 'read',
  retrieval: 'read',
  embedding: 'read',
  tool: 'irreversible',
  human: 'irreversible',
};

/** Kinds whose own code runs again in replay while the calls inside them are answered. */
export function runsAgainInReplay(kind: BoundaryKind): boolean {
  return kind === 'agent' || kind === 'step';
}
