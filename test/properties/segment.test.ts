// A segment is what its writer wrote, or an error that says so: whatever was cut off, flipped or made up.

import { gzipSync, crc32 } from 'node:zlib';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChronicleError, isChronicleError } from '../../src/errors.js';
import { Codec, fileHead, readSegment, readSegmentSummary, RecordWriter, sealSegment, type SegmentContent } from '../../src/envelope/index.js';
import { chronicle } from '../../src/envelope/generated/chronicle.js';
import { Capture, fingerprint } from '../../src/value/index.js';
import { build, recipe, runs, SEED, TEXTS } from './recipes.js';
import { copy, difference } from './structure.js';

console.log(`seed ${SEED} (CHRONICLE_TEST_SEED)`);

const { Record: RecordMessage, Node: NodeMessage, Footer } = chronicle.v1;
const NAME = 'v1/traces/t/s.chronicle';
const TRACE = Buffer.from('4bf92f3577b34da6a3ce929d0e0e4736', 'hex');
const HEADER = {
  traceId: TRACE,
  writer: 'w',
  index: 0,
  startUnixNanos: 1_764_025_200_000_000_001n,
  schemaUrl: 'https://example.test/s',
  writerVersion: '0.1.0',
};
const LONG = 'A text of more than forty characters, which has a node of its own.';

/** Frames bodies as docs/format.md says, without the writer. */
function frame(bodies: readonly Uint8Array[]): Buffer {
  let chain = 0;
  return Buffer.concat(
    bodies.flatMap((body) => {
      const head = Buffer.alloc(12);
      head.writeUInt32LE(body.length, 0);
      const check = crc32(head.subarray(0, 4), chain);
      chain = crc32(body, check);
      head.writeUInt32LE(check, 4);
      head.writeUInt32LE(chain, 8);
      return [head, body];
    }),
  );
}

/** The records of plain bytes, by their frames alone. */
function unframe(plain: Buffer): { readonly bodies: Buffer[]; readonly ends: number[] } {
  const bodies: Buffer[] = [];
  const ends: number[] = [];
  for (let at = 0; at < plain.length; ) {
    const end = at + 12 + plain.readUInt32LE(at);
    bodies.push(plain.subarray(at + 12, end));
    ends.push(end);
    at = end;
  }
  return { bodies, ends };
}

const headerBody = (): Uint8Array => RecordMessage.encode({ header: { traceId: TRACE, writer: 'w' } }).finish();
const journal = (bodies: readonly Uint8Array[]): Buffer => Buffer.concat([fileHead(Codec.none), frame(bodies)]);
/** A journal with one crossing whose input is node `root` of the nodes given. */
const journalOf = (nodes: readonly chronicle.v1.Node.$Properties[], input: chronicle.v1.Value.$Properties = { node: nodes.length }): Buffer =>
  journal([headerBody(), RecordMessage.encode({ nodes: [...nodes], begin: { crossing: 1, name: 'n', kind: 'tool', input } }).finish()]);

/** Plain records of a small trace, as the recorder writes them. */
function smallTrace(): Buffer {
  const writer = new RecordWriter();
  const capture = new Capture(writer);
  writer.header(HEADER);
  writer.resource([
    ['service.name', 'trader'],
    ['host.cpus', 2],
    ['debug', false],
  ]);
  const begin = (crossing: number, parent: number, value: unknown): void =>
    writer.begin(
      {
        crossing,
        spanId: Buffer.from(`00f067aa0ba902b${crossing}`, 'hex'),
        traceId: undefined,
        parent,
        parentSpanId: undefined,
        parentPath: '',
        kind: 'tool',
        name: 'get_quote',
        effect: 'read',
        ordinal: 0,
        startUnixNanos: 5n,
      },
      capture.capture(value, 'in'),
    );
  const end = (crossing: number, value: unknown): void =>
    writer.end(
      { crossing, endUnixNanos: 9n, ending: 'returned', async: true, stream: undefined, attributes: [['gen_ai.request.model', 'm']], spanId: undefined },
      capture.capture(value, 'out'),
    );
  begin(1, 0, [{ role: 'user', content: LONG }, [1, 2.5, -3], new Map([['k', new Date(5)]])]);
  begin(2, 1, ['ACME', null, undefined, true]);
  writer.chunk(2, 1_500, capture.capture({ delta: 'hel' }, 'chunk'));
  end(2, { price: 12.5, note: `${LONG} again` });
  end(1, [{ role: 'user', content: LONG }, 'done', new Uint8Array([1, 2, 3])]);
  writer.close(2, 0);
  return Buffer.from(writer.take());
}

