import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChronicleError } from '../errors.js';
import { readSegment } from '../envelope/index.js';
import { type ObjectStore, openStore } from '../storage/index.js';
import { FileJournal } from './journal.js';
import { JournalOwner } from './journal-owner.js';
import { journalName, segmentKey, type SegmentName } from './keys.js';
import { thisProcess } from './process-life.js';
import { readTrace } from './read-trace.js';
import { type RecoveredJournal, recoverJournals } from './recover-journals.js';
import { TraceWriter } from './trace-writer.js';

const START = 1_764_025_200_000_000_000n;
const HOUR_MILLIS = 3_600_000;
/** The ID of a process that has ended. */
const DEAD = spawnSync(process.execPath, ['-e', '0']).pid;

let root: string;
let directory: string;
let store: ObjectStore;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'chronicle-recover-'));
  directory = join(root, 'journal');
  mkdirSync(directory);
  store = openStore(root);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const traceOf = (number: number): string => number.toString(16).padStart(32, '0');
const spanOf = (number: number): string => number.toString(16).padStart(16, '0');

interface Left {
  readonly name: SegmentName;
  readonly path: string;
  readonly writer: TraceWriter;
}

/** A journal with calls that returned, and then some that did not. */
function leave(options: { trace?: number; writer?: string; ended?: number; open?: readonly string[] } = {}): Left {
  const { trace = 1, writer: writerName = 'dead', ended = 2, open = ['irreversible'] } = options;
  const name = { traceId: traceOf(trace), writer: writerName, index: 0, startUnixNanos: START };
  const journal = new FileJournal(directory, journalName(name));
  const writer = new TraceWriter({ ...name, writerVersion: '0.0.0', journal, resource: [], protect: undefined });
  const begin = (number: number, effect: string): number => {
    const facts = { parent: 0, parentSpanId: undefined, parentPath: '', kind: 'tool', name: `tool_${effect}`, effect, ordinal: number, startUnixNanos: START };
    return writer.begin({ ...facts, spanId: spanOf(number), traceId: name.traceId }, { value: [`input ${number}`], slot: 'in' }).crossing;
  };
  for (let number = 1; number <= ended; number++) {
    const crossing = begin(number, 'read');
    const captured = writer.captureOutcome({ value: { answer: number }, slot: 'out' });
    writer.end({ crossing, durationNanos: 1_000, ending: 'returned', async: false, stream: undefined, attributes: [] }, captured);
  }
  for (const [at, effect] of open.entries()) begin(ended + 1 + at, effect);
  return { name, path: join(directory, `${journalName(name)}.open`), writer };
}

function own(writer: string, facts: Record<string, unknown> = {}): void {
  const owner = { version: 1, store: store.url, beside: true, ...thisProcess(), pid: DEAD, thread: 0, ...facts };
  writeFileSync(join(directory, `${writer}.owner`), JSON.stringify(owner));
}

function age(name: string, millis: number): void {
  const then = new Date(Date.now() - millis);
  utimesSync(join(directory, name), then, then);
}

async function recoverAll(into: ObjectStore = store, signal?: AbortSignal): Promise<RecoveredJournal[]> {
  const results: RecoveredJournal[] = [];
  for await (const result of recoverJournals({ directory, store: into, signal })) results.push(result);
  return results;
}

const outcomesOf = (results: readonly RecoveredJournal[]): string[] => results.map(({ outcome }) => outcome).sort();

