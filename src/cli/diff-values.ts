// What differs between the values of two paired calls, field by field. Here values are built, one pair at a time.

import type { Envelope, StoredOutcome, StoredValue } from '../envelope/index.js';
import { diffOf, type ValueChange } from '../value/index.js';
import type { CallPair } from './diff-pairs.js';
import { outcomeText } from './run-words.js';

/** What differs between two inputs, or two outcomes. */
export interface ValuesDiff {
  /** Where the two ended in different ways: how. */
  readonly ended?: { readonly a: string; readonly b: string };
  readonly differences: readonly ValueChange[];
  /** Differences in all; more than are listed where there are many. */
  readonly total: number;
  /** Whether everything was compared. */
  readonly complete: boolean;
  /** Why a value cannot be read. */
  readonly unreadable?: string;
}

/** What differs between the inputs of a pair; undefined where they are the same, or one is missing. */
export function inputDiff({ status, a, b }: CallPair): ValuesDiff | undefined {
  return status === 'input-differs' || status === 'both-differ' ? diffed(() => diffOf(a.input.decode(), b.input.decode())) : undefined;
}

/** What differs between the outcomes of a pair; undefined where they are the same, or one is missing. */
export function outcomeDiff({ status, a, b }: CallPair): ValuesDiff | undefined {
  if (status !== 'outcome-differs' && status !== 'both-differ') return undefined;
  const ended = { a: outcomeText(a.outcome), b: outcomeText(b.outcome) };
  const [ofA, ofB] = [a.outcome, b.outcome];
  const diff =
    ofA.kind === 'unknown' || ofB.kind === 'unknown' || (ofA.kind === 'streamed') !== (ofB.kind === 'streamed')
      ? { differences: [], total: 0, complete: true }
      : diffed(() => diffOf(outcomeValue(ofA), outcomeValue(ofB)));
  return ended.a === ended.b ? diff : { ended, ...diff };
}

/** A stream is its chunks, and what it returned or failed with. */
function outcomeValue(outcome: Exclude<StoredOutcome, { kind: 'unknown' }>): unknown {
  return outcome.kind === 'streamed' ? { chunks: outcome.chunks.map(({ value }) => value.decode()), value: outcome.value.decode() } : outcome.value.decode();
}

function diffed(take: () => ReturnType<typeof diffOf>): ValuesDiff {
  try {
    const { differences, total, complete } = take();
    return { differences, total, complete };
  } catch (error) {
    const [said = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
    return { differences: [], total: 0, complete: false, unreadable: said };
  }
}

/** Values of a call of which a part was cut when they were recorded: equal digests prove nothing about such a part. */
export function cutValues({ input, outcome }: Envelope): StoredValue[] {
  const values = [input];
  if (outcome.kind !== 'unknown') values.push(outcome.value);
  if (outcome.kind === 'streamed') values.push(...outcome.chunks.map(({ value }) => value));
  return values.filter(({ incomplete }) => incomplete.length > 0);
}
