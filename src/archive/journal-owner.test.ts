import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findOwner, isAlive, isForStore, JournalOwner, type OwnerFacts } from './journal-owner.js';
import { lookUpProcess, parseStat, type ProcessFacts, thisProcess } from './process-life.js';

const MINUTE = 60_000;
const here = { host: 'web-1', space: 'boot-a pid:[4026531836]' };
const owner = { ...here, pid: 4711, started: 100 };
const processes =
  (facts: Record<number, ProcessFacts>) =>
  (pid: number): ProcessFacts =>
    facts[pid] ?? { exists: false, started: null };
const nobody = processes({});
const never = (): ProcessFacts => {
  throw new Error('asked for a process of another space');
};

describe('isAlive()', () => {
  it('asks for the process in its own space, whatever the last sign says', () => {
    const running = processes({ 4711: { exists: true, started: 100 } });
    expect(isAlive(owner, here, running, 0)).toBe(true);
    expect(isAlive(owner, here, running, 24 * 60 * MINUTE)).toBe(true);
    expect(isAlive(owner, here, nobody, 0)).toBe(false);
  });

  it('does not take another process with the same ID for it', () => {
    expect(isAlive(owner, here, processes({ 4711: { exists: true, started: 101 } }), 0)).toBe(false);
  });

  it('takes a process for it where one of the starts is not known', () => {
    expect(isAlive(owner, here, processes({ 4711: { exists: true, started: null } }), 24 * 60 * MINUTE)).toBe(true);
    expect(isAlive({ ...owner, started: null }, here, processes({ 4711: { exists: true, started: 7 } }), 0)).toBe(true);
    expect(isAlive({ ...owner, space: null }, { ...here, space: null }, nobody, 0)).toBe(false);
  });

  it.each([
    ['another machine', { ...owner, host: 'web-2' }],
    ['another container of the machine', { ...owner, space: 'boot-a pid:[4026532700]' }],
    ['the machine before it was restarted', { ...owner, space: 'boot-b pid:[4026531836]' }],
    ['a system without /proc', { ...owner, space: null }],
    ['an owner that is not known', undefined],
  ])('goes by the last sign of %s', (_name, other) => {
    expect(isAlive(other, here, never, 0)).toBe(true);
    expect(isAlive(other, here, never, 15 * MINUTE - 1)).toBe(true);
    expect(isAlive(other, here, never, 15 * MINUTE)).toBe(false);
    // Clocks of two machines differ.
    expect(isAlive(other, here, never, -5 * MINUTE)).toBe(true);
  });
});

describe('parseStat()', () => {
  it('reads the state and the start behind a name with spaces and parentheses', () => {
    const rest = '1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 11 0 987654 1 2';
    expect(parseStat(`4711 (node) S ${rest}`)).toEqual({ pid: 4711, state: 'S', started: 987654 });
    expect(parseStat(`4711 (a) R 9 (x) Z ${rest}`)).toEqual({ pid: 4711, state: 'Z', started: 987654 });
    expect(parseStat('')).toBeUndefined();
    expect(parseStat('4711 (node) S 1')).toBeUndefined();
  });
});

describe('lookUpProcess()', () => {
  it('knows this process, and one that has ended', () => {
    const { pid, started } = thisProcess();
    expect(pid).toBe(process.pid);
    expect(lookUpProcess(pid)).toEqual({ exists: true, started });
    expect(lookUpProcess(spawnSync(process.execPath, ['-e', '0']).pid)).toEqual({ exists: false, started: null });
  });

  it('takes a process of somebody else for alive', () => {
    const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
    });
    expect(lookUpProcess(1).exists).toBe(true);
    kill.mockRestore();
  });
});

describe('JournalOwner', () => {
  let directory: string;
  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'chronicle-owner-')), 'journal');
  });
  afterEach(() => {
    vi.useRealTimers();
    rmSync(join(directory, '..'), { recursive: true, force: true });
  });

  it('writes who it is, readable by its user alone, and removes it', async () => {
    const claimed = JournalOwner.claim(directory, 'w0', 's3://key:secret@bucket/runs');
    expect(statSync(join(directory, 'w0.owner')).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    const found = await findOwner(directory, 'w0');
    expect(found).toEqual({
      kind: 'known',
      owner: { ...thisProcess(), store: 's3://bucket/runs', beside: false, thread: 0 },
      beatMillis: expect.any(Number) as unknown,
    });
    claimed.release();
    claimed.release();
    expect(readdirSync(directory)).toEqual([]);
    expect(await findOwner(directory, 'w0')).toEqual({ kind: 'none' });
  });

  it('gives a sign every minute, and is there again when it was removed', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const claimed = JournalOwner.claim(directory, 'w0', 'memory:x');
    const path = join(directory, 'w0.owner');
    utimesSync(path, 0, 0);
    vi.advanceTimersByTime(MINUTE);
    expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(MINUTE);
    rmSync(path);
    vi.advanceTimersByTime(MINUTE);
    expect((await findOwner(directory, 'w0')).kind).toBe('known');
    claimed.release();
    vi.advanceTimersByTime(10 * MINUTE);
    expect(existsSync(path)).toBe(false);
  });

  it('can be claimed again where half of it was written', async () => {
    mkdirSync(directory);
    writeFileSync(join(directory, 'w0.owner'), '{"vers');
    const claimed = JournalOwner.claim(directory, 'w0', 'memory:x');
    expect((await findOwner(directory, 'w0')).kind).toBe('known');
    claimed.release();
    symlinkSync(join(directory, 'target'), join(directory, 'w0.owner'));
    expect(() => JournalOwner.claim(directory, 'w0', 'memory:x')).toThrow('ELOOP');
  });

  it('does not keep the process', () => {
    const timer = vi.spyOn(globalThis, 'setInterval');
    JournalOwner.claim(directory, 'w0', 'memory:x').release();
    expect((timer.mock.results[0] as { value: NodeJS.Timeout }).value.hasRef()).toBe(false);
    timer.mockRestore();
  });

  it.each([
    ['nothing', '', 'unreadable'],
    ['half a file', '{"version":1,"sto', 'unreadable'],
    ['a list', '[]', 'unreadable'],
    ['all processes', '{"version":1,"store":"memory:x","host":"h","pid":-1}', 'unreadable'],
    ['a later version', '{"version":2}', 'newer'],
  ])('survives an owner file that holds %s', async (_name, content, kind) => {
    JournalOwner.claim(directory, 'w0', 'memory:x').release();
    writeFileSync(join(directory, 'w0.owner'), content);
    expect((await findOwner(directory, 'w0')).kind).toBe(kind);
  });

  it('knows its store again under another path, where the journals lie in it', async () => {
    const url = pathToFileURL(join(directory, '..')).href;
    const claimed = JournalOwner.claim(directory, 'w0', url);
    const found = await findOwner(directory, 'w0');
    claimed.release();
    const { owner: facts } = found as { owner: OwnerFacts };
    expect(isForStore(facts, directory, url)).toBe(true);
    const inOtherContainer = { ...facts, store: 'file:///data/runs' };
    expect(isForStore(inOtherContainer, directory, url)).toBe(true);
    expect(isForStore(inOtherContainer, directory, 'memory:x')).toBe(false);
    expect(isForStore({ ...inOtherContainer, beside: false }, directory, url)).toBe(false);
  });
});
