import { describe, expect, it } from 'vitest';
import { MemoryJournal, TraceWriter } from '../archive/index.js';
import { fingerprint } from '../value/index.js';
import { Codec, digestOfValues, type Envelope, fileHead, readSegment, type SegmentContent } from './index.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

/** Records values as inputs, seals, and reads what the journal was. */
async function recorded(values: readonly unknown[], capture: 'full' | 'digest' | 'off'): Promise<SegmentContent> {
  const journal = new MemoryJournal();
  const writer = new TraceWriter({
    traceId: TRACE,
    writer: 'w',
    index: 0,
    startUnixNanos: 1n,
    writerVersion: '0',
    journal,
    resource: [],
    protect: undefined,
    capture,
  });
  const facts = {
    traceId: TRACE,
    parent: 0,
    parentSpanId: undefined,
    parentPath: '',
    kind: 'tool',
    name: 'get',
    effect: 'read',
    ordinal: 0,
    startUnixNanos: 1n,
  };
  for (const [index, value] of values.entries()) writer.begin({ ...facts, spanId: String(index + 1).padStart(16, '0') }, { value, slot: 'in' });
  let bytes = Buffer.alloc(0);
  const store = { put: () => void (bytes = Buffer.concat([fileHead(Codec.none), journal.read()])) };
  await writer.seal(store as never);
  return readSegment(bytes, 'test');
}

const knot: Record<string, unknown> = { name: 'a text of more than forty characters, which has a node of its own' };
knot['self'] = [knot];
const VALUES = [{ a: [1, 'x'.repeat(100)] }, 7, 'short', 'y'.repeat(41), null, knot, [knot, { again: knot }], new Error('failed')];

describe('StoredValue', () => {
  it('has the digest and the size that the value had', async () => {
    const { envelopes, values, valuesSha256 } = await recorded(VALUES, 'full');
    expect(envelopes.map(({ input }) => [input.digest, input.size])).toEqual(VALUES.map((value) => [fingerprint(value).digest, fingerprint(value).size]));
    expect(digestOfValues(values)).toBe(valuesSha256);
  });

  it('has the digest of the value where nothing else was kept of it, and counts as the mark among all', async () => {
    const { envelopes, values, valuesSha256 } = await recorded(VALUES, 'digest');
    expect(envelopes.map(({ input }) => [input.digest, input.size])).toEqual(VALUES.map((value) => [fingerprint(value).digest, fingerprint(value).size]));
    expect(envelopes.map(({ input }) => input.storedDigest)).toEqual(envelopes.map(({ input }) => fingerprint(input.decode()).digest));
    expect(digestOfValues(values)).toBe(valuesSha256);
  });

  it('has the digest of the mark where nothing was kept', async () => {
    const { envelopes } = await recorded(VALUES, 'off');
    const digest = ({ input }: Envelope): string => input.digest;
    expect(envelopes.map(digest)).toEqual(envelopes.map(({ input }) => fingerprint(input.decode()).digest));
  });

  it('is built anew each time', async () => {
    const { envelopes } = await recorded([{ list: [1] }], 'full');
    const first = envelopes[0]?.input.decode() as { list: number[] };
    first.list.push(2);
    expect(envelopes[0]?.input.decode()).toEqual({ list: [1] });
  });
});
