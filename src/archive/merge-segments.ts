// From the segments of a trace to one recording. Pure: what was read, and what could not be, is given.

import type { ChronicleError } from '../errors.js';
import { type CrossingPiece, type Envelope, joinCrossing, type Recording, type ResourceFacts, type SegmentContent } from '../envelope/index.js';
import { parseName } from './segment-names.js';

/** One segment or journal that was read. */
export interface SegmentPart {
  /** Its key, or the path of its file. */
  readonly name: string;
  /** False for an open journal. */
  readonly sealed: boolean;
  readonly content: SegmentContent;
}

/** One segment or journal that could not be read. */
export interface UnreadablePart {
  readonly name: string;
  readonly error: ChronicleError;
}

/** A recording lists so many reasons; what follows is counted. A killed process may leave thousands of crossings open. */
const MAX_REASONS = 100;
const MAX_REASON_LENGTH = 500;

/**
 * Merges what is stored of one trace, in the order in which the crossings began.
 *
 * A crossing that one writer stored twice (a segment that was sealed again after a crash) counts once; if one of the
 * two knows the outcome, that one counts. One that goes on in later segments of its writer is joined from all of them.
 * Whatever keeps the recording from being whole is in `reasons`. The parts are all that there is of a trace, or one file,
 * of which nobody expects that it holds all segments.
 */
export function mergeSegments(
  traceId: string,
  parts: readonly SegmentPart[],
  unreadable: readonly UnreadablePart[] = [],
  source: 'trace' | 'file' = 'trace',
): Recording {
  const begun = withoutDuplicates(parts);
  const pieces = piecesOf(parts);
  const envelopes = begun.sort(compareBegin).map(({ writer, envelope }) => joinCrossing(envelope, pieces.get(crossingKey(writer, envelope.spanId)) ?? []));
  const reasons = [
    ...unreadable.map(({ error }) => firstLine(error.message)),
    ...(source === 'trace' ? missingSegments(parts, unreadable) : []),
    ...parts.flatMap(reasonsOfPart),
    ...partsWithoutBegin(parts, begun),
    ...envelopes.flatMap(reasonsOfEnvelope),
  ];
  return {
    traceId,
    envelopes,
    resources: distinctResources(parts),
    complete: reasons.length === 0,
    reasons: bounded(reasons),
    segments: parts.map(({ name }) => name),
  };
}

/** An envelope, and which segment of which writer holds its begin. */
interface BegunIn {
  readonly writer: string;
  readonly index: number;
  readonly envelope: Envelope;
}

function withoutDuplicates(parts: readonly SegmentPart[]): BegunIn[] {
  const kept = new Map<string, BegunIn>();
  for (const { content } of parts) {
    const { writer, index } = content;
    for (const envelope of content.envelopes) {
      const identity = JSON.stringify([writer, envelope.spanId, envelope.path]);
      const known = kept.get(identity)?.envelope;
      if (known === undefined || (known.outcome.kind === 'unknown' && envelope.outcome.kind !== 'unknown')) kept.set(identity, { writer, index, envelope });
    }
  }
  return [...kept.values()];
}

/** Two calls of one writer may begin at the same time by its clock; the order of its segments and records is certain. */
function compareBegin(a: BegunIn, b: BegunIn): number {
  if (a.envelope.startUnixNanos !== b.envelope.startUnixNanos) return a.envelope.startUnixNanos < b.envelope.startUnixNanos ? -1 : 1;
  if (a.writer !== b.writer) return a.writer < b.writer ? -1 : 1;
  return a.index - b.index || a.envelope.sequence - b.envelope.sequence;
}

/** What a crossing has in common with its pieces. */
function crossingKey(writer: string, spanId: string): string {
  return JSON.stringify([writer, spanId]);
}

/** The pieces of each crossing that is in several segments, in the order of these. */
function piecesOf(parts: readonly SegmentPart[]): Map<string, CrossingPiece[]> {
  const byCrossing = new Map<string, Map<string, { readonly index: number; readonly piece: CrossingPiece }>>();
  for (const { name, content } of parts) {
    // A segment and its journal have one name. Where one of them was cut off, the other says all that it does, and more.
    const segment = parseName(name)?.name ?? name;
    for (const piece of content.pieces) {
      const key = crossingKey(content.writer, piece.spanId);
      const bySegment = byCrossing.get(key) ?? new Map<string, { readonly index: number; readonly piece: CrossingPiece }>();
      byCrossing.set(key, bySegment);
      const known = bySegment.get(segment)?.piece;
      if (known === undefined || saysMore(piece, known)) bySegment.set(segment, { index: content.index, piece });
    }
  }
  return new Map([...byCrossing].map(([key, bySegment]) => [key, [...bySegment.values()].sort((a, b) => a.index - b.index).map(({ piece }) => piece)]));
}

