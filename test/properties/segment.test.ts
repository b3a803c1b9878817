// A segment is what its writer wrote, or an error that says so: whatever was cut off, flipped or made up.

import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Codec, fileHead, readSegment, RecordWriter, sealSegment } from '../../src/envelope/index.js';
import { chronicle } from '../generated/chronicle.js';
import { SegmentBlocks } from '../../src/envelope/segment-blocks.js';
import { Capture } from '../../src/value/index.js';
import { HEADER, judge, NAME, type Reading, readAll as read, sealed, sealedByWriter, smallTrace, Trace, TRACE } from '../faults/segments.js';
import { frame, seal, unframe } from '../vectors/by-hand.js';
import { build, recipe, runs, SEED, TEXTS } from './recipes.js';
import { copy, difference } from './structure.js';

console.log(`seed ${SEED} (CHRONICLE_TEST_SEED)`);

const { Record: RecordMessage, Node: NodeMessage } = chronicle.v1;
type Whole = Extract<Reading, { kind: 'read' }>;

const headerBody = (): Uint8Array => RecordMessage.encode({ header: { traceId: Buffer.from(TRACE, 'hex'), writer: 'w' } }).finish();
const DEFINED = { defined: { name: 'n', kind: 'tool' } };
/** A journal with one crossing whose input is the last of the nodes given; these refer to each other by their numbers. */
const journalOf = (nodes: readonly chronicle.v1.Node.$Properties[], input: chronicle.v1.Value.$Properties = { node: 1 }): Buffer =>
  frame([headerBody(), RecordMessage.encode({ nodes: nodes.map((node, index) => countedBack(node, index + 1)), begin: { ...DEFINED, input } }).finish()]);

/** The same node with its references counted back from it, as they are stored. */
function countedBack<T>(part: T, number: number): T {
  if (Array.isArray(part)) return part.map((item: unknown) => countedBack(item, number)) as T;
  if (typeof part !== 'object' || part === null || part instanceof Uint8Array) return part;
  const entries = Object.entries(part).map(([name, value]: [string, unknown]) => [
    name,
    ['node', 'alias', 'shape', 'base'].includes(name) && typeof value === 'number' ? number - value : countedBack(value, number),
  ]);
  return Object.fromEntries(entries) as T;
}

/** Where each record of a journal ends. */
function endsOf(journal: Buffer): number[] {
  let at = 16;
  return unframe(journal).map((body) => (at += 12 + body.length));
}

function refusal(bytes: Uint8Array): string {
  const result = read(bytes);
  return result.kind === 'read' ? 'it was read' : `${result.error.code} ${result.error.message.split('\n')[0]}`;
}

const damaged = (what: string): string => `CHRONICLE_SEGMENT_DAMAGED Cannot read ${NAME}: ${what}.`;
const RESTORE = 'The file is damaged or no recording; restore it from a copy, or use another run.';
const toldDamage = (damage: string): string => `${NAME} is damaged: ${damage}; what came before it is whole, and what follows cannot be trusted`;
const damagedValue = (what: string): string => `CHRONICLE_SEGMENT_DAMAGED Cannot read a value of ${NAME}: ${what}.`;

