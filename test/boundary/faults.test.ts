// Faults that must stay ours: values that fight back, a store that breaks, spans that throw. The call goes on as if
// nobody were watching.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { context, diag, DiagLogLevel, type Span, trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { boundary, flush, RecordSpanProcessor } from '../../src/index.js';
import { engine } from '../../src/crossing/index.js';
import { endOf, type Recorded, startRecording } from './recorded.js';

/** What a program does with boundaries of every sort, and what comes of it. */
async function program(seed: unknown): Promise<unknown[]> {
  const error = new Error('as ever');
  const now = boundary.guardrail('now', (value: unknown) => value);
  const later = boundary.tool('later', async (value: unknown) => value);
  const given = boundary.tool('given', (value: unknown) => Promise.resolve([value]));
  const fail = boundary.tool('fail', async (_: unknown) => {
    throw error;
  });
  const count = boundary.model('count', async function* (_: unknown) {
    yield 1;
    yield 2;
  });
  const agent = boundary.agent('agent', async (value: unknown) => {
    const got: unknown[] = [now(value) === value, [await later([value])].length, (await given(value))[0] === value];
    got.push(await fail(value).catch((caught: unknown) => caught === error));
    for await (const n of count(value)) got.push(n);
    return got;
  });
  return agent(seed);
}
const AS_EVER = [true, 1, true, true, 1, 2];

/** Notes each time that code of the value runs. */
function hostileValues(ran: string[]): readonly (readonly [string, unknown])[] {
  const trap = (name: string) => (): never => {
    ran.push(name);
    throw new Error(`${name} ran`);
  };
  const allTraps = Object.fromEntries(
    ['get', 'has', 'ownKeys', 'getOwnPropertyDescriptor', 'getPrototypeOf', 'set', 'isExtensible'].map((name) => [name, trap(name)]),
  );
  const cycle: Record<string, unknown> = { name: 'loop' };
  cycle['self'] = { back: [cycle] };
  let deep: unknown = 'bottom';
  for (let level = 0; level < 20_000; level++) deep = { deep };
  // The first look at a stack formats it, and Node asks the message for that.
  const formatted = new Error();
  void formatted.stack;
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  class Guarded {
    get secret(): never {
      return trap('class getter')();
    }
    toJSON(): never {
      return trap('toJSON')();
    }
    toString(): never {
      return trap('toString')();
    }
    [Symbol.toPrimitive](): never {
      return trap('toPrimitive')();
    }
    get [Symbol.toStringTag](): never {
      return trap('toStringTag')();
    }
  }
  return [
    ['a getter that throws', Object.defineProperty({}, 'field', { get: trap('getter'), enumerable: true })],
    ['a getter in a list', Object.defineProperty([1, 2, 3], 1, { get: trap('list getter'), enumerable: true })],
    ['a getter called message on an error', Object.defineProperty(formatted, 'message', { get: trap('message'), enumerable: true })],
    ['a getter called stack on an error', Object.defineProperty(new Error('x'), 'stack', { get: trap('stack') })],
    ['a getter called cause on an error', Object.defineProperty(new Error('x'), 'cause', { get: trap('cause') })],
    ['a class that guards everything', new Guarded()],
    ['a proxy with traps', new Proxy({ a: 1 }, allTraps)],
    ['a proxy for a function', new Proxy(() => 1, allTraps)],
    ['a proxy as prototype', Object.create(new Proxy({}, allTraps))],
    ['a revoked proxy in a list', [revoked]],
    ['a cycle', cycle],
    ['20,000 levels', deep],
    [
      'a constructor that lies',
      Object.create({
        get constructor() {
          return trap('constructor')();
        },
      }),
    ],
    ['an array that is longer than memory', Object.assign([], { length: 2 ** 32 - 1 })],
    ['a detached buffer', detached()],
    ['a map with a forEach of its own', Object.assign(new Map([[1, 2]]), { forEach: trap('forEach'), entries: trap('entries') })],
    ['a date with a getTime of its own', Object.assign(new Date(0), { getTime: trap('getTime'), toISOString: trap('toISOString') })],
    ['an invalid date', new Date(Number.NaN)],
    ['names such as __proto__', JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1, "then": 1}')],
    [
      'a species of its own',
      Object.assign([1, 2], {
        constructor: {
          get [Symbol.species]() {
            return trap('species')();
          },
        },
      }),
    ],
  ];
}

