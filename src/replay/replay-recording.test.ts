// Whole replays through the real `boundary()`, recorder, store and archive: what a user of `replay()` meets.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openArchive } from '../archive/index.js';
import { boundary } from '../boundary/index.js';
import { engine } from '../crossing/index.js';
import type { Envelope, Recording } from '../envelope/index.js';
import type { ChronicleError } from '../errors.js';
import { ArchiveRecorder } from '../export/index.js';
import { replayRecording } from './replay-recording.js';
import { reportText } from './report-text.js';
import type { ReplayOptions, ReplayReport } from './types.js';

let stores = 0;

beforeEach(() => {
  engine().boundaries.clear();
  engine().runs.clear();
});
afterEach(() => {
  engine().recorder = undefined;
});

/** Runs something with recording on, and reads back what was recorded of its only trace. */
async function record(program: () => unknown, capture: 'full' | 'digest' | 'off' = 'full'): Promise<Recording> {
  const store = `memory:replay-${++stores}`;
  const recorder = new ArchiveRecorder({
    store,
    journalDirectory: undefined,
    protect: undefined,
    durability: 'process',
    maxSpoolBytes: 1 << 30,
    maxSpoolMillis: 1 << 30,
    idleMillis: 60_000,
    capture,
  });
  engine().recorder = recorder;
  try {
    await program();
  } catch {
    // What a program throws is recorded as well.
  }
  await new Promise((resolve) => setImmediate(resolve));
  await recorder.flush();
  engine().recorder = undefined;
  const archive = await openArchive(store);
  for await (const { traceId } of archive.runs()) return (await archive.find(traceId)).recording;
  throw new Error('nothing was recorded');
}

function replayed(recording: Recording, options: ReplayOptions = {}, envelope?: Envelope): Promise<ReplayReport> {
  return replayRecording({ recording, envelope, options });
}

/** The incident that the project began with. */
function makeTrader() {
  const placed: unknown[] = [];
  const calls = { model: 0, quote: 0 };
  const world = { prompt: 'You trade stocks.', limit: Number.POSITIVE_INFINITY };
  const decide = boundary.model('decide', async (_request: { system: string; task: string }) => {
    calls.model++;
    return { tool: 'place_order', shares: 1000 };
  });
  const quote = boundary.tool('get_quote', async (symbol: string) => ({ symbol, price: 10 + calls.quote++ }), { effect: 'read' });
  const order = boundary.tool('place_order', async (shares: number) => {
    placed.push(shares);
    return { id: `o-${placed.length}` };
  });
  const trader = boundary.agent('trader', async (task: string) => {
    const { shares } = await decide({ system: world.prompt, task });
    const { price } = await quote('ACME');
    if (shares * price > world.limit) return { refused: shares };
    return { order: await order(shares) };
  });
  return { trader, placed, calls, world };
}