describe('what the writer writes', () => {
  const text = fc.constantFrom(...TEXTS.filter((each) => each.isWellFormed()));
  const count = fc.oneof(fc.nat(), fc.constantFrom(0, 127, 128, 16_383, 16_384, 2 ** 31 - 1));
  const start = fc.bigInt({ min: 0n, max: 2n ** 63n });
  const micros = fc.integer({ min: -(2 ** 40), max: 2 ** 40 });
  const hexId = (length: number): fc.Arbitrary<string> => fc.uint8Array({ minLength: length, maxLength: length }).map((id) => Buffer.from(id).toString('hex'));
  const facts = fc.array(fc.tuple(text, fc.oneof(text, fc.double({ noNaN: true }), fc.boolean(), fc.integer())), { maxLength: 4 });
  const id = hexId(8);

  it('is read field by field by the code that is generated from the schema', () => {
    fc.assert(
      fc.property(
        recipe(),
        fc.record({
          text,
          other: text,
          count,
          more: count,
          micros,
          start,
          facts,
          id,
          traceId: fc.option(hexId(16), { nil: undefined }),
          inside: fc.boolean(),
          stream: fc.boolean(),
          async: fc.boolean(),
          elsewhere: fc.boolean(),
        }),
        (nodes, given) => {
          const writer = new RecordWriter();
          const capture = new Capture(writer);
          writer.header({ ...HEADER, writer: given.text, index: given.count, startUnixNanos: given.start });
          writer.resource(given.facts);
          const input = capture.capture(build(nodes), 'slot');
          const begin = {
            spanId: given.id,
            traceId: given.traceId ?? TRACE,
            parent: given.inside ? given.count : 0,
            parentSpanId: given.id,
            parentPath: given.other,
            kind: 'tool',
            name: given.text,
            effect: 'read',
            ordinal: given.more,
            startUnixNanos: given.start + BigInt(given.micros) * 1_000n,
          };
          expect([writer.begin(begin, input), writer.begin({ ...begin, kind: 'model' }, input), writer.begin(begin, input)]).toEqual([1, 2, 3]);
          const elsewhere = given.elsewhere ? { spanId: given.id } : undefined;
          writer.chunk(elsewhere ?? 1, given.more * 1_000, input);
          const stream = given.stream ? ({ form: 'generator', end: 'cancelled', chunks: given.more } as const) : undefined;
          writer.end(
            { crossing: elsewhere ?? 2, durationNanos: given.more * 1_000 + 999, ending: 'threw', async: given.async, stream, attributes: given.facts },
            input,
          );
          writer.gap(given.text, given.count, given.more);
          writer.close(given.count, given.more, Buffer.alloc(32, 7));
          const records = unframe(Buffer.concat([fileHead(Codec.none), writer.take()])).map((body) => RecordMessage.decode(body));
          expect(records.map((record) => record.body)).toEqual(['header', 'resource', 'begin', 'begin', 'begin', 'chunk', 'end', 'gap', 'close']);
          expect(writer.records).toBe(9);
          // Nodes are numbered as they stand, so their count says that none is missing or doubled.
          expect(records.reduce((sum, record) => sum + record.nodes.length, 0)).toBe(capture.nodeCount);
          for (const record of records) for (const node of record.nodes) expect(node.kind).toBeDefined();
          const [header, resource, first, other, again, chunk, end, gap, close] = records;
          const long = (value: unknown): bigint => BigInt(String(value));
          const bytes = (value: unknown): string => Buffer.from(value as Uint8Array).toString('hex');
          expect([
            bytes(header?.header?.traceId),
            header?.header?.writer,
            header?.header?.index,
            long(header?.header?.startUnixNanos),
            header?.header?.schemaUrl,
            header?.header?.writerVersion,
          ]).toEqual([TRACE, given.text, given.count, given.start, HEADER.schemaUrl, HEADER.writerVersion]);
          expect(resource?.resource?.facts?.map(({ key }) => key)).toEqual(given.facts.map(([key]) => key));
          const begins = [first, other, again].map((record) => (record as chronicle.v1.Record).begin as chronicle.v1.Begin);
          const isInside = given.inside && given.count > 0;
          for (const began of begins) {
            expect([bytes(began.spanId), bytes(began.traceId), began.parent, bytes(began.parentSpanId), began.parentPath, began.ordinal]).toEqual([
              given.id,
              given.traceId === TRACE ? '' : (given.traceId ?? ''),
              isInside ? given.count : 0,
              isInside ? '' : given.id,
              isInside ? '' : given.other,
              given.more,
            ]);
            expect([long(began.startMicros), began.cut, began.opaque]).toEqual([
              BigInt(given.micros),
              input.incomplete,
              input.opaque.map((reason) => reason.toWellFormed()),
            ]);
          }
          // A boundary is told once, and named by its number from then on.
          expect(begins.map(({ defined, known }) => defined ?? known)).toMatchObject([
            { kind: 'tool', name: given.text, effect: 'read' },
            { kind: 'model', name: given.text, effect: 'read' },
            1,
          ]);
          const spanId = given.elsewhere ? given.id : '';
          expect([chunk?.chunk?.crossingsSince, long(chunk?.chunk?.offsetMicros), bytes(chunk?.chunk?.spanId)]).toEqual([
            given.elsewhere ? 0 : 2,
            BigInt(given.more),
            spanId,
          ]);
          const ended = (end as chronicle.v1.Record).end as chronicle.v1.End;
          expect([
            ended.crossingsSince,
            long(ended.durationMicros),
            ended.ending,
            ended.async,
            ended.streamForm,
            ended.streamEnd,
            ended.chunks,
            bytes(ended.spanId),
            ended.attributes?.map(({ key }) => key),
          ]).toEqual([
            given.elsewhere ? 0 : 1,
            BigInt(given.more),
            2,
            given.async,
            given.stream ? 1 : 0,
            given.stream ? 3 : 0,
            given.stream ? given.more : 0,
            spanId,
            given.facts.map(([key]) => key),
          ]);
          expect([gap?.gap?.reason, long(gap?.gap?.records), long(gap?.gap?.bytes)]).toEqual([given.text, BigInt(given.count), BigInt(given.more)]);
          expect([close?.close?.crossings, close?.close?.open, bytes(close?.close?.valuesSha256)]).toEqual([given.count, given.more, '07'.repeat(32)]);
        },
      ),
      runs(300),
    );
  });

  it('is framed as the specification says', () => {
    const journal = smallTrace();
    expect(frame(unframe(journal)).equals(journal)).toBe(true);
  });

  it('is the same sealed and open, in one block or in many', async () => {
    const journal = smallTrace();
    const { whole } = (read(journal) as Whole).meaning;
    const bytes = await sealedByWriter(journal);
    expect(read(bytes)).toMatchObject({ meaning: { whole }, content: { closed: true, reasons: [], footer: { crossings: 2, open: 0 } } });
    for (const blockBytes of [1, 200, 4_096]) expect(read(sealed(journal, Codec.gzip, blockBytes))).toMatchObject({ meaning: { whole } });
  });

  it('holds many values one after the other', () => {
    fc.assert(
      fc.property(fc.array(recipe({ maxNodes: 4 }), { minLength: 1, maxLength: 6 }), (all) => {
        const trace = new Trace();
        const values = all.map((nodes) => build(nodes));
        for (const value of values) trace.begin(0, copy(value));
        const { envelopes } = readSegment(trace.journal(), NAME);
        for (const [index, envelope] of envelopes.entries()) expect(difference(values[index], envelope.input.decode())).toBe(undefined);
      }),
      runs(150),
    );
  });
});

