// A trace means the same, however many segments its writer made of it.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeSegments } from '../../src/archive/merge-segments.js';
import { verifySegment } from '../../src/cli/verify-segment.js';
import { readSegment, type Recording } from '../../src/envelope/index.js';
import { meaningOfTrace } from '../vectors/meaning.js';
import { runs, SEED } from './recipes.js';
import { step, TRACE_ID, type WrittenSegment, writeTrace } from './rolled-trace.js';

console.log(`seed ${SEED} (CHRONICLE_TEST_SEED)`);

function merged(segments: readonly WrittenSegment[]): Recording {
  return mergeSegments(
    TRACE_ID,
    segments.map(({ name, bytes }) => ({ name, sealed: true, content: readSegment(bytes, name) })),
  );
}

describe('a trace that was rolled at any places', () => {
  it('is the same as in one segment, in whichever order its segments are read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.nat(), async (steps, order) => {
        const one = await writeTrace(steps, false);
        const many = await writeTrace(steps, true);
        const shuffled = [...many.slice(order % many.length), ...many.slice(0, order % many.length)];
        expect(meaningOfTrace(shuffled)).toEqual(meaningOfTrace(one));
        expect(merged(shuffled).reasons).toEqual(merged(one).reasons);
        const paths = ({ envelopes }: Recording): string[] => envelopes.map(({ path }) => path);
        expect(paths(merged(shuffled))).toEqual(paths(merged(one)));
      }),
      runs(200),
    );
  });

  it('is sound in each of its segments, and has every value once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const [one] = (await writeTrace(steps, false)).map(({ name, bytes }) => verifySegment(bytes, name, { sealed: true, namedAs: undefined }));
        const many = (await writeTrace(steps, true)).map(({ name, bytes }) => verifySegment(bytes, name, { sealed: true, namedAs: undefined }));
        for (const { state, problems } of many) expect([state, problems]).toEqual(['sound', []]);
        const sum = (of: 'calls' | 'values'): number => many.reduce((total, verdict) => total + verdict[of], 0);
        expect([sum('calls'), sum('values')]).toEqual([one?.calls, one?.values]);
      }),
      runs(100),
    );
  });

  it('says so where a segment is missing before the last one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.nat(), async (steps, pick) => {
        const many = await writeTrace(steps, true);
        fc.pre(many.length > 1);
        const gone = pick % (many.length - 1);
        const { complete, reasons } = merged(many.filter((_, index) => index !== gone));
        expect(complete).toBe(false);
        expect(reasons[0]).toBe(`segment ${gone} of writer aaaa is missing`);
      }),
      runs(100),
    );
  });
});
