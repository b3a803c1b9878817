// What killed processes left, recovered by others: real processes, real signals.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'tsdown';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FileJournal, journalName, openArchive, type RecoveredJournal, recoverJournals, TraceWriter } from '../../src/archive/index.js';
import { thisProcess } from '../../src/archive/process-life.js';
import { openStore } from '../../src/storage/index.js';

const here = dirname(fileURLToPath(import.meta.url));
let programs: string;
beforeAll(async () => {
  programs = mkdtempSync(join(realpathSync(tmpdir()), 'chronicle-programs-'));
  const entry = { recording: join(here, 'recording.ts'), recovering: join(here, 'recovering.ts') };
  await build({
    config: false,
    cwd: join(here, '../..'),
    entry,
    outDir: programs,
    format: 'esm',
    platform: 'node',
    dts: false,
    noExternal: [/.*/],
    inlineOnly: false,
    logLevel: 'error',
  });
}, 60_000);
afterAll(() => rmSync(programs, { recursive: true, force: true }));

let root: string;
let directory: string;
let url: string;
beforeEach(() => {
  root = mkdtempSync(join(realpathSync(tmpdir()), 'chronicle-crash-'));
  directory = join(root, 'journal');
  url = pathToFileURL(root).href;
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function start(program: string, ...args: string[]) {
  return spawn(process.execPath, [join(programs, `${program}.mjs`), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'] ?? '' },
  });
}

/** Starts a process that records, and gives it when it is in the middle of a call. */
async function recording() {
  const child = start('recording', url);
  await once(child.stdout, 'data');
  return child;
}

async function recover(): Promise<RecoveredJournal[]> {
  const results: RecoveredJournal[] = [];
  for await (const result of recoverJournals({ directory, store: openStore(url) })) results.push(result);
  return results;
}

async function recoverElsewhere(...args: string[]): Promise<{ signal: NodeJS.Signals | null; outcomes: string[] }> {
  const child = start('recovering', directory, url, ...args);
  let printed = '';
  child.stdout.on('data', (text: Buffer) => (printed += text.toString()));
  const [, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { signal, outcomes: printed === '' ? [] : (JSON.parse(printed) as string[]) };
}

describe('a process that is killed in the middle of a call', () => {
  it('keeps its journal while it lives, and leaves it to the next', async () => {
    const child = await recording();
    const [journal = ''] = readdirSync(directory).filter((name) => name.endsWith('.open'));
    const path = join(directory, journal);
    // However long ago it wrote: it is there.
    utimesSync(path, 0, 0);
    const before = readFileSync(path);
    expect(await recover()).toMatchObject([{ outcome: 'alive' }]);
    expect(readFileSync(path)).toEqual(before);

    child.kill('SIGKILL');
    await once(child, 'close');
    const results = await recover();
    expect(results).toMatchObject([{ outcome: 'sealed', crossings: 3 }]);
    expect(results[0]?.open.map(({ kind, name, effect }) => [kind, name, effect])).toEqual([
      ['agent', 'trader', 'none'],
      ['tool', 'place_order', 'irreversible'],
    ]);
    expect(readdirSync(directory)).toEqual([]);

    const archive = await openArchive(url);
    const { recording: run } = await archive.find(results[0]?.traceId ?? '');
    expect(run.envelopes.map(({ name, outcome }) => [name, outcome.kind])).toEqual([
      ['trader', 'unknown'],
      ['get_quote', 'returned'],
      ['place_order', 'unknown'],
    ]);
    expect(run.envelopes[2]?.input.decode()).toEqual([{ symbol: 'AAPL', shares: 6 }]);
  });

  it('is taken up by the next start, which keeps its own', async () => {
    const first = await recording();
    const [left = ''] = readdirSync(directory).filter((name) => name.endsWith('.open'));
    first.kill('SIGKILL');
    await once(first, 'close');
    const second = await recording();
    const third = await recording();
    const files = (): string[] => readdirSync(directory).sort();
    // Two journals and their owners; what the first one left is gone.
    await expect.poll(() => files().length, { timeout: 10_000 }).toBe(4);
    expect(files()).not.toContain(left);
    const run = await (await openArchive(url)).readTrace(left.slice(0, 32));
    expect(run?.segments.map((key) => key.slice(0, 10))).toEqual(['v1/traces/']);
    expect(run?.envelopes.length).toBe(3);
    expect((await recover()).map(({ outcome }) => outcome)).toEqual(['alive', 'alive']);
    for (const child of [second, third]) {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    expect((await recover()).map(({ outcome }) => outcome)).toEqual(['sealed', 'sealed']);
    expect(files()).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')('is dead when it has ended, even if its parent does not ask', async () => {
    // A shell that never waits: its child stays as a zombie.
    const shell = spawn('sh', ['-c', `"$0" "$1" "$2" & echo $! >&2; exec sleep 60`, process.execPath, join(programs, 'recording.mjs'), url], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [pidText] = (await once(shell.stderr, 'data')) as [Buffer];
    await once(shell.stdout, 'data');
    const pid = Number(pidText.toString());
    process.kill(pid, 'SIGKILL');
    try {
      const isZombie = (): boolean => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
      await expect.poll(isZombie).toBe(true);
      expect(await recover()).toMatchObject([{ outcome: 'sealed', crossings: 3 }]);
    } finally {
      shell.kill('SIGKILL');
      await once(shell, 'close');
    }
  });
});

const START = 1_764_025_200_000_000_000n;
const TRACES = 30;
const traceOf = (number: number): string => number.toString(16).padStart(32, '0');

/** Journals of a dead writer, one per trace, each with as many calls as its number. */
function leaveMany(): void {
  const writerName = 'dead';
  for (let trace = 1; trace <= TRACES; trace++) {
    const name = { traceId: traceOf(trace), writer: writerName, index: 0, startUnixNanos: START };
    const writer = new TraceWriter({
      ...name,
      writerVersion: '0.0.0',
      journal: new FileJournal(directory, journalName(name)),
      resource: [],
      protect: undefined,
    });
    for (let number = 1; number <= trace; number++) {
      const facts = { parent: 0, parentSpanId: undefined, parentPath: '', kind: 'tool', name: 'get', effect: 'read', ordinal: number, startUnixNanos: START };
      writer.begin({ ...facts, spanId: number.toString(16).padStart(16, '0'), traceId: name.traceId }, { value: [number], slot: 'in' });
    }
  }
  const pid = spawnSync(process.execPath, ['-e', '0']).pid;
  writeFileSync(join(directory, `${writerName}.owner`), JSON.stringify({ version: 1, store: url, beside: true, ...thisProcess(), pid, thread: 0 }));
}

/** Every call of every trace is in the store, once, and nothing is left. */
async function expectAllRecovered(): Promise<void> {
  expect(readdirSync(directory)).toEqual([]);
  const archive = await openArchive(url);
  for (let trace = 1; trace <= TRACES; trace++) {
    const run = await archive.readTrace(traceOf(trace));
    expect(run?.segments.length).toBe(1);
    expect(run?.envelopes.length).toBe(trace);
  }
}

describe('a recovery', () => {
  it.each([
    ['before-put', '1'],
    ['after-put', '1'],
    ['after-put', '7'],
    ['after', '5'],
    ['after', String(TRACES)],
  ])('that is killed (%s, %s) leaves what the next one finishes', async (when, count) => {
    leaveMany();
    expect((await recoverElsewhere(when, count)).signal).toBe('SIGKILL');
    expect(readdirSync(directory).length).toBeGreaterThan(0);
    const { signal, outcomes } = await recoverElsewhere();
    expect(signal).toBeNull();
    expect(new Set(outcomes)).toEqual(new Set(when === 'after' && count === String(TRACES) ? [] : ['sealed']));
    await expectAllRecovered();
  });

  it('that is killed at any moment, again and again, loses nothing', async () => {
    leaveMany();
    for (let round = 0; round < 8; round++) {
      const child = start('recovering', directory, url);
      setTimeout(() => child.kill('SIGKILL'), 60 + round * 8);
      await once(child, 'close');
    }
    await recover();
    await expectAllRecovered();
  });

  it('of three processes at once fails in none of them, and loses nothing', async () => {
    leaveMany();
    const all = await Promise.all([recoverElsewhere(), recoverElsewhere(), recoverElsewhere()]);
    expect(all.map(({ signal }) => signal)).toEqual([null, null, null]);
    const outcomes = all.flatMap((each) => each.outcomes);
    expect(new Set(outcomes)).toEqual(new Set(['sealed']));
    expect(outcomes.length).toBeGreaterThanOrEqual(TRACES);
    await expectAllRecovered();
  });
});