/** Everything that a reader learns of a segment, values included, as one digest. */
function meaning(content: SegmentContent): string {
  const { envelopes, ...rest } = content;
  return fingerprint({
    ...rest,
    envelopes: envelopes.map(({ input, outcome, ...facts }) => ({
      ...facts,
      input: [input.digest, input.size, input.decode()],
      outcome: outcome.kind === 'unknown' ? outcome : { ...outcome, value: [outcome.value.digest, outcome.value.decode()] },
    })),
  }).digest;
}

type Read =
  | { readonly kind: 'read'; readonly content: SegmentContent; readonly meaning: string }
  | { readonly kind: 'refused'; readonly error: ChronicleError };

/** Reads all of it. Anything thrown that is not an error of ours, or that does not name the segment, is thrown on. */
function read(bytes: Uint8Array): Read {
  try {
    const content = readSegment(bytes, NAME);
    return { kind: 'read', content, meaning: meaning(content) };
  } catch (error) {
    if (!isChronicleError(error)) throw error;
    expect(error.message).toContain(NAME);
    expect(error.facts['segment']).toBe(NAME);
    return { kind: 'refused', error };
  }
}

function refusal(bytes: Uint8Array): string {
  const result = read(bytes);
  return result.kind === 'read' ? 'it was read' : `${result.error.code} ${result.error.message.split('\n')[0]}`;
}

const damaged = (what: string): string => `CHRONICLE_SEGMENT_DAMAGED Cannot read ${NAME}: ${what}.`;
const damagedValue = (what: string): string => `CHRONICLE_SEGMENT_DAMAGED Cannot read a value of ${NAME}: ${what}.`;

