// The spans of boundaries as an exporter gets them: names, kinds and attributes, where they hang, how long they are, and
// what must never stand on them.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Attributes, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { afterEach, describe, expect, it, vi } from 'vitest';
import otel from '#otel';
import type { RecordOptions } from '../../src/index.js';
import { type Chronicle, cleanUp, loadChronicle, newStore, startAnew } from './fresh.js';
import type { FinishedSpan, Sampler } from './surface.js';

afterEach(async () => {
  vi.unstubAllEnvs();
  await cleanUp();
});

interface Traced extends Chronicle {
  readonly store: string;
  /** Finished spans by name; a second one of a name wins. */
  spans(): Promise<Map<string, FinishedSpan>>;
  all(): Promise<readonly FinishedSpan[]>;
}

async function traced(options: { record?: RecordOptions; sampler?: (chronicle: Chronicle) => Sampler; bare?: boolean } = {}): Promise<Traced> {
  const chronicle = await loadChronicle();
  const store = newStore();
  const exporter = otel.memoryExporter();
  const spanProcessors = [otel.simple(exporter), new chronicle.RecordSpanProcessor({ store, ...options.record })];
  const provider =
    options.bare === true ? otel.makeBareProvider({ spanProcessors }) : otel.makeProvider({ spanProcessors, sampler: options.sampler?.(chronicle) });
  const all = async (): Promise<readonly FinishedSpan[]> => {
    await provider.forceFlush();
    return exporter.getFinishedSpans();
  };
  return { ...chronicle, store, all, spans: async () => new Map((await all()).map((span) => [span.name, span])) };
}

/** The attributes of a span without those that differ from run to run, which are checked for their form. */
function facts(span: FinishedSpan | undefined): Attributes {
  const {
    'chronicle.span_ref': ref,
    'chronicle.envelope.uri': uri,
    'chronicle.input.digest': input,
    'chronicle.output.digest': output,
    ...rest
  } = span?.attributes ?? {};
  const { traceId, spanId } = span?.spanContext() ?? {};
  expect(ref).toBe(`${traceId}:${spanId}`);
  if (uri !== undefined) expect(uri).toMatch(new RegExp(`^file://.*${traceId}.*${spanId}$`));
  for (const digest of [input, output]) if (digest !== undefined) expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  return rest;
}

async function listed<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const millisOf = ({ startTime, endTime }: FinishedSpan): number => (endTime[0] - startTime[0]) * 1e3 + (endTime[1] - startTime[1]) / 1e6;

function parentNames(spans: readonly FinishedSpan[]): string[] {
  const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  return spans
    .map((span) => `${span.name} < ${span.parentSpanContext === undefined ? 'nothing' : (names.get(span.parentSpanContext.spanId) ?? 'unknown')}`)
    .sort();
}

const common = (kind: string, name: string, effect: string): Attributes => ({
  'chronicle.boundary.kind': kind,
  'chronicle.boundary.name': name,
  'chronicle.boundary.effect': effect,
  'chronicle.boundary.path': `${name}#0`,
  'chronicle.boundary.ordinal': 0,
  'chronicle.mode': 'record',
  'chronicle.outcome': 'returned',
});

