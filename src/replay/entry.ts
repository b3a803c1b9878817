// Which function a replay calls: the boundary that carries the recorded name, or the one that the user gave.

import type { BoundaryDefinition } from '../crossing/index.js';
import type { Envelope } from '../envelope/index.js';
import { ChronicleError } from '../errors.js';
import { quoted } from './divergence.js';
import { sortByCloseness } from './nearest-name.js';
import { safeText } from './safe-text.js';

/** The registered boundaries, by name. */
export type Registry = ReadonlyMap<string, ReadonlySet<BoundaryDefinition>>;

/** What a replay calls. */
export interface Entry {
  readonly call: (...args: never[]) => unknown;
  /** Its definition; undefined for a function of the user's that is no boundary. */
  readonly boundary: BoundaryDefinition | undefined;
}

/**
 * Finds what to call: the function that the user gave, else the boundary registered under the recorded kind and name.
 *
 * Fails with `CHRONICLE_BOUNDARY_UNKNOWN`, which lists the names that are registered, nearest first, or with
 * `CHRONICLE_BOUNDARY_AMBIGUOUS` where two different functions carry the name. A function that was marked again and
 * again, as when boundaries are made per request, is one.
 */
export function findEntry(registry: Registry, recorded: Envelope, given: Entry['call'] | undefined): Entry {
  if (given !== undefined) return { call: given, boundary: definitionOf(registry, given) };
  const named = [...(registry.get(recorded.name) ?? [])];
  const found = named.filter(({ kind }) => kind === recorded.kind);
  const [first] = found;
  if (first === undefined) throw unknownBoundary(registry, recorded, named);
  if (found.some(({ target }) => target !== first.target)) throw ambiguousBoundary(recorded, found);
  // The latest one: earlier ones may belong to set-ups that are gone.
  const boundary = found[found.length - 1] as BoundaryDefinition;
  return { call: boundary.call as Entry['call'], boundary };
}

function definitionOf(registry: Registry, given: Entry['call']): BoundaryDefinition | undefined {
  for (const definitions of registry.values()) for (const definition of definitions) if (definition.call === given) return definition;
  return undefined;
}

/** Names in a message; the rest are counted. */
const MAX_NAMES = 8;

function unknownBoundary(registry: Registry, recorded: Envelope, named: readonly BoundaryDefinition[]): ChronicleError {
  const wanted = `${safeText(recorded.kind)} ${quoted(recorded.name)}`;
  const names = sortByCloseness(
    recorded.name,
    [...registry].filter(([, definitions]) => definitions.size > 0).map(([name]) => name),
  );
  const facts = { kind: recorded.kind, name: recorded.name, defined: names };
  const [other] = named;
  if (other !== undefined) {
    return new ChronicleError(
      'CHRONICLE_BOUNDARY_UNKNOWN',
      `No boundary is defined for the recorded ${wanted}: ${quoted(other.name)} is a ${other.kind} now.\nGive it the recorded kind again, or pass the function with the option entry.`,
      { facts },
    );
  }
  if (names.length === 0) {
    return new ChronicleError(
      'CHRONICLE_BOUNDARY_UNKNOWN',
      `No boundary is defined for the recorded ${wanted}: the modules that were loaded define none at all.\nName the module that defines it with --import (option import).`,
      { facts },
    );
  }
  const listed = names.slice(0, MAX_NAMES).map(quoted).join(', ');
  const rest = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  return new ChronicleError(
    'CHRONICLE_BOUNDARY_UNKNOWN',
    `No boundary is defined for the recorded ${wanted}. Defined are ${listed}${rest}.\nName the module that defines it with --import (option import), or pass the function with the option entry.`,
    { facts },
  );
}

function ambiguousBoundary(recorded: Envelope, found: readonly BoundaryDefinition[]): ChronicleError {
  const functions = new Set(found.map(({ target }) => target)).size;
  return new ChronicleError(
    'CHRONICLE_BOUNDARY_AMBIGUOUS',
    `${functions} different functions are defined as ${safeText(recorded.kind)} ${quoted(recorded.name)}, and replay has to call one.\nGive them names of their own, or pass the function with the option entry.`,
    { facts: { kind: recorded.kind, name: recorded.name, functions } },
  );
}
