// Whether one segment is what its writer wrote: its frame, its checksums, and every value in it. Pure; nothing is
// repaired and nothing is left out silently.

import { isChronicleError } from '../errors.js';
import { type CrossingPiece, digestOfValues, readSegment, type SegmentContent, type StoredValue, storedValuesOf } from '../envelope/index.js';
import { countText } from './run-words.js';

/** What is wrong with a segment, or with one value of it. */
export interface SegmentProblem {
  readonly what: string;
  /** The value: which one of which crossing. Where that began in another segment, its path is not known here. */
  readonly at?: { readonly path: string | undefined; readonly spanId: string; readonly value: string };
  /** The digest that was recorded, and the one taken of the value as it was read. */
  readonly digests?: { readonly recorded: string; readonly taken: string };
}

/**
 * How a segment stands. `incomplete`: a journal that ends in the middle of a record; what comes before it is sound.
 * `unverifiable`: nothing says that it is damaged, but this version or this Node cannot read it.
 */
export type SegmentState = 'sound' | 'incomplete' | 'damaged' | 'unverifiable';

/** What is known of one segment after it was read to its end. */
export interface SegmentVerdict {
  /** Its key, or the path of its file. */
  readonly segment: string;
  readonly state: SegmentState;
  readonly calls: number;
  /** Values that were built and whose digests were compared. */
  readonly values: number;
  /** Those of them of which a part was cut when they were recorded, and those that hold what cannot be stored. */
  readonly cut: number;
  readonly opaque: number;
  readonly problems: readonly SegmentProblem[];
  /** What a reader should know and is no damage: a process that was killed, records that were not stored. */
  readonly notes: readonly string[];
}

/** What the name of a segment says, where it is in a store. */
export interface NamedAs {
  readonly traceId: string;
  readonly writer: string;
  readonly index: number;
}

/** Reads a segment to its end and judges it. `sealed` is what its name says. */
export function verifySegment(
  bytes: Uint8Array,
  segment: string,
  options: { readonly sealed: boolean; readonly namedAs: NamedAs | undefined },
): SegmentVerdict {
  let content: SegmentContent;
  try {
    content = readSegment(bytes, segment, { checkValues: false });
  } catch (error) {
    return { segment, state: stateOf(error), calls: 0, values: 0, cut: 0, opaque: 0, problems: [{ what: reasonOf(error) }], notes: [] };
  }
  const values = placedValues(content);
  const problems = [...namingProblems(content, options.namedAs), ...damageProblems(content), ...valueProblems(values, content)];
  return {
    segment,
    state: problems.length > 0 ? 'damaged' : content.torn ? 'incomplete' : 'sound',
    calls: content.envelopes.length,
    values: values.length,
    cut: values.filter(({ stored }) => stored.incomplete.length > 0).length,
    opaque: values.filter(({ stored }) => stored.opaque.length > 0).length,
    problems,
    notes: notesOf(content, segment, options.sealed),
  };
}

function stateOf(error: unknown): SegmentState {
  return isChronicleError(error) && error.code !== 'CHRONICLE_SEGMENT_DAMAGED' ? 'unverifiable' : 'damaged';
}

/** The reason without the name of the segment, which stands before it, and without advice. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const what = isChronicleError(error) ? error.facts['what'] : undefined;
  return typeof what === 'string' ? what : (error.message.split('\n', 1)[0] ?? '').replace(/^Cannot read [^]*?: /, '').replace(/\.$/, '');
}

function namingProblems({ traceId, writer, index }: SegmentContent, namedAs: NamedAs | undefined): SegmentProblem[] {
  if (namedAs === undefined) return [];
  if (traceId !== namedAs.traceId) return [{ what: `it holds trace ${traceId} and lies in the place of another` }];
  if (writer === namedAs.writer && index === namedAs.index) return [];
  return [{ what: `it is segment ${index} of writer ${writer}, and its name says segment ${namedAs.index} of writer ${namedAs.writer}` }];
}

/** What is damaged, or what its records and its footer say that does not go together. */
function damageProblems({ envelopes, footer, damage }: SegmentContent): SegmentProblem[] {
  if (damage !== undefined) return [{ what: damage }];
  if (footer === undefined) return [];
  const open = envelopes.filter(({ outcome }) => outcome.kind === 'unknown').length;
  const problems: SegmentProblem[] = [];
  if (footer.crossings !== envelopes.length) problems.push({ what: `its footer counts ${footer.crossings} calls, and its records hold ${envelopes.length}` });
  if (footer.open !== open) problems.push({ what: `its footer counts ${footer.open} calls without an end, and its records hold ${open}` });
  return problems;
}

