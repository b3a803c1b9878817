// Golden segments that no writer of ours writes: broken ones, hostile ones, and those of newer writers. They are put
// together from messages, as docs/format.md says, without the writer.

import { createHash } from 'node:crypto';
import * as zlib from 'node:zlib';
import { Codec } from '../../src/envelope/index.js';
import { chronicle } from '../generated/chronicle.js';

const { Footer, Record } = chronicle.v1;
type Node = chronicle.v1.Node.$Properties;
type Value = chronicle.v1.Value.$Properties;

export const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
export const START = 1_764_025_200_000_000_000n;
export const SPAN = (crossing: number): string => `00f067aa0ba9${crossing.toString(16).padStart(4, '0')}`;

/** The file head, whatever it says. */
function head(codec: number, version = 1): Buffer {
  const bytes = Buffer.from([0x89, 0x43, 0x48, 0x52, 0x4e, 0x0d, 0x0a, 0x1a, version, codec, 0, 0, 0, 0, 0, 0]);
  bytes.writeUInt32LE(zlib.crc32(bytes.subarray(0, 12)), 12);
  return bytes;
}

/** A journal of these records. */
export function frame(bodies: readonly Uint8Array[], version = 1): Buffer {
  let chain = 0;
  const framed = bodies.flatMap((body) => {
    const frameHead = Buffer.alloc(12);
    frameHead.writeUInt32LE(body.length, 0);
    const check = zlib.crc32(frameHead.subarray(0, 4), chain);
    chain = zlib.crc32(body, check);
    frameHead.writeUInt32LE(check, 4);
    frameHead.writeUInt32LE(chain, 8);
    return [frameHead, body];
  });
  return Buffer.concat([head(Codec.none, version), ...framed]);
}

/** The bodies of the records of a journal. */
export function unframe(journal: Buffer): Buffer[] {
  const bodies: Buffer[] = [];
  for (let at = 16; at < journal.length; ) {
    const end = at + 12 + journal.readUInt32LE(at);
    bodies.push(journal.subarray(at + 12, end));
    at = end;
  }
  return bodies;
}

interface SealOptions {
  readonly crossings?: number;
  readonly open?: number;
  readonly codec?: number;
  readonly blockBytes?: number;
  /** Makes the footer say something else. */
  readonly lie?: (block: { packedBytes: number; plainBytes: number; plainSha256: Uint8Array }) => void;
  /** Stands between the blocks and the footer. */
  readonly between?: Uint8Array;
}

/** A sealed segment of these records. The writer's blocks are of 4 MiB, too large for a vector. */
export function seal(bodies: readonly Uint8Array[], options: SealOptions = {}): Buffer {
  const { codec = Codec.gzip, blockBytes = 4 << 20 } = options;
  const plains: Buffer[] = [];
  let open: Buffer[] = [];
  let size = 0;
  for (const [index, body] of bodies.entries()) {
    const record = Buffer.concat([varint(body.length), body]);
    open.push(record);
    size += record.length;
    if (size < blockBytes && index < bodies.length - 1) continue;
    plains.push(Buffer.concat(open));
    open = [];
    size = 0;
  }
  const packed = plains.map((plain) => (codec === Codec.zstd ? zstd(plain) : zlib.gzipSync(plain)));
  const blocks = plains.map((plain, index) => ({
    packedBytes: (packed[index] as Buffer).length,
    plainBytes: plain.length,
    plainSha256: createHash('sha256').update(plain).digest(),
  }));
  for (const block of blocks) options.lie?.(block);
  const footer = Footer.encode({ blocks, crossings: options.crossings ?? 1, open: options.open ?? 1 }).finish();
  const tail = Buffer.alloc(16);
  tail.writeUInt32LE(footer.length, 0);
  tail.writeUInt32LE(zlib.crc32(footer), 4);
  tail.set([0x1a, 0x0a, 0x0d, 0x4e, 0x52, 0x48, 0x43, 0x89], 8);
  return Buffer.concat([head(codec), ...packed, options.between ?? Buffer.alloc(0), footer, tail]);
}