describe('what the writer writes', () => {
  const text = fc.constantFrom(...TEXTS.filter((each) => each.isWellFormed()));
  const count = fc.oneof(fc.nat(), fc.constantFrom(0, 127, 128, 16_383, 16_384, 2 ** 31 - 1));
  const nanos = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const facts = fc.array(fc.tuple(text, fc.oneof(text, fc.double({ noNaN: true }), fc.boolean(), fc.integer())), { maxLength: 4 });
  const id = fc.uint8Array({ minLength: 8, maxLength: 8 });

  it('is read field by field by the code that is generated from the schema', () => {
    fc.assert(
      fc.property(
        recipe(),
        fc.record({
          text,
          other: text,
          count,
          more: count,
          nanos,
          facts,
          id,
          traceId: fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 }), { nil: undefined }),
          stream: fc.boolean(),
          async: fc.boolean(),
        }),
        (nodes, given) => {
          const writer = new RecordWriter();
          const capture = new Capture(writer);
          writer.header({ ...HEADER, writer: given.text, index: given.count, startUnixNanos: given.nanos });
          writer.resource(given.facts);
          const input = capture.capture(build(nodes), 'slot');
          writer.begin(
            {
              crossing: given.count,
              spanId: given.id,
              traceId: given.traceId,
              parent: 0,
              parentSpanId: given.id,
              parentPath: given.other,
              kind: 'tool',
              name: given.text,
              effect: 'read',
              ordinal: given.more,
              startUnixNanos: given.nanos,
            },
            input,
          );
          writer.chunk(given.count, given.more, input);
          const stream = given.stream ? ({ form: 'generator', end: 'cancelled', chunks: given.more } as const) : undefined;
          writer.end(
            { crossing: given.count, endUnixNanos: given.nanos, ending: 'threw', async: given.async, stream, attributes: given.facts, spanId: given.id },
            input,
          );
          writer.gap(given.text, given.count, given.more);
          writer.close(given.count, given.more);
          const { bodies } = unframe(Buffer.from(writer.take()));
          const records = bodies.map((body) => RecordMessage.decode(body));
          expect(records.map((record) => record.body)).toEqual(['header', 'resource', 'begin', 'chunk', 'end', 'gap', 'close']);
          expect(writer.records).toBe(7);
          // Nodes are numbered as they stand, so their count says that none is missing or doubled.
          expect(records.reduce((sum, record) => sum + record.nodes.length, 0)).toBe(capture.nodeCount);
          for (const record of records) for (const node of record.nodes) expect(node.kind).toBeDefined();
          const [header, resource, begin, chunk, end, gap, close] = records;
          const long = (value: unknown): bigint => BigInt(String(value));
          const bytes = (value: unknown): string => Buffer.from(value as Uint8Array).toString('hex');
          expect([
            bytes(header?.header?.traceId),
            header?.header?.writer,
            header?.header?.index,
            long(header?.header?.startUnixNanos),
            header?.header?.schemaUrl,
            header?.header?.writerVersion,
          ]).toEqual([bytes(TRACE), given.text, given.count, BigInt.asUintN(64, given.nanos), HEADER.schemaUrl, HEADER.writerVersion]);
          expect(resource?.resource?.facts?.map(({ key }) => key)).toEqual(given.facts.map(([key]) => key));
          const { begin: began } = begin as chronicle.v1.Record;
          expect([
            began?.crossing,
            bytes(began?.spanId),
            bytes(began?.traceId),
            bytes(began?.parentSpanId),
            began?.parentPath,
            began?.kind,
            began?.name,
            began?.effect,
            began?.ordinal,
            long(began?.startUnixNanos),
          ]).toEqual([
            given.count,
            bytes(given.id),
            bytes(given.traceId ?? new Uint8Array(0)),
            bytes(given.id),
            given.other,
            'tool',
            given.text,
            'read',
            given.more,
            given.nanos,
          ]);
          expect([bytes(began?.inputMeasure?.digest), long(began?.inputMeasure?.size), began?.inputMeasure?.cut, began?.inputMeasure?.opaque]).toEqual([
            input.digestHex,
            BigInt(input.size),
            input.incomplete,
            input.opaque.map((reason) => reason.toWellFormed()),
          ]);
          expect([chunk?.chunk?.crossing, long(chunk?.chunk?.offsetNanos)]).toEqual([given.count, BigInt(given.more)]);
          const { end: ended } = end as chronicle.v1.Record;
          expect([
            ended?.crossing,
            long(ended?.endUnixNanos),
            ended?.ending,
            ended?.async,
            ended?.streamForm,
            ended?.streamEnd,
            ended?.chunks,
            bytes(ended?.spanId),
            ended?.attributes?.map(({ key }) => key),
          ]).toEqual([
            given.count,
            given.nanos,
            2,
            given.async,
            given.stream ? 1 : 0,
            given.stream ? 3 : 0,
            given.stream ? given.more : 0,
            bytes(given.id),
            given.facts.map(([key]) => key),
          ]);
          expect([gap?.gap?.reason, long(gap?.gap?.records), long(gap?.gap?.bytes)]).toEqual([given.text, BigInt(given.count), BigInt(given.more)]);
          expect([close?.close?.crossings, close?.close?.open]).toEqual([given.count, given.more]);
        },
      ),
      runs(300),
    );
  });

  it('is framed as the specification says', () => {
    const plain = smallTrace();
    expect(frame(unframe(plain).bodies).equals(plain)).toBe(true);
  });

  it('is the same sealed and open', async () => {
    const plain = smallTrace();
    const sealed = await sealSegment(plain, { records: 8, crossings: 2, open: 0, spanIds: ['00f067aa0ba902b1', '00f067aa0ba902b2'] });
    expect(read(sealed)).toMatchObject({ meaning: (read(Buffer.concat([fileHead(Codec.none), plain])) as { meaning: string }).meaning });
    expect(readSegmentSummary(sealed, NAME)).toEqual({ crossings: 2, open: 0, spanIds: ['00f067aa0ba902b1', '00f067aa0ba902b2'] });
  });

  it('holds many values one after the other', () => {
    fc.assert(
      fc.property(fc.array(recipe({ maxNodes: 4 }), { minLength: 1, maxLength: 6 }), (all) => {
        const writer = new RecordWriter();
        const capture = new Capture(writer);
        writer.header(HEADER);
        const values = all.map((nodes) => build(nodes));
        for (const [index, value] of values.entries()) {
          writer.begin(
            {
              crossing: index + 1,
              spanId: Buffer.alloc(8, index),
              traceId: undefined,
              parent: 0,
              parentSpanId: undefined,
              parentPath: '',
              kind: 'tool',
              name: 'n',
              effect: 'read',
              ordinal: index,
              startUnixNanos: 1n,
            },
            capture.capture(copy(value), 'slot'),
          );
        }
        const { envelopes } = readSegment(Buffer.concat([fileHead(Codec.none), writer.take()]), NAME);
        for (const [index, envelope] of envelopes.entries()) expect(difference(values[index], envelope.input.decode())).toBe(undefined);
      }),
      runs(150),
    );
  });
});