describe('a journal', () => {
  const whole = smallTrace();
  const ends = endsOf(whole);
  /** The meaning of the first so many records. */
  const prefixes = ends.map((end) => (read(whole.subarray(0, end)) as Whole).meaning.whole);

  it('that is cut off anywhere reads back all whole records, and says so', () => {
    for (let length = 0; length < whole.length; length++) {
      const result = read(whole.subarray(0, length));
      const records = ends.filter((end) => end <= length).length;
      if (length < 16) expect(refusal(whole.subarray(0, length))).toBe(damaged(`it has ${length} bytes, and a segment begins with 16`));
      else if (records === 0) expect(refusal(whole.subarray(0, length))).toBe(damaged('it holds no whole record'));
      else {
        expect(result.kind).toBe('read');
        if (result.kind !== 'read') continue;
        const torn = !ends.includes(length);
        expect([result.content.torn, result.content.closed]).toEqual([torn, false]);
        expect(result.content.reasons).toEqual(torn ? [`${NAME} ends in the middle of record ${records + 1}; what came before it is whole`] : []);
        expect(result.meaning.whole).toBe(prefixes[records - 1]);
      }
    }
  });

  it('that ends in zeros, as after a loss of power, reads back all whole records', () => {
    const last = ends.at(-1) as number;
    for (const zeros of [1, 11, 12, 13, 4_096]) {
      const result = read(Buffer.concat([whole.subarray(0, last), Buffer.alloc(zeros)]));
      expect(result.kind === 'read' && result.content.torn).toBe(true);
    }
    // The length of the last record is there, its end is not.
    const half = Buffer.from(whole);
    half.fill(0, (ends.at(-2) as number) + 14);
    expect(read(half)).toMatchObject({ kind: 'read', content: { torn: true, closed: false } });
  });

  it('with any bit flipped reads back what stands before it, and says so', () => {
    const last = ends.at(-2) as number;
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const at = bit >> 3;
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
      const result = read(bytes);
      // Before the first record has ended there is nothing to give.
      if (at < (ends[0] as number)) {
        expect([bit, result.kind]).toEqual([bit, 'refused']);
        continue;
      }
      const records = ends.filter((end) => end <= at).length;
      if (result.kind !== 'read') expect([bit, result.error.code]).toEqual([bit, 'CHRONICLE_SEGMENT_LIMIT']);
      else {
        expect([bit, result.meaning.whole, result.content.closed]).toEqual([bit, prefixes[records - 1], false]);
        const damage = `record ${records + 1} at byte ${ends[records - 1]} has a wrong checksum`;
        // The last record may have been written in part.
        if (at >= last && result.content.torn) continue;
        expect([bit, result.content.damage, result.content.reasons]).toEqual([bit, damage, [toldDamage(damage)]]);
      }
    }
  });

  it('with a length that seems to go on beyond its end is damaged, not cut off', () => {
    for (const record of [0, 3, 6]) {
      const bytes = Buffer.from(whole);
      const at = record === 0 ? 16 : (ends[record - 1] as number);
      bytes.writeUInt32LE(bytes.readUInt32LE(at) + 1_000_000, at);
      const what = `record ${record + 1} at byte ${at} has a wrong checksum`;
      if (record === 0) expect(refusal(bytes)).toBe(damaged(what));
      else expect(read(bytes)).toMatchObject({ content: { damage: what, torn: false, reasons: [toldDamage(what)] }, meaning: { whole: prefixes[record - 1] } });
    }
  });

  it('with a record missing, doubled or out of order ends there', () => {
    const starts = [16, ...ends];
    const piece = (index: number): Buffer => whole.subarray(starts[index], ends[index]);
    const pieces = ends.map((_, index) => piece(index));
    const made = (list: readonly Buffer[]): unknown => read(Buffer.concat([whole.subarray(0, 16), ...list]));
    const endsAt = (records: number, at: number | undefined): unknown => ({
      content: { damage: `record ${records + 1} at byte ${at} has a wrong checksum` },
      meaning: { whole: prefixes[records - 1] },
    });
    expect(made(pieces.filter((_, index) => index !== 3))).toMatchObject(endsAt(3, starts[3]) as object);
    expect(made([...pieces.slice(0, 4), ...pieces.slice(3)])).toMatchObject(endsAt(4, ends[3]) as object);
    expect(made([...pieces.slice(0, 3), piece(4), piece(3), ...pieces.slice(5)])).toMatchObject(endsAt(3, starts[3]) as object);
  });

  it('in which a record was damaged is not sealed as if it were whole', async () => {
    const bytes = Buffer.from(whole);
    const at = (ends[2] as number) + 20;
    bytes[at] = (bytes[at] as number) ^ 1;
    await expect(sealSegment(bytes.subarray(16), { crossings: 2, open: 0 })).rejects.toMatchObject({
      code: 'CHRONICLE_SEGMENT_DAMAGED',
      message: `Cannot seal the journal: record 4 at byte ${ends[2]} has a wrong checksum.\nThe disk gave back other bytes than were written; what stands before that can still be read from the journal.`,
    });
  });

  it('whose values are others than those that were recorded is refused when the first is asked for', () => {
    const bodies = unframe(whole);
    const wrong = RecordMessage.encode({ close: { crossings: 2, valuesSha256: Buffer.alloc(32, 7) } }).finish();
    const journal = frame([...bodies.slice(0, -1), wrong]);
    const { envelopes, valuesSha256 } = readSegment(whole, NAME);
    const found = readSegment(journal, NAME).envelopes[0];
    const message = `${damaged(`the digest of its values is ${valuesSha256}, and ${'07'.repeat(32)} was recorded`).slice('CHRONICLE_SEGMENT_DAMAGED '.length)}\n${RESTORE}`;
    for (const take of [() => found?.input.decode(), () => found?.input.digest, () => found?.input.size]) expect(take).toThrow(message);
    expect(readSegment(journal, NAME, { checkValues: false }).envelopes[0]?.input.digest).toBe(envelopes[0]?.input.digest);
  });
});