function zstd(plain: Uint8Array): Buffer {
  return (zlib as unknown as { zstdCompressSync: (bytes: Uint8Array) => Buffer }).zstdCompressSync(plain);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

const record = (properties: chronicle.v1.Record.$Properties): Uint8Array => Record.encode(properties as chronicle.v1.Record).finish();
const headerRecord = record({ header: { traceId: Buffer.from(TRACE, 'hex'), writer: 'by-hand', startUnixNanos: Number(START) } });
const BOUNDARY = { kind: 'tool', name: 'value', effect: 'read' };

/** The record of a crossing: nodes, and the last of them as its input unless another value is given. */
function begin(nodes: readonly Node[], input: Value = { node: 1 }, facts: chronicle.v1.Begin.$Properties = { defined: BOUNDARY }): Uint8Array {
  return record({ nodes: [...nodes], begin: { spanId: Buffer.from(SPAN(1), 'hex'), ...facts, input } });
}

const simple = [headerRecord, begin([], { text: 'input' })];
const text = (value: string): Value => ({ text: value });
/** A list of these items. */
const list = (...items: readonly Value[]): Node => ({ list: { items: [...items] } });
const BOMB = Buffer.alloc(100_000);

export const byHand: Readonly<Record<string, () => Uint8Array>> = {
  '52-newer-version': () => frame(simple, 2),
  '53-unknown-codec': () => {
    const bytes = seal(simple);
    head(9).copy(bytes);
    return bytes;
  },
  // A node, a constant and a value of a kind that is not known yet: only the values that lead there cannot be built.
  '54-unknown-node': () =>
    frame(
      [headerRecord, record({ nodes: [{}, list({ node: 1 })], begin: { spanId: Buffer.from(SPAN(1), 'hex'), defined: BOUNDARY, input: { node: 1 } } })].concat([
        begin([list({})], { node: 1 }, { known: 1, ordinal: 1 }),
        begin([list({ constant: 99 as never })], { node: 1 }, { known: 1, ordinal: 2 }),
        begin([list(text('this one can be built'))], { node: 1 }, { known: 1, ordinal: 3 }),
      ]),
    ),
  '55-padded-lengths': () => {
    const inner = begin([{ text: 'a text' }, list({ node: 1 }, text('b'))]);
    // The length of the first node, 8, in three bytes.
    return frame([headerRecord, Buffer.concat([Buffer.from([0x0a, 0x88, 0x80, 0x00]), inner.subarray(2)])]);
  },
  '56-environment': () =>
    frame([
      ...simple,
      record({ environment: { crossingsSince: 0, source: 'random', value: { number: 0.5 } } }),
      record({
        close: {
          crossings: 1,
          open: 1,
          valuesSha256: createHash('sha256')
            .update(createHash('sha256').update(Buffer.from('0705696e707574', 'hex')).digest())
            .digest(),
        },
      }),
    ]),
  '57-unknown-endings': () => {
    const end = (facts: object): Uint8Array => record({ end: { durationMicros: 5, value: { text: 'output' }, ...facts } });
    const again = begin([], text('input'), { known: 1, ordinal: 1 });
    return frame([...simple, end({ ending: 99 }), again, end({ ending: 3, streamForm: 99, streamEnd: 99 }), again, end({})]);
  },
  // The last of two is what counts.
  '58-ended-twice': () =>
    frame([
      ...simple,
      record({ end: { ending: 1, async: true, durationMicros: 1, value: { text: 'first' } } }),
      record({ end: { ending: 2, durationMicros: 2, value: { text: 'second' } } }),
    ]),
  // Where a span is named, the number says nothing, and an ending of a newer version is one all the same.
  '59-span-and-number': () =>
    frame([
      headerRecord,
      record({ chunk: { crossingsSince: 7, offsetMicros: 1, value: { text: 'chunk' }, spanId: Buffer.from(SPAN(9), 'hex') } }),
      record({ end: { crossingsSince: 3, ending: 99 as never, durationMicros: 1, value: { text: 'output' }, spanId: Buffer.from(SPAN(9), 'hex') } }),
      record({ end: { ending: 1, durationMicros: 2, value: { text: 'first' }, spanId: Buffer.from(SPAN(8), 'hex') } }),
      record({ end: { ending: 2, durationMicros: 3, value: { text: 'last' }, spanId: Buffer.from(SPAN(8), 'hex') } }),
    ]),
  '60-record-too-long': () => {
    const bytes = frame(simple);
    const at = bytes.length;
    const extra = Buffer.alloc(12);
    extra.writeUInt32LE((512 << 20) + 1, 0);
    extra.writeUInt32LE(zlib.crc32(extra.subarray(0, 4), bytes.readUInt32LE(at - (simple[1] as Uint8Array).length - 4)), 4);
    return Buffer.concat([bytes, extra]);
  },
  '61-footer-claims-too-much': () => seal(simple, { lie: (block) => (block.plainBytes = 2 ** 31) }),
  '62-block-unpacks-to-more': () => seal([...simple, record({ gap: { reason: BOMB.toString('latin1') } })], { lie: (block) => (block.plainBytes = 100) }),
  '63-block-unpacks-to-less': () => seal(simple, { lie: (block) => block.plainBytes++ }),
  '64-block-of-another-digest': () => seal(simple, { lie: (block) => (block.plainSha256 = Buffer.alloc(32)) }),
  '65-more-than-the-footer-lists': () => seal(simple, { between: Buffer.from('hidden') }),
  '66-block-beyond-the-file': () => seal(simple, { lie: (block) => (block.packedBytes += 1_000) }),
  '67-sealed-cut-off': () => seal(simple).subarray(0, -1),
  '68-footer-damaged': () => {
    const bytes = seal(simple);
    bytes[bytes.length - 20] = (bytes[bytes.length - 20] as number) ^ 1;
    return bytes;
  },
  '69-record-cut-in-a-block': () => {
    const plain = Buffer.concat([varint(headerRecord.length), headerRecord, varint(200), Buffer.from('short')]);
    return sealPlain(plain);
  },
  '70-no-header': () => frame(simple.slice(1)),
  '71-second-header': () => frame([...simple, headerRecord]),
  '72-empty': () => frame([]),
  '73-boundary-not-defined': () => frame([headerRecord, begin([], text('input'), { known: 1 })]),
  '74-parent-not-begun': () => frame([headerRecord, begin([], text('input'), { defined: BOUNDARY, parent: 1 })]),
  '75-end-of-no-crossing': () => frame([...simple, record({ end: { crossingsSince: 1, ending: 1, value: { text: 'output' } } })]),
  '76-chunk-of-no-crossing': () => frame([headerRecord, record({ chunk: { value: { text: 'chunk' } } })]),
  '77-no-message': () => frame([headerRecord, Buffer.from([0x22, 0x7f, 0x01])]),
  '78-zstd-block-unpacks-to-more': () =>
    seal([...simple, record({ gap: { reason: BOMB.toString('latin1') } })], { codec: Codec.zstd, lie: (block) => (block.plainBytes = 100) }),
  '80-values-that-cannot-be-built': () => frame([headerRecord, ...brokenValues().map((make, ordinal) => make(ordinal))]),
};

/** A sealed segment of one block of these bytes. */
function sealPlain(plain: Buffer): Buffer {
  const packed = zlib.gzipSync(plain);
  const whole = seal([]);
  const footer = Footer.encode({
    blocks: [{ packedBytes: packed.length, plainBytes: plain.length, plainSha256: createHash('sha256').update(plain).digest() }],
  }).finish();
  const tail = Buffer.from(whole.subarray(-16));
  tail.writeUInt32LE(footer.length, 0);
  tail.writeUInt32LE(zlib.crc32(footer), 4);
  return Buffer.concat([head(Codec.gzip), packed, footer, tail]);
}

/** Records whose bytes are in order and whose values are not; each shows one thing that a reader must refuse. */
function brokenValues(): ((ordinal: number) => Uint8Array)[] {
  const cases: (readonly [readonly Node[], Value])[] = [
    // No value at all, and places that lead nowhere.
    [[], {}],
    [[], { node: 0 }],
    [[], { node: 1_000 }],
    [[list({ node: 0 })], { node: 1 }],
    [[list({ node: 1_000 })], { node: 1 }],
    // One node for two objects.
    [[list(), list({ node: 1 }, { node: 1 })], { node: 1 }],
    // Aliases of what was not built in this value, and cycles beyond it.
    [[list(), list({ alias: 1 })], { node: 1 }],
    [[list(), list({ alias: 1 }, { node: 1 })], { node: 1 }],
    [[{ text: 'a' }, list({ node: 1 }, { alias: 1 })], { node: 1 }],
    [[list()], { alias: 1 }],
    [[list({ cycle: 2 })], { node: 1 }],
    [[list({ cycle: 0 })], { node: 1 }],
    [[], { cycle: 1 }],
    // Shapes.
    [[{ shape: { keys: [text('a')] } }], { node: 1 }],
    [[{ shape: { keys: [text('a')] } }, { object: { shape: 1, values: [] } }], { node: 1 }],
    [[{ shape: { keys: [text('a')] } }, { object: { shape: 1, values: [{ integer: 1 }, { integer: 2 }] } }], { node: 1 }],
    [[{ shape: { keys: [{ integer: 1 }] } }, { object: { shape: 1, values: [{ integer: 1 }] } }], { node: 1 }],
    [[list(), { object: { shape: 1 } }], { node: 1 }],
    [[{ object: { shape: 0 } }], { node: 1 }],
    [[{ shape: { keys: [text('a'), text('a')] } }, { object: { shape: 1, values: [{ integer: 1 }, { integer: 2 }] } }], { node: 1 }],
    // A key stands in place, not in a node.
    [[{ text: 'a' }, { shape: { keys: [{ node: 1 }] } }, { object: { shape: 1, values: [{ integer: 1 }] } }], { node: 1 }],
    // Lists.
    [[{ text: 'a' }, { list: { base: 1, items: [text('b')] } }], { node: 1 }],
    [[list(), { list: { base: 1, take: 1 } }], { node: 1 }],
    [[{ list: { take: 1 } }], { node: 1 }],
    [[{ set: { items: [text('a')] } }, { list: { base: 1, take: 1 } }], { node: 1 }],
    // Pairs, and holes outside of lists.
    [[{ map: { items: [text('key')] } }], { node: 1 }],
    [[{ map: { items: [text('key'), { constant: 5 }] } }], { node: 1 }],
    [[{ set: { items: [{ constant: 5 }] } }], { node: 1 }],
    [[{ sparse: { length: 5_000, entries: [{ integer: 1 }] } }], { node: 1 }],
    [[{ sparse: { length: 5_000, entries: [{ integer: 5_000 }, text('outside')] } }], { node: 1 }],
    [[{ sparse: { length: 5_000, entries: [text('1'), text('no position')] } }], { node: 1 }],
    [[{ sparse: { length: 2 ** 32, entries: [] } }], { node: 1 }],
    // Built-ins.
    [[{ bigint: '01' }], { node: 1 }],
    [[{ bigint: 'x' }], { node: 1 }],
    [[{ bytes: { type: 'Float64Array', data: Buffer.from([1, 2, 3]) } }], { node: 1 }],
    [[{ error: { className: 'Error', message: text('no stack') } }], { node: 1 }],
    [[{ error: { className: 'Error', message: text('m'), stack: text('s'), properties: [text('key')] } }], { node: 1 }],
    [[{ text: 'a' }, { extended: { base: 1 } }], { node: 1 }],
    [[list(), { extended: { base: 1, properties: [text('key')] } }], { node: 1 }],
    [[list(), { extended: { base: 1, properties: [text('key'), { integer: 1 }, text('key'), { integer: 2 }] } }], { node: 1 }],
    [[{ extended: { base: 0 } }], { node: 1 }],
    [[{ text16: Buffer.from([0x61]) }], { node: 1 }],
    // Levels: 1,002 lists, one in the other.
    [[list(), ...Array.from({ length: 1_001 }, () => list({ node: 1 }))], { node: 1 }],
  ];
  return cases.map(
    ([nodes, input]) =>
      (ordinal) =>
        begin(nodes, input, ordinal === 0 ? { defined: BOUNDARY } : { known: 1, ordinal }),
  );
}