describe(`spans of boundaries on ${otel.line}`, () => {
  it('have the name, the kind and the attributes of their kind', async () => {
    const { boundary, spans } = await traced();
    const request = { model: 'gpt-x', temperature: 0, top_p: 0.5, seed: 7, max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] };
    const answer = { id: 'chatcmpl-1', model: 'gpt-x-2026', choices: [{ finish_reason: 'stop' }], usage: { prompt_tokens: 3, completion_tokens: 5 } };
    await boundary.agent('trader', async (task: string) => task.length)('sell');
    await boundary.step('plan', async () => 1)();
    await boundary.model('decide', async (_: unknown) => answer)(request);
    await boundary.model('local', async (_: string) => 'text')('prompt');
    boundary.tool('get_quote', (symbol: string, at?: number) => ({ symbol, at }), { effect: 'read' })('ACME', 1);
    await boundary.retrieval('wiki', async (query: string) => [query])('q');
    await boundary.embedding('embed', async (_: unknown) => ({ model: 'emb-1', usage: { prompt_tokens: 2 } }))({ model: 'emb', input: 'a' });
    boundary.guardrail('limits', () => true)();
    await boundary.human('approve', async () => 'yes')();
    const got = await spans();

    const sizes = { 'chronicle.input.size': expect.any(Number), 'chronicle.output.size': expect.any(Number) };
    const rows = [...got].map(([name, span]) => [name, span.kind, facts(span)]);
    expect(rows).toEqual([
      [
        'invoke_agent trader',
        SpanKind.INTERNAL,
        {
          ...common('agent', 'trader', 'none'),
          ...sizes,
          'gen_ai.operation.name': 'invoke_agent',
          'gen_ai.agent.name': 'trader',
          'chronicle.input.preview': '"sell"',
          'chronicle.output.preview': '4',
        },
      ],
      ['step plan', SpanKind.INTERNAL, { ...common('step', 'plan', 'none'), ...sizes, 'chronicle.input.preview': '[]', 'chronicle.output.preview': '1' }],
      [
        'chat gpt-x',
        SpanKind.CLIENT,
        {
          ...common('model', 'decide', 'read'),
          ...sizes,
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.model': 'gpt-x',
          'gen_ai.request.temperature': 0,
          'gen_ai.request.top_p': 0.5,
          'gen_ai.request.seed': 7,
          'gen_ai.request.max_tokens': 100,
          'gen_ai.response.id': 'chatcmpl-1',
          'gen_ai.response.model': 'gpt-x-2026',
          'gen_ai.response.finish_reasons': ['stop'],
          'gen_ai.usage.input_tokens': 3,
          'gen_ai.usage.output_tokens': 5,
          'chronicle.input.preview': JSON.stringify(request),
          'chronicle.output.preview': JSON.stringify(answer),
        },
      ],
      [
        'chat local',
        SpanKind.CLIENT,
        {
          ...common('model', 'local', 'read'),
          ...sizes,
          'gen_ai.operation.name': 'chat',
          'chronicle.input.preview': '"prompt"',
          'chronicle.output.preview': '"text"',
        },
      ],
      [
        'execute_tool get_quote',
        SpanKind.INTERNAL,
        {
          ...common('tool', 'get_quote', 'read'),
          ...sizes,
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': 'get_quote',
          'gen_ai.tool.type': 'function',
          'chronicle.input.preview': '["ACME",1]',
          'chronicle.output.preview': '{"symbol":"ACME","at":1}',
        },
      ],
      [
        'retrieval wiki',
        SpanKind.CLIENT,
        {
          ...common('retrieval', 'wiki', 'read'),
          ...sizes,
          'gen_ai.operation.name': 'retrieval',
          'gen_ai.data_source.id': 'wiki',
          'chronicle.input.preview': '"q"',
          'chronicle.output.preview': '["q"]',
        },
      ],
      [
        'embeddings emb',
        SpanKind.CLIENT,
        {
          ...common('embedding', 'embed', 'read'),
          ...sizes,
          'gen_ai.operation.name': 'embeddings',
          'gen_ai.request.model': 'emb',
          'gen_ai.response.model': 'emb-1',
          'gen_ai.usage.input_tokens': 2,
          'chronicle.input.preview': '{"model":"emb","input":"a"}',
          'chronicle.output.preview': '{"model":"emb-1","usage":{"prompt_tokens":2}}',
        },
      ],
      [
        'guardrail limits',
        SpanKind.INTERNAL,
        { ...common('guardrail', 'limits', 'none'), ...sizes, 'chronicle.input.preview': '[]', 'chronicle.output.preview': 'true' },
      ],
      [
        'human approve',
        SpanKind.INTERNAL,
        { ...common('human', 'approve', 'irreversible'), ...sizes, 'chronicle.input.preview': '[]', 'chronicle.output.preview': '"yes"' },
      ],
    ]);
    for (const span of got.values()) expect([span.status, span.links, span.events]).toEqual([{ code: SpanStatusCode.UNSET }, [], []]);
  });

  it('say that a call threw, and what', async () => {
    const { boundary, spans } = await traced();
    const caught: unknown[] = [];
    const fail = boundary.tool('fail', async (_: string): Promise<void> => {
      throw new RangeError('no such stock: ACME');
    });
    await fail('ACME').catch((error: unknown) => caught.push(error));
    boundary.step('odd', () => {
      try {
        boundary.tool('text', () => {
          throw 'just text';
        })();
      } catch (error) {
        caught.push(error);
      }
    })();
    expect(caught).toHaveLength(2);
    const got = await spans();
    const failed = got.get('execute_tool fail');
    expect(facts(failed)).toMatchObject({ 'chronicle.outcome': 'threw', 'error.type': 'RangeError' });
    expect(failed?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'RangeError: "no such stock: ACME"' });
    expect(failed?.attributes).not.toHaveProperty('chronicle.output.preview');
    expect([got.get('execute_tool text')?.status.message, got.get('execute_tool text')?.attributes['error.type']]).toEqual(['"just text"', 'string']);
    expect(got.get('step odd')?.status.code).toBe(SpanStatusCode.UNSET);
  });

  it('say how a stream ended, and end with it', async () => {
    const { boundary, spans, all } = await traced();
    const stream = boundary.model('stream', async function* (count: number) {
      for (let n = 0; n < count; n++) yield n;
    });
    const reading = stream(3);
    await reading.next();
    expect(await all()).toEqual([]);
    for await (const _ of reading) void _;
    expect(facts((await spans()).get('chat stream'))).toMatchObject({
      'chronicle.stream.chunks': 3,
      'chronicle.stream.end': 'done',
      'chronicle.outcome': 'returned',
    });
    for await (const n of stream(3)) if (n === 1) break;
    expect(facts((await spans()).get('chat stream'))).toMatchObject({ 'chronicle.stream.chunks': 2, 'chronicle.stream.end': 'cancelled' });
  });

  it('end with a readable stream of Node, whose reader is outside of them and whose producer is inside', async () => {
    const { boundary, spans } = await traced();
    const note = boundary.step('note', (who: string) => who);
    const stream = boundary.model('stream', () =>
      Readable.from(
        (async function* () {
          yield note('producer');
          await sleep(1);
          yield 'two';
        })(),
      ),
    );
    const seen: string[] = [];
    await boundary.agent('agent', async () => {
      const reading = stream();
      reading.on('data', (chunk: string) => seen.push(`${chunk} ${boundary.step('read', () => chunk)().length}`));
      await once(reading, 'end');
    })();
    const got = await spans();
    expect(seen).toEqual(['producer 8', 'two 3']);
    expect(facts(got.get('chat stream'))).toMatchObject({ 'chronicle.stream.chunks': 2, 'chronicle.stream.end': 'done' });
    const idOf = (name: string): string | undefined => got.get(name)?.spanContext().spanId;
    const parentOf = (name: string): string | undefined => got.get(name)?.parentSpanContext?.spanId;
    expect([parentOf('step note'), parentOf('step read')]).toEqual([idOf('chat stream'), idOf('invoke_agent agent')]);
  });

  it('are as long as the calls: a tool of 50 ms has a span of 50 ms under its caller', async () => {
    const { boundary, all } = await traced();
    let slept = 0;
    const slow = boundary.tool(
      'slow',
      async () => {
        const begin = performance.now();
        await sleep(50);
        slept = performance.now() - begin;
      },
      { effect: 'none' },
    );
    await boundary.agent('caller', async () => slow())();
    const spans = await all();
    expect(parentNames(spans)).toEqual(['execute_tool slow < invoke_agent caller', 'invoke_agent caller < nothing']);
    const [tool, caller] = spans.map(millisOf) as [number, number];
    // A timer may be a fraction of a millisecond early, and on a busy machine much later than it was asked to be.
    expect(tool).toBeGreaterThanOrEqual(49);
    expect(tool).toBeGreaterThanOrEqual(slept - 1);
    expect(tool).toBeLessThan(slept + 250);
    expect(caller).toBeGreaterThanOrEqual(tool);
  });

  it.each([false, true])('hang under their callers, nested and in parallel (without a context manager: %s)', async (bare) => {
    const { boundary, all } = await traced({ bare });
    const leaf = boundary.tool('leaf', async (n: number) => sleep(n), { effect: 'none' });
    const branch = boundary.step('branch', async (n: number) => {
      await leaf(3 - n);
      await Promise.all([leaf(n), leaf(1)]);
    });
    await boundary.agent('root', async () => {
      await Promise.all([branch(0), branch(1), branch(2)]);
    })();
    const spans = await all();
    expect(parentNames(spans)).toEqual([
      ...Array.from({ length: 9 }, () => 'execute_tool leaf < step branch'),
      'invoke_agent root < nothing',
      'step branch < invoke_agent root',
      'step branch < invoke_agent root',
      'step branch < invoke_agent root',
    ]);
    // Paths and parents agree.
    const pathOf = new Map(spans.map((span) => [span.spanContext().spanId, String(span.attributes['chronicle.boundary.path'])]));
    for (const span of spans) {
      const parent = span.parentSpanContext === undefined ? '' : `${pathOf.get(span.parentSpanContext.spanId)}/`;
      expect(String(span.attributes['chronicle.boundary.path']).startsWith(parent)).toBe(true);
    }
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
    expect(new Set(pathOf.values()).size).toBe(spans.length);
  });

  it('that the sampler drops reach the processors by recordBoundaries(), and no exporter', async () => {
    const chronicle = await loadChronicle();
    const exporter = otel.memoryExporter();
    const seen: string[] = [];
    const watcher = {
      onStart: () => undefined,
      onEnd: (span: FinishedSpan) => void seen.push(span.name),
      forceFlush: async () => undefined,
      shutdown: async () => undefined,
    };
    const sampler = chronicle.recordBoundaries(otel.alwaysOff());
    expect(sampler.toString()).toBe('Chronicle{AlwaysOffSampler}');
    const provider = otel.makeProvider({
      sampler,
      spanProcessors: [otel.simple(exporter), otel.batch(exporter), watcher, new chronicle.RecordSpanProcessor({ store: newStore() })],
    });
    const flags: unknown[] = [];
    await chronicle.boundary.agent('run', async () => {
      provider.getTracer('app').startSpan('plain').end();
      const { trace } = await import('@opentelemetry/api');
      flags.push(trace.getActiveSpan()?.spanContext().traceFlags, trace.getActiveSpan()?.isRecording());
      await chronicle.boundary.tool('act', async () => 1)();
    })();
    await provider.forceFlush();
    expect(seen).toEqual(['execute_tool act', 'invoke_agent run']);
    expect(flags).toEqual([0, true]);
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it('have nothing over 2,048 bytes in one attribute, whatever is passed, and say what they cut', async () => {
    const { boundary, all } = await traced();
    const million = 1 << 20;
    const inputs: unknown[] = [
      'x'.repeat(million),
      'ä€😀'.repeat(million / 4),
      '\ud800'.repeat(million),
      '"\\\n\u0000'.repeat(million / 4),
      Array.from({ length: 50_000 }, (_, n) => ({ n, text: 'äöü' })),
      Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`key ${n} ${'k'.repeat(40)}`, n])),
      { ['k'.repeat(million)]: 1 },
      new Map([['m'.repeat(million), 1]]),
      { model: 'm'.repeat(million), messages: [{ content: 'c'.repeat(million) }] },
      Array.from({ length: 200 }, (_, n) => Object.defineProperty(() => n, 'name', { value: `f${n}` })),
      Object.fromEntries(
        Array.from({ length: 100 }, (_, n) => [
          `get${n}${'g'.repeat(200)}`,
          {
            get value() {
              return n;
            },
          },
        ]),
      ),
      [
        new (class {
          constructor(readonly text = 'i'.repeat(million)) {}
        })(),
      ],
    ];
    const echo = boundary.model('echo', (value: unknown) => value);
    const fail = boundary.tool('fail', (value: unknown) => {
      throw Object.assign(new Error('e'.repeat(million)), { name: 'N'.repeat(million), value });
    });
    for (const input of inputs) {
      expect(echo(input)).toBe(input);
      expect(() => fail(input)).toThrow();
    }
    boundary.model('verbose', (_: unknown) => ({
      id: 'i'.repeat(300),
      model: 'm'.repeat(256),
      choices: Array.from({ length: 40 }, () => ({ finish_reason: 'r'.repeat(256) })),
    }))({ model: 'm'.repeat(256) });
    const spans = await all();
    expect(spans).toHaveLength(2 * inputs.length + 1);

    const bytes = (value: unknown): number =>
      Array.isArray(value) ? value.reduce((sum: number, item) => sum + bytes(item), 0) : typeof value === 'string' ? Buffer.byteLength(value) : 8;
    const tooLong = spans.flatMap((span) => [
      ...Object.entries(span.attributes).flatMap(([name, value]) => (bytes(value) > 2_048 ? [`${span.name.slice(0, 40)} ${name}: ${bytes(value)}`] : [])),
      ...(bytes(span.status.message ?? '') > 2_048 ? [`${span.name.slice(0, 40)} status: ${bytes(span.status.message)}`] : []),
      ...(bytes(span.name) > 2_048 ? ['a name'] : []),
    ]);
    expect(tooLong).toEqual([]);
    for (const span of spans.filter(({ name }) => name === 'chat echo')) {
      expect(span.attributes['chronicle.input.preview_truncated']).toBe(true);
      expect(span.attributes['chronicle.output.preview_truncated']).toBe(true);
      expect(String(span.attributes['chronicle.input.preview'])).toMatch(/…/);
      expect(String(span.attributes['chronicle.input.preview']).isWellFormed()).toBe(true);
    }
  });

  it('have a preview as long as the option says, and none with 0', async () => {
    const { boundary, spans } = await traced({ record: { maxPreviewBytes: 100 } });
    boundary.tool('short', (text: string) => text)('y'.repeat(1_000));
    const attributes = (await spans()).get('execute_tool short')?.attributes ?? {};
    expect(Buffer.byteLength(String(attributes['chronicle.input.preview']))).toBeLessThanOrEqual(100);
    expect(attributes['chronicle.input.preview_truncated']).toBe(true);
    await cleanUp();
    const silent = await traced({ record: { maxPreviewBytes: 0 } });
    silent.boundary.tool('short', (text: string) => text)('y');
    expect(Object.keys((await silent.spans()).get('execute_tool short')?.attributes ?? {}).filter((name) => name.includes('preview'))).toEqual([]);
  });

  it('have the standard content attributes where the convention switch asks for them', async () => {
    vi.stubEnv('OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT', 'SPAN_ONLY');
    const { boundary, spans } = await traced();
    boundary.tool('act', (word: string) => `${word}!`)('a');
    boundary.model('ask', (word: string) => `${word}?`)('b');
    const got = await spans();
    expect(facts(got.get('execute_tool act'))).toMatchObject({ 'gen_ai.tool.call.arguments': '"a"', 'gen_ai.tool.call.result': '"a!"' });
    expect(facts(got.get('chat ask'))).toMatchObject({ 'gen_ai.input.messages': '"b"', 'gen_ai.output.messages': '"b?"' });
  });

  /** A run in which every place that could show content has some of it. */
  async function runWithSecrets({ boundary }: Chronicle, secret: string, name = secret): Promise<void> {
    const ask = boundary.model('ask', async (_: unknown) => ({ text: secret }));
    const stream = boundary.model('stream', async function* (_: string) {
      yield secret;
      throw Object.assign(new Error(secret), { detail: secret });
    });
    const fail = boundary.tool(
      'fail',
      (_: string) => {
        throw Object.assign(new Error(secret), { cause: secret });
      },
      { effect: 'read' },
    );
    const odd = boundary.tool(
      'odd',
      (_: string) => {
        throw secret;
      },
      { effect: 'read' },
    );
    const handle = boundary.tool(
      'handle',
      (_: unknown) => ({
        [name]: () => secret,
        getter: {
          get [name]() {
            return secret;
          },
        },
      }),
      { effect: 'read' },
    );
    await boundary.agent('run', async (task: string) => {
      await ask({ messages: [{ content: task }] });
      try {
        for await (const part of stream(task)) void part;
      } catch {}
      for (const tool of [fail, odd, handle]) {
        try {
          tool(task);
        } catch {}
      }
      return secret;
    })(secret);
  }

  const textOf = (spans: readonly FinishedSpan[]): string =>
    JSON.stringify(spans.map(({ name, attributes, status, links, events }) => ({ name, attributes, status, links, events })));

  it('carry no content with NO_CONTENT, neither when recorded nor when replayed, and the recording has it all', async () => {
    vi.stubEnv('OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT', 'NO_CONTENT');
    const secret = 'correct horse battery staple';
    const recorded = await traced();
    await runWithSecrets(recorded, secret);
    const spans = await recorded.all();
    expect(spans).toHaveLength(6);
    expect(textOf(spans)).not.toContain(secret);
    await recorded.flush();
    const [run] = await listed((await recorded.openArchive(recorded.store)).runs());
    const recording = await (await recorded.openArchive(recorded.store)).readTrace(run?.traceId ?? '');
    expect(recording?.envelopes[0]?.input.decode()).toEqual([secret]);
    await startAnew();

    // Replayed by a program that has no RecordSpanProcessor, and with a call that is refused.
    const chronicle = await loadChronicle();
    const exporter = otel.memoryExporter();
    otel.makeProvider({ spanProcessors: [otel.simple(exporter)] });
    if (recording === undefined) throw new Error('nothing was recorded');
    const replaying = new chronicle.ReplaySpanProcessor({ recording });
    await runWithSecrets(chronicle, secret);
    expect(() => chronicle.boundary.tool('fail', (_: string) => 1, { effect: 'read' })(`another ${secret}`)).toThrow();
    expect(replaying.report().live).toBe(0);
    const replayed = exporter.getFinishedSpans();
    expect(replayed).toHaveLength(7);
    expect(textOf(replayed)).not.toContain(secret);
  });

  it('go through the redaction of the program, recorded and replayed', async () => {
    const secret = 'sk-live-1234';
    const redact = (text: string): string => text.replaceAll(secret, '[key]');
    const recorded = await traced({ record: { redact } });
    await runWithSecrets(recorded, secret, 'name');
    const spans = await recorded.all();
    expect(textOf(spans)).not.toContain(secret);
    expect(textOf(spans)).toContain('[key]');
  });

  it('of a replay are a trace of their own, linked to the recorded calls', async () => {
    const { boundary, replay, flush, all, store } = await traced();
    let live = 0;
    const quote = boundary.tool('quote', async (symbol: string) => {
      live++;
      return { symbol, cents: 120 };
    });
    const plan = boundary.step('plan', async (symbol: string) => quote(symbol));
    let symbol = 'ACME';
    const agent = boundary.agent('agent', async (_: string) => {
      const known = await plan('ACME');
      const more = await quote(symbol).catch((error: Error) => error.message.split('\n')[0]);
      return { known, more };
    });
    await agent('go');
    await flush();
    const recorded = [...(await all())];
    const traceId = recorded[0]?.spanContext().traceId ?? '';
    const before = recorded.length;

    const same = await replay(traceId, { store });
    expect([same.verdict, live]).toEqual(['same', 2]);
    const replayed = (await all()).slice(before);
    expect(parentNames(replayed)).toEqual(parentNames(recorded));
    const sourceOf = new Map(recorded.map((span) => [span.attributes['chronicle.boundary.path'], span.spanContext()]));
    for (const span of replayed) {
      const source = sourceOf.get(span.attributes['chronicle.boundary.path']);
      const rerun = !span.name.startsWith('execute_tool');
      expect(span.spanContext().traceId).toBe(same.replayed.traceId);
      expect(span.spanContext().traceId).not.toBe(traceId);
      expect(span.links.map(({ context }) => [context.traceId, context.spanId])).toEqual([[traceId, source?.spanId]]);
      expect(facts(span)).toMatchObject({
        'chronicle.mode': 'replay',
        'chronicle.replay.of': `${traceId}:${source?.spanId}`,
        'chronicle.replay.rung': 'exact',
        'chronicle.outcome': 'returned',
      });
      expect(span.attributes['chronicle.replay.served']).toBe(rerun ? undefined : 'recorded');
      // No envelope is written for it, so none is named.
      expect(span.attributes).not.toHaveProperty('chronicle.envelope.uri');
    }

    symbol = 'GLOBEX';
    const changed = await replay(traceId, { store });
    expect([changed.verdict, live]).toEqual(['diverged', 2]);
    const refused = (await all()).slice(2 * before).find(({ status }) => status.code === SpanStatusCode.ERROR);
    expect(facts(refused)).toMatchObject({
      'chronicle.boundary.path': 'agent#0/quote#0',
      'chronicle.replay.rung': 'none',
      'chronicle.replay.served': 'blocked',
      'error.type': 'ReplayMissError',
    });
  });

  it('arrive whole at a receiver of OTLP over HTTP, and our own upload makes none', async () => {
    const bodies: string[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (part: string) => void (body += part));
      request.on('end', () => {
        bodies.push(body);
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const chronicle = await loadChronicle();
      const exporter = otel.otlpExporter(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`);
      const inner = newStore();
      // A store whose client is traced, as the clients of object stores are.
      const { openStore } = await import('../../src/storage/index.js');
      const { trace } = await import('@opentelemetry/api');
      const folder = openStore(inner);
      const tracedStore = Object.create(folder, {
        put: {
          async value(key: string, bytes: Uint8Array) {
            const span = trace.getTracer('client').startSpan('PUT');
            const result = await folder.put(key, bytes);
            span.end();
            return result;
          },
        },
      }) as typeof folder;
      const provider = otel.makeProvider({ spanProcessors: [otel.batch(exporter), new chronicle.RecordSpanProcessor({ store: tracedStore })] });
      await chronicle.boundary.agent('run', async () =>
        chronicle.boundary.model('ask', async (_: unknown) => ({ choices: [{ finish_reason: 'stop' }] }))({ temperature: 0.5 }),
      )();
      await chronicle.flush();
      await provider.forceFlush();
      await provider.shutdown();
      expect(await listed((await chronicle.openArchive(inner)).runs())).toHaveLength(1);
      const spans = bodies.flatMap((body) => {
        const { resourceSpans } = JSON.parse(body) as {
          resourceSpans: { scopeSpans: { scope: { name: string }; spans: { name: string; attributes: { key: string; value: unknown }[] }[] }[] }[];
        };
        return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ scope, spans: sent }) => sent.map((span) => ({ scope: scope.name, ...span }))));
      });
      expect(spans.map(({ scope, name }) => `${scope}: ${name}`)).toEqual(['chronicle-otel: chat ask', 'chronicle-otel: invoke_agent run']);
      const sent = new Map(spans[0]?.attributes.map(({ key, value }) => [key, value]));
      expect(sent.get('gen_ai.request.temperature')).toEqual({ doubleValue: 0.5 });
      expect(sent.get('gen_ai.response.finish_reasons')).toEqual({ arrayValue: { values: [{ stringValue: 'stop' }] } });
      expect(sent.get('chronicle.boundary.ordinal')).toEqual({ intValue: 0 });
      expect(sent.get('chronicle.boundary.path')).toEqual({ stringValue: 'run#0/ask#0' });
    } finally {
      server.close();
    }
  });
});