/** Makes the footer say another digest of one block. */
function lieAbout(number: number): (block: { plainSha256: Uint8Array }) => void {
  let at = 0;
  return (block) => {
    if (++at === number) block.plainSha256 = Buffer.alloc(32);
  };
}

describe('a sealed segment', () => {
  const journal = smallTrace();
  const right = (read(journal) as Whole).meaning;

  it('with any bit flipped is refused, or means what it meant', async () => {
    const whole = await sealedByWriter(journal);
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const bytes = Buffer.from(whole);
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      const result = read(bytes);
      if (result.kind === 'read') expect([bit, result.meaning.whole, result.content.reasons]).toEqual([bit, right.whole, []]);
    }
  });

  it('with a damaged block reads back what stands before it, and says so', () => {
    const whole = sealed(journal, Codec.gzip, 200);
    const verdicts = new Set<string>();
    const reasons = new Set<string>();
    for (let bit = 16 * 8; bit < whole.length * 8; bit += 7) {
      const bytes = Buffer.from(whole);
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      const result = read(bytes);
      const verdict = judge(result, right);
      verdicts.add(verdict);
      if (result.kind === 'read' && verdict === 'prefix') {
        expect([result.content.closed, result.content.torn]).toEqual([false, false]);
        expect(result.content.reasons).toEqual([toldDamage(result.content.damage ?? '')]);
        reasons.add((result.content.damage ?? '').replaceAll(/\d+ bytes/g, 'N bytes'));
      }
    }
    expect([...verdicts].sort()).toEqual(['error', 'prefix', 'right']);
    expect([...reasons].filter((reason) => reason.includes('block 2')).sort()).toEqual(['block 2 of 3 cannot be unpacked, from record 4 on']);
    // gzip has a checksum of its own; where that is not looked at, ours is.
    const other = seal(unframe(journal), { crossings: 2, open: 0, blockBytes: 200, lie: lieAbout(2) });
    expect(read(other)).toMatchObject({ content: { damage: 'the SHA-256 of block 2 of 3 is wrong, from record 4 on' } });
  });

  it('with its first block damaged is refused', () => {
    const bytes = sealed(journal, Codec.gzip, 200);
    bytes.fill(0, 40, 44);
    expect(refusal(bytes)).toBe(damaged('block 1 of 3 cannot be unpacked'));
  });

  it('that is cut off anywhere is refused', async () => {
    const whole = await sealedByWriter(journal);
    for (let length = 0; length < whole.length; length++) {
      expect(refusal(whole.subarray(0, length))).toBe(
        damaged(length < 16 ? `it has ${length} bytes, and a segment begins with 16` : 'its end is missing, so it was cut off'),
      );
    }
  });
});

