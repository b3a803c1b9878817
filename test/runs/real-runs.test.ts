// Real runs, 107 of them: an agent goes through each again, with the model, the tools and the person answering over HTTP
// from a loopback server. Each is recorded; then the server is stopped and each is replayed from the store alone.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL, fileURLToPath } from 'node:url';
import { isDeepStrictEqual, promisify } from 'node:util';
import otel from '#otel';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { airline, type Conversation, live, researcher } from '../../examples/airline/agent.js';
import { conversationOf, type Player, type RecordedRun, readRuns, startOf, startPlayer } from '../../examples/airline/player.mjs';
import { openArchive, RecordSpanProcessor, replay } from '../../src/index.js';
import { describeWithData, testDataDirectory } from './test-data.js';

const run = promisify(execFile);
const checkout = fileURLToPath(new URL('../..', import.meta.url));
const cli = join(checkout, 'dist/cli.cjs');
const RUNS = 107;
const agents = { airline, researcher };

/** One run as it was recorded here. */
interface Recorded {
  readonly run: RecordedRun;
  readonly traceId: string;
  readonly result: Conversation;
}

function callsOf({ run: { steps } }: Recorded): number {
  return steps.length;
}

/** Messages that are not what the recorded run has at that place. */
function wrongMessages(run: RecordedRun, { messages }: Conversation): number {
  const expected = conversationOf(run);
  const length = Math.max(expected.length, messages.length);
  return Array.from({ length }, (_, n) => n).filter((n) => !isDeepStrictEqual(expected[n], messages[n])).length;
}

