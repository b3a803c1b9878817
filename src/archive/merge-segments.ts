// From the segments of a trace to one recording. Pure: what was read, and what could not be, is given.

import type { ChronicleError } from '../errors.js';
import type { Envelope, Recording, ResourceFacts, SegmentContent } from '../envelope/index.js';

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
 * two knows the outcome, that one counts. Whatever keeps the recording from being whole is in `reasons`.
 */
export function mergeSegments(traceId: string, parts: readonly SegmentPart[], unreadable: readonly UnreadablePart[] = []): Recording {
  const envelopes = withoutDuplicates(parts).sort(compareBegin);
  const reasons = [...unreadable.map(({ error }) => firstLine(error.message)), ...parts.flatMap(reasonsOfPart), ...envelopes.flatMap(reasonsOfEnvelope)];
  return {
    traceId,
    envelopes,
    resources: distinctResources(parts),
    complete: reasons.length === 0,
    reasons: bounded(reasons),
    segments: parts.map(({ name }) => name),
  };
}

function withoutDuplicates(parts: readonly SegmentPart[]): Envelope[] {
  const kept = new Map<string, Envelope>();
  for (const { content } of parts) {
    for (const envelope of content.envelopes) {
      const identity = JSON.stringify([content.writer, envelope.spanId, envelope.path]);
      const known = kept.get(identity);
      if (known === undefined || (known.outcome.kind === 'unknown' && envelope.outcome.kind !== 'unknown')) kept.set(identity, envelope);
    }
  }
  return [...kept.values()];
}

function compareBegin(a: Envelope, b: Envelope): number {
  if (a.startUnixNanos !== b.startUnixNanos) return a.startUnixNanos < b.startUnixNanos ? -1 : 1;
  return a.sequence - b.sequence;
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

function firstLine(message: string): string {
  return (message.split('\n', 1)[0] ?? '').replace(/\.$/, '');
}