function saysMore(piece: CrossingPiece, than: CrossingPiece): boolean {
  return than.end === undefined && (piece.end !== undefined || piece.chunks.length > than.chunks.length);
}

/** Says which parts go on with calls whose begin nobody has. */
function partsWithoutBegin(parts: readonly SegmentPart[], begun: readonly BegunIn[]): string[] {
  const known = new Set(begun.map(({ writer, envelope }) => crossingKey(writer, envelope.spanId)));
  return parts.flatMap(({ name, content }) => {
    const count = content.pieces.filter(({ spanId }) => !known.has(crossingKey(content.writer, spanId))).length;
    if (count === 0) return [];
    return [`${name} goes on with ${count === 1 ? 'a call whose begin is' : `${count} calls whose begins are`} not here`];
  });
}

/** A writer counts its segments of a trace from 0 and leaves none out. */
function missingSegments(parts: readonly SegmentPart[], unreadable: readonly UnreadablePart[]): string[] {
  const indexes = new Map<string, Set<number>>();
  const known = [...parts.map(({ content }) => content), ...unreadable.map(({ name }) => parseName(name)).filter((named) => named !== undefined)];
  for (const { writer, index } of known) indexes.set(writer, (indexes.get(writer) ?? new Set()).add(index));
  return [...indexes].flatMap(([writer, ofWriter]) => {
    let next = 0;
    return [...ofWriter]
      .sort((a, b) => a - b)
      .flatMap((index) => {
        const from = next;
        next = index + 1;
        if (index === from) return [];
        return [index === from + 1 ? `segment ${from} of writer ${writer} is missing` : `segments ${from} to ${index - 1} of writer ${writer} are missing`];
      });
  });
}

function reasonsOfPart({ name, sealed, content }: SegmentPart): string[] {
  const reasons = [...content.reasons];
  if (content.torn && reasons.length === 0) reasons.push(`${name} ends in the middle of a record`);
  if (!content.closed && !content.torn && content.damage === undefined)
    reasons.push(`${name} was not closed: its process ${sealed ? 'was killed' : 'still runs, or was killed'}`);
  return reasons;
}

function reasonsOfEnvelope(envelope: Envelope): string[] {
  const reasons: string[] = [];
  const { outcome } = envelope;
  if (outcome.kind === 'unknown') reasons.push(`outcome of ${labelOf(envelope)} is unknown (effect ${envelope.effect}): no end was recorded`);
  if (envelope.incomplete.length > 0) reasons.push(`values of ${labelOf(envelope)} are not whole: ${envelope.incomplete.join('; ')}`);
  return reasons;
}

/** Whether a reason of a recording is about one crossing that is there, as `reasonsOfEnvelope` words it. */
export function isAboutEnvelope(reason: string): boolean {
  return /^(?:outcome|values) of /.test(reason);
}

/** Kind and name of an envelope, as messages have it: `tool "place_order"`. */
export function labelOf({ kind, name }: Pick<Envelope, 'kind' | 'name'>): string {
  return `${kind} ${JSON.stringify(name)}`;
}

function distinctResources(parts: readonly SegmentPart[]): ResourceFacts[] {
  const kept = new Map<string, ResourceFacts>();
  for (const { content } of parts) {
    const identity = JSON.stringify(Object.entries(content.resource).sort(([a], [b]) => (a < b ? -1 : 1)));
    if (!kept.has(identity)) kept.set(identity, content.resource);
  }
  return [...kept.values()];
}

/** Says equal reasons once, with their number, and says how many more there are than are listed. */
function bounded(reasons: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const reason of reasons) {
    const short = reason.length <= MAX_REASON_LENGTH ? reason : `${reason.slice(0, MAX_REASON_LENGTH)}...`;
    counts.set(short, (counts.get(short) ?? 0) + 1);
  }
  const all = [...counts].map(([reason, count]) => (count === 1 ? reason : `${reason} (${count} times)`));
  return all.length <= MAX_REASONS ? all : [...all.slice(0, MAX_REASONS), `and ${all.length - MAX_REASONS} more reasons`];
}

/** The first line of a message, to stand in another one. */
export function firstLine(message: string): string {
  return (message.split('\n', 1)[0] ?? '').replace(/\.$/, '');
}
