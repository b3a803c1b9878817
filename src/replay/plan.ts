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

/** The calls of one kind and name at one place. */
interface Site {
  readonly calls: Envelope[];
  readonly byInput: Map<string, Envelope[]>;
}

/**
 * Makes the plan of a replay: all crossings of the trace, or those inside `entry`.
 *
 * What was called inside the entry counts however deep it lies. A crossing whose parent is missing from the recording
 * is placed by its path. Takes time and memory linear in the recording, and survives parents that form a circle.
 */
export function makePlan(recording: Recording, entry?: Envelope): ReplayPlan {
  const bySpan = new Map<string, Envelope>();
  const distinct = withoutTwins(recording.envelopes, bySpan);
  const placeOf = (envelope: Envelope): Place => {
    const { parentSpanId } = envelope;
    if (parentSpanId === undefined) return ROOT_PLACE;
    const parent = bySpan.get(parentSpanId);
    return parent === undefined || parent === envelope ? placeAtPath(parentPathOf(envelope.path)) : placeInside(parent);
  };
  const byPlace = new Map<Place, Envelope[]>();
  for (const envelope of distinct) push(byPlace, placeOf(envelope), envelope);

  const inPlan = entry === undefined ? undefined : insideOf(entry, distinct, bySpan, byPlace);
  const envelopes = inPlan === undefined ? distinct : distinct.filter((envelope) => inPlan.has(envelope));
  const hasParent = ({ parentSpanId }: Envelope): boolean => parentSpanId !== undefined && bySpan.has(parentSpanId);
  const roots = entry === undefined ? distinct.filter((envelope) => !hasParent(envelope)) : (byPlace.get(placeInside(entry)) ?? NONE);

  // Places are indexed when somebody asks there: a replay of one sub-agent leaves most of a long run alone.
  const sites = new Map<Place, Map<string, Site>>();
  const siteOf = (place: Place, kind: string, name: string): Site | undefined => {
    let known = sites.get(place);
    if (known === undefined) {
      known = indexSites((byPlace.get(place) ?? NONE).filter((envelope) => inPlan === undefined || inPlan.has(envelope)));
      sites.set(place, known);
    }
    return known.get(keyOf(kind, name));
  };
  let everywhere: Map<string, Site> | undefined;

  return {
    recording,
    entry,
    envelopes,
    roots,
    exact: (place, kind, name, inputDigest) => siteOf(place, kind, name)?.byInput.get(inputDigest) ?? NONE,
    siblings: (place, kind, name) => siteOf(place, kind, name)?.calls ?? NONE,
    named: (kind, name) => (everywhere ??= indexSites(envelopes)).get(keyOf(kind, name))?.calls ?? NONE,
    children: (envelope) => byPlace.get(placeInside(envelope)) ?? NONE,
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
 * the one that knows the outcome counts. Fills `bySpan` on the way.
 */
function withoutTwins(envelopes: readonly Envelope[], bySpan: Map<string, Envelope>): readonly Envelope[] {
  const kept = new Set<Envelope>();
  for (const envelope of envelopes) {
    const known = bySpan.get(envelope.spanId);
    if (known !== undefined && isTwin(known, envelope)) {
      if (known.outcome.kind !== 'unknown' || envelope.outcome.kind === 'unknown') continue;
      kept.delete(known);
      bySpan.set(envelope.spanId, envelope);
    } else if (known === undefined) bySpan.set(envelope.spanId, envelope);
    kept.add(envelope);
  }
  return kept.size === envelopes.length ? envelopes : [...kept];
}

function isTwin(one: Envelope, other: Envelope): boolean {
  return one.path === other.path && one.kind === other.kind && one.input.digest === other.input.digest;
}

/** All that was called inside the entry, at any depth. */
function insideOf(
  entry: Envelope,
  envelopes: readonly Envelope[],
  bySpan: ReadonlyMap<string, Envelope>,
  byPlace: ReadonlyMap<Place, readonly Envelope[]>,
): Set<Envelope> {
  const inside = new Set<Envelope>();
  const pending = [...(byPlace.get(placeInside(entry)) ?? NONE)];
  const addAll = (): void => {
    for (let envelope = pending.pop(); envelope !== undefined; envelope = pending.pop()) {
      if (envelope.spanId === entry.spanId || inside.has(envelope)) continue;
      inside.add(envelope);
      for (const child of byPlace.get(placeInside(envelope)) ?? NONE) pending.push(child);
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
  return inside;
}

function indexSites(envelopes: readonly Envelope[]): Map<string, Site> {
  const sites = new Map<string, Site>();
  for (const envelope of envelopes) {
    const key = keyOf(envelope.kind, envelope.name);
    let site = sites.get(key);
    if (site === undefined) {
      site = { calls: [], byInput: new Map() };
      sites.set(key, site);
    }
    site.calls.push(envelope);
    push(site.byInput, envelope.input.digest, envelope);
  }
  return sites;
}

/** Joins kind and name so that no other two give the same key. */
function keyOf(kind: string, name: string): string {
  return `${kind.length}:${kind}${name}`;
}

function push<Key>(map: Map<Key, Envelope[]>, key: Key, envelope: Envelope): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [envelope]);
  else list.push(envelope);
}