function detached(): Uint8Array {
  const bytes = new Uint8Array(8);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

describe('a value that fights back', () => {
  let recorded: Recorded;
  beforeEach(() => {
    recorded = startRecording();
  });
  afterEach(async () => {
    await recorded.stop();
  });
  const names = hostileValues([]).map(([name]) => name);

  it.each(names)('goes in and comes out, and none of its code is run by us: %s', async (name) => {
    const ran: string[] = [];
    const value = hostileValues(ran).find(([known]) => known === name)?.[1];
    const echo = boundary.tool('echo', (...args: unknown[]) => args[1]);
    expect(Object.is(echo('first', value), value)).toBe(true);
    let caught: { readonly value: unknown } | undefined;
    try {
      boundary.tool('throw', (...args: unknown[]) => {
        throw args[0];
      })(value);
    } catch (error) {
      caught = { value: error };
    }
    expect(caught !== undefined && Object.is(caught.value, value)).toBe(true);
    const chunks = boundary.model('stream', function* () {
      yield value;
    });
    for (const chunk of chunks()) expect(Object.is(chunk, value)).toBe(true);
    expect(ran).toEqual([]);
    expect((await recorded.envelopes()).map(endOf)).toEqual(['returned', 'threw', 'streamed generator: 1 chunks, done']);
    expect([...recorded.faults()]).toEqual([]);
  });

  it.each(names)('in every sort of boundary of an agent: %s', async (name) => {
    const value = hostileValues([]).find(([known]) => known === name)?.[1];
    expect(await program([value])).toEqual(AS_EVER);
  });

  it('as a boundary is a plain error of the definition', () => {
    for (const fn of [undefined, null, 5, {}, 'name'])
      expect(() => boundary({ kind: 'tool', name: 'x' }, fn as never)).toThrow(expect.objectContaining({ code: 'CHRONICLE_OPTION_INVALID' }));
  });
});

describe('a recorder that breaks', () => {
  const folders: string[] = [];
  const folder = (): string => {
    const made = mkdtempSync(join(tmpdir(), 'chronicle-faults-'));
    folders.push(made);
    return made;
  };
  let recorded: Recorded | undefined;
  const warnings: string[] = [];
  beforeEach(() => {
    warnings.length = 0;
    const note = (message: string): void => void warnings.push(message);
    diag.setLogger({ error: note, warn: note, info: () => undefined, debug: () => undefined, verbose: () => undefined }, DiagLogLevel.WARN);
  });
  afterEach(async () => {
    await recorded?.stop();
    recorded = undefined;
    diag.disable();
    engine().recorders.clear();
    engine().faults.clear();
    for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true });
  });

  const storeThat = (fail: () => never): RecordSpanProcessor =>
    new RecordSpanProcessor({
      store: {
        url: 'memory:broken',
        put: async () => fail(),
        get: async () => fail(),
        list: () => fail(),
        delete: async () => fail(),
        check: async () => fail(),
      },
      idleMillis: 0,
    });
  const systemError = (code: string) => (): never => {
    throw Object.assign(new Error(`${code}: no`), { code });
  };

  it.each(['ENOSPC', 'EACCES', 'EIO', 'ECONNREFUSED'])('by a store that answers %s changes no result, and says so once', async (code) => {
    const processor = storeThat(systemError(code));
    expect(await program({ a: 1 })).toEqual(AS_EVER);
    await flush();
    expect(await program({ a: 2 })).toEqual(AS_EVER);
    await flush();
    await processor.shutdown();
    expect(warnings.filter((warning) => warning.includes(code))).toHaveLength(1);
  });

  it('by a store that throws at once, or gives nonsense, changes no result', async () => {
    const nonsense = {
      url: 'memory:nonsense',
      put: () => systemError('EIO')(),
      get: () => 5,
      list: () => undefined,
      delete: () => null,
      check: () => undefined,
    } as never;
    const processor = new RecordSpanProcessor({ store: nonsense, idleMillis: 0 });
    expect(await program({ a: 1 })).toEqual(AS_EVER);
    await flush();
    await processor.shutdown();
  });

  it('by a journal that cannot be made changes no result', async () => {
    const file = join(folder(), 'a file');
    writeFileSync(file, '');
    recorded = startRecording({ journalDir: join(file, 'journal') });
    expect(await program({ a: 1 })).toEqual(AS_EVER);
    // One for each place where recording fails.
    expect(warnings.length).toBeLessThanOrEqual(3);
    expect(warnings[0]).toMatch(/ENOTDIR/);
  });

  it('by a folder that is taken away in the middle changes no result, and recording goes on when it is back', async () => {
    const place = folder();
    recorded = startRecording({ store: `file:${place}` });
    expect(await program({ a: 1 })).toEqual(AS_EVER);
    rmSync(place, { recursive: true });
    writeFileSync(place, 'a file now');
    expect(await program({ a: 2 })).toEqual(AS_EVER);
    await flush();
    rmSync(place);
    mkdirSync(place);
    expect(await program({ a: 3 })).toEqual(AS_EVER);
    const roots = (await recorded.envelopes()).filter(({ path }) => path === 'agent#0');
    expect(roots.map(({ input }) => input.decode())).toContainEqual([{ a: 3 }]);
  });

  it('by a redaction that throws changes no result, and lets no text out', async () => {
    recorded = startRecording({
      redact: () => {
        throw new Error('no such key');
      },
    });
    expect(await program('a secret text')).toEqual(AS_EVER);
    const seen = JSON.stringify([
      recorded.spans().map(({ attributes, status }) => [attributes, status]),
      (await recorded.envelopes()).map(({ input }) => input.decode()),
    ]);
    expect(seen).not.toContain('a secret text');
    expect(warnings.join()).toMatch(/no such key/);
  });

  it('by a logger that throws changes no result', async () => {
    const shout = systemError('EPIPE');
    // The API says by the logger that there was another one.
    diag.disable();
    diag.setLogger({ error: shout, warn: shout, info: shout, debug: shout, verbose: shout }, DiagLogLevel.WARN);
    const processor = storeThat(systemError('ENOSPC'));
    expect(await program(1)).toEqual(AS_EVER);
    await flush();
    await processor.shutdown();
  });
});

