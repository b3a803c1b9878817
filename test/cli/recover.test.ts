// `chronicle recover`, as users start it.

import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileJournal, journalName, segmentKey, type SegmentName, TraceWriter } from '../../src/archive/index.js';
import { type UserFolder, userFolder } from './user-folder.js';

let user: UserFolder;
beforeAll(async () => {
  user = await userFolder();
}, 60_000);
afterAll(() => user?.remove());

const START = 1_764_025_200_000_000_000n;
let folders = 0;

/** A store of its own. */
function newStore(): string {
  const store = join(user.folder, `store-${folders++}`);
  mkdirSync(store);
  return store;
}

/** A journal as a process left it that was killed long ago, in the middle of calls with these names and effects. */
function leave(directory: string, traceId: string, calls: readonly (readonly [name: string, effect: string])[]): SegmentName & { readonly path: string } {
  const name = { traceId, writer: 'dead', index: 0, startUnixNanos: START };
  const writer = new TraceWriter({ ...name, writerVersion: '0.0.0', journal: new FileJournal(directory, journalName(name)), resource: [], protect: undefined });
  for (const [at, [called, effect]] of calls.entries()) {
    const facts = { parent: 0, parentSpanId: undefined, parentPath: '', kind: 'tool', name: called, effect, ordinal: at, startUnixNanos: START };
    writer.begin({ ...facts, spanId: `${at}`.repeat(16), traceId }, { value: [{ shares: 10 }], slot: 'in' });
  }
  const path = join(directory, `${journalName(name)}.open`);
  utimesSync(path, 0, 0);
  return { ...name, path };
}

const A = 'a'.repeat(32);
const B = 'b'.repeat(32);