describe('recoverJournals()', () => {
  it('seals what a dead process left, and says which calls have no outcome', async () => {
    const { name } = leave({ open: ['irreversible', 'read'] });
    own('dead');
    expect(await recoverAll()).toEqual([
      {
        name: `${journalName(name)}.open`,
        traceId: name.traceId,
        outcome: 'sealed',
        key: segmentKey(name),
        crossings: 4,
        open: [
          { spanId: spanOf(3), kind: 'tool', name: 'tool_irreversible', effect: 'irreversible' },
          { spanId: spanOf(4), kind: 'tool', name: 'tool_read', effect: 'read' },
        ],
        endedLater: [],
      },
    ]);
    expect(readdirSync(directory)).toEqual([]);
    const recording = await readTrace(store, name.traceId);
    expect(recording?.envelopes.map(({ outcome }) => outcome.kind)).toEqual(['returned', 'returned', 'unknown', 'unknown']);
    expect(recording?.reasons).toEqual([
      `${segmentKey(name)} was not closed: its process was killed`,
      'outcome of tool "tool_irreversible" is unknown (effect irreversible): no end was recorded',
      'outcome of tool "tool_read" is unknown (effect read): no end was recorded',
    ]);
    expect(await recoverAll()).toEqual([]);
  });

  it('has nothing to do where there is no directory, and says what is wrong with one that is none', async () => {
    rmSync(directory, { recursive: true });
    expect(await recoverAll()).toEqual([]);
    writeFileSync(directory, '');
    await expect(recoverAll()).rejects.toThrow(
      `Cannot read the journal directory ${directory}: ENOTDIR: not a directory, opendir '${directory}'.\nCheck that it is a directory, and who may read it.`,
    );
  });

  it('leaves the journal of a living process alone', async () => {
    const { path } = leave({ writer: 'mine' });
    const owner = JournalOwner.claim(directory, 'mine', store.url);
    age('mine.owner', 24 * HOUR_MILLIS);
    utimesSync(path, 0, 0);
    const before = readFileSync(path);
    expect(outcomesOf(await recoverAll())).toEqual(['alive']);
    expect(readFileSync(path)).toEqual(before);
    expect(existsSync(join(directory, 'mine.owner'))).toBe(true);
    owner.release();
  });

  it('takes a process whose ID was given to another one for dead', async () => {
    leave();
    own('dead', { pid: process.pid, started: 1 });
    expect(outcomesOf(await recoverAll())).toEqual([thisProcess().started === null ? 'alive' : 'sealed']);
  });

  it('waits a quarter of an hour for a process of another container, and for one that left no owner', async () => {
    const foreign = leave({ trace: 1, writer: 'foreign' });
    const unknown = leave({ trace: 2, writer: 'unknown' });
    own('foreign', { host: 'elsewhere', pid: process.pid });
    utimesSync(foreign.path, 0, 0);
    expect(outcomesOf(await recoverAll())).toEqual(['alive', 'alive']);
    age('foreign.owner', HOUR_MILLIS);
    utimesSync(unknown.path, 0, 0);
    expect(outcomesOf(await recoverAll())).toEqual(['sealed', 'sealed']);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('leaves a journal for another store alone, and takes it for that one', async () => {
    const other = openStore(join(root, 'other'));
    leave();
    own('dead', { store: other.url, beside: false });
    expect(await recoverAll()).toMatchObject([{ outcome: 'elsewhere', reason: `it is for ${other.url}` }]);
    expect(readdirSync(directory).length).toBe(2);
    expect(outcomesOf(await recoverAll(other))).toEqual(['sealed']);
    expect((await readTrace(other, traceOf(1)))?.envelopes.length).toBe(3);
  });

  it('leaves what a later version wrote', async () => {
    const { path } = leave();
    own('dead', { version: 2 });
    expect(await recoverAll()).toMatchObject([{ outcome: 'waiting', reason: 'dead.owner is of a later version; recover it with that' }]);
    expect(existsSync(path)).toBe(true);
  });

  it('cuts off a torn tail', async () => {
    const { name, path } = leave({ ended: 3, open: [] });
    own('dead');
    truncateSync(path, readFileSync(path).length - 5);
    expect(await recoverAll()).toMatchObject([{ outcome: 'sealed', crossings: 3, open: [{ effect: 'read' }] }]);
    const recording = await readTrace(store, name.traceId);
    expect(recording?.envelopes.map(({ outcome }) => outcome.kind)).toEqual(['returned', 'returned', 'unknown']);
  });

  it('removes a journal in which nothing is', async () => {
    const { path } = leave();
    own('dead');
    const whole = readFileSync(path);
    for (const length of [0, 7, 16, 20]) {
      writeFileSync(path, whole.subarray(0, length));
      expect(await recoverAll()).toMatchObject([{ outcome: 'empty' }]);
      expect(readdirSync(directory)).toEqual([]);
      own('dead');
    }
    expect(await readTrace(store, traceOf(1))).toBeUndefined();
  });

  it('seals what stands before damage, says that something is missing, and sets the file aside', async () => {
    const { name, path } = leave({ ended: 4, open: [] });
    own('dead');
    const bytes = readFileSync(path);
    // In the last but one record.
    const at = bytes.length - 90;
    bytes[at] = (bytes[at] as number) ^ 1;
    writeFileSync(path, bytes);
    const aside = path.replace('.open', '.damaged');
    const [result] = await recoverAll();
    expect(result).toMatchObject({
      outcome: 'set-aside',
      key: segmentKey(name),
      setAsideAs: `${journalName(name)}.damaged`,
      reason: expect.stringMatching(/^record \d+ at byte \d+ has a wrong checksum$/),
    });
    expect(readdirSync(directory)).toEqual([`${journalName(name)}.damaged`]);
    expect(readFileSync(aside)).toEqual(bytes);
    const before = readSegment(bytes, 'damaged');
    const recording = await readTrace(store, name.traceId);
    expect(recording?.envelopes.map(({ spanId }) => spanId)).toEqual(before.envelopes.map(({ spanId }) => spanId));
    expect(recording?.reasons[0]).toBe(
      `1 records were not stored: its journal is damaged: ${result?.reason}; the file was set aside as ${journalName(name)}.damaged`,
    );
    expect(await recoverAll()).toEqual([]);
  });

  it.each([
    ['other first bytes', (bytes: Buffer) => bytes.fill('x', 0, 16), 'it does not begin as a segment does'],
    ['a damaged first record', (bytes: Buffer) => bytes.fill('x', 30, 32), 'record 1 at byte 16 has a wrong checksum'],
    ['something else', () => Buffer.from('hello'), 'it does not begin as a segment does'],
  ])('sets a file with %s aside and goes on', async (_name, change, reason) => {
    const bad = leave({ trace: 1 });
    const good = leave({ trace: 2 });
    own('dead');
    const bytes = change(readFileSync(bad.path));
    writeFileSync(bad.path, bytes);
    const results = await recoverAll();
    expect(outcomesOf(results)).toEqual(['sealed', 'set-aside']);
    expect(results.find(({ outcome }) => outcome === 'set-aside')).toMatchObject({ reason });
    expect(readFileSync(bad.path.replace('.open', '.damaged'))).toEqual(bytes);
    expect((await readTrace(store, good.name.traceId))?.envelopes.length).toBe(3);
  });

  it('sets a file aside whose name is not that of its records', async () => {
    const { path, name } = leave({ trace: 1 });
    own('dead');
    writeFileSync(join(directory, `${journalName({ ...name, traceId: traceOf(2) })}.open`), readFileSync(path));
    const results = await recoverAll();
    expect(outcomesOf(results)).toEqual(['sealed', 'set-aside']);
    expect(results.find(({ outcome }) => outcome === 'set-aside')?.reason).toBe(
      `it is segment 0 of writer dead in trace ${traceOf(1)}, and its name says otherwise`,
    );
  });

  it('leaves files alone that are no journals', async () => {
    mkdirSync(join(directory, `${journalName({ traceId: traceOf(9), writer: 'x', index: 0, startUnixNanos: START })}.open`));
    writeFileSync(join(directory, 'notes.open'), 'mine');
    writeFileSync(join(directory, 'notes.txt'), 'mine');
    expect(await recoverAll()).toEqual([]);
    expect(readdirSync(directory).length).toBe(3);
  });

  it('removes a journal that the store has already', async () => {
    const { path, name } = leave();
    own('dead');
    const bytes = readFileSync(path);
    await recoverAll();
    writeFileSync(path, bytes);
    own('dead');
    expect(await recoverAll()).toMatchObject([{ outcome: 'sealed', key: segmentKey(name) }]);
    expect(readdirSync(directory)).toEqual([]);
    expect((await readTrace(store, name.traceId))?.segments).toEqual([segmentKey(name)]);
  });

  it('keeps all of a journal of which the store has a part, under the next number', async () => {
    const { path, name } = leave({ ended: 3, open: [] });
    own('dead');
    const bytes = readFileSync(path);
    truncateSync(path, bytes.length - 5);
    await recoverAll();
    const next = segmentKey({ ...name, index: 1 });
    for (let round = 0; round < 2; round++) {
      // The second round is that of a recovery which was killed before it had removed the journal.
      writeFileSync(path, bytes);
      own('dead');
      expect(await recoverAll()).toMatchObject([
        { outcome: 'sealed', key: next, crossings: 3, reason: `${segmentKey(name)} holds something else, and was left as it is` },
      ]);
    }
    const recording = await readTrace(store, name.traceId);
    expect(recording?.segments).toEqual([segmentKey(name), next]);
    expect(recording?.envelopes.map(({ outcome }) => outcome.kind)).toEqual(['returned', 'returned', 'returned']);
    expect(readSegment((await store.get(next)) as Uint8Array, next)).toMatchObject({ index: 1, writer: 'dead', footer: { crossings: 3, open: 0 } });
  });

  it('does not trust what the store has under the key', async () => {
    const { name } = leave();
    own('dead');
    await store.put(segmentKey(name), Buffer.from('broken'));
    expect(await recoverAll()).toMatchObject([{ outcome: 'sealed', key: segmentKey({ ...name, index: 1 }) }]);
    expect((await readTrace(store, name.traceId))?.envelopes.length).toBe(3);
  });

  it('leaves everything where it is while the store takes nothing, and stops asking', async () => {
    for (let trace = 1; trace <= 6; trace++) leave({ trace });
    own('dead');
    let asked = 0;
    const down: ObjectStore = {
      url: store.url,
      put: () => {
        asked++;
        return Promise.reject(new ChronicleError('CHRONICLE_STORE_UNAVAILABLE', 'Cannot write: no route.\nTry again.'));
      },
      get: () => Promise.resolve(undefined),
      list: (prefix) => store.list(prefix),
      delete: () => Promise.resolve(),
      check: () => Promise.resolve(),
    };
    const results = await recoverAll(down);
    expect(outcomesOf(results)).toEqual(Array(6).fill('waiting'));
    expect(asked).toBe(3);
    expect(results.map(({ reason }) => reason)).toEqual([
      ...Array<string>(3).fill('Cannot write: no route'),
      ...Array<string>(3).fill('not tried, since the store failed before: Cannot write: no route'),
    ]);
    expect(readdirSync(directory).length).toBe(7);
    expect(outcomesOf(await recoverAll())).toEqual(Array(6).fill('sealed'));
  });

  it('loses nothing when several recover at once', async () => {
    for (let trace = 1; trace <= 40; trace++) leave({ trace, ended: trace % 3 });
    const damaged = leave({ trace: 41 });
    writeFileSync(damaged.path, readFileSync(damaged.path).fill('x', 0, 16));
    own('dead');
    const results = (await Promise.all([recoverAll(), recoverAll(), recoverAll()])).flat();
    expect(new Set(outcomesOf(results))).toEqual(new Set(['sealed', 'set-aside']));
    expect(readdirSync(directory)).toEqual([`${journalName(damaged.name)}.damaged`]);
    for (let trace = 1; trace <= 40; trace++) {
      const recording = await readTrace(store, traceOf(trace));
      expect(recording?.segments).toEqual([segmentKey({ ...damaged.name, traceId: traceOf(trace) })]);
      expect(recording?.envelopes.length).toBe((trace % 3) + 1);
    }
  });

  it('keeps a journal that is written to while it is recovered', async () => {
    // A process of another container that was halted for long, and goes on now.
    const { name, path, writer } = leave({ writer: 'halted', ended: 1, open: [] });
    own('halted', { host: 'elsewhere' });
    age('halted.owner', HOUR_MILLIS);
    utimesSync(path, 0, 0);
    const wakes: ObjectStore = {
      url: store.url,
      async put(key, bytes) {
        writer.gap('it goes on', 1);
        return store.put(key, bytes);
      },
      get: (key) => store.get(key),
      list: (prefix) => store.list(prefix),
      delete: (key) => store.delete(key),
      check: () => store.check(),
    };
    expect(await recoverAll(wakes)).toMatchObject([{ outcome: 'alive', key: segmentKey(name), reason: 'it was written to while it was recovered' }]);
    expect(existsSync(path)).toBe(true);
  });

  it('removes the owners of dead writers that have no journals, and no others', async () => {
    own('gone');
    own('far', { host: 'elsewhere' });
    writeFileSync(join(directory, 'torn.owner'), '{');
    age('torn.owner', HOUR_MILLIS);
    const living = JournalOwner.claim(directory, 'living', store.url);
    expect(await recoverAll()).toEqual([]);
    expect(readdirSync(directory).sort()).toEqual(['far.owner', 'living.owner']);
    living.release();
  });

  it('ends when it is told to', async () => {
    for (let trace = 1; trace <= 3; trace++) leave({ trace });
    own('dead');
    const controller = new AbortController();
    const results: RecoveredJournal[] = [];
    for await (const result of recoverJournals({ directory, store, signal: controller.signal })) {
      results.push(result);
      controller.abort();
    }
    expect(outcomesOf(results)).toEqual(['sealed']);
    expect(readdirSync(directory).length).toBe(3);
  });
});
