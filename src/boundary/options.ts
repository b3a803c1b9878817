// What a user may say of a boundary.

import { ChronicleError } from '../errors.js';
import { type BoundaryKind, DEFAULT_EFFECT, EFFECTS, type Effect } from '../crossing/index.js';

/** Options of a boundary. */
export interface BoundaryOptions {
  /**
   * What a call does to the world. Default: by kind; a tool or human whose author says nothing counts as
   * `irreversible`, so that replay never runs it by accident.
   */
  effect?: Effect;
}

/** Options with nothing left open. */
export interface ResolvedBoundaryOptions {
  readonly effect: Effect;
}

/** Checks options and fills in the defaults of the kind. Fails with `CHRONICLE_OPTION_INVALID`. */
export function resolveBoundaryOptions(kind: BoundaryKind, name: unknown, options: BoundaryOptions): ResolvedBoundaryOptions {
  if (typeof name !== 'string' || name === '') {
    throw new ChronicleError(
      'CHRONICLE_OPTION_INVALID',
      `A boundary needs a name that is not empty, got ${describe(name)}.\nCall boundary.${kind}('name', fn).`,
      { facts: { option: 'name' } },
    );
  }
  for (const key of Object.keys(options)) {
    if (key !== 'effect')
      throw new ChronicleError('CHRONICLE_OPTION_INVALID', `Boundary "${name}" has an unknown option ${JSON.stringify(key)}.\nKnown options: effect.`, {
        facts: { option: key },
      });
  }
  const effect = options.effect ?? DEFAULT_EFFECT[kind];
  if (!EFFECTS.includes(effect)) {
    throw new ChronicleError('CHRONICLE_OPTION_INVALID', `Option effect of boundary "${name}" must be one of ${EFFECTS.join(', ')}, got ${describe(effect)}.`, {
      facts: { option: 'effect' },
    });
  }
  return { effect };
}

function describe(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
