// Which calls the user named, and what is to become of them. Pure.

import { type BoundaryKind, type Effect, runsAgainInReplay } from '../crossing/index.js';
import type { Policy } from './types.js';

/** What a boundary is, as far as a policy can name it. */
export interface NamedBoundary {
  readonly kind: string;
  readonly name: string;
  readonly effect: string;
}

/** The policies of a replay. A `Map`, so that a boundary called `constructor` finds nothing by accident. */
export type Policies = ReadonlyMap<string, Policy>;

/** The policy that the user gave for a boundary: by its name, else by `kind:...`, else by `effect:...`. */
export function policyOf(policies: Policies, boundary: NamedBoundary): Policy | undefined {
  return policies.get(boundary.name) ?? policies.get(`kind:${boundary.kind}`) ?? policies.get(`effect:${boundary.effect}`);
}

/**
 * Whether a boundary below the entry runs again while the calls inside it are answered.
 *
 * Agents and steps do, since they are the code under examination, unless they declare an effect of their own: then
 * their recorded outcome is given, like a tool's. Running them would be live, and nobody named them.
 */
export function runsAgain(boundary: { readonly kind: string; readonly effect: string }): boolean {
  return runsAgainInReplay(boundary.kind as BoundaryKind) && (boundary.effect as Effect) === 'none';
}
