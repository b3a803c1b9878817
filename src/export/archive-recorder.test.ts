import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { diag } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openArchive } from '../archive/index.js';
import { boundary } from '../boundary/index.js';
import { engine } from '../crossing/index.js';
import type { Recording } from '../envelope/index.js';
import { openStore } from '../storage/index.js';
import { ArchiveRecorder, type ArchiveRecorderOptions } from './archive-recorder.js';

const LIMITS = { durability: 'process', maxSpoolBytes: 1 << 30, maxSpoolMillis: 1 << 30, idleMillis: 60_000 } as const;

let directory: string;
let stores = 0;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'chronicle-recorder-'));
  engine().runs.clear();
  engine().faults.clear();
});
function journals(): string[] {
  return readdirSync(directory).filter((name) => !name.endsWith('.owner'));
}

afterEach(() => {
  engine().recorder = undefined;
  rmSync(directory, { recursive: true, force: true });
});

const words = boundary.model('recorder_words', async function* (count: number) {
  for (let index = 0; index < count; index++) yield `word ${index} ${'x'.repeat(200)}`;
  return count;
});
const look = boundary.tool('recorder_look', async (n: number) => ({ n, text: 'y'.repeat(300) }), { effect: 'read' });
const inner = boundary.step('recorder_step', async (n: number) => (await look(n)).n);
const agent = boundary.agent('recorder_agent', async (turns: number) => {
  const heard: string[] = [];
  for (let turn = 0; turn < turns; turn++) {
    await inner(turn);
    for await (const word of words(3)) heard.push(word);
  }
  return heard.length;
});

async function recorded(
  program: () => Promise<unknown>,
  options: Partial<ArchiveRecorderOptions>,
  name = `memory:recorder-${++stores}`,
): Promise<{ recording: Recording }> {
  const store = openStore(name);
  const recorder = new ArchiveRecorder({ store, journalDirectory: directory, protect: undefined, ...LIMITS, ...options });
  engine().recorder = recorder;
  await program();
  expect(await recorder.flush()).toEqual({ complete: true, waiting: 0, reason: undefined });
  const archive = await openArchive(store);
  const runs: Recording[] = [];
  for await (const { traceId } of archive.runs()) runs.push((await archive.readTrace(traceId)) as Recording);
  expect(runs).toHaveLength(1);
  return { recording: runs[0] as Recording };
}

function told({ envelopes }: Recording): unknown[] {
  return envelopes.map(({ path, parentSpanId, input, outcome }) => [
    path,
    envelopes.find(({ spanId }) => spanId === parentSpanId)?.path,
    input.decode(),
    outcome.kind,
    outcome.kind === 'unknown' ? undefined : outcome.value.decode(),
    outcome.kind === 'streamed' ? outcome.chunks.map(({ value }) => value.decode()) : undefined,
  ]);
}

describe('a long run', () => {
  test('lies in several segments, and reads as one', async () => {
    const whole = await recorded(() => agent(6), {});
    expect(whole.recording.segments).toHaveLength(1);
    for (const maxSegmentBytes of [1, 700, 2_000, 3_000]) {
      const { recording } = await recorded(() => agent(6), { maxSegmentBytes });
      expect(recording.segments.length, `${maxSegmentBytes} bytes`).toBeGreaterThan(1);
      expect(recording.reasons).toEqual([]);
      expect(told(recording)).toEqual(told(whole.recording));
      expect(journals()).toEqual([]);
    }
  });

  test('is closed in part while it goes on', async () => {
    const name = `memory:recorder-${++stores}`;
    const store = openStore(name);
    const slow = boundary.agent('recorder_slow', async () => {
      await look(1);
      await delay(300);
      const archive = await openArchive(store);
      const seen: string[][] = [];
      for await (const { traceId } of archive.runs()) seen.push((await archive.readTrace(traceId))?.reasons as string[]);
      await look(2);
      return seen;
    });
    const { recording } = await recorded(
      async () => {
        expect(await slow()).toEqual([['outcome of agent "recorder_slow" is unknown (effect none): no end was recorded']]);
      },
      { maxSegmentMillis: 50 },
      name,
    );
    expect(recording.reasons).toEqual([]);
    expect(recording.envelopes.map(({ path }) => path)).toEqual(['recorder_slow#0', 'recorder_slow#0/recorder_look#0', 'recorder_slow#0/recorder_look#1']);
  });
});

