import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as realDelay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { boundary } from '../boundary/index.js';
import { engine } from '../crossing/index.js';
import { openArchive } from '../archive/index.js';
import { type ObjectStore, openStore } from '../storage/index.js';
import { ArchiveRecorder, type ArchiveRecorderOptions } from './archive-recorder.js';

let directory: string;
let stores = 0;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'chronicle-outbox-'));
  engine().runs.clear();
  engine().faults.clear();
});
function journals(): string[] {
  return readdirSync(directory).filter((name) => !name.endsWith('.owner'));
}

afterEach(() => {
  vi.useRealTimers();
  engine().recorder = undefined;
  rmSync(directory, { recursive: true, force: true });
});

/** A store whose puts go wrong as told; each gets its number, from 1. */
class TroubledStore implements ObjectStore {
  readonly #inner = openStore(`memory:outbox-${++stores}`);
  readonly url = this.#inner.url;
  puts = 0;
  trouble: (put: number, store: () => Promise<unknown>) => Promise<unknown> | undefined = () => undefined;

  async put(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    const store = () => this.#inner.put(key, bytes);
    await this.trouble(++this.puts, store);
    return store();
  }

  get = this.#inner.get.bind(this.#inner);
  list = this.#inner.list.bind(this.#inner);
  delete = this.#inner.delete.bind(this.#inner);
  check = this.#inner.check.bind(this.#inner);
}

function record(store: ObjectStore, options: Partial<ArchiveRecorderOptions> = {}): ArchiveRecorder {
  const recorder = new ArchiveRecorder({
    store,
    journalDirectory: directory,
    protect: undefined,
    durability: 'process',
    maxSpoolBytes: 1 << 30,
    maxSpoolMillis: 1 << 30,
    idleMillis: 0,
    ...options,
  });
  engine().recorder = recorder;
  return recorder;
}

const work = boundary.tool('outbox_work', async (n: number) => ({ n, text: 'x'.repeat(500) }));

async function allRuns(store: ObjectStore): Promise<{ boundaries: number; reasons: readonly string[] }[]> {
  const runs = [];
  for await (const { boundaries, reasons } of (await openArchive(store)).runs()) runs.push({ boundaries, reasons });
  return runs;
}

const TIMERS: Parameters<typeof vi.useFakeTimers>[0] = { toFake: ['setTimeout', 'clearTimeout', 'Date'] };

/** Lets time pass, and what is packed beside it be done. */
async function pass(millis: number): Promise<void> {
  for (let passed = 0; passed < millis; passed += 500) {
    await vi.advanceTimersByTimeAsync(500);
    await realDelay(2);
  }
}

const down = async (): Promise<never> => {
  throw new Error('503 SlowDown');
};

describe('a store that fails', () => {
  test.each([
    ['once, before it stored', async (put: number) => put === 1 && down()],
    ['once, after it stored', async (put: number, store: () => Promise<unknown>) => put === 1 && (await store(), await down())],
    ['three times', async (put: number) => put <= 3 && down()],
  ])('%s gets everything in the end', async (_, trouble) => {
    const store = new TroubledStore();
    store.trouble = trouble;
    const recorder = record(store);
    for (let n = 0; n < 5; n++) expect((await work(n)).n).toBe(n);
    await vi.waitFor(() => expect(recorder.pending).toBe(false), 20_000);
    expect(await allRuns(store)).toEqual(Array.from({ length: 5 }, () => ({ boundaries: 1, reasons: [] })));
    expect(journals()).toEqual([]);
  });

  test('at any one put, or from any one on until it is back, loses nothing', async () => {
    for (let nth = 1; nth <= 6; nth++) {
      for (const forGood of [false, true]) {
        const store = new TroubledStore();
        store.trouble = async (put) => (put === nth || (forGood && put > nth)) && down();
        const recorder = record(store);
        for (let n = 0; n < 5; n++) await work(n);
        const report = await recorder.flush();
        expect([nth, forGood, report.complete], String(report.reason)).toEqual([nth, forGood, !recorder.pending]);
        if (forGood && nth <= 5) expect(report).toEqual({ complete: false, waiting: 6 - nth, reason: '503 SlowDown' });
        store.trouble = () => undefined;
        expect(await recorder.flush()).toEqual({ complete: true, waiting: 0, reason: undefined });
        expect(await allRuns(store)).toHaveLength(5);
        expect(journals()).toEqual([]);
      }
    }
  });

  test('says so once', async () => {
    const store = new TroubledStore();
    store.trouble = down;
    const recorder = record(store);
    for (let n = 0; n < 5; n++) await work(n);
    await recorder.flush();
    await recorder.flush();
    expect(engine().faults.get('store')).toBeGreaterThan(1);
  });

  test('is asked less and less often', async () => {
    vi.useFakeTimers(TIMERS);
    const store = new TroubledStore();
    store.trouble = down;
    record(store);
    await work(1);
    await pass(60_000);
    const first = store.puts;
    await pass(600_000);
    const then = store.puts - first;
    expect(first).toBeGreaterThan(5);
    expect(first).toBeLessThan(20);
    expect(then).toBeGreaterThan(15);
    expect(then).toBeLessThan(50);
  });

  test('for one object takes the others', async () => {
    const store = new TroubledStore();
    let refused: Promise<unknown> | undefined;
    store.trouble = async (put) => {
      if (put === 1 || (put > 3 && put % 2 === 0)) {
        refused = Promise.resolve();
        await down();
      }
    };
    const recorder = record(store);
    for (let n = 0; n < 20; n++) await work(n);
    await vi.waitFor(() => expect(recorder.pending).toBe(false), 30_000);
    expect(refused).toBeDefined();
    expect(await allRuns(store)).toHaveLength(20);
  }, 40_000);

  test('and never answers does not hold a flush', async () => {
    const store = new TroubledStore();
    store.trouble = () => new Promise(() => undefined);
    const recorder = record(store);
    await work(1);
    const start = performance.now();
    expect(await recorder.flush(50)).toMatchObject({ complete: false, waiting: 1 });
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

describe('what waits', () => {
  test('is bounded in bytes: the oldest is dropped, and its run says so', async () => {
    const store = new TroubledStore();
    store.trouble = down;
    const recorder = record(store, { maxSpoolBytes: 6_000 });
    for (let n = 0; n < 20; n++) {
      await work(n);
      await recorder.flush();
    }
    const left = journals().length;
    expect(left).toBeLessThan(21);
    store.trouble = () => undefined;
    expect((await recorder.flush()).complete).toBe(true);
    const runs = await allRuns(store);
    const lost = runs.filter(({ boundaries }) => boundaries === 0);
    expect(lost.length).toBeGreaterThan(5);
    for (const { reasons } of lost) expect(reasons).toEqual(['2 records were not stored: the store took nothing, and more than 6000 bytes were waiting']);
    expect(engine().faults.get('spool')).toBe(20 - runs.filter(({ boundaries }) => boundaries === 1).length);
  });

  test('is bounded in age', async () => {
    vi.useFakeTimers(TIMERS);
    const store = new TroubledStore();
    store.trouble = down;
    const recorder = record(store, { maxSpoolMillis: 60_000 });
    await work(1);
    await pass(50_000);
    expect(engine().faults.get('spool')).toBeUndefined();
    await pass(60_000);
    expect(engine().faults.get('spool')).toBe(1);
    vi.useRealTimers();
    store.trouble = () => undefined;
    expect((await recorder.flush()).complete).toBe(true);
    expect(await allRuns(store)).toEqual([{ boundaries: 0, reasons: ['2 records were not stored: the store took nothing, and it had waited for 60000 ms'] }]);
  });
});