describe('replayRecording()', () => {
  it('runs the agent again, answers its calls, and runs nothing live', async () => {
    const { trader, placed, calls } = makeTrader();
    const recording = await record(() => trader('sell $1,000 of ACME'));
    expect([placed, calls]).toEqual([[1000], { model: 1, quote: 1 }]);
    const report = await replayed(recording);
    expect([placed, calls]).toEqual([[1000], { model: 1, quote: 1 }]);
    expect(report.verdict).toBe('same');
    expect(report.result).toEqual({ order: { id: 'o-1' } });
    expect(report.calls.map(({ path, served, rung }) => `${path} ${served} ${rung}`)).toEqual([
      'trader#0 rerun exact',
      'trader#0/decide#0 recorded exact',
      'trader#0/get_quote#0 recorded exact',
      'trader#0/place_order#0 recorded exact',
    ]);
    expect([report.live, report.blocked, report.divergences, report.unconsumed]).toEqual([0, 0, [], []]);
    expect(report.replayed.traceId).not.toBe(recording.traceId);
  });

  it('gives the same report each time, and leaves the recording as it was', async () => {
    const { trader } = makeTrader();
    const recording = await record(() => trader('sell'));
    const first = await replayed(recording);
    const second = await replayed(recording);
    const { replayed: one, ...rest } = first;
    const { replayed: two, ...again } = second;
    expect(again).toEqual(rest);
    expect(two.traceId).not.toBe(one.traceId);
  });

  it('notices one changed word of the prompt, and names where it is', async () => {
    const { trader, world } = makeTrader();
    const recording = await record(() => trader('sell'));
    world.prompt = 'You trade bonds.';
    const report = await replayed(recording);
    expect(report.verdict).toBe('diverged');
    expect((report.error as ChronicleError).code).toBe('CHRONICLE_REPLAY_MISS');
    expect(report.divergences).toMatchObject([
      { path: 'trader#0/decide#0', diff: [{ path: '$[0].system', recorded: 'You trade stocks.', now: 'You trade bonds.' }] },
    ]);
  });

  it('shows a fixed guardrail as changed: the order is never placed', async () => {
    const { trader, world, placed } = makeTrader();
    const recording = await record(() => trader('sell'));
    world.limit = 1_000;
    const report = await replayed(recording);
    expect(reportText(report)).toContain(
      'The end of the run differs\n  $.order\n    recorded  {"id":"o-1"}\n    now       (nothing)\n  $.refused\n    recorded  (nothing)\n    now       1000\n',
    );
    expect(placed).toEqual([1000]);
    expect(report).toMatchObject({ verdict: 'changed', result: { refused: 1000 }, unconsumed: [{ name: 'place_order' }], live: 0 });
    expect(report.outcomeDiff).toEqual([
      { path: '$.order', recorded: '{"id":"o-1"}' },
      { path: '$.refused', now: 1000 },
    ]);
  });

  it('gives two parallel calls of one tool their own answers, also when they are equal', async () => {
    let count = 0;
    const draw = boundary.tool('draw', async (deck: string) => {
      const card = ++count;
      await new Promise((resolve) => setTimeout(resolve, 5 - card));
      return `${deck}${card}`;
    });
    const play = boundary.agent('play', async () => Promise.all([draw('a'), draw('a'), draw('b')]));
    const recording = await record(() => play());
    const report = await replayed(recording);
    expect(report).toMatchObject({ verdict: 'same', result: ['a1', 'a2', 'b3'] });
    expect(count).toBe(3);
  });

  it('throws again in a tool that threw, so that the retry is taken again', async () => {
    let attempts = 0;
    const flaky = boundary.tool('flaky', async () => {
      if (++attempts === 1) throw Object.assign(new Error('busy'), { status: 503 });
      return 'ok';
    });
    const agent = boundary.agent('agent', async () => {
      const seen: unknown[] = [];
      try {
        await flaky();
      } catch (error) {
        seen.push((error as { status: number }).status);
      }
      return [...seen, await flaky()];
    });
    const recording = await record(() => agent());
    const report = await replayed(recording);
    expect(report).toMatchObject({ verdict: 'same', result: [503, 'ok'] });
    expect(attempts).toBe(2);
  });

  it('is the same when the agent fails as it failed', async () => {
    const agent = boundary.agent('agent', async () => {
      throw new TypeError('no order id');
    });
    const recording = await record(() => agent());
    const report = await replayed(recording);
    expect(report.verdict).toBe('same');
    expect(report.error).toBeInstanceOf(TypeError);
    expect(report.recorded.outcome).toBe('threw');
  });

  it('stays diverged when the program swallows the miss', async () => {
    const world = { word: 'a' };
    const ask = boundary.model('ask', async (word: string) => word.toUpperCase());
    const agent = boundary.agent('agent', async () => {
      try {
        return await ask(world.word);
      } catch {
        return 'A';
      }
    });
    const recording = await record(() => agent());
    world.word = 'b';
    expect(await replayed(recording)).toMatchObject({ verdict: 'diverged', result: 'A', outcomeDiff: [], live: 0 });
  });

  it('replays a sub-agent, a step and a guardrail alone by their spans', async () => {
    const search = boundary.retrieval('search', async (query: string) => [query]);
    const worker = boundary.agent('worker', async (topic: string) => (await search(`${topic}?`)).length);
    const limits = boundary.guardrail('limits', (amount: number) => amount < 10);
    const boss = boundary.agent('boss', async () => [await worker('a'), await worker('b'), limits(3)]);
    const recording = await record(() => boss());
    const span = (path: string): Envelope => recording.envelopes.find((envelope) => envelope.path === path) as Envelope;
    const alone = await replayed(recording, {}, span('boss#0/worker#1'));
    expect(alone).toMatchObject({ verdict: 'same', result: 1, calls: [{ path: 'worker#0' }, { path: 'worker#0/search#0', served: 'recorded' }] });
    expect(await replayed(recording, {}, span('boss#0/limits#0'))).toMatchObject({ verdict: 'same', result: true, calls: [{ served: 'rerun' }] });
    // Reading is live: it was asked for by its span, and is counted.
    expect(await replayed(recording, {}, span('boss#0/worker#0/search#0'))).toMatchObject({ verdict: 'changed', result: ['a?'], live: 1 });
  });

  it('reads a stream that the entry returns, so that the calls inside it are made', async () => {
    const chat = boundary.model('chat', async function* (words: readonly string[]) {
      for (const word of words) yield word;
      return words.length;
    });
    const agent = boundary.agent('agent', async function* (text: string) {
      for await (const word of chat(text.split(' '))) yield word.toUpperCase();
    });
    const recording = await record(async () => {
      for await (const word of agent('sell it now')) void word;
    });
    expect(await replayed(recording)).toMatchObject({
      verdict: 'same',
      result: ['SELL', 'IT', 'NOW'],
      calls: [{ served: 'rerun' }, { name: 'chat', served: 'recorded' }],
    });
  });

  it('stops reading where the recorded consumer left', async () => {
    const chat = boundary.model('chat', async (n: number) => n);
    const agent = boundary.agent('agent', async function* () {
      for (let n = 0; ; n++) yield await chat(n);
    });
    const recording = await record(async () => {
      for await (const n of agent()) if (n === 2) break;
    });
    expect(await replayed(recording)).toMatchObject({ verdict: 'same', result: [0, 1, 2] });
  });

  it('runs with another input when one is given, and never calls that the same', async () => {
    const agent = boundary.agent('agent', async (_task: string) => 'done');
    const recording = await record(() => agent('one'));
    expect(await replayed(recording, { input: ['two'] })).toMatchObject({ verdict: 'changed', divergences: [], calls: [{ rung: 'changed-input' }] });
    expect(await replayed(recording, { input: ['one'] })).toMatchObject({ verdict: 'same' });
  });

  it('calls the function that is given, also one that is no boundary', async () => {
    const { trader, placed } = makeTrader();
    const recording = await record(() => trader('sell'));
    engine().boundaries.clear();
    expect(await replayed(recording, { entry: trader })).toMatchObject({ verdict: 'same' });
    expect(await replayed(recording, { entry: async (task: string) => trader(task) })).toMatchObject({ verdict: 'same' });
    expect(placed).toEqual([1000]);
  });

  it('takes a plain function in place of the agent, with the calls directly in it', async () => {
    const quote = boundary.tool('get_quote', async (symbol: string) => symbol.length, { effect: 'read' });
    const body = async (symbol: string): Promise<number> => quote(symbol);
    const agent = boundary.agent('agent', body);
    const recording = await record(() => agent('ACME'));
    expect(await replayed(recording, { entry: body })).toMatchObject({ verdict: 'same', result: 4, calls: [{ path: 'get_quote#0', served: 'recorded' }] });
    expect(await replayed(recording, { entry: async () => 4 })).toMatchObject({
      verdict: 'diverged',
      divergences: [{ reason: 'The entry called no boundary, so nothing was compared with the recording.' }],
    });
  });

  it('refuses an entry that is irreversible unless it is allowed by name', async () => {
    const sent: string[] = [];
    const send = boundary.tool('send_mail', async (to: string) => {
      sent.push(to);
      return sent.length;
    });
    const recording = await record(() => send('a@example.org'));
    const report = await replayed(recording);
    expect(sent).toEqual(['a@example.org']);
    expect(report.verdict).toBe('refused');
    expect((report.error as ChronicleError).code).toBe('CHRONICLE_REPLAY_REFUSED');
    expect((report.error as ChronicleError).message).toBe(
      `Not run: tool "send_mail" (trace ${recording.traceId}) is irreversible, and replaying it would run it.\n` +
        'Name "send_mail" in allowIrreversible (--allow-irreversible) to run it, or replay the crossing around it, which gets its recorded outcome.',
    );
    expect(await replayed(recording, { allowIrreversible: ['send_mail'] })).toMatchObject({ verdict: 'changed', live: 1 });
    expect(sent.length).toBe(2);
  });

  it('keeps replays that run at once apart', async () => {
    const echo = boundary.tool('echo', async (word: string) => `${word}!`);
    const agent = boundary.agent('agent', async (word: string) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
      return echo(word);
    });
    const words = ['a', 'b', 'c', 'd'];
    const recordings: Recording[] = [];
    for (const word of words) recordings.push(await record(() => agent(word)));
    const reports = await Promise.all(recordings.map((recording) => replayed(recording)));
    expect(reports.map(({ verdict, result }) => [verdict, result])).toEqual(words.map((word) => ['same', `${word}!`]));
  });

  it('does not replay what is called outside of it at the same time', async () => {
    const echo = boundary.tool('echo', async (word: string) => `${word}!`);
    const agent = boundary.agent('agent', async (word: string) => echo(word));
    const recording = await record(() => agent('a'));
    const [report, live] = await Promise.all([replayed(recording), echo('outside')]);
    expect([report.verdict, live]).toEqual(['same', 'outside!']);
  });

  it('waits for calls that nobody awaited', async () => {
    const log = boundary.tool('log', async (_line: string) => undefined, { effect: 'write' });
    const agent = boundary.agent('agent', async () => {
      setImmediate(() => void log('late'));
      return 1;
    });
    const recording = await record(() => agent());
    expect(recording.envelopes.length).toBe(2);
    expect(await replayed(recording)).toMatchObject({ verdict: 'same', unconsumed: [] });
  });

  it('refuses a recording that is not complete when strict', async () => {
    const agent = boundary.agent('agent', async () => 1);
    const recording = await record(() => agent());
    const ran = vi.fn();
    const report = await replayed({ ...recording, complete: false, reasons: ['a part is missing'] }, { strict: true, entry: ran });
    expect(ran).not.toHaveBeenCalled();
    expect(report).toMatchObject({
      verdict: 'refused',
      divergences: [{ reason: 'The recording is not complete, and strict asks for one that is: a part is missing.', cause: 'incomplete' }],
      completeness: { complete: false, reasons: ['a part is missing'] },
    });
  });

  it.each(['digest', 'off'] as const)('refuses to serve what was recorded with capture %s', async (capture) => {
    const { trader, placed } = makeTrader();
    const recording = await record(() => trader('sell'), capture);
    expect(await replayed(recording)).toMatchObject({ verdict: 'refused', calls: [], divergences: [{ cause: 'incomplete' }] });
    const report = await replayed(recording, { input: ['sell'] });
    expect(report).toMatchObject({ verdict: 'refused', live: 0, divergences: [{ path: 'trader#0/decide#0', cause: 'incomplete' }] });
    expect(placed).toEqual([1000]);
  });

  it('runs an agent again whose input holds a function', async () => {
    const echo = boundary.tool('echo', async (word: string) => word, { effect: 'read' });
    const agent = boundary.agent('agent', async (word: string, hooks: { onDone: () => void }) => {
      void hooks;
      return echo(word);
    });
    const recording = await record(() => agent('a', { onDone: () => undefined }));
    expect(await replayed(recording)).toMatchObject({ verdict: 'same', calls: [{ rung: 'exact' }, { rung: 'exact' }] });
  });

  it('refuses a trace of which nothing is recorded', async () => {
    const recording: Recording = { traceId: 'a'.repeat(32), envelopes: [], resources: [], complete: true, reasons: [], segments: [] };
    expect(await replayed(recording)).toMatchObject({ verdict: 'refused', divergences: [{ reason: `Nothing is recorded of trace ${'a'.repeat(32)}.` }] });
  });

  it('names the roots where a trace has several', async () => {
    const one = boundary.agent('one', async () => 1);
    const recording = await record(() => one());
    const [root] = recording.envelopes as [Envelope];
    const two: Envelope = { ...root, spanId: '00000000000000ff', name: 'two', path: 'two#0' };
    await expect(replayed({ ...recording, envelopes: [root, two] })).rejects.toMatchObject({
      code: 'CHRONICLE_REF_AMBIGUOUS',
      message:
        `Trace ${root.traceId} holds 2 crossings that no other encloses, and replay calls one.\nName one of them:\n` +
        `  ${root.traceId}:${root.spanId}  one\n  ${root.traceId}:00000000000000ff  two`,
    });
  });

  it('says which boundary is not defined, and which are', async () => {
    const agent = boundary.agent('trader', async () => 1);
    const recording = await record(() => agent());
    engine().boundaries.clear();
    await expect(replayed(recording)).rejects.toMatchObject({
      code: 'CHRONICLE_BOUNDARY_UNKNOWN',
      message:
        'No boundary is defined for the recorded agent "trader": the modules that were loaded define none at all.\nName the module that defines it with --import (option import).',
    });
    boundary.agent('planner', async () => 1);
    boundary.agent('traders', async () => 1);
    await expect(replayed(recording)).rejects.toMatchObject({
      message:
        'No boundary is defined for the recorded agent "trader". Defined are "traders", "planner".\nName the module that defines it with --import (option import), or pass the function with the option entry.',
    });
    boundary.step('trader', async () => 1);
    await expect(replayed(recording)).rejects.toMatchObject({
      message:
        'No boundary is defined for the recorded agent "trader": "trader" is a step now.\nGive it the recorded kind again, or pass the function with the option entry.',
    });
  });

  it('asks which of two functions is meant, and takes one that was marked twice as one', async () => {
    const body = async (): Promise<number> => 1;
    const agent = boundary.agent('trader', body);
    const recording = await record(() => agent());
    boundary.agent('trader', body);
    expect(await replayed(recording)).toMatchObject({ verdict: 'same' });
    boundary.agent('trader', async () => 2);
    await expect(replayed(recording)).rejects.toMatchObject({
      code: 'CHRONICLE_BOUNDARY_AMBIGUOUS',
      message:
        '2 different functions are defined as agent "trader", and replay has to call one.\nGive them names of their own, or pass the function with the option entry.',
    });
    expect(await replayed(recording, { entry: agent })).toMatchObject({ verdict: 'same' });
  });

  it('loads modules first, and says why one cannot be loaded', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'chronicle-replay-'));
    writeFileSync(join(directory, 'ok.mjs'), 'globalThis.loadedByReplay = (globalThis.loadedByReplay ?? 0) + 1;');
    writeFileSync(join(directory, 'throws.mjs'), 'throw new RangeError("no key");');
    const agent = boundary.agent('agent', async () => 1);
    const recording = await record(() => agent());
    const run = (module: string): Promise<ReplayReport> => replayRecording({ recording, options: { import: [module] }, cwd: directory });
    expect(await run('./ok.mjs')).toMatchObject({ verdict: 'same' });
    expect((globalThis as { loadedByReplay?: number }).loadedByReplay).toBe(1);
    await expect(run('throws.mjs')).rejects.toMatchObject({
      code: 'CHRONICLE_MODULE_FAILED',
      message: 'Cannot load throws.mjs: RangeError: no key.\nMake it load by itself first, as with node throws.mjs.',
    });
    await expect(run('./missing.mjs')).rejects.toMatchObject({
      code: 'CHRONICLE_MODULE_FAILED',
      message: `Cannot load ./missing.mjs: there is no such file.\nThe path is taken from the working directory, ${directory}.`,
    });
    await expect(run('no-such-package')).rejects.toMatchObject({
      message: `Cannot load no-such-package: there is no such file, and no package of that name is installed there.\nThe path is taken from the working directory, ${directory}.`,
    });
  });

  it('runs nothing that a module calls while it is loaded', async () => {
    const { trader, placed } = makeTrader();
    const recording = await record(() => trader('sell'));
    const directory = mkdtempSync(join(tmpdir(), 'chronicle-replay-'));
    writeFileSync(join(directory, 'app.mjs'), 'await globalThis.startOnImport();');
    (globalThis as { startOnImport?: unknown }).startOnImport = () => trader('sell');
    await expect(replayRecording({ recording, options: { import: ['./app.mjs'] }, cwd: directory })).rejects.toMatchObject({
      code: 'CHRONICLE_MODULE_FAILED',
      cause: {
        code: 'CHRONICLE_REPLAY_REFUSED',
        message:
          'Not run: agent "trader" was called by a module that was being loaded for a replay.\n' +
          `Import a module that only defines its boundaries, or replay the whole program with: chronicle replay ${recording.traceId} -- node ...`,
      },
    });
    expect(placed).toEqual([1000]);
  });

  it('writes a report that a person can read', async () => {
    const { trader, world } = makeTrader();
    const recording = await record(() => trader('sell'));
    world.prompt = 'You trade bonds.';
    const report = await replayed(recording);
    const spanId = (name: string): string => recording.envelopes.find((envelope) => envelope.name === name)?.spanId ?? '';
    expect(reportText(report)).toBe(
      [
        'diverged: model "decide" at trader#0/decide#0: The recording holds 1 call there; its input differs at $[0].system: recorded "You trade stocks.", now "You trade bonds.".',
        `replay of ${recording.traceId}:${spanId('trader')} as ${report.replayed.traceId}`,
        '',
        'Calls',
        '  trader#0    agent      ran again  exact',
        '    decide#0  model      BLOCKED',
        '',
        'Divergence',
        '  trader#0/decide#0  model "decide"  likely cause: prompt',
        `  nearest recorded call: ${recording.traceId}:${spanId('decide')}`,
        '  $[0].system',
        '    recorded  "You trade stocks."',
        '    now       "You trade bonds."',
        '',
        'Recorded, never asked for',
        `  trader#0/decide#0  model  span ${spanId('decide')}`,
        `  trader#0/get_quote#0  tool  span ${spanId('get_quote')}`,
        `  trader#0/place_order#0  tool  span ${spanId('place_order')}`,
        '',
        `Next  See the recorded call with chronicle show ${recording.traceId}:${spanId('decide')}, then change the code back, or give the boundary a policy.`,
      ].join('\n'),
    );
  });
});
