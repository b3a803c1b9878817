// What the commands say of a run that was recorded in several segments, beside the same run in one.

import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Step, TRACE_ID, writeTrace } from '../properties/rolled-trace.js';
import { type UserFolder, userFolder } from './user-folder.js';

/** An agent, a stream inside it whose chunks and end are in other segments than its begin, and calls in between. */
const STEPS: readonly Step[] = [
  { kind: 'begin', root: true, inside: 0, micros: 0, value: ['sell it now'] },
  { kind: 'begin', root: false, inside: 0, micros: 10, value: ['prompt'] },
  { kind: 'head', crossing: 1, value: { objectMode: true } },
  { kind: 'chunk', crossing: 1, value: { delta: 'sell' } },
  { kind: 'roll' },
  { kind: 'begin', root: false, inside: 0, micros: 20, value: ['ACME'] },
  { kind: 'chunk', crossing: 1, value: { delta: 'it' } },
  { kind: 'return', crossing: 2, value: { price: 10 } },
  { kind: 'roll' },
  { kind: 'chunk', crossing: 1, value: { delta: 'now' } },
  { kind: 'stream', crossing: 1, value: undefined },
  { kind: 'return', crossing: 0, value: 'sold' },
];

let user: UserFolder;
beforeAll(async () => {
  user = await userFolder();
  await write('one', false);
  await write('many', true);
}, 60_000);
afterAll(() => user?.remove());

const storeOf = (name: string): string => join(user.folder, name);

/** Puts the run into a store of its own; closed journals are left as journals. */
async function write(name: string, rolls: boolean): Promise<void> {
  for (const [index, { bytes }] of (await writeTrace(STEPS, rolls)).entries()) {
    const sealed = index % 2 === 1;
    const segment = `1764025200000-aaaa-${index}`;
    const path = join(storeOf(name), sealed ? `v1/traces/${TRACE_ID}/${segment}.chronicle` : `journal/${TRACE_ID}.${segment}.open`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
}

/** What a command prints, without what names the store and its segments. */
async function said(name: string, words: readonly string[]): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const printed = await user.chronicle([...words, '--store', storeOf(name)]);
  const plain = (text: string): string =>
    text
      .replaceAll(storeOf(name), 'STORE')
      .replace(/(?:v1\/traces|journal)\/[0-9a-f]{32}[./][\w-]+\.(?:chronicle|open)/g, 'SEGMENT')
      .replace(/(?:"SEGMENT",?\s*)+/g, '"SEGMENT"')
      .replace(/"sequence":\s*\d+/g, '"sequence":N');
  return { code: printed.code, stdout: plain(printed.stdout), stderr: plain(printed.stderr) };
}

describe('a run in several segments', () => {
  it.each<[string, readonly string[]]>([
    ['show', ['show', TRACE_ID]],
    ['show of its root', ['show', `${TRACE_ID}:0000000000000001`]],
    ['show of its stream', ['show', '0000000000000002']],
    ['show --json', ['show', TRACE_ID, '--json']],
    ['ls', ['ls']],
    ['export', ['export', TRACE_ID]],
  ])('is to %s what it is in one', async (_, words) => {
    const one = await said('one', words);
    expect(one).toMatchObject({ code: 0, stderr: '' });
    expect(one.stdout).not.toContain('not complete');
    expect(await said('many', words)).toEqual(one);
  });

  it('is the same run to diff', async () => {
    const { code, stdout } = await user.chronicle([
      'diff',
      join(storeOf('one'), `journal/${TRACE_ID}.1764025200000-aaaa-0.open`),
      TRACE_ID,
      '--store',
      storeOf('many'),
    ]);
    expect(stdout).toContain('The runs are the same.\n3 calls: 3 same.\n');
    expect(code).toBe(0);
  });

  it('is verified segment by segment', async () => {
    const { code, stdout } = await user.chronicle(['verify', '--store', storeOf('many')]);
    const journal = (index: number): string => `journal/${TRACE_ID}.1764025200000-aaaa-${index}.open`;
    expect(stdout).toBe(
      `sound         ${journal(0)}  2 calls, 4 values; closed before 2 calls ended
sound         ${journal(2)}  0 calls, 3 values; goes on with 2 calls of an earlier segment
sound         v1/traces/${TRACE_ID}/1764025200000-aaaa-1.chronicle  1 call, 3 values; goes on with 1 call of an earlier segment
3 segments: 3 sound. 3 calls, 10 values.
`,
    );
    expect(code).toBe(0);
  });

  it('is not complete where only one of them is there', async () => {
    const file = join('many', 'journal', (await readdir(join(storeOf('many'), 'journal')))[1] ?? '');
    const { stdout } = await user.chronicle(['show', file]);
    expect(stdout).toContain(`The recording is not complete\n  ${file} goes on with 2 calls whose begins are not here\n`);
  });
});