test('with durability disk the same is recorded', async () => {
  const { recording } = await recorded(() => agent(1), { durability: 'disk' });
  expect(recording.reasons).toEqual([]);
  expect(recording.envelopes).toHaveLength(4);
});

describe('what dead processes left', () => {
  test('is stored by the next start, beside the program, which warns of what may have happened', async () => {
    const store = openStore(`memory:recorder-${++stores}`);
    const dead = new ArchiveRecorder({ store, journalDirectory: directory, protect: undefined, ...LIMITS });
    engine().recorder = dead;
    await look(1);
    void boundary.tool('recorder_order', () => new Promise(() => undefined))();
    // As after the end of its process: an owner that is no more.
    const [owner] = readdirSync(directory).filter((name) => name.endsWith('.owner')) as [string];
    const facts = JSON.parse(readFileSync(join(directory, owner), 'utf8')) as Record<string, unknown>;
    writeFileSync(join(directory, owner), JSON.stringify({ ...facts, pid: 2 ** 22 + 1 }));
    const said: string[] = [];
    const log = (text: string): void => void said.push(text);
    diag.setLogger({ error: log, warn: log, info: log, debug: () => undefined, verbose: () => undefined }, { suppressOverrideMessage: true });
    const next = new ArchiveRecorder({ store, journalDirectory: directory, protect: undefined, ...LIMITS });
    next.recover();
    await next.drain(1_000);
    diag.disable();
    expect(readdirSync(directory)).toEqual([]);
    const archive = await openArchive(store);
    const runs = [];
    for await (const { boundaries, reasons } of archive.runs()) runs.push([boundaries, reasons.length]);
    expect(runs.sort(([, a], [, b]) => Number(a) - Number(b))).toEqual([
      [1, 1],
      [1, 2],
    ]);
    expect(said).toEqual([
      expect.stringContaining('stored 2 journals'),
      expect.stringMatching(/1 irreversible call was running, and the outcome is unknown: tool "recorder_order" [0-9a-f]{32}:[0-9a-f]{16}\./),
    ]);
  });

  test('stays where its process lives', async () => {
    const store = openStore(`memory:recorder-${++stores}`);
    const living = new ArchiveRecorder({ store, journalDirectory: directory, protect: undefined, ...LIMITS });
    engine().recorder = living;
    await look(1);
    const next = new ArchiveRecorder({ store, journalDirectory: directory, protect: undefined, ...LIMITS });
    next.recover();
    await next.drain(1_000);
    expect(journals()).toHaveLength(1);
    expect((await living.flush()).complete).toBe(true);
    living.release();
    expect(readdirSync(directory)).toEqual([]);
  });
});

test('ten thousand calls at once, three levels deep, are all there, each under its own parent', async () => {
  const leaf = boundary.tool('recorder_leaf', async (id: string) => id);
  const middle = boundary.step('recorder_middle', async (id: string) => {
    await delay(1);
    return Promise.all([0, 1, 2, 3, 4, 5, 6, 7, 8].map((n) => leaf(`${id}.${n}`)));
  });
  const top = boundary.agent('recorder_top', async () => Promise.all(Array.from({ length: 1_000 }, (_, n) => middle(String(n)))));
  const { recording } = await recorded(top, {});
  expect(recording.reasons).toEqual([]);
  expect(recording.envelopes).toHaveLength(10_001);
  const inputs = new Map(recording.envelopes.map(({ spanId, input }) => [spanId, input.decode() as string[]]));
  const wrong = recording.envelopes.filter(({ name, parentSpanId, outcome, input }) => {
    if (name === 'recorder_top') return outcome.kind !== 'returned' || parentSpanId !== undefined;
    const [id] = input.decode() as [string];
    const parent = inputs.get(parentSpanId as string)?.[0];
    if (name === 'recorder_middle') return parent !== undefined || outcome.kind !== 'returned';
    return outcome.kind !== 'returned' || outcome.value.decode() !== id || id.slice(0, id.indexOf('.')) !== parent;
  });
  expect(wrong).toEqual([]);
}, 60_000);
