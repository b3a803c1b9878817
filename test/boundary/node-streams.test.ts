// Readable streams of Node while they are recorded: whichever way they are read, the consumer gets what it would get
// without us, and what it got is what is stored.

import { EventEmitter, once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex, PassThrough, Readable, Transform, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { finished, pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync, createGunzip } from 'node:zlib';
import { trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { boundary, type Envelope } from '../../src/index.js';
import { arriving } from './arriving.js';
import { endOf, type Recorded, startRecording } from './recorded.js';

let recorded: Recorded;
beforeEach(() => {
  recorded = startRecording();
});
afterEach(async () => {
  expect([...recorded.faults()]).toEqual([]);
  await recorded.stop();
});

function chunksOf({ outcome }: Envelope): unknown[] {
  if (outcome.kind !== 'streamed') throw new Error('it was no stream');
  return outcome.chunks.map(({ value }) => {
    const chunk = value.decode();
    return Buffer.isBuffer(chunk) ? `bytes ${chunk}` : chunk;
  });
}

function headOf(envelope: Envelope | undefined): unknown {
  return envelope?.outcome.kind === 'streamed' ? envelope.outcome.head?.decode() : undefined;
}

/** How each call of the test ended, with the chunks that are stored of it. */
async function stored(): Promise<unknown[]> {
  return (await recorded.envelopes()).map((envelope) => [endOf(envelope), ...chunksOf(envelope)]);
}

const ALL = ['streamed node-readable: 3 chunks, done', 'bytes one', 'bytes two', 'bytes three'];

const open = boundary.model('open', (stream: Readable) => stream);

/** Each way of reading, and what it gives. */
const WAYS: readonly [string, (stream: Readable) => Promise<unknown>][] = [
  [
    'data events',
    async (stream) => {
      const got: string[] = [];
      stream.on('data', (chunk: Buffer) => got.push(String(chunk)));
      await once(stream, 'end');
      return got.join('|');
    },
  ],
  [
    'readable events and read()',
    async (stream) => {
      const got: string[] = [];
      stream.on('readable', () => {
        for (let chunk = stream.read() as Buffer | null; chunk !== null; chunk = stream.read() as Buffer | null) got.push(String(chunk));
      });
      await once(stream, 'end');
      return got.join('|');
    },
  ],
  [
    'iteration',
    async (stream) => {
      const got: string[] = [];
      for await (const chunk of stream) got.push(String(chunk));
      return got.join('|');
    },
  ],
  [
    'pipe()',
    async (stream) => {
      const sink = stream.pipe(new PassThrough());
      const got: string[] = [];
      for await (const chunk of sink) got.push(String(chunk));
      return got.join('|');
    },
  ],
  [
    'pipeline()',
    async (stream) => {
      const got: string[] = [];
      const sink = new Writable({
        highWaterMark: 1,
        write(chunk: Buffer, _encoding, done) {
          got.push(String(chunk));
          setImmediate(done);
        },
      });
      await pipeline(stream, sink);
      return got.join('|');
    },
  ],
  [
    'toWeb()',
    async (stream) => {
      const got: string[] = [];
      for await (const chunk of Readable.toWeb(stream)) got.push(Buffer.from(chunk as Uint8Array).toString());
      return got.join('|');
    },
  ],
  ['a consumer of it all', async (stream) => (await text(stream)).replace(/(?<=one)|(?<=two)/g, '|')],
  ['operators', async (stream) => (await stream.map((chunk: Buffer) => String(chunk)).toArray()).join('|')],
];

describe('a Readable', () => {
  it.each(WAYS)('that is read by %s gives the same, and that is stored', async (_, read) => {
    const plain = await read(arriving());
    const stream = open(arriving());
    expect(await read(stream)).toBe(plain);
    expect(plain).toBe('one|two|three');
    expect(await stored()).toEqual([ALL]);
  });

  it('is the object that it was, with its listeners, flow and fields', async () => {
    const made = arriving();
    made.on('end', () => undefined);
    const look = (stream: Readable): unknown => [
      stream.eventNames(),
      stream.listenerCount('data'),
      stream.listenerCount('error'),
      stream.readableFlowing,
      stream.readableLength,
      Object.keys(stream),
      stream instanceof Readable,
    ];
    const before = look(made);
    const stream = open(made);
    expect(stream).toBe(made);
    await nextTurn();
    expect(look(stream)).toEqual(before);
    stream.resume();
    await once(stream, 'end');
  });

  it('that came by a promise is followed as well', async () => {
    const later = boundary.model('later', async () => arriving());
    expect(await text(await later())).toBe('onetwothree');
    expect(await stored()).toEqual([ALL]);
  });

  it('of objects gives the very objects', async () => {
    const made = [{ n: 1 }, { n: 2 }];
    const got: unknown[] = [];
    for await (const chunk of open(Readable.from(made))) got.push(chunk);
    expect(got[0]).toBe(made[0]);
    expect(await stored()).toEqual([['streamed node-readable: 2 chunks, done', { n: 1 }, { n: 2 }]]);
  });

  it('with an encoding, its own or its reader’s, gives text', async () => {
    const own = open(arriving(['é', 'b']).setEncoding('utf8'));
    const got: unknown[] = [];
    for await (const chunk of own) got.push(chunk);
    const readers = open(arriving(['a', 'b']));
    readers.setEncoding('hex').on('data', (chunk) => got.push(chunk));
    await once(readers, 'end');
    expect(got).toEqual(['é', 'b', '61', '62']);
    expect((await stored()).map((each) => (each as unknown[]).slice(1))).toEqual([
      ['é', 'b'],
      ['61', '62'],
    ]);
    const [first, second] = await recorded.envelopes();
    expect([headOf(first), headOf(second)]).toEqual([
      { objectMode: false, encoding: 'utf8', writable: false, fields: {} },
      { objectMode: false, encoding: undefined, writable: false, fields: {} },
    ]);
  });

  it('that has two consumers is stored once', async () => {
    const stream = open(arriving());
    const got: string[] = [];
    stream.on('data', (chunk) => got.push(`a ${chunk}`));
    stream.on('data', (chunk) => got.push(`b ${chunk}`));
    await once(stream, 'end');
    expect(got).toEqual(['a one', 'b one', 'a two', 'b two', 'a three', 'b three']);
    expect(await stored()).toEqual([ALL]);
  });

  it('into which its reader puts something back is stored as it was received first', async () => {
    const read = async (stream: Readable): Promise<string[]> => {
      const got: string[] = [];
      await once(stream, 'readable');
      const head = stream.read() as Buffer;
      got.push(String(head));
      stream.unshift(head.subarray(1));
      for await (const chunk of stream) got.push(String(chunk));
      return got;
    };
    const plain = await read(arriving());
    expect(await read(open(arriving()))).toEqual(plain);
    const [first] = (await stored()) as string[][];
    expect(first?.slice(1).join('').replaceAll('bytes ', '')).toBe('onetwothree');
    expect(first?.[1]).toBe('bytes one');
  });

  it('that is read in pieces of a size is stored in those', async () => {
    const stream = open(Readable.from([Buffer.from('abcdefgh')], { objectMode: false }));
    await once(stream, 'readable');
    expect([String(stream.read(3)), String(stream.read(3)), String(stream.read())]).toEqual(['abc', 'def', 'gh']);
    stream.resume();
    await once(stream, 'end');
    expect(await stored()).toEqual([['streamed node-readable: 3 chunks, done', 'bytes abc', 'bytes def', 'bytes gh']]);
  });

  it('keeps its producer waiting as long as its reader does not read', async () => {
    let asked = 0;
    const source = new Readable({
      highWaterMark: 4,
      read() {
        this.push(`${asked++ % 10}`.repeat(2));
        if (asked === 10) this.push(null);
      },
    });
    const stream = open(source);
    await nextTurn();
    expect(asked).toBe(0);
    stream.on('data', () => stream.pause());
    await nextTurn();
    await nextTurn();
    const held = asked;
    expect(held).toBeLessThan(5);
    await sleep(5);
    expect(asked).toBe(held);
    stream.removeAllListeners('data').resume();
    await once(stream, 'end');
  });

  it('that fails gives the very error, after what came before', async () => {
    // What pipe() leads into is not told of an error.
    const ways = WAYS.filter(([name]) => name !== 'pipe()');
    for (const [, read] of ways) {
      const boom = new Error('boom');
      await expect(read(open(arriving(['one'], boom)))).rejects.toBe(boom);
    }
    const outcomes = (await recorded.envelopes()).map((envelope) => {
      const { outcome } = envelope;
      return [endOf(envelope), ...chunksOf(envelope), outcome.kind === 'streamed' ? (outcome.value.decode() as Error).message : ''];
    });
    expect(outcomes).toEqual(ways.map(() => ['streamed node-readable: 1 chunks, error', 'bytes one', 'boom']));
  });

  it('that fails with nobody to hear it throws as it did', async () => {
    const boom = new Error('unheard');
    let caught: unknown;
    try {
      open(arriving()).emit('error', boom);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBe(boom);
    expect((await recorded.envelopes()).map(endOf)).toEqual(['streamed node-readable: 0 chunks, error']);
  });

  it('that is left early is told so, and its call is cancelled', async () => {
    const closed: string[] = [];
    const made = (): Readable => {
      const stream = arriving(['one', 'two', 'three', 'four']);
      stream.on('close', () => closed.push('closed'));
      return stream;
    };
    for await (const _ of open(made())) break;
    const flowing = open(made());
    flowing.on('data', () => flowing.destroy());
    await once(flowing, 'close');
    const thrown = open(made());
    await expect(
      (async () => {
        for await (const _ of thrown) throw new Error('mine');
      })(),
    ).rejects.toThrow('mine');
    await nextTurn();
    expect([closed, thrown.destroyed]).toEqual([['closed', 'closed', 'closed'], true]);
    expect((await recorded.envelopes()).map(endOf)).toEqual(Array.from({ length: 3 }, () => 'streamed node-readable: 1 chunks, cancelled'));
  });

  it('that is destroyed with an error of its reader’s has that error', async () => {
    const stream = open(arriving());
    const failing = new Writable({ write: (_chunk, _encoding, done) => done(new Error('full')) });
    await expect(pipeline(stream, failing)).rejects.toThrow('full');
    expect((await recorded.envelopes()).map(endOf)).toEqual(['streamed node-readable: 1 chunks, error']);
  });

  it('that was over before it was handed on is over', async () => {
    const done = arriving([]);
    done.resume();
    await once(done, 'end');
    const destroyed = arriving();
    destroyed.destroy();
    await once(destroyed, 'close');
    const failed = arriving();
    failed.on('error', () => undefined).destroy(new Error('early'));
    await nextTurn();
    for (const stream of [done, destroyed, failed]) expect(open(stream)).toBe(stream);
    expect((await recorded.envelopes()).map(endOf)).toEqual([
      'streamed node-readable: 0 chunks, done',
      'streamed node-readable: 0 chunks, cancelled',
      'streamed node-readable: 0 chunks, error',
    ]);
  });

  it('that says nothing when it is closed is followed to its end as well', async () => {
    const stream = open(new Readable({ emitClose: false, read: () => undefined }));
    stream.destroy();
    expect((await recorded.envelopes()).map(endOf)).toEqual(['streamed node-readable: 0 chunks, cancelled']);
  });

  it('ends its span when it ends', async () => {
    const stream = open(arriving());
    await nextTurn();
    expect(recorded.spans()).toHaveLength(0);
    await text(stream);
    expect(recorded.spans().map(({ attributes }) => [attributes['chronicle.stream.chunks'], attributes['chronicle.stream.end']])).toEqual([[3, 'done']]);
  });

  it('that is frozen, or has methods that cannot be replaced, works as before', async () => {
    const frozen = Object.freeze(arriving());
    expect(open(frozen)).toBe(frozen);
    const fixed = arriving();
    Object.defineProperty(fixed, 'emit', { value: fixed.emit, writable: false, configurable: false });
    expect(await text(open(fixed))).toBe('onetwothree');
    expect((await recorded.envelopes()).map(endOf)).toEqual(['returned', 'returned']);
    expect(recorded.faults().get('stream')).toBe(1);
    (recorded.faults() as Map<string, number>).clear();
  });

  it('that two boundaries hand on is stored for both', async () => {
    const inner = boundary.model('inner', () => arriving());
    const outer = boundary.agent('outer', () => inner());
    expect(await text(outer())).toBe('onetwothree');
    expect(await stored()).toEqual([ALL, ALL]);
  });
});

describe('the two sides of a Readable', () => {
  it('are in the context that they had: the producer in the call, the consumer outside of it', async () => {
    const inner = boundary.tool('inner', () => trace.getActiveSpan()?.spanContext().spanId, { effect: 'none' });
    const source = boundary.step('source', () =>
      Readable.from(
        (async function* () {
          yield inner();
          await nextTurn();
          yield inner();
        })(),
      ),
    );
    const pushing = boundary.step('pushing', () => {
      const stream = new Readable({ read: () => undefined });
      setImmediate(() => stream.push(String(inner())));
      setImmediate(() => stream.push(null));
      return stream;
    });
    const agent = boundary.agent('agent', async () => {
      for (const stream of [source(), pushing()]) {
        stream.on('data', () => boundary.tool('seen', () => 1, { effect: 'none' })());
        await finished(stream);
      }
    });
    await agent();
    expect((await recorded.envelopes()).map(({ path }) => path).sort()).toEqual([
      'agent#0',
      'agent#0/pushing#0',
      'agent#0/pushing#0/inner#0',
      'agent#0/seen#0',
      'agent#0/seen#1',
      'agent#0/seen#2',
      'agent#0/source#0',
      'agent#0/source#0/inner#0',
      'agent#0/source#0/inner#1',
    ]);
  });
});

describe('other streams of Node', () => {
  it('a Transform and a Duplex are written and read as before', async () => {
    const upper = boundary.step('upper', () => new Transform({ transform: (chunk: Buffer, _encoding, done) => done(null, String(chunk).toUpperCase()) }));
    const got = await text(arriving().pipe(upper()));
    const echo = boundary.step(
      'echo',
      () =>
        Duplex.from(async function* (source: AsyncIterable<Buffer>) {
          for await (const chunk of source) yield `${chunk}!`;
        }) as Duplex,
    );
    const both = echo();
    both.end('hi');
    expect([got, await text(both)]).toEqual(['ONETWOTHREE', 'hi!']);
    expect(await stored()).toEqual([
      ['streamed node-readable: 3 chunks, done', 'bytes ONE', 'bytes TWO', 'bytes THREE'],
      ['streamed node-readable: 1 chunks, done', 'hi!'],
    ]);
  });

  it('a file', async () => {
    const path = new URL(import.meta.url);
    const file = boundary.retrieval('file', () => createReadStream(path, { highWaterMark: 1_000 }));
    const whole = await text(file());
    const [envelope] = await recorded.envelopes();
    const chunks = envelope?.outcome.kind === 'streamed' ? envelope.outcome.chunks : [];
    expect(Buffer.concat(chunks.map(({ value }) => value.decode() as Buffer)).toString()).toBe(whole);
    expect(chunks.length).toBe(Math.ceil(Buffer.byteLength(whole) / 1_000));
  });

  it('a stream of another package, which has a class of its own', async () => {
    class Other extends EventEmitter {
      _readableState = { objectMode: true, flowing: null, length: 0 };
      read(): unknown {
        return null;
      }
      pipe(): void {}
    }
    const other = boundary.model('other', () => new Other())();
    const got: unknown[] = [];
    other.on('data', (chunk) => got.push(chunk));
    other.emit('data', 1);
    other.emit('end');
    expect(got).toEqual([1]);
    expect(await stored()).toEqual([['streamed node-readable: 1 chunks, done', 1]]);
  });

  describe('a response of node:http', () => {
    let server: Server;
    beforeEach(async () => {
      server = createServer((request, response) => {
        response.writeHead(request.url === '/missing' ? 404 : 200, { 'content-type': 'text/plain', 'x-id': '7' });
        response.write('one');
        setImmediate(() => {
          if (request.url === '/broken') response.destroy();
          else response.end('two');
        });
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    });
    afterEach(() => {
      server.closeAllConnections();
      server.close();
    });
    const fetchIt = boundary.tool('http', async (url: string) => ((await once(get(url), 'response')) as [IncomingMessage])[0], { effect: 'read' });
    const at = (path: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

    it('gives its body as before, and its status and headers are stored', async () => {
      const response = await fetchIt(at('/missing'));
      expect([response.statusCode, await text(response), response.complete]).toEqual([404, 'onetwo', true]);
      const [envelope] = await recorded.envelopes();
      const head = headOf(envelope) as { fields: Record<string, unknown> };
      expect([head.fields['statusCode'], (head.fields['headers'] as Record<string, string>)['x-id']]).toEqual([404, '7']);
      expect(
        chunksOf(envelope as Envelope)
          .join('')
          .replaceAll('bytes ', ''),
      ).toBe('onetwo');
    });

    it('that breaks off fails as before', async () => {
      const response = await fetchIt(at('/broken'));
      await expect(text(response)).rejects.toMatchObject({ code: 'ECONNRESET' });
      const [envelope] = await recorded.envelopes();
      expect(endOf(envelope as Envelope)).toBe('streamed node-readable: 1 chunks, error');
    });
  });

  it('what is unpacked on its way', async () => {
    const unpacked = boundary.tool('unpacked', () => Readable.from([gzipSync('hello')]).pipe(createGunzip()), { effect: 'read' });
    expect(await text(unpacked())).toBe('hello');
    expect(await stored()).toEqual([['streamed node-readable: 1 chunks, done', 'bytes hello']]);
  });
});

describe('a Readable that nobody reads', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;

  it('is abandoned when it is collected', async () => {
    (() => void open(arriving()))();
    for (let turn = 0; turn < 200 && recorded.spans().length < 1; turn++) {
      collectGarbage();
      await nextTurn();
    }
    expect((await recorded.envelopes()).map(endOf)).toEqual(['streamed node-readable: 0 chunks, abandoned']);
  });
});

describe('a stream from which nobody has read for long', () => {
  beforeEach(async () => {
    await recorded.stop();
    recorded = startRecording({ streamIdleMillis: 30 });
  });

  it('is abandoned, is read as before, and that is said', async () => {
    const readable = open(arriving());
    const generator = boundary.model('count', async function* () {
      yield 1;
      yield 2;
    })();
    const web = boundary.model('web', () => new ReadableStream({ start: (controller) => (controller.enqueue(1), controller.close()) }))();
    await generator.next();
    await sleep(120);
    expect((await recorded.envelopes()).map(endOf)).toEqual([
      'streamed node-readable: 0 chunks, abandoned',
      'streamed async-generator: 1 chunks, abandoned',
      'streamed readable-stream: 0 chunks, abandoned',
    ]);
    expect(await text(readable)).toBe('onetwothree');
    expect(await generator.next()).toEqual({ value: 2, done: false });
    expect(await web.getReader().read()).toEqual({ value: 1, done: false });
    expect(recorded.spans().map(({ attributes }) => attributes['chronicle.stream.end'])).toEqual(['abandoned', 'abandoned', 'abandoned']);
    expect([...recorded.faults()]).toEqual([['abandoned stream', 5]]);
    (recorded.faults() as Map<string, number>).clear();
  });

  it('is not abandoned while somebody waits for what is slow to come', async () => {
    const slow = (): Readable => {
      const stream = new Readable({ read: () => undefined });
      setTimeout(() => stream.push('late'), 100);
      setTimeout(() => stream.push(null), 110);
      return stream;
    };
    const flowing = open(slow());
    const got: unknown[] = [];
    flowing.on('data', (chunk) => got.push(String(chunk)));
    const paused = open(slow());
    const generator = boundary.model('slow', async function* () {
      await sleep(100);
      yield 1;
    })();
    expect(await Promise.all([once(flowing, 'end'), text(paused), generator.next()])).toEqual([[], 'late', { value: 1, done: false }]);
    await generator.next();
    expect(await stored()).toEqual([
      ['streamed node-readable: 1 chunks, done', 'bytes late'],
      ['streamed node-readable: 1 chunks, done', 'bytes late'],
      ['streamed async-generator: 1 chunks, done', 1],
    ]);
  });
});