describe('chronicle recover', () => {
  it('says so where there is nothing to do', async () => {
    const store = newStore();
    expect(await user.chronicle(['recover', '--store', store])).toEqual({ code: 0, stdout: '', stderr: `No journals in ${store}/journal.\n` });
    expect(JSON.parse((await user.chronicle(['recover', '--store', store, '--json'])).stdout)).toEqual({
      store: `file://${store}`,
      directory: `${store}/journal`,
      journals: [],
      recovered: true,
      totals: { journals: { sealed: 0, 'set-aside': 0, empty: 0, waiting: 0, alive: 0, elsewhere: 0 }, calls: 0, unknown: {} },
    });
  });

  it('stores what was left, and names the calls of which nobody knows how they ended', async () => {
    const store = newStore();
    const left = leave(join(store, 'journal'), A, [
      ['get_quote', 'read'],
      ['place_order', 'irreversible'],
    ]);
    leave(join(store, 'journal'), B, []);
    const { code, stdout, stderr } = await user.chronicle(['recover', '--store', store]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').sort()).toEqual(
      [
        `recovered  ${segmentKey(left)}  2 calls; outcome unknown of tool "place_order" (effect irreversible), tool "get_quote" (effect read)`,
        `recovered  ${segmentKey({ ...left, traceId: B })}  0 calls`,
        '2 journals: 2 recovered. 2 calls recovered.',
        'The outcome of 2 calls is unknown: 1 irreversible, 1 read. They began, and their process ended before they did.',
        '',
      ].sort(),
    );
    const shown = await user.chronicle(['show', A, '--store', store]);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain('tool place_order  1111111111111111          -  outcome unknown: it began and no end was recorded (effect irreversible)\n');
    expect(shown.stdout).toContain('The recording is not complete\n');
    expect(shown.stdout).toContain('  outcome of tool "place_order" is unknown (effect irreversible): no end was recorded\n');
    expect((await user.chronicle(['ls', '--store', store])).stdout).toMatch(
      /unknown +2 +0 .* not complete: .* was not closed: its process was killed \(and 2 more\)/,
    );
    expect((await user.chronicle(['verify', '--store', store])).code).toBe(0);
  });

  it('prints JSON for programs', async () => {
    const store = newStore();
    const left = leave(join(store, 'journal'), A, [['place_order', 'irreversible']]);
    const { code, stdout } = await user.chronicle(['recover', '--json', '--store', store]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      store: `file://${store}`,
      directory: `${store}/journal`,
      journals: [
        {
          name: `${journalName(left)}.open`,
          traceId: A,
          outcome: 'sealed',
          key: segmentKey(left),
          setAsideAs: null,
          calls: 1,
          unknown: [{ spanId: '0'.repeat(16), kind: 'tool', name: 'place_order', effect: 'irreversible' }],
          reason: null,
        },
      ],
      recovered: true,
      totals: { journals: { sealed: 1, 'set-aside': 0, empty: 0, waiting: 0, alive: 0, elsewhere: 0 }, calls: 1, unknown: { irreversible: 1 } },
    });
  });

  it('sets aside what is damaged, leaves what may be alive, and says so with exit code 3', async () => {
    const store = newStore();
    const directory = join(store, 'journal');
    const damaged = leave(directory, A, [['get_quote', 'read']]);
    const living = leave(directory, B, [['get_quote', 'read']]);
    utimesSync(living.path, new Date(), new Date());
    writeFileSync(damaged.path, readFileSync(damaged.path).fill('x', 0, 8));
    utimesSync(damaged.path, 0, 0);
    const { code, stdout } = await user.chronicle(['recover', '--store', store]);
    expect(code).toBe(3);
    expect(stdout.split('\n').sort()).toEqual(
      [
        `set aside  ${journalName(damaged)}.open  it does not begin as a segment does; now ${journalName(damaged)}.damaged`,
        `alive      ${journalName(living)}.open`,
        '2 journals: 1 set aside, 1 alive. 0 calls recovered.',
        'What was set aside stays where it is; remove it, or restore it from a copy and recover again.',
        'What is alive belongs to a process that runs, or that may run in another container and gave a sign less than 15 minutes ago.',
        '',
      ].sort(),
    );
    expect((await user.chronicle(['recover', '--store', store])).code).toBe(0);
    expect(readdirSync(directory).sort()).toEqual([`${journalName(damaged)}.damaged`, `${journalName(living)}.open`]);
  });

  it('takes the directory that it is given, or that CHRONICLE_JOURNAL_DIR names', async () => {
    const store = newStore();
    const spool = join(user.folder, 'spool');
    leave(spool, A, [['get_quote', 'read']]);
    expect((await user.chronicle(['recover', 'spool', '--store', store])).stdout).toContain('1 journal: 1 recovered. 1 call recovered.\n');
    leave(spool, B, [['get_quote', 'read']]);
    expect((await user.chronicle(['recover', '--store', store], { CHRONICLE_JOURNAL_DIR: './spool' })).stdout).toContain(
      '1 journal: 1 recovered. 1 call recovered.\n',
    );
  });

  it('refuses a directory that is not there, and says where one is missing', async () => {
    expect(await user.chronicle(['recover', 'nowhere'])).toEqual({
      code: 2,
      stdout: '',
      stderr: `There is no directory ${user.folder}/nowhere.\nName the directory that CHRONICLE_JOURNAL_DIR named for the process that recorded.\n`,
    });
    expect(await user.chronicle(['recover', '--store', 'memory:x'])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'Where the journals for memory:x are is not known.\nName their directory, as in chronicle recover /var/spool/chronicle, or set CHRONICLE_JOURNAL_DIR.\n',
    });
    expect((await user.chronicle(['recover'], { CHRONICLE_STORE: '' })).code).toBe(2);
  });

  it('prints nothing that a terminal would obey', async () => {
    const store = newStore();
    leave(join(store, 'journal'), A, [['evil\u001b]0;x\u0007\u202e', '\u001b[31mnone']]);
    const { stdout } = await user.chronicle(['recover', '--store', store]);
    expect(stdout).toContain('outcome unknown of tool "evil\\u001b]0;x\\u0007\\u202e" (effect \\x1b[31mnone)');
    expect(stdout).toContain('is unknown: 1 \\x1b[31mnone.');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not be there.
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  it('has a help with examples and its exit codes', async () => {
    const { code, stdout } = await user.chronicle(['recover', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: chronicle recover [options] [dir]\n');
    expect(stdout).toContain('chronicle recover /var/spool/chronicle\n');
    expect(stdout.replace(/\s+/g, ' ')).toContain('Exit codes: 0 all is recovered or nothing was to do');
    expect((await user.chronicle(['--help'])).stdout).toMatch(/\n {2}recover .*store what killed processes left in their journals\n/);
  });
});