describe('a segment that is made to harm', () => {
  it('is refused where it claims a record of a gigabyte', () => {
    const head = Buffer.alloc(12);
    head.writeUInt32LE(1 << 30, 0);
    head.writeUInt32LE(crc32(head.subarray(0, 4), 0), 4);
    expect(refusal(Buffer.concat([fileHead(Codec.none), head]))).toBe(
      `CHRONICLE_SEGMENT_LIMIT Will not read ${NAME}: record 1 at byte 16 has 1073741824 bytes, and the limit is 536870912.`,
    );
  });

  it('is refused where it unpacks to more than it says, or says more than is allowed', () => {
    const bodies = unframe(smallTrace());
    const claims = (plainBytes: number): Buffer => seal(bodies, { lie: (block) => Object.assign(block, { plainBytes }) });
    const { length } = Buffer.concat(bodies.map((body) => Buffer.concat([varint(body.length), body])));
    expect(refusal(claims(10))).toBe(damaged('block 1 of 1 cannot be unpacked'));
    expect(refusal(claims(length - 1))).toBe(damaged(`block 1 of 1 unpacks to ${length} bytes instead of ${length - 1}`));
    expect(refusal(claims(length + 1))).toBe(damaged(`block 1 of 1 unpacks to ${length} bytes instead of ${length + 1}`));
    expect(refusal(claims(2 ** 40))).toBe(`CHRONICLE_SEGMENT_LIMIT Will not read ${NAME}: it unpacks to 1099511627776 bytes, and the limit is 1073741824.`);
    // Fifty megabytes of zeros in fifty kilobytes.
    const bomb = seal([Buffer.alloc(50_000_000)], { lie: (block) => Object.assign(block, { plainBytes: 1_000 }) });
    expect(refusal(bomb)).toBe(damaged('block 1 of 1 cannot be unpacked'));
  });

  it('is refused where it has more nodes than any writer makes', () => {
    const body = Buffer.alloc(2 * 20_000_001);
    for (let at = 0; at < body.length; at += 2) body[at] = 0x0a;
    expect(refusal(frame([headerBody(), body]))).toBe(`CHRONICLE_SEGMENT_LIMIT Will not read ${NAME}: it has more than 20000000 nodes.`);
  });

  it('is refused where a record says more than a record says', () => {
    const body = Buffer.concat([Buffer.from([0x32]), varint(5_000_000), Buffer.alloc(5_000_000, 0x52)]);
    expect(refusal(frame([headerBody(), body]))).toBe(
      `CHRONICLE_SEGMENT_LIMIT Will not read ${NAME}: record 2 at byte 51 has 5000000 bytes beside its nodes, and the limit is 4194304.`,
    );
  });

  it.each<[string, string, () => Buffer]>([
    ['a node that is absent', 'node -6 is referred to and absent', () => journalOf([], { node: 7 })],
    ['the node that would come next', 'node 2 is referred to and absent', () => journalOf([{ list: {} }], { node: 0 })],
    ['a node inside of itself', 'node 1 refers to node 1, which does not come before it', () => journalOf([{ list: { items: [{ node: 1 }] } }])],
    ['a list that continues what is absent', 'node -4 is referred to and absent', () => journalOf([{ list: { base: -4, take: 1, items: [] } }])],
    [
      'a list that takes more than there is',
      'list 2 takes 9 items of 1',
      () => journalOf([{ list: { items: [{ integer: 1 }] } }, { list: { base: 1, take: 9 } }]),
    ],
    ['a list that takes items of nothing', 'list 1 takes 3 items of no list', () => journalOf([{ list: { take: 3 } }])],
    [
      'a list that continues an object',
      'node 2 is continued as a list and is none',
      () => journalOf([{ shape: {} }, { object: { shape: 1 } }, { list: { base: 2, take: 1 } }]),
    ],
    ['an alias to nothing', 'alias of node 1, which was not built before', () => journalOf([{ list: {} }, { list: { items: [{ alias: 1 }] } }])],
    ['a cycle beyond the root', 'a cycle goes 2 levels up, beyond the value', () => journalOf([{ list: { items: [{ cycle: 2 }] } }])],
    ['a cycle to itself', 'a cycle goes 0 levels up, beyond the value', () => journalOf([{ list: { items: [{ cycle: 0 }] } }])],
    [
      'a node that is two objects',
      'node 1 stands for two objects of one value',
      () => journalOf([{ list: {} }, { list: { items: [{ node: 1 }, { node: 1 }] } }]),
    ],
    [
      'values nested a thousand deep',
      'a value is nested deeper than 1000',
      () => journalOf([{ list: {} }, ...Array.from({ length: 5_000 }, (_, index) => ({ list: { items: [{ node: index + 1 }] } }))]),
    ],
    [
      'boxes nested a thousand deep',
      'a value is nested deeper than 1000',
      () => journalOf([{ boxed: { integer: 1 } }, ...Array.from({ length: 50_000 }, (_, index) => ({ boxed: { node: index + 1 } }))]),
    ],
    ['a list of more places than a list has', 'node 1 is a list of 1099511627776 places', () => journalOf([{ sparse: { length: 2 ** 40 } }])],
    [
      'an item outside of its list',
      'node 1 has an item outside of its list',
      () => journalOf([{ sparse: { length: 5, entries: [{ integer: 5 }, { integer: 1 }] } }]),
    ],
    ['a position without an item', 'node 1 has a position without an item', () => journalOf([{ sparse: { length: 5, entries: [{ integer: 1 }] } }])],
    ['a key without a value', 'node 1 has a key without a value', () => journalOf([{ map: { items: [{ integer: 1 }] } }])],
    ['an object of too few values', 'node 2 has 0 values for 1 keys', () => journalOf([{ shape: { keys: [{ text: 'a' }] } }, { object: { shape: 1 } }])],
    ['keys that are none', 'node 1 is used as a list of keys and is none', () => journalOf([{ list: {} }, { object: { shape: 1 } }])],
    ['a key that is no text', 'node 1 has a key that is no text', () => journalOf([{ shape: { keys: [{ integer: 1 }] } }, { object: { shape: 1 } }])],
    ['keys as a value', 'node 1 is a list of keys and used as a value', () => journalOf([{ shape: {} }])],
    ['an empty node', 'node 1 is empty or of a kind that this version does not know', () => journalOf([{}])],
    ['an empty value', 'a value is empty or of a kind that this version does not know', () => journalOf([{ list: { items: [{}] } }])],
    ['a constant that nobody knows', 'constant 9 is unknown', () => journalOf([{ list: { items: [{ constant: 9 as number as chronicle.v1.Constant }] } }])],
    ['a hole where there is a value', 'node 1 has a hole where there is a value', () => journalOf([{ set: { items: [{ constant: 5 }] } }])],
    ['digits that are none', 'node 1 is no whole number', () => journalOf([{ bigint: '12x' }])],
    ['a million digits', 'node 1 is no whole number', () => journalOf([{ bigint: '9'.repeat(1_000_000) }])],
    [
      'numbers of three bytes',
      'node 1 has 3 bytes, which no Float64Array has',
      () => journalOf([{ bytes: { type: 'Float64Array', data: new Uint8Array(3) } }]),
    ],
    ['a URL that is none', 'node 1 is no URL', () => journalOf([{ coded: { codec: 'URL', value: { text: 'no url' } } }])],
    ['an error without a message', 'node 1 is an error without message', () => journalOf([{ error: { className: 'Error' } }])],
    ['an extension of a text', 'node 2 extends node 1, which is no built-in value', () => journalOf([{ text: 'x' }, { extended: { base: 1 } }])],
    ['a date between two milliseconds', 'node 1 is a date of 1.5 milliseconds, which is none', () => journalOf([{ date: 1.5 }])],
    [
      'places of a list out of order',
      'node 1 has its items out of order',
      () => journalOf([{ sparse: { length: 9_000, entries: [{ integer: 7 }, { text: 'a' }, { integer: 7 }, { text: 'b' }] } }]),
    ],
    [
      'an extension of an object',
      'node 3 extends node 2, which is no built-in value',
      () => journalOf([{ shape: {} }, { object: { shape: 1 } }, { extended: { base: 2 } }]),
    ],
    [
      'a property without a value',
      'node 2 has a property without a value',
      () => journalOf([{ list: {} }, { extended: { base: 1, properties: [{ text: 'a' }] } }]),
    ],
    ['half a unit of text', 'a text of two bytes a unit has an odd number of bytes', () => journalOf([{ text16: new Uint8Array(3) }])],
  ])('is refused where it holds %s', (_, what, make) => {
    expect(refusal(make())).toBe(damagedValue(what));
  });

  it('is refused where its regular expression is none', () => {
    expect(refusal(journalOf([{ regexp: { source: { text: '(' }, flags: '' } }]))).toMatch(
      /^CHRONICLE_SEGMENT_DAMAGED Cannot read a value of .*: a regular expression is malformed \(SyntaxError: /,
    );
  });

  it('is refused in little time where many lists share a long beginning', () => {
    const nodes: chronicle.v1.Node.$Properties[] = [{ list: { items: Array.from({ length: 20_000 }, () => ({ integer: 1 })) } }];
    for (let index = 1; index < 2_000; index++) nodes.push({ list: { base: index, take: 20_000 } });
    nodes.push({ list: { items: nodes.map((_, index) => ({ node: index + 1 })) } });
    expect(refusal(journalOf(nodes))).toBe(damagedValue('a value has more than 20000000 parts'));
  });

  it('is read where it claims many places of a list, and holds none of them', () => {
    const result = read(journalOf([{ sparse: { length: 4_294_967_295, entries: [{ integer: 7 }, { text: 'x' }] } }]));
    expect(result.kind === 'read' && Object.keys(result.content.envelopes[0]?.input.decode() as object)).toEqual(['7']);
  });

  it('touches no prototype', () => {
    const nodes = [
      { shape: { keys: [{ text: '__proto__' }, { text: 'constructor' }] } },
      { object: { shape: 1, values: [{ text: 'x' }, { integer: 1 }], className: '__proto__' } },
    ];
    const result = read(journalOf(nodes));
    expect(result.kind).toBe('read');
    expect(({} as Record<string, unknown>)['x']).toBe(undefined);
    expect(Object.prototype.constructor).toBe(Object);
  });
});

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

describe('a segment of another version', () => {
  it('that is newer is refused by its number', () => {
    const head = fileHead(Codec.none);
    head[8] = 2;
    head.writeUInt32LE(crc32(head.subarray(0, 12)), 12);
    expect(refusal(Buffer.concat([head, smallTrace().subarray(16)]))).toBe(
      `CHRONICLE_SEGMENT_VERSION Cannot read ${NAME}: format 2, and this version reads 1 to 1.`,
    );
  });

  it('that is packed in a way nobody knows is refused', () => {
    const head = fileHead(Codec.none);
    head[9] = 7;
    head.writeUInt32LE(crc32(head.subarray(0, 12)), 12);
    expect(refusal(head)).toBe(damaged('its compression 7 is unknown'));
  });

  it('may have fields and records that this one does not know, and keeps them', async () => {
    const known = unframe(smallTrace());
    const unknown = Buffer.from([0xf8, 0x07, 0x05, 0xfa, 0x07, 0x02, 0x01, 0x02, 0xf9, 0x07, 0, 0, 0, 0, 0, 0, 0, 0, 0xfd, 0x07, 0, 0, 0, 0]);
    // In each record; in each node of one; a record of an unknown kind between two.
    const bodies: Uint8Array[] = known.map((body) => Buffer.concat([body, unknown]));
    bodies.splice(3, 0, Buffer.from([0xa2, 0x01, 0x03, 1, 2, 3]));
    const before = (read(frame(known)) as Whole).meaning;
    expect(read(frame(bodies))).toMatchObject({ kind: 'read', meaning: before });
    // Sealed, they are still there.
    const plain = SegmentBlocks.open(await sealedByWriter(frame(bodies)), NAME).plain(0);
    expect(plain.equals(Buffer.concat(bodies.flatMap((body) => [varint(body.length), body])))).toBe(true);
    const node = Buffer.concat([NodeMessage.encode({ list: { items: [{ integer: 5 }] } }).finish(), unknown]);
    const begin = RecordMessage.encode({ begin: { ...DEFINED, input: { node: 1 } } }).finish();
    const result = read(frame([headerBody(), Buffer.concat([Buffer.from([0x0a, node.length]), node, begin])]));
    expect(result.kind === 'read' && result.content.envelopes[0]?.input.decode()).toEqual([5]);
  });

  it('that is no segment is refused', () => {
    expect(refusal(Buffer.from('this is some other file, and long enough'))).toBe(damaged('it does not begin as a segment does'));
    expect(refusal(frame([]))).toBe(damaged('it holds no whole record'));
    expect(refusal(frame([RecordMessage.encode({ close: {} }).finish()]))).toBe(damaged('its first record is no header'));
    expect(refusal(frame([headerBody(), headerBody()]))).toBe(damaged('record 2 at byte 51 is a second header'));
    expect(refusal(frame([headerBody(), Buffer.from([0x0a, 0x7f])]))).toBe(damaged('record 2 at byte 51 cannot be decoded'));
    expect(refusal(frame([headerBody(), RecordMessage.encode({ begin: { known: 4 } }).finish()]))).toBe(
      damaged('record 2 at byte 51 begins a crossing of boundary 4, which was not defined'),
    );
    expect(refusal(frame([headerBody(), RecordMessage.encode({ begin: { ...DEFINED, parent: 3 } }).finish()]))).toBe(
      damaged('crossing 1 is inside crossing 3, which did not begin'),
    );
    expect(refusal(frame([headerBody(), RecordMessage.encode({ chunk: { value: { integer: 1 } } }).finish()]))).toBe(
      damaged('record 2 at byte 51 is a chunk of a crossing that did not begin'),
    );
    expect(refusal(frame([headerBody(), RecordMessage.encode({ end: { crossingsSince: 4 } }).finish()]))).toBe(
      damaged('record 2 at byte 51 ends a crossing that did not begin'),
    );
  });
});
