// Recorded streams of Node given back: a Readable that is read in every way in which it was read when it was recorded,
// and gives the same chunks, the same end and the same error.

import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { finished, pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { boundary, flush, isChronicleError, registerCodec, replay } from '../../src/index.js';
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

let agents = 0;
let calls = 0;

/** Runs an agent, replays it, and gives both. Nothing may run live. */
async function recordAndReplay(work: () => unknown): Promise<{ result: unknown; report: Awaited<ReturnType<typeof replay>> }> {
  const agent = boundary.agent(`agent-${++agents}`, work);
  const result = await agent();
  await flush();
  const root = (await recorded.envelopes()).findLast(({ kind }) => kind === 'agent');
  const live = calls;
  const report = await replay(`${root?.traceId}:${root?.spanId}`, { store: recorded.store });
  expect([calls, report.live]).toEqual([live, 0]);
  return { result, report };
}

async function expectSame(work: () => unknown): Promise<void> {
  const { result, report } = await recordAndReplay(work);
  expect(report.divergences).toEqual([]);
  expect([report.verdict, report.outcomeDiff, report.error]).toEqual(['same', [], undefined]);
  expect(report.result).toEqual(result);
}

const open = boundary.model('open', async (...chunks: readonly string[]) => {
  calls++;
  return arriving(chunks);
});

const WAYS: readonly [string, (stream: Readable) => Promise<unknown[]>][] = [
  [
    'data events',
    async (stream) => {
      const got: unknown[] = [];
      stream.on('data', (chunk) => got.push(chunk));
      await once(stream, 'end');
      return got;
    },
  ],
  [
    'data events, with a pause after each',
    async (stream) => {
      const got: unknown[] = [];
      stream.on('data', (chunk) => {
        got.push(chunk);
        stream.pause();
        setTimeout(() => stream.resume(), 1);
      });
      await once(stream, 'end');
      return got;
    },
  ],
  [
    'readable events and read()',
    async (stream) => {
      const got: unknown[] = [];
      stream.on('readable', () => {
        for (let chunk: unknown = stream.read(); chunk !== null; chunk = stream.read()) got.push(chunk);
      });
      await once(stream, 'end');
      return got;
    },
  ],
  [
    'iteration',
    async (stream) => {
      const got: unknown[] = [];
      for await (const chunk of stream) got.push(chunk);
      return got;
    },
  ],
  ['pipe()', (stream) => stream.pipe(new PassThrough({ objectMode: true })).toArray()],
  [
    'pipeline() into a slow sink',
    async (stream) => {
      const got: unknown[] = [];
      const write = (chunk: unknown, _encoding: unknown, done: () => void): void => {
        got.push(chunk);
        setImmediate(done);
      };
      await pipeline(stream, new Writable({ objectMode: true, highWaterMark: 1, write }));
      return got;
    },
  ],
  [
    'toWeb()',
    async (stream) => {
      const got: unknown[] = [];
      for await (const chunk of Readable.toWeb(stream)) got.push(Buffer.from(chunk as Uint8Array));
      return got;
    },
  ],
  ['a consumer of it all', async (stream) => [await text(stream)]],
];

describe('a replayed Readable', () => {
  it.each(WAYS)('is read by %s', async (_, read) => {
    await expectSame(async () => {
      const stream = await open('one', 'two', 'three');
      const got = await read(stream);
      return [stream instanceof Readable, stream.readableObjectMode, got, stream.readableEnded];
    });
  });

  it('gives objects, text in its encoding, and text in its reader’s', async () => {
    const objects = boundary.model('objects', () => {
      calls++;
      return Readable.from([{ n: 1 }, 'text', 2, Buffer.from('bytes')]);
    });
    const encoded = boundary.model('encoded', (encoding: BufferEncoding) => {
      calls++;
      return arriving(['é', 'b']).setEncoding(encoding);
    });
    const looked = (stream: Readable): unknown => [stream.readableEncoding, stream.readableObjectMode, stream.destroy().destroyed];
    await expectSame(async () => [
      await objects().toArray(),
      await encoded('utf8').toArray(),
      await encoded('base64').toArray(),
      looked(encoded('latin1')),
      await (await open('é', 'x')).setEncoding('hex').toArray(),
      looked(objects()),
    ]);
  });

  it('fails with the recorded error, after the recorded chunks', async () => {
    const fail = boundary.model('fail', (...chunks: readonly string[]) => {
      calls++;
      return arriving(chunks, Object.assign(new RangeError('reset'), { code: 'ECONNRESET' }));
    });
    const caught = async (read: () => Promise<unknown>): Promise<unknown> => {
      try {
        return await read();
      } catch (error) {
        return [error instanceof RangeError, (error as { code?: string }).code];
      }
    };
    await expectSame(async () => {
      const results: unknown[] = [];
      for (const chunks of [[], ['one'], ['one', 'two']]) {
        const got: string[] = [];
        const iterate = async (): Promise<void> => {
          for await (const chunk of fail(...chunks)) got.push(String(chunk));
        };
        const flow = (): Promise<void> => finished(fail(...chunks).on('data', (chunk) => got.push(String(chunk))));
        results.push(await caught(iterate), await caught(flow), got);
        results.push(await caught(() => pipeline(fail(...chunks), new PassThrough().resume())));
      }
      return results;
    });
  });

  it('gives one that is sent its chunks the time to do something between them', async () => {
    await expectSame(async () => {
      const seen: unknown[] = [];
      const stream = await open('one', 'two', 'three');
      seen.push(String((await once(stream, 'data'))[0]));
      await Promise.resolve();
      seen.push(String((await once(stream, 'data'))[0]));
      await once(stream, 'end');
      const failed = await open('one', 'two');
      failed.on('error', (error) => seen.push(error.message));
      await once(failed, 'data');
      failed.destroy(new Error('enough'));
      await new Promise((resolve) => failed.on('close', resolve));
      return seen;
    });
  });

  it('is left where it was left, at once or after a while', async () => {
    await expectSame(async () => {
      const got: string[] = [];
      for await (const chunk of await open('one', 'two', 'three')) {
        got.push(String(chunk));
        if (got.length === 2) break;
      }
      const flowing = await open('a', 'b', 'c');
      flowing.on('data', (chunk) => {
        got.push(String(chunk));
        if (String(chunk) === 'b') flowing.destroy();
      });
      await once(flowing, 'close');
      const endless = boundary.model('endless', () => {
        calls++;
        const stream = new Readable({ read: () => undefined });
        stream.push('x');
        return stream;
      })();
      endless.on('data', (chunk) => got.push(String(chunk)));
      await sleep(30);
      endless.destroy();
      const unread = await open('never');
      unread.destroy();
      return got;
    });
  });

  it('refuses what the recorded reader left unread', async () => {
    let all = false;
    const { report } = await recordAndReplay(async () => {
      const stream = await open('one', 'two', 'three');
      const got: string[] = [];
      for await (const chunk of stream) {
        got.push(String(chunk));
        if (!all) break;
      }
      all = true;
      return got;
    });
    expect([report.verdict, isChronicleError(report.error, 'CHRONICLE_REPLAY_MISS')]).toEqual(['diverged', true]);
    expect(report.divergences.map(({ reason }) => reason)).toEqual(['The recorded stream was left by its reader after 1 chunk, and another was asked for.']);
  });

  it('refuses it also to a reader that hears no error: it is closed, and the verdict says so', async () => {
    let all = false;
    const { report } = await recordAndReplay(async () => {
      const stream = await open('one', 'two', 'three');
      stream.on('data', () => {
        if (!all) stream.destroy();
      });
      await new Promise((closed) => stream.once('close', closed));
      all = true;
      return stream.readableEnded;
    });
    expect([report.verdict, report.divergences.map(({ cause }) => cause), report.result]).toEqual(['diverged', ['stream'], false]);
  });

  it('that was abandoned is given back to whoever leaves it alone', async () => {
    await recorded.stop();
    recorded = startRecording({ streamIdleMillis: 20 });
    await expectSame(async () => {
      const stream = await open('one', 'two');
      await sleep(60);
      return [stream.readableFlowing, stream.destroyed];
    });
    expect((await recorded.envelopes()).filter(({ name }) => name === 'open').map(endOf)).toEqual(['streamed node-readable: 0 chunks, abandoned']);
  });

  it('comes at the recorded pace where that is asked for', async () => {
    const slow = boundary.model('slow', () => {
      calls++;
      const stream = new Readable({ read: () => undefined });
      setTimeout(() => stream.push('late'), 60);
      setTimeout(() => stream.push(null), 70);
      return stream;
    });
    const agent = boundary.agent(`agent-${++agents}`, () => text(slow()));
    await agent();
    await flush();
    const root = (await recorded.envelopes()).findLast(({ kind }) => kind === 'agent');
    const ref = `${root?.traceId}:${root?.spanId}`;
    const times: number[] = [];
    for (const pace of ['recorded', 'fast'] as const) {
      const start = performance.now();
      expect((await replay(ref, { store: recorded.store, pace })).result).toBe('late');
      times.push(performance.now() - start);
    }
    expect(times[0]).toBeGreaterThan(55);
  });

  it('that an agent makes itself is read as it was, however it is cut', async () => {
    const parts = boundary.tool('parts', (n: number) => {
      calls++;
      return ['ab', 'cd', 'ef'][n] ?? null;
    });
    const work = (): Readable => {
      let at = 0;
      return new Readable({
        read() {
          this.push(parts(at++));
        },
      });
    };
    const agent = boundary.agent(`agent-${++agents}`, work);
    const stream = agent();
    const got: string[] = [];
    stream.on('data', (chunk) => got.push(String(chunk)));
    await once(stream, 'end');
    expect(got).toEqual(['ab', 'cd', 'ef']);
    await flush();
    const root = (await recorded.envelopes()).findLast(({ kind }) => kind === 'agent');
    const report = await replay(`${root?.traceId}:${root?.spanId}`, { store: recorded.store });
    expect([report.verdict, report.divergences, (report.result as Buffer[]).map(String)]).toEqual(['same', [], ['ab', 'cd', 'ef']]);
  });

  it('refuses to be written into, since nothing is known of what that would give', async () => {
    const echo = boundary.tool('echo', () => {
      calls++;
      return new PassThrough();
    });
    let written = true;
    const { report } = await recordAndReplay(async () => {
      const stream = echo();
      if (written) stream.write('hello');
      stream.end();
      return text(stream);
    });
    expect([report.verdict, isChronicleError(report.error, 'CHRONICLE_REPLAY_REFUSED')]).toEqual(['changed', true]);
    written = false;
    await expectSame(async () => {
      const stream = echo();
      stream.end();
      return text(stream);
    });
  });
});

describe('a replayed response of node:http', () => {
  let server: Server;
  beforeEach(async () => {
    server = createServer((request, response) => {
      calls++;
      response.writeHead(request.url === '/missing' ? 404 : 200, { 'content-type': 'text/plain', 'x-id': '7' });
      response.write('one');
      setImmediate(() => (request.url === '/broken' ? response.destroy() : response.end('two')));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('has its status, its headers, its body, and its end', async () => {
    const { port } = server.address() as AddressInfo;
    const request = boundary.tool('http', async (path: string) => ((await once(get({ port, host: '127.0.0.1', path }), 'response')) as [IncomingMessage])[0], {
      effect: 'read',
    });
    await expectSame(async () => {
      const results: unknown[] = [];
      for (const path of ['/', '/missing', '/broken']) {
        const response = await request(path);
        const { statusCode, statusMessage, headers, httpVersion } = response;
        const body = await text(response).catch((error: NodeJS.ErrnoException) => error.code);
        results.push([statusCode, statusMessage, headers['x-id'], headers['content-type'], httpVersion, body, response.complete]);
      }
      return results;
    });
  });
});

describe('a value of a registered codec', () => {
  class Money {
    readonly #amount: number;
    constructor(amount: number) {
      this.#amount = amount;
    }
    get amount(): number {
      return this.#amount;
    }
    plus(other: Money): Money {
      return new Money(this.#amount + other.#amount);
    }
  }

  it('comes back as itself, and is known again where it is passed on', async () => {
    const remove = registerCodec({ name: 'Money', class: Money, encode: (money) => money.amount, decode: (amount) => new Money(amount) });
    try {
      const price = boundary.tool('price', async (symbol: string) => {
        calls++;
        return new Money(symbol.length);
      });
      const pay = boundary.tool('pay', (money: Money) => {
        calls++;
        return money.amount;
      });
      await expectSame(async () => {
        const sum = (await price('ACME')).plus(await price('XY'));
        return [sum.amount, pay(sum)];
      });
    } finally {
      remove();
    }
  });

  it('without its codec is a marker, which is known again where it is passed on', async () => {
    const remove = registerCodec({ name: 'Money', class: Money, encode: (money) => money.amount, decode: (amount) => new Money(amount) });
    const price = boundary.tool('price', () => {
      calls++;
      return new Money(4);
    });
    const pay = boundary.tool('pay', (_money: Money) => {
      calls++;
      remove();
      return 'paid';
    });
    await expectSame(() => pay(price()));
  });
});
