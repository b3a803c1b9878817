// A crossing that is in several segments: it begins in one, and its chunks and its end may stand in later ones of the same
// writer. What each of them says is a piece, and pieces are joined here. Which segments belong together is not known here.

import { type Envelope, type StoredChunk, type StoredOutcome, storedValuesOf } from './model.js';
import type { StoredValue } from './stored-value.js';

/** How a crossing ended, as its End says. Of a stream, the outcome has the chunks and the head of the same segment. */
export interface CrossingEnd {
  readonly outcome: StoredOutcome;
  readonly durationNanos: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** What one segment says of a crossing that began in an earlier one, or that it left open, beside the Begin. */
export interface CrossingPiece {
  readonly spanId: string;
  readonly chunks: readonly StoredChunk[];
  /** What the stream said of itself; undefined where it does so in another segment, or never. */
  readonly head: StoredValue | undefined;
  /** Undefined where the segment leaves the crossing open. */
  readonly end: CrossingEnd | undefined;
}

/** An envelope without what an End says. */
export type BegunEnvelope = Omit<Envelope, 'outcome' | 'endUnixNanos' | 'attributes' | 'incomplete' | 'opaque'>;

/** The envelope of a crossing that ended so; without an end, its outcome is unknown. */
export function withEnd(begun: BegunEnvelope, end: CrossingEnd | undefined): Envelope {
  const { input, startUnixNanos } = begun;
  const outcome: StoredOutcome = end?.outcome ?? { kind: 'unknown' };
  const values = storedValuesOf({ input, outcome }).map(({ stored }) => stored);
  return {
    ...begun,
    endUnixNanos: end === undefined ? undefined : startUnixNanos + end.durationNanos,
    outcome,
    attributes: end?.attributes ?? {},
    incomplete: [...new Set(values.flatMap((value) => value.incomplete))],
    opaque: [...new Set(values.flatMap((value) => value.opaque))],
  };
}

/**
 * Gives an envelope that its own segment left open the end that a later one holds. `pieces` are those of the crossing in
 * the order of their segments, its own first. With the first end the crossing is over: what comes after it does not count.
 */
export function joinCrossing(envelope: Envelope, pieces: readonly CrossingPiece[]): Envelope {
  if (envelope.endUnixNanos !== undefined) return envelope;
  const last = pieces.findIndex((piece) => piece.end !== undefined);
  const end = pieces[last]?.end;
  if (end === undefined) return envelope;
  if (end.outcome.kind !== 'streamed') return withEnd(envelope, end);
  const counted = pieces.slice(0, last + 1);
  const { head: _head, ...outcome } = end.outcome;
  const head = counted.findLast((piece) => piece.head !== undefined)?.head;
  const chunks = counted.flatMap((piece) => piece.chunks);
  return withEnd(envelope, { ...end, outcome: { ...outcome, chunks, ...(head === undefined ? {} : { head }) } });
}
