// What a replay may answer with: the recorded crossings, indexed by the place where they were called. Pure.
//
// A place is "directly inside that recorded crossing", said by the crossing's identity rather than by its path: two
// processes of one trace may hold equal paths, and a sub-agent that is replayed alone has another path than it had.

import type { Envelope, Recording } from '../envelope/index.js';
import { parentPathOf } from '../crossing/index.js';

/** Where a call is made, in terms of the recording. Made by the functions of this file alone; equal places are equal. */
export type Place = string & { readonly place: unique symbol };

/** The root of the recorded run. */
export const ROOT_PLACE = 'root' as Place;

/** Directly inside a recorded crossing. */
export function placeInside(envelope: Envelope): Place {
  return `span:${envelope.spanId}` as Place;
}

/** Directly inside a crossing of which only the path is known, since its envelope is missing. */
export function placeAtPath(path: string): Place {
  return `path:${path}` as Place;
}

/** The recorded crossings that a replay may answer with. */
export interface ReplayPlan {
  readonly recording: Recording;
  /** The crossing that is called again; undefined when the whole trace is replayed. */
  readonly entry: Envelope | undefined;
  /** The crossings below the entry, or all of the trace, in the order in which they began. */
  readonly envelopes: readonly Envelope[];
  /** The crossings of the plan that have no recorded crossing of the plan around them. */
  readonly roots: readonly Envelope[];
  /** Calls with this very input at this place, in recorded order. */
  exact(place: Place, kind: string, name: string, inputDigest: string): readonly Envelope[];
  /** Calls of this kind and name at this place, in recorded order. */
  siblings(place: Place, kind: string, name: string): readonly Envelope[];
  /** Calls of this kind and name anywhere, in recorded order. */
  named(kind: string, name: string): readonly Envelope[];
  /** The crossings directly inside this one. */
  children(envelope: Envelope): readonly Envelope[];
  /** The place at which this crossing was called. */
  placeOf(envelope: Envelope): Place;
}

const NONE: readonly Envelope[] = [];

/**
 * Makes the plan of a replay: all crossings of the trace, or those inside `entry`.
 *
 * What was called inside the entry counts however deep it lies. A crossing whose parent is missing from the recording
 * is placed by its path. Takes time and memory linear in the recording, and survives parents that form a circle.
 */
export function makePlan(recording: Recording, entry?: Envelope): ReplayPlan {
  const distinct = withoutTwins(recording.envelopes);
  const bySpan = new Map<string, Envelope>();
  for (const envelope of distinct) if (!bySpan.has(envelope.spanId)) bySpan.set(envelope.spanId, envelope);
  const children = new Map<string, Envelope[]>();
  for (const envelope of distinct) {
    const { parentSpanId } = envelope;
    if (parentSpanId !== undefined && parentSpanId !== envelope.spanId && bySpan.has(parentSpanId)) push(children, parentSpanId, envelope);
  }
  const envelopes = entry === undefined ? distinct : envelopesInside(distinct, entry, bySpan, children);

  const placeOf = (envelope: Envelope): Place => {
    const { parentSpanId } = envelope;
    if (parentSpanId === undefined) return ROOT_PLACE;
    const parent = bySpan.get(parentSpanId);
    return parent === undefined ? placeAtPath(parentPathOf(envelope.path)) : placeInside(parent);
  };

  const exact = new Map<string, Envelope[]>();
  const siblings = new Map<string, Envelope[]>();
  const named = new Map<string, Envelope[]>();
  const roots: Envelope[] = [];
  for (const envelope of envelopes) {
    const place = placeOf(envelope);
    push(exact, keyOf([place, envelope.kind, envelope.name, envelope.input.digest]), envelope);
    push(siblings, keyOf([place, envelope.kind, envelope.name]), envelope);
    push(named, keyOf([envelope.kind, envelope.name]), envelope);
    const { parentSpanId } = envelope;
    if (entry === undefined ? parentSpanId === undefined || !bySpan.has(parentSpanId) : parentSpanId === entry.spanId) roots.push(envelope);
  }

  return {
    recording,
    entry,
    envelopes,
    roots,
    exact: (place, kind, name, inputDigest) => exact.get(keyOf([place, kind, name, inputDigest])) ?? NONE,
    siblings: (place, kind, name) => siblings.get(keyOf([place, kind, name])) ?? NONE,
    named: (kind, name) => named.get(keyOf([kind, name])) ?? NONE,
    children: (envelope) => children.get(envelope.spanId) ?? NONE,
    placeOf,
  };
}

/** The crossings of a recording that no other recorded crossing encloses, in the order in which they began. */
export function rootsOf(recording: Recording): Envelope[] {
  const spanIds = new Set(recording.envelopes.map((envelope) => envelope.spanId));
  return recording.envelopes.filter(({ parentSpanId }) => parentSpanId === undefined || !spanIds.has(parentSpanId));
}

/**
 * Two recorders of one process may both store a crossing, each in a segment of its own. It answers once all the same;
 * the one that knows the outcome counts.
 */
function withoutTwins(envelopes: readonly Envelope[]): readonly Envelope[] {
  const kept = new Map<string, Envelope>();
  for (const envelope of envelopes) {
    const identity = keyOf([envelope.spanId, envelope.path, envelope.kind, envelope.input.digest]);
    const known = kept.get(identity);
    if (known === undefined || (known.outcome.kind === 'unknown' && envelope.outcome.kind !== 'unknown')) kept.set(identity, envelope);
  }
  return kept.size === envelopes.length ? envelopes : [...kept.values()];
}

function envelopesInside(
  envelopes: readonly Envelope[],
  entry: Envelope,
  bySpan: ReadonlyMap<string, Envelope>,
  children: ReadonlyMap<string, readonly Envelope[]>,
): Envelope[] {
  const inside = new Set<Envelope>();
  const pending = [...(children.get(entry.spanId) ?? NONE)];
  const addAll = (): void => {
    for (let envelope = pending.pop(); envelope !== undefined; envelope = pending.pop()) {
      if (envelope.spanId === entry.spanId || inside.has(envelope)) continue;
      inside.add(envelope);
      for (const child of children.get(envelope.spanId) ?? NONE) pending.push(child);
    }
  };
  addAll();
  // A crossing whose parent was lost (a gap in the journal) still says by its path that it belongs here.
  const prefix = `${entry.path}/`;
  for (const envelope of envelopes) {
    const { parentSpanId } = envelope;
    if (parentSpanId === undefined || bySpan.has(parentSpanId) || !envelope.path.startsWith(prefix)) continue;
    pending.push(envelope);
    addAll();
  }
  return envelopes.filter((envelope) => inside.has(envelope));
}

/** Joins the parts of a key so that no two lists of parts give one key. */
function keyOf(parts: readonly string[]): string {
  let key = '';
  for (const part of parts) key += `${part.length}:${part}`;
  return key;
}

function push(map: Map<string, Envelope[]>, key: string, envelope: Envelope): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [envelope]);
  else list.push(envelope);
}
