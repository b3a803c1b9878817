// Two recordings side by side: which call of one is which call of the other, and where the two first part. Pure, and
// by digests alone: no value is built.

import type { Envelope, Recording, StoredOutcome } from '../envelope/index.js';

/** How a call stands to its counterpart. `moved`: the same input and outcome in another place. */
export type PairStatus = 'same' | 'moved' | 'input-differs' | 'outcome-differs' | 'both-differ' | 'only-in-a' | 'only-in-b';

/** A call of A, its counterpart in B, or one of them without the other. */
export type CallPair =
  | { readonly status: Exclude<PairStatus, 'only-in-a' | 'only-in-b'>; readonly a: Envelope; readonly b: Envelope }
  | { readonly status: 'only-in-a'; readonly a: Envelope; readonly b?: undefined }
  | { readonly status: 'only-in-b'; readonly a?: undefined; readonly b: Envelope };

/** Where two runs part: a call, and what differs there first. */
export interface Parting {
  readonly pair: CallPair;
  readonly what: 'input' | 'outcome' | 'place' | 'only-in-a' | 'only-in-b';
  /** With `only-in-a`: the call that B made there instead. */
  readonly instead?: Envelope;
}

/**
 * Pairs the calls in the order of the rungs of a replay: those with the same path and input, then those with the same
 * input elsewhere, then those with the same path and another input. By the path alone, one call more at the beginning
 * would pair every later one with a stranger. Calls of B that A lacks stand behind the call of B that came before them.
 */
export function pairCalls(a: Recording, b: Recording): CallPair[] {
  const partners = new Map<Envelope, Envelope>();
  const taken = new Set<Envelope>();
  for (const identity of [wholeOf, contentOf, placeOf]) {
    const open = queuesOf(
      b.envelopes.filter((envelope) => !taken.has(envelope)),
      identity,
    );
    for (const envelope of a.envelopes) {
      if (partners.has(envelope)) continue;
      const partner = open.get(identity(envelope))?.shift();
      if (partner === undefined) continue;
      partners.set(envelope, partner);
      taken.add(partner);
    }
  }
  return inOrder(a, b, partners, taken);
}

function wholeOf({ path, kind, input }: Envelope): string {
  return JSON.stringify([path, kind, input.digest]);
}

function placeOf({ path, kind }: Envelope): string {
  return JSON.stringify([path, kind]);
}

function contentOf({ kind, name, input }: Envelope): string {
  return JSON.stringify([kind, name, input.digest]);
}

function queuesOf(envelopes: readonly Envelope[], identity: (envelope: Envelope) => string): Map<string, Envelope[]> {
  const queues = new Map<string, Envelope[]>();
  for (const envelope of envelopes) {
    const queue = queues.get(identity(envelope));
    if (queue === undefined) queues.set(identity(envelope), [envelope]);
    else queue.push(envelope);
  }
  return queues;
}

function inOrder(a: Recording, b: Recording, partners: ReadonlyMap<Envelope, Envelope>, taken: ReadonlySet<Envelope>): CallPair[] {
  const behind = new Map<Envelope | undefined, Envelope[]>();
  let last: Envelope | undefined;
  for (const envelope of b.envelopes) {
    if (taken.has(envelope)) last = envelope;
    else behind.set(last, [...(behind.get(last) ?? []), envelope]);
  }
  const extra = (after: Envelope | undefined): CallPair[] => (behind.get(after) ?? []).map((envelope) => ({ status: 'only-in-b', b: envelope }));
  return [
    ...extra(undefined),
    ...a.envelopes.flatMap((envelope): CallPair[] => {
      const partner = partners.get(envelope);
      if (partner === undefined) return [{ status: 'only-in-a', a: envelope }];
      return [{ status: statusOf(envelope, partner), a: envelope, b: partner }, ...extra(partner)];
    }),
  ];
}

function statusOf(a: Envelope, b: Envelope): Exclude<PairStatus, 'only-in-a' | 'only-in-b'> {
  const sameInput = a.input.digest === b.input.digest;
  const sameOutcome = outcomeIdentity(a.outcome) === outcomeIdentity(b.outcome);
  if (!sameInput) return sameOutcome ? 'input-differs' : 'both-differ';
  if (!sameOutcome) return 'outcome-differs';
  return a.path === b.path ? 'same' : 'moved';
}

/** What two equal outcomes have in common: not their times, and not whether they came by a promise. */
function outcomeIdentity(outcome: StoredOutcome): string {
  switch (outcome.kind) {
    case 'unknown':
      return 'unknown';
    case 'returned':
    case 'threw':
      return JSON.stringify([outcome.kind, outcome.value.digest]);
    case 'streamed':
      return JSON.stringify([outcome.kind, outcome.end, outcome.value.digest, outcome.chunks.map(({ value }) => value.digest)]);
  }
}

/** When something of a call differs: an input where it begins, an outcome where it ends, after all that it enclosed. */
interface Event {
  readonly atNanos: bigint;
  readonly parting: Parting;
}

/** The first difference in the order in which things happened; undefined where the runs are the same. */
export function findParting(pairs: readonly CallPair[]): Parting | undefined {
  const firstInA = earliest(pairs.flatMap((pair) => (pair.a === undefined ? [] : eventOf(pair, pair.a))));
  const firstInB = earliest(pairs.flatMap((pair) => (pair.b === undefined ? [] : eventOf(pair, pair.b))));
  if (firstInA === undefined || firstInB === undefined) return firstInA ?? firstInB;
  if (firstInB.pair.status !== 'only-in-b') return firstInA;
  return firstInA.pair.status === 'only-in-a' ? { ...firstInA, instead: firstInB.pair.b } : firstInB;
}

function eventOf(pair: CallPair, { startUnixNanos, endUnixNanos }: Envelope): Event[] {
  switch (pair.status) {
    case 'same':
      return [];
    case 'moved':
      return [{ atNanos: startUnixNanos, parting: { pair, what: 'place' } }];
    case 'input-differs':
    case 'both-differ':
      return [{ atNanos: startUnixNanos, parting: { pair, what: 'input' } }];
    case 'only-in-a':
    case 'only-in-b':
      return [{ atNanos: startUnixNanos, parting: { pair, what: pair.status } }];
    case 'outcome-differs':
      // What never ended is looked at last.
      return [{ atNanos: endUnixNanos ?? 1n << 64n, parting: { pair, what: 'outcome' } }];
  }
}

function earliest(events: readonly Event[]): Parting | undefined {
  // Of two at the same time the one that began later is inside the other, and its outcome came first.
  return events.reduce<Event | undefined>((first, event) => {
    if (first === undefined || event.atNanos < first.atNanos) return event;
    return event.atNanos === first.atNanos && event.parting.what === 'outcome' ? event : first;
  }, undefined)?.parting;
}
