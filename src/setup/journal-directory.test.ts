import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { engine } from '../crossing/index.js';
import { defaultJournalDirectory } from './journal-directory.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'chronicle-temp-'));
  vi.stubEnv('TMPDIR', directory);
  engine().faults.clear();
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

test('a folder has its journals in itself, a store in memory has none', () => {
  expect(defaultJournalDirectory('file:///var/lib/runs%20of')).toBe('/var/lib/runs of/journal');
  expect(defaultJournalDirectory('memory:test')).toBeUndefined();
});

test('any other store has a folder of its own that only this user can read', () => {
  const one = defaultJournalDirectory('s3://agent-runs/prod') as string;
  expect(defaultJournalDirectory('s3://agent-runs/prod')).toBe(one);
  expect(defaultJournalDirectory('s3://agent-runs/test')).not.toBe(one);
  expect(dirname(dirname(one))).toBe(directory);
  expect(statSync(dirname(one)).mode & 0o777).toBe(0o700);
});

test('a folder that others can read is not used, nor a link', () => {
  const own = dirname(defaultJournalDirectory('s3://agent-runs/prod') as string);
  chmodSync(own, 0o755);
  expect(defaultJournalDirectory('s3://agent-runs/prod')).toBeUndefined();
  rmSync(own, { recursive: true });
  mkdirSync(join(directory, 'other'), { mode: 0o700 });
  symlinkSync(join(directory, 'other'), own);
  expect(defaultJournalDirectory('s3://agent-runs/prod')).toBeUndefined();
  expect(engine().faults.get('journal directory')).toBe(2);
});