describe('a journal', () => {
  const plain = smallTrace();
  const whole = Buffer.concat([fileHead(Codec.none), plain]);
  const ends = unframe(plain).ends.map((end) => end + 16);
  /** The meaning of the first so many records. */
  const prefixes = ends.map((end) => read(whole.subarray(0, end)) as Extract<Read, { kind: 'read' }>);

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
        expect(result.content.torn).toBe(torn);
        expect(result.content.reasons).toEqual(torn ? [`${NAME} ends in the middle of record ${records + 1}; what came before it is whole`] : []);
        expect(meaning({ ...result.content, torn: false, reasons: [] })).toBe(prefixes[records - 1]?.meaning);
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

  it('with any bit flipped before its last record is refused', () => {
    const last = ends.at(-2) as number;
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const bytes = Buffer.from(whole);
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      const result = read(bytes);
      if (bit >> 3 < last) expect([bit, result.kind]).toEqual([bit, 'refused']);
      // In the last record it may be taken for one that was written in part; never for another.
      else if (result.kind === 'read')
        expect([bit, result.content.torn, meaning({ ...result.content, torn: false, reasons: [] })]).toEqual([bit, true, prefixes.at(-2)?.meaning]);
    }
  });

  it('with a length that seems to go on beyond its end is damaged, not cut off', () => {
    for (const record of [0, 3, 6]) {
      const bytes = Buffer.from(whole);
      const at = record === 0 ? 16 : (ends[record - 1] as number);
      bytes.writeUInt32LE(bytes.readUInt32LE(at) + 1_000_000, at);
      expect(refusal(bytes)).toBe(damaged(`record ${record + 1} at byte ${at} has a wrong checksum`));
    }
  });

  it('with a record missing, doubled or out of order is refused', () => {
    const starts = [16, ...ends];
    const piece = (index: number): Buffer => whole.subarray(starts[index], ends[index]);
    const pieces = ends.map((_, index) => piece(index));
    const made = (list: readonly Buffer[]): string => refusal(Buffer.concat([whole.subarray(0, 16), ...list]));
    expect(made(pieces.filter((_, index) => index !== 3))).toBe(damaged(`record 4 at byte ${starts[3]} has a wrong checksum`));
    expect(made([...pieces.slice(0, 4), ...pieces.slice(3)])).toBe(damaged(`record 5 at byte ${ends[3]} has a wrong checksum`));
    expect(made([...pieces.slice(0, 3), piece(4), piece(3), ...pieces.slice(5)])).toBe(damaged(`record 4 at byte ${starts[3]} has a wrong checksum`));
  });
});