describeWithData('agent-runs')(`real runs, ${otel.line}`, () => {
  const recorded: Recorded[] = [];
  let directory: string;
  let store: string;
  let player: Player;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chronicle-runs-'));
    store = pathToFileURL(join(directory, 'store')).href;
    const runs = ['tau-airline.jsonl', 'toolbench.jsonl'].flatMap((file) => readRuns(join(testDataDirectory, 'agent-runs', file)));
    player = await startPlayer(runs);
    process.env['AIRLINE_URL'] = player.url;
    const spans = otel.memoryExporter();
    const provider = otel.makeProvider({ spanProcessors: [otel.simple(spans), new RecordSpanProcessor({ store })] });
    for (const one of runs) {
      spans.reset();
      const { agent, input } = startOf(one);
      const result = await agents[agent](input);
      const [root] = spans.getFinishedSpans().filter((span) => span.parentSpanContext === undefined);
      recorded.push({ run: one, traceId: root?.spanContext().traceId ?? '', result });
    }
    await provider.shutdown();
    await otel.unregister();
    await player.stop();
  }, 300_000);

  afterAll(async () => {
    await player?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('are recorded as they happened, each a trace of its own', async () => {
    expect(recorded).toHaveLength(RUNS);
    expect(new Set(recorded.map(({ traceId }) => traceId)).size).toBe(RUNS);
    expect(player.counts.refused).toBe(0);
    for (const { run: one, result } of recorded) {
      expect(result.messages).toEqual(conversationOf(one));
      expect(player.isOver(one.id)).toBe(true);
    }
    const archive = await openArchive(store);
    for (const each of recorded) {
      const { recording } = await archive.find(each.traceId);
      expect(recording).toMatchObject({ complete: true, reasons: [] });
      expect(recording.envelopes.length).toBeGreaterThan(callsOf(each));
    }
  });

  it('are replayed from the store with the server gone: same end, no call, no wrong answer', async () => {
    await expect(fetch(player.url)).rejects.toThrow('fetch failed');
    const before = { ...live, requests: player.counts.requests };
    const archive = await openArchive(store);
    let replayed = 0;
    let wrongAnswers = 0;
    for (const { run: one, traceId, result } of recorded) {
      const report = await replay(traceId, { store });
      const { recording } = await archive.find(traceId);
      expect(report).toMatchObject({ verdict: 'same', live: 0, blocked: 0, divergences: [], unconsumed: [] });
      expect(report.result).toEqual(result);
      // These agents do one thing after the other, so the answer of each call is the one of its own place in the order.
      expect(report.calls.slice(1).map(({ source }) => source)).toEqual(recording.envelopes.slice(1).map(({ spanId }) => spanId));
      expect(report.calls.every(({ rung }) => rung === 'exact')).toBe(true);
      wrongAnswers += wrongMessages(one, report.result as Conversation);
      replayed++;
    }
    const calls = live.model + live.tool + live.person + player.counts.requests - before.model - before.tool - before.person - before.requests;
    console.log(`${otel.line}: recorded ${recorded.length} of ${RUNS}, replayed ${replayed} of ${RUNS}, wrong answers ${wrongAnswers}, live calls ${calls}`);
    expect({ replayed, wrongAnswers, calls }).toEqual({ replayed: RUNS, wrongAnswers: 0, calls: 0 });
  }, 300_000);

  it('are not mistaken for each other: no run is the same as another one, and none goes live', async () => {
    const before = live.model + live.tool + live.person;
    const verdicts = new Map<string, number>();
    for (const [n, { run: one, traceId }] of recorded.entries()) {
      const { agent } = startOf(one);
      const another = recorded
        .slice(n + 1)
        .concat(recorded)
        .find(({ run: other }) => startOf(other).agent === agent);
      const report = await replay(traceId, { store, input: [startOf(another?.run ?? one).input] });
      verdicts.set(report.verdict, (verdicts.get(report.verdict) ?? 0) + 1);
      expect(report.live).toBe(0);
    }
    expect(verdicts.get('same')).toBe(undefined);
    expect(live.model + live.tool + live.person).toBe(before);
  }, 300_000);

  it('are replayed by the command, each in a process of its own', async () => {
    expect(existsSync(cli), 'dist/cli.cjs is not there; run npm run build first').toBe(true);
    for (const { traceId, result } of oneOfEachPeculiarity(recorded)) {
      const { stdout } = await run(process.execPath, [cli, 'replay', traceId, '--store', store, '--import', 'examples/airline/agent.js', '--json'], {
        cwd: checkout,
      });
      const report = JSON.parse(stdout);
      expect(report).toMatchObject({ verdict: 'same', live: 0 });
      expect(report.result).toEqual(result);
    }
  }, 120_000);

  it('are gone through one at a time by the example program', async () => {
    const env = { ...process.env, CHRONICLE_TEST_DATA: testDataDirectory, CHRONICLE_STORE: store };
    const args = ['--import', './examples/trading/otel.js', 'examples/airline/run.mjs', 'tau-airline/9/trial-2'];
    const { stdout } = await run(process.execPath, args, { cwd: checkout, env });
    expect(stdout.trim().split('\n').at(-1)).toBe('too many answers: 62 messages of 62, 61 requests, 0 refused');
  }, 60_000);
});

/** The first run of each kind that has gone wrong elsewhere. */
function oneOfEachPeculiarity(recorded: readonly Recorded[]): Set<Recorded> {
  const peculiarities: ((each: Recorded) => boolean)[] = [
    ({ result }) => result.end === 'handed over',
    ({ result }) => result.end === 'too many answers',
    ({ run: one }) => one.tools !== null,
    ({ run: one }) => conversationOf(one).length > one.messages.length,
    ({ run: one }) => one.messages.some(({ role, content }) => role === 'tool' && content === ''),
    ({ run: one }) => hasRepeats(one.messages.flatMap(({ tool_calls: calls }) => calls?.map(({ id }) => id) ?? [])),
    ({ run: one }) =>
      hasRepeats(one.messages.flatMap(({ tool_calls: calls }) => calls?.map(({ function: wanted }) => `${wanted.name} ${wanted.arguments}`) ?? [])),
  ];
  return new Set(
    peculiarities.map((has) => {
      const found = recorded.find(has);
      if (found === undefined) throw new Error(`No run of the data fits ${String(has)}`);
      return found;
    }),
  );
}

function hasRepeats(texts: readonly string[]): boolean {
  return new Set(texts).size < texts.length;
}
