// How the golden segments were made. A segment that exists is never made again: what is written here may change with the
// writer, the files may not. What no writer of ours writes is made in by-hand.ts.

import { createHash } from 'node:crypto';
import { Codec, type CrossingPlace, fileHead, RecordWriter, type ScalarFact } from '../../src/envelope/index.js';
import { Capture, type Captured, type CaptureLimits, Coded, Truncated } from '../../src/value/index.js';
import { byHand, frame, seal, SPAN, START, TRACE, unframe } from './by-hand.js';

const LONG = 'A text of more than forty bytes, which is a node of its own and is stored once.';

/** One segment in the making. */
class Trace {
  readonly #writer = new RecordWriter();
  readonly #capture: Capture;
  readonly #values: Captured[] = [];
  #crossings = 0;
  /** Crossings of the segments before, so that no two have one span ID. */
  readonly #before: number;

  constructor(limits?: Partial<CaptureLimits>, index = 1, crossings = 0) {
    this.#before = crossings;
    this.#capture = new Capture(this.#writer, limits === undefined ? {} : { limits });
    this.#writer.header({
      traceId: TRACE,
      writer: 'a1b2c3d4',
      index,
      startUnixNanos: START,
      schemaUrl: 'https://example.test/schema',
      writerVersion: '1.0.0',
    });
  }

  get records(): RecordWriter {
    return this.#writer;
  }

  #take(value: unknown, slot: string): Captured {
    const captured = this.#capture.capture(value, slot);
    this.#values.push(captured);
    return captured;
  }

  begin(
    value: unknown,
    facts: {
      name?: string;
      kind?: string;
      effect?: string;
      parent?: number;
      ordinal?: number;
      parentSpanId?: string;
      parentPath?: string;
      traceId?: string;
      startUnixNanos?: bigint;
    } = {},
  ): number {
    const crossing = ++this.#crossings;
    this.#writer.begin(
      {
        spanId: SPAN(this.#before + crossing),
        traceId: facts.traceId ?? TRACE,
        parent: facts.parent ?? 0,
        parentSpanId: facts.parentSpanId,
        parentPath: facts.parentPath ?? '',
        kind: facts.kind ?? 'tool',
        name: facts.name ?? 'value',
        effect: facts.effect ?? 'read',
        ordinal: facts.ordinal ?? 0,
        startUnixNanos: facts.startUnixNanos ?? START + BigInt(crossing) * 1_000_001n,
      },
      this.#take(value, 'input'),
    );
    return crossing;
  }

  chunk(crossing: CrossingPlace, offsetNanos: number, value: unknown): void {
    this.#writer.chunk(crossing, offsetNanos, this.#take(value, 'chunk'));
  }

  head(crossing: CrossingPlace, value: unknown): void {
    this.#writer.chunk(crossing, 500_000, this.#take(value, 'head'), true);
  }

  end(crossing: CrossingPlace, ending: 'returned' | 'threw', value: unknown, attributes: readonly ScalarFact[] = [], durationNanos = 5_000_000_000): void {
    this.#writer.end(
      { crossing, durationNanos, ending, async: typeof crossing !== 'number' || crossing % 2 === 0, stream: undefined, attributes },
      this.#take(value, 'output'),
    );
  }

  endStream(
    crossing: CrossingPlace,
    form: 'generator' | 'async-generator' | 'async-iterable' | 'readable-stream' | 'node-readable',
    end: 'done' | 'error' | 'cancelled' | 'abandoned',
    chunks: number,
    value: unknown,
  ): void {
    this.#writer.end(
      { crossing, durationNanos: 6_000_000_000, ending: 'streamed', async: true, stream: { form, end, chunks }, attributes: [] },
      this.#take(value, 'output'),
    );
  }

  /** All values as inputs, one crossing each. */
  values(...values: readonly unknown[]): this {
    for (const [ordinal, value] of values.entries()) this.begin(value, { ordinal });
    return this;
  }

  close(open: number, digests = this.#values.map(({ digestHex }) => digestHex)): this {
    this.#writer.close(this.#crossings, open, createHash('sha256').update(digests.join(''), 'hex').digest());
    return this;
  }

  journal(): Buffer {
    return Buffer.concat([fileHead(Codec.none), this.#writer.take()]);
  }

  /** The bodies of all records. */
  bodies(): Buffer[] {
    return unframe(this.journal());
  }
}

function nodeStreams(): Trace {
  const trace = new Trace();
  const head = { objectMode: false, encoding: undefined, writable: false, fields: { statusCode: 200, headers: { 'content-type': 'text/plain' } } };
  const one = trace.begin(['/'], { name: 'get' });
  trace.head(one, head);
  trace.chunk(one, 1_000, Buffer.from('Hel'));
  trace.chunk(one, 2_500_000, Buffer.from('lo'));
  trace.endStream(one, 'node-readable', 'done', 2, undefined);
  const two = trace.begin([], { name: 'rows' });
  trace.head(two, { ...head, objectMode: true, fields: {} });
  trace.chunk(two, 1_000, { id: 1 });
  trace.endStream(two, 'node-readable', 'error', 1, withStack(new TypeError('reset')));
  const three = trace.begin([], { name: 'given up' });
  trace.head(three, { ...head, encoding: 'utf8', writable: true, fields: {} });
  trace.endStream(three, 'node-readable', 'abandoned', 0, undefined);
  const four = trace.begin([], { name: 'running' });
  trace.head(four, head);
  trace.chunk(four, 9, Buffer.from('half'));
  return trace;
}

function codecs(): Trace {
  const headers = new Headers({ accept: 'text/html', 'x-n': '1' });
  headers.append('set-cookie', 'a=1');
  headers.append('set-cookie', 'b=2');
  const form = new FormData();
  form.append('name', 'report');
  form.append('name', LONG);
  const withFile = new FormData();
  withFile.append('file', new Blob(['12345']), 'report.txt');
  const money = new Coded('Money', { amount: 3, currency: 'EUR' });
  return new Trace().values(
    new URLSearchParams('b=1&a=x%20y&b=2'),
    [headers, new Headers()],
    [form, withFile],
    { money, again: money, other: new Coded('Money', { amount: 4, currency: 'EUR' }) },
    new Coded('Text', LONG),
    new Coded('Headers', { 'two words': 'is no name' }),
    new Map([[money, [money]]]),
  );
}

/** An error whose stack is the same on every machine. */
function withStack<T extends Error>(error: T): T {
  return Object.defineProperty(error, 'stack', { value: `${error.name}: ${error.message}\n    at agent (agent.js:1:1)`, writable: true, configurable: true });
}

class Message {
  constructor(
    readonly role: string,
    readonly content: string,
  ) {}
}
class ToolError extends Error {
  override name = 'ToolError';
  code = 'E_TOOL';
}
class Messages extends Array<unknown> {}
class Registry extends Map<string, unknown> {
  owner = 'me';
}

function cycles(): unknown[] {
  const self: unknown[] = [];
  self.push(self);
  const parent: Record<string, unknown> = { name: 'parent' };
  const child = { name: 'child', parent };
  parent['children'] = [child, { name: 'other', parent }];
  const shared = { text: LONG };
  // A list that holds itself, written out once: the same value.
  const unrolled: unknown[] = [[]];
  (unrolled[0] as unknown[]).push(unrolled);
  return [self, unrolled, parent, { chosen: child, all: parent }, [shared, shared, { text: LONG }], new Map([[shared, shared]])];
}

function tree(): Trace {
  const trace = new Trace();
  trace.records.resource([
    ['service.name', 'trader'],
    ['host.cpus', 8],
    ['debug', true],
  ]);
  const agent = trace.begin(['buy 1,000 dollars of ACME'], { name: 'trader', kind: 'agent' });
  const messages = [
    { role: 'system', content: LONG },
    { role: 'user', content: 'buy 1,000 dollars of ACME' },
  ];
  const first = trace.begin([{ model: 'm', messages }], { name: 'decide', kind: 'model', parent: agent });
  trace.end(first, 'returned', { role: 'assistant', content: `${LONG} I ask for the quote.` }, [
    ['gen_ai.request.model', 'm'],
    ['gen_ai.usage.input_tokens', 12],
    ['chronicle.truncated', false],
  ]);
  const quote = trace.begin(['ACME'], { name: 'get/quote#1', parent: agent });
  trace.end(quote, 'threw', withStack(new ToolError('market closed')));
  messages.push({ role: 'assistant', content: `${LONG} I ask for the quote.` }, { role: 'tool', content: 'market closed' });
  const second = trace.begin([{ model: 'm', messages }], { name: 'decide', kind: 'model', parent: agent, ordinal: 1 });
  trace.end(second, 'returned', null);
  trace.begin([], { name: 'place_order', parent: agent });
  trace.begin([1], { name: 'elsewhere', traceId: 'ffffffffffffffffffffffffffffffff', parentSpanId: '1111111111111111', parentPath: 'root#0/step#2' });
  trace.records.gap('the journal could not be written', 3, 4_096);
  trace.end(agent, 'returned', undefined);
  return trace;
}

function streams(): Trace {
  const trace = new Trace();
  const one = trace.begin(['prompt'], { name: 'stream', kind: 'model' });
  trace.chunk(one, 1_000, { delta: 'Hel' });
  trace.chunk(one, 2_500_000, { delta: 'lo' });
  trace.endStream(one, 'async-iterable', 'done', 2, undefined);
  const two = trace.begin([], { name: 'numbers' });
  trace.chunk(two, 0, 1);
  trace.endStream(two, 'generator', 'done', 1, 'returned');
  const three = trace.begin([], { name: 'broken' });
  trace.endStream(three, 'readable-stream', 'error', 0, withStack(new TypeError('reset')));
  const four = trace.begin([], { name: 'left' });
  trace.chunk(four, 7, new Uint8Array([1, 2]));
  trace.endStream(four, 'async-generator', 'cancelled', 1, undefined);
  const five = trace.begin([], { name: 'running' });
  trace.chunk(five, 9, 'half');
  return trace;
}

/** A segment that was closed while most of its crossings went on. */
function rolled(): Trace {
  const trace = new Trace(undefined, 1);
  const agent = trace.begin(['ask'], { name: 'agent', kind: 'agent' });
  const stream = trace.begin([LONG], { name: 'stream', kind: 'model', parent: agent });
  trace.head(stream, { objectMode: true });
  trace.chunk(stream, 1_000_000, { delta: LONG });
  const silent = trace.begin([], { name: 'silent', parent: agent });
  trace.begin([], { name: 'killed', parent: agent });
  trace.chunk(silent, 2_000_000, 'first');
  const short = trace.begin([], { name: 'short', parent: agent });
  trace.end(short, 'returned', 1);
  return trace.close(4);
}

/** The one that came after it. */
function goesOn(): Trace {
  const trace = new Trace(undefined, 2, 5);
  const [agent, stream, silent] = [1, 2, 3].map((crossing) => ({ spanId: SPAN(crossing) })) as [CrossingPlace, CrossingPlace, CrossingPlace];
  trace.chunk(stream, 3_000_000_000, { delta: LONG });
  const tool = trace.begin(['ACME'], { name: 'get_quote', parentSpanId: SPAN(1), parentPath: 'agent#0', startUnixNanos: START + 4_000_000_000n });
  trace.chunk(silent, 4_500_000_000, 'second');
  trace.head(silent, { objectMode: false });
  trace.endStream(stream, 'node-readable', 'done', 2, undefined);
  trace.end(tool, 'returned', { price: 10 });
  trace.begin([], { name: 'still running', parent: tool });
  trace.end(agent, 'threw', withStack(new ToolError('given up')), [['gen_ai.request.model', 'm']], 7_000_000_000);
  return trace.close(1);
}

/** Traces that are in several of the segments below: what a reader of all of them must learn. */
export const traces: Readonly<Record<string, readonly string[]>> = { '19-and-25': ['19-rolled', '25-goes-on'] };

/** By name, how each segment was made. */
export const vectors: Readonly<Record<string, () => Uint8Array | Promise<Uint8Array>>> = {
  '01-scalars': () =>
    new Trace()
      .values(
        null,
        undefined,
        true,
        false,
        0,
        -0,
        1,
        -1,
        0.5,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        Number.MAX_SAFE_INTEGER,
        Number.MIN_SAFE_INTEGER,
        2 ** 53,
        5e-324,
        [2 ** 52, -(2 ** 52), -64, 63, 0.1],
      )
      .journal(),
  '02-texts': () =>
    new Trace()
      .values(
        '',
        'a',
        'x'.repeat(40),
        'x'.repeat(41),
        'é'.repeat(20),
        'é'.repeat(21),
        '\ud83d\ude00',
        '\ud800',
        `${'y'.repeat(45)}\udc00`,
        '\u0000',
        [LONG, LONG],
        LONG,
      )
      .journal(),
  '03-objects': () => {
    const bare: Record<string, unknown> = Object.create(null);
    bare['a'] = 1;
    const odd = JSON.parse('{"__proto__":1,"constructor":2,"toString":3,"":4,"0":5,"é":6}');
    return new Trace()
      .values(
        {},
        { b: 1, a: 2 },
        { a: 2, b: 1 },
        bare,
        odd,
        { '\ud800': 1 },
        new Message('user', LONG),
        { a: { a: { a: {} } } },
        { content: 'x'.repeat(300), more: { content: 'y'.repeat(300) } },
      )
      .journal();
  },
  '04-lists': () => {
    const items = Array.from({ length: 70 }, (_, index) => ({ index, text: `${LONG} ${index}` }));
    const sparse: unknown[] = [];
    sparse[5_000] = 'last';
    sparse[2] = { a: 1 };
    return new Trace()
      .values(
        [],
        [1, [2, [3]]],
        Object.assign(new Array(4), { 1: undefined, 3: 1 }),
        items.slice(0, 31),
        items.slice(0, 32),
        items.slice(0, 40),
        items,
        [...items.slice(0, 40), 'another end'],
        sparse,
      )
      .journal();
  },
  '05-built-ins': () =>
    new Trace()
      .values(
        new Map<unknown, unknown>([
          ['a', 1],
          [{ key: 1 }, new Set([1, 'x', LONG])],
        ]),
        new Date(1_764_025_200_123),
        new Date(Number.NaN),
        Object.assign(/a+\/(?<n>b)/giu, { lastIndex: 3 }),
        10n ** 40n,
        -1n,
        [Object(1), Object('text'), Object(false), Object(5n)],
        new URL('https://example.test/a?b=c#d'),
        [
          new Uint8Array([1, 2, 3]),
          Buffer.from('buffer'),
          new Float64Array([0.5, -0]),
          new BigInt64Array([-1n]),
          new ArrayBuffer(2),
          new DataView(new ArrayBuffer(1)),
          new Int16Array(0),
        ],
      )
      .journal(),
  '06-errors': () => {
    const cause = withStack(new RangeError('too deep'));
    const round = withStack(new Error('round'));
    round.cause = { error: round };
    const quiet = withStack(new (class Quiet extends Error {})('quiet'));
    return new Trace()
      .values(
        withStack(new Error('plain')),
        withStack(new TypeError('typed', { cause })),
        withStack(new ToolError('failed')),
        quiet,
        withStack(new AggregateError([cause, 'text'], 'several')),
        withStack(new DOMException('aborted', 'AbortError')),
        round,
      )
      .journal();
  },
  '07-cycles': () => new Trace().values(...cycles()).journal(),
  '08-marks': () =>
    new Trace({ maxDepth: 3, maxTextBytes: 100, maxNodes: 20 })
      .values(
        [
          function quote() {},
          Symbol('mark'),
          new Proxy({}, {}),
          Promise.resolve(),
          {
            get secret(): number {
              return 1;
            },
          },
        ],
        'z'.repeat(200),
        [[[[1]]]],
        new Uint8Array(200),
        Array.from({ length: 30 }, (_, index) => index),
        new Map([['a', new Array(25).fill(0)]]),
      )
      .journal(),
  '09-extended': () => {
    const registry = new Registry([['a', LONG]]);
    registry.set('self', registry);
    return new Trace()
      .values(
        Messages.from([1, { a: LONG }]),
        'one two'.match(/(?<second>t)wo/),
        registry,
        Object.assign(new Date(0), { zone: 'UTC' }),
        Object.assign(Object(1), { unit: 'kg' }),
      )
      .journal();
  },
  '10-streams': () => streams().journal(),
  '11-tree': () => tree().close(2).journal(),
  '12-digests-only': () => {
    const trace = new Trace();
    const mark = (type: string, size: number, digest?: string): Truncated => new Truncated({ reason: 'policy', type, size, digest, head: '' });
    const call = trace.begin(mark('object', 3, '5e'.repeat(32)));
    trace.end(call, 'returned', mark('string', 0));
    return trace.close(0).journal();
  },
  '13-not-closed': () => tree().journal(),
  '14-clock-set-back': () => {
    const trace = new Trace();
    const call = trace.begin([], { startUnixNanos: START - 1_500_000_000n });
    trace.end(call, 'returned', null, [], 999);
    return trace.close(0).journal();
  },
  '15-shared-between-values': () => {
    const shared = { text: LONG, at: new Date(0), list: Array.from({ length: 5 }, (_, index) => ({ index })) };
    const trace = new Trace();
    const call = trace.begin([shared]);
    trace.end(call, 'returned', { before: shared.list.slice(0, 4), shared, again: shared.list });
    trace.begin([shared, { shared }]);
    return trace.close(1).journal();
  },
  '16-values-digest-wrong': () =>
    new Trace()
      .values({ a: 1 })
      .close(1, ['00'.repeat(32)])
      .journal(),
  '20-sealed-gzip': () => seal(tree().close(2).bodies(), { crossings: 6, open: 2 }),
  '21-sealed-zstd': () => seal(tree().close(2).bodies(), { crossings: 6, open: 2, codec: Codec.zstd }),
  '22-blocks-gzip': () => seal(tree().close(2).bodies(), { crossings: 6, open: 2, blockBytes: 300 }),
  '23-blocks-zstd': () => seal(tree().close(2).bodies(), { crossings: 6, open: 2, blockBytes: 300, codec: Codec.zstd }),
  '24-sealed-not-closed': () => seal(tree().bodies(), { crossings: 6, open: 2 }),
  '30-torn-in-a-body': () => cut(tree().journal(), -20),
  '31-torn-in-a-frame': () => cut(tree().journal(), frameOf(tree().journal(), 5) + 7),
  '32-torn-by-zeros': () => Buffer.concat([cut(tree().journal(), frameOf(tree().journal(), 5)), Buffer.alloc(100)]),
  '33-torn-last-body': () => flipped(tree().journal(), -1),
  '34-torn-in-the-header': () => cut(tree().journal(), 40),
  '40-damaged-byte': () => flipped(tree().journal(), 300),
  '41-damaged-length': () => flipped(tree().journal(), frameOf(tree().journal(), 5) + 1),
  '42-damaged-zeros-within': () => {
    const bytes = tree().journal();
    return bytes.fill(0, frameOf(bytes, 5), frameOf(bytes, 6));
  },
  '43-record-missing': () => {
    const bytes = tree().journal();
    return Buffer.concat([bytes.subarray(0, frameOf(bytes, 5)), bytes.subarray(frameOf(bytes, 6))]);
  },
  '44-record-twice': () => {
    const bytes = tree().journal();
    return Buffer.concat([bytes.subarray(0, frameOf(bytes, 6)), bytes.subarray(frameOf(bytes, 5))]);
  },
  '17-codecs': () => codecs().close(7).journal(),
  '18-node-streams': () => nodeStreams().close(1).journal(),
  '19-rolled': () => rolled().journal(),
  '25-goes-on': () => seal(goesOn().bodies(), { crossings: 2, open: 1 }),
  '45-damaged-head': () => flipped(tree().journal(), 10),
  '46-damaged-block': () => {
    const bytes = seal(tree().close(2).bodies(), { crossings: 6, open: 2, blockBytes: 300 });
    return flipped(bytes, bytes.length - 400);
  },
  '47-no-segment': () => Buffer.from('This is a text and no segment at all.\n'),
  '50-unknown-fields': () => {
    const unknown = Buffer.from([0xf8, 0x07, 0x05, 0xfa, 0x07, 0x02, 0x01, 0x02]);
    return frame(
      new Trace()
        .values({ a: [1, LONG] })
        .close(1)
        .bodies()
        .map((body) => Buffer.concat([body, unknown])),
    );
  },
  '51-unknown-record': () => {
    const nothing = Buffer.from([0xa2, 0x01, 0x01, 0x00]);
    return frame(
      new Trace()
        .values({ a: [1, LONG] })
        .close(1)
        .bodies()
        .flatMap((body) => [body, nothing]),
    );
  },
  ...byHand,
};

/** The first bytes; a negative number leaves so many out. */
function cut(bytes: Buffer, to: number): Buffer {
  return bytes.subarray(0, to < 0 ? bytes.length + to : to);
}

/** With one bit of one byte turned. */
function flipped(bytes: Buffer, at: number): Buffer {
  const place = at < 0 ? bytes.length + at : at;
  bytes[place] = (bytes[place] as number) ^ 0x10;
  return bytes;
}

/** Where the frame of a record begins; the first is number 1. */
function frameOf(bytes: Buffer, number: number): number {
  let at = 16;
  for (let left = number; left > 1; left--) at += 12 + bytes.readUInt32LE(at);
  return at;
}