describe('a sealed segment', () => {
  const seal = (): Promise<Buffer> => sealSegment(smallTrace(), { records: 8, crossings: 2, open: 0, spanIds: ['00f067aa0ba902b1', '00f067aa0ba902b2'] });

  it('with any bit flipped is refused, or means what it meant', async () => {
    const whole = await seal();
    const right = (read(whole) as { meaning: string }).meaning;
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const bytes = Buffer.from(whole);
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      const result = read(bytes);
      if (result.kind === 'read') expect([bit, result.meaning]).toEqual([bit, right]);
    }
  });

  it('that is cut off anywhere is refused', async () => {
    const whole = await seal();
    for (let length = 0; length < whole.length; length++) {
      expect(refusal(whole.subarray(0, length))).toBe(
        damaged(length < 16 ? `it has ${length} bytes, and a segment begins with 16` : 'its end is missing, so it was cut off'),
      );
    }
  });

  it('and a journal, changed in any way, never give a wrong value', async () => {
    const sealed = await seal();
    const open = Buffer.concat([fileHead(Codec.none), smallTrace()]);
    const known = new Set(unframe(smallTrace()).ends.map((end) => (read(open.subarray(0, end + 16)) as { meaning: string }).meaning));
    known.add((read(sealed) as { meaning: string }).meaning);
    const change = fc.array(
      fc.record({ how: fc.nat({ max: 4 }), at: fc.double({ min: 0, max: 0.999_999, noNaN: true }), length: fc.nat({ max: 40 }), byte: fc.nat({ max: 255 }) }),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(fc.boolean(), change, (isSealed, changes) => {
        let bytes = Buffer.from(isSealed ? sealed : open);
        for (const { how, at, length, byte } of changes) {
          const from = Math.floor(at * bytes.length);
          const to = Math.min(bytes.length, from + length + 1);
          if (how === 0) bytes[from] = byte;
          else if (how === 1) bytes = Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
          else if (how === 2) bytes = Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
          else if (how === 3) bytes.fill(byte, from, to);
          else bytes = bytes.subarray(0, from);
          if (bytes.length === 0) break;
        }
        const result = read(bytes);
        if (result.kind === 'read') expect(known.has(meaning({ ...result.content, torn: false, reasons: [] }))).toBe(true);
      }),
      runs(20_000),
    );
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
    const make = (plain: Buffer, claimed: number, length = plain.length): Buffer => {
      const footer = Footer.encode({ plainBytes: claimed, plainSha256: createHash('sha256').update(plain).digest() }).finish();
      const tail = Buffer.alloc(16);
      tail.writeUInt32LE(footer.length, 0);
      tail.writeUInt32LE(crc32(footer), 4);
      tail.set([0x1a, 0x0a, 0x0d, 0x4e, 0x52, 0x48, 0x43, 0x89], 8);
      return Buffer.concat([fileHead(Codec.gzip), gzipSync(Buffer.alloc(length)), footer, tail]);
    };
    expect(refusal(make(Buffer.alloc(10), 10, 50_000_000))).toBe(damaged('its body cannot be unpacked'));
    expect(refusal(make(Buffer.alloc(10), 9))).toBe(damaged('it unpacks to 10 bytes instead of 9'));
    expect(refusal(make(Buffer.alloc(10), 2 ** 40))).toBe(
      `CHRONICLE_SEGMENT_LIMIT Will not read ${NAME}: it unpacks to 1099511627776 bytes, and the limit is 1073741824.`,
    );
  });

  it('is refused where it has more nodes than any writer makes', () => {
    const body = Buffer.alloc(2 * 20_000_001);
    for (let at = 0; at < body.length; at += 2) body[at] = 0x0a;
    expect(refusal(journal([headerBody(), body]))).toBe(`CHRONICLE_SEGMENT_LIMIT Will not read ${NAME}: it has more than 20000000 nodes.`);
  });

  it('is refused where a record says more than a record says', () => {
    const body = Buffer.concat([Buffer.from([0x32]), varint(5_000_000), Buffer.alloc(5_000_000, 0x52)]);
    expect(refusal(journal([headerBody(), body]))).toBe(
      `CHRONICLE_SEGMENT_LIMIT Will not read ${NAME}: record 2 at byte 51 has 5000000 bytes beside its nodes, and the limit is 4194304.`,
    );
  });

  it.each<[string, string, () => Buffer]>([
    ['a node that is absent', 'node 7 is referred to and absent', () => journalOf([], { node: 7 })],
    ['a node 0', 'node 0 is referred to and absent', () => journalOf([], { node: 0 })],
    ['a node inside of itself', 'node 1 refers to node 1, which does not come before it', () => journalOf([{ list: { items: [{ node: 1 }] } }])],
    [
      'a node inside of a later one',
      'node 1 refers to node 2, which does not come before it',
      () => journalOf([{ list: { items: [{ node: 2 }] } }, { list: {} }], { node: 1 }),
    ],
    ['lists that continue each other', 'node 1 refers to node 1, which does not come before it', () => journalOf([{ list: { base: 1, take: 1, items: [] } }])],
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
    ['an extension of a text', 'node 2 extends node 1, which is no object', () => journalOf([{ text: 'x' }, { extended: { base: 1 } }])],
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
    expect(refusal(Buffer.concat([head, smallTrace()]))).toBe(`CHRONICLE_SEGMENT_VERSION Cannot read ${NAME}: format 2, and this version reads 1 to 1.`);
  });

  it('that is packed in a way nobody knows is refused', () => {
    const head = fileHead(Codec.none);
    head[9] = 7;
    head.writeUInt32LE(crc32(head.subarray(0, 12)), 12);
    expect(refusal(head)).toBe(damaged('its compression 7 is unknown'));
  });

  it('may have fields and records that this one does not know', () => {
    const plain = unframe(smallTrace());
    const unknown = Buffer.from([0xf8, 0x07, 0x05, 0xfa, 0x07, 0x02, 0x01, 0x02, 0xf9, 0x07, 0, 0, 0, 0, 0, 0, 0, 0, 0xfd, 0x07, 0, 0, 0, 0]);
    // In each record; in each node of one; a record of an unknown kind between two.
    const bodies: Uint8Array[] = plain.bodies.map((body) => Buffer.concat([body, unknown]));
    bodies.splice(3, 0, Buffer.from([0xa2, 0x01, 0x03, 1, 2, 3]));
    const before = read(journal(plain.bodies)) as { meaning: string };
    expect(read(journal(bodies))).toMatchObject({ kind: 'read', meaning: before.meaning });
    const node = Buffer.concat([NodeMessage.encode({ list: { items: [{ integer: 5 }] } }).finish(), unknown]);
    const begin = RecordMessage.encode({ begin: { crossing: 1, input: { node: 1 } } }).finish();
    const result = read(journal([headerBody(), Buffer.concat([Buffer.from([0x0a, node.length]), node, begin])]));
    expect(result.kind === 'read' && result.content.envelopes[0]?.input.decode()).toEqual([5]);
  });

  it('that is no segment is refused', () => {
    expect(refusal(Buffer.from('this is some other file, and long enough'))).toBe(damaged('it does not begin as a segment does'));
    expect(refusal(journal([]))).toBe(damaged('it holds no whole record'));
    expect(refusal(journal([RecordMessage.encode({ close: {} }).finish()]))).toBe(damaged('its first record is no header'));
    expect(refusal(journal([headerBody(), headerBody()]))).toBe(damaged('record 2 at byte 51 is a second header'));
    expect(refusal(journal([headerBody(), Buffer.from([0x0a, 0x7f])]))).toBe(damaged('record 2 at byte 51 cannot be decoded'));
    expect(refusal(journal([headerBody(), RecordMessage.encode({ begin: { crossing: 4 } }).finish()]))).toBe(damaged('crossing 4 begins where 1 should'));
    expect(refusal(journal([headerBody(), RecordMessage.encode({ end: { crossing: 4 } }).finish()]))).toBe(
      damaged('record 2 ends crossing 4, which did not begin'),
    );
  });
});