describe('a tracer that breaks', () => {
  let recorded: Recorded;
  beforeEach(() => {
    recorded = startRecording();
  });
  afterEach(async () => {
    await recorded.stop();
  });

  const fail = (what: string) => (): never => {
    throw new Error(`${what} of somebody else failed`);
  };
  const METHODS = ['spanContext', 'setAttribute', 'setAttributes', 'setStatus', 'end', 'isRecording', 'addEvent'] as const;

  function breakSpans(broken: readonly string[]): void {
    const provider = trace.getTracerProvider();
    const tracer = provider.getTracer('app');
    trace.disable();
    trace.setGlobalTracerProvider({
      getTracer: () => ({
        startSpan(name: string, options?: object, parent = context.active()) {
          const span = tracer.startSpan(name, options, parent);
          return new Proxy(span, {
            get(target, property) {
              if (broken.includes(property as string)) return fail(String(property));
              const value: unknown = Reflect.get(target, property, target);
              return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
            },
          });
        },
        startActiveSpan: fail('startActiveSpan'),
      }),
    } as never);
  }

  const CROSSINGS = ['agent#0', 'agent#0/now#0', 'agent#0/later#0', 'agent#0/given#0', 'agent#0/fail#0', 'agent#0/count#0'];

  it.each([...METHODS.map((name) => [name]), [...METHODS]])('in %s changes no result and loses no call', async (...broken) => {
    breakSpans(broken);
    expect(await program({ a: 1 })).toEqual(AS_EVER);
    expect((await recorded.envelopes()).map(({ path }) => path)).toEqual(CROSSINGS);
  });

  it.each(['startSpan', 'getTracer', 'a span that is undefined', 'a span that is empty'])('by %s changes no result and loses no call', async (what) => {
    trace.disable();
    const startSpan = what === 'startSpan' ? fail(what) : () => (what === 'a span that is empty' ? ({} as Span) : (undefined as unknown as Span));
    trace.setGlobalTracerProvider({ getTracer: what === 'getTracer' ? fail(what) : () => ({ startSpan }) } as never);
    expect(await program({ a: 1 })).toEqual(AS_EVER);
    expect((await recorded.envelopes()).map(({ path }) => path)).toEqual(CROSSINGS);
  });
});