interface PlacedValue {
  readonly path: string | undefined;
  readonly spanId: string;
  /** `input`, `head`, `chunk 3`, `outcome`. */
  readonly which: string;
  readonly stored: StoredValue;
}

/** The values of the calls of a segment, and those that it holds of calls that are not in it from begin to end. */
function placedValues({ envelopes, pieces }: SegmentContent): PlacedValue[] {
  const paths = new Map(envelopes.map(({ spanId, path }) => [spanId, path]));
  return [
    ...envelopes.flatMap((envelope) => storedValuesOf(envelope).map((value) => ({ path: envelope.path, spanId: envelope.spanId, ...value }))),
    ...pieces.flatMap((piece) => valuesOfPiece(piece).map((value) => ({ path: paths.get(piece.spanId), spanId: piece.spanId, ...value }))),
  ];
}

function valuesOfPiece({ head, chunks, end }: CrossingPiece): { readonly which: string; readonly stored: StoredValue }[] {
  const values = head === undefined ? [] : [{ which: 'head', stored: head }];
  values.push(...chunks.map(({ value }, index) => ({ which: `chunk ${index}`, stored: value })));
  if (end !== undefined && end.outcome.kind !== 'unknown') values.push({ which: 'outcome', stored: end.outcome.value });
  return values;
}

/** Builds every value, and holds their digests against the one that was taken over all of them when they were recorded. */
function valueProblems(values: readonly PlacedValue[], content: SegmentContent): SegmentProblem[] {
  const problems = values.flatMap(({ path, spanId, which, stored }): SegmentProblem[] => {
    try {
      stored.decode();
      return [];
    } catch (error) {
      return [{ at: { path, spanId, value: which }, what: `it cannot be built: ${reasonOf(error)}` }];
    }
  });
  if (problems.length > 0 || content.valuesSha256 === undefined) return problems;
  const taken = digestOfValues(content.values);
  if (taken === content.valuesSha256) return [];
  return [{ what: 'the digest of its values is another than the one that was recorded', digests: { recorded: content.valuesSha256, taken } }];
}

function notesOf({ reasons, closed, torn, damage, envelopes, pieces }: SegmentContent, segment: string, sealed: boolean): string[] {
  // The damage is a problem, and what it leaves is said in other words.
  const told = damage === undefined ? reasons : reasons.slice(0, -1);
  const notes = told.map((reason) => (reason.startsWith(`${segment} `) ? reason.slice(segment.length + 1) : reason));
  if (damage !== undefined) notes.push('what comes before that can be read');
  if (!closed && !torn && damage === undefined) notes.push(`not closed: its process ${sealed ? 'was killed' : 'still runs, or was killed'}`);
  const open = envelopes.filter(({ outcome }) => outcome.kind === 'unknown').length;
  if (open > 0)
    notes.push(closed ? `closed before ${countText(open, 'call', 'calls')} ended` : `the outcome of ${countText(open, 'call', 'calls')} is unknown`);
  const begun = new Set(envelopes.map(({ spanId }) => spanId));
  const continued = pieces.filter(({ spanId }) => !begun.has(spanId)).length;
  if (continued > 0) notes.push(`goes on with ${countText(continued, 'call', 'calls')} of an earlier segment`);
  return notes;
}
