// How a process ends is the program's affair: its exit code, the signal that ends it, what it says about an error that
// nobody caught, and that it ends at all. Each program here runs with recording and without the package.

import { readdirSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openArchive } from '../../src/index.js';
import { buildPrograms, type End, type Programs } from './child.js';
import { endOf } from './recorded.js';

let programs: Programs;
beforeAll(async () => {
  programs = await buildPrograms();
}, 60_000);
afterAll(() => programs?.remove());

async function outcomes(store: string): Promise<string[]> {
  const archive = await openArchive(`file:${store}`);
  const found: string[] = [];
  for await (const { traceId } of archive.runs())
    for (const envelope of (await archive.readTrace(traceId))?.envelopes ?? []) found.push(`${envelope.path} ${endOf(envelope)}`);
  return found.sort();
}

/** Without us, with us. */
async function bothEnds(source: string, store?: string): Promise<{ without: End; recorded: End }> {
  const [without, recorded] = await Promise.all([programs.run(source, { recorded: false }), programs.run(source, store === undefined ? {} : { store })]);
  return { without, recorded };
}

const PROGRAMS: readonly (readonly [string, Partial<End>, string])[] = [
  ['that runs to its end', { code: 0, stdout: 'done\n' }, `await boundary.tool('work', async () => later())(); console.log('done');`],
  ['that sets an exit code', { code: 4 }, `boundary.tool('work', () => 1)(); process.exitCode = 4;`],
  ['that calls process.exit inside a boundary', { code: 3 }, `await boundary.agent('run', async () => { await later(); process.exit(3); })();`],
  ['with an error that nobody caught, thrown inside a boundary', { code: 1 }, `boundary.tool('work', () => { throw new TypeError('no such stock'); })();`],
  [
    'with an error that nobody caught, thrown in a timer inside a boundary',
    { code: 1 },
    `boundary.tool('work', () => { setTimeout(() => { throw new RangeError('late'); }, 1); })();`,
  ],
  ['with something thrown that is no error', { code: 1 }, `boundary.tool('work', () => { throw undefined; })();`],
  [
    'with a rejection of an async boundary that nobody handled',
    { code: 1 },
    `void boundary.tool('work', async () => { await later(); throw new TypeError('no such stock'); })(); setInterval(() => 1, 1000);`,
  ],
  [
    'with a rejection of a promise that a plain function gave and nobody handled',
    { code: 1 },
    `void boundary.tool('work', () => later().then(() => { throw new TypeError('no such stock'); }))(); setInterval(() => 1, 1000);`,
  ],
  [
    'with a promise that was rejected before it was given',
    { code: 1 },
    `void boundary.tool('work', () => Promise.reject(new TypeError('no')))(); setInterval(() => 1, 1000);`,
  ],
  [
    'with a rejection of a subclass of Promise that nobody handled',
    { code: 1 },
    `class Call extends Promise {} void boundary.tool('work', () => Call.reject(new TypeError('no')))(); setInterval(() => 1, 1000);`,
  ],
  ['with a rejection that is no error', { code: 1 }, `void boundary.tool('work', () => Promise.reject({ status: 1 }))(); setInterval(() => 1, 1000);`],
  [
    'with a rejection in a chain of its own',
    { code: 1 },
    `void boundary.tool('work', () => Promise.reject(new TypeError('no')))().then(() => 1); setInterval(() => 1, 1000);`,
  ],
  [
    'that handles each rejection, early or late in the same turn',
    { code: 0, stdout: 'handled\nhandled\nhandled\nhandled\nhandled\n' },
    `
    const handled = () => console.log('handled');
    const work = boundary.tool('work', () => Promise.reject(new TypeError('no')));
    work().catch(handled);
    work().then(undefined, handled);
    try { await work(); } catch { handled(); }
    const late = work(); await null; await null; late.catch(handled);
    Promise.allSettled([work()]).then(handled);`,
  ],
  [
    'that lets two callers handle one promise',
    { code: 0, stdout: '2\n' },
    `
    const shared = later().then(() => { throw new Error('down'); });
    const load = boundary.retrieval('load', () => shared);
    const seen = await Promise.allSettled([load(), load()]);
    console.log(seen.filter(({ status }) => status === 'rejected').length);`,
  ],
  [
    'that listens to unhandled rejections, and to those that are handled later',
    { code: 0, stdout: 'unhandled no\nhandled later\n' },
    `
    process.on('unhandledRejection', (reason) => console.log('unhandled', reason.message));
    process.on('rejectionHandled', () => console.log('handled later'));
    const given = boundary.tool('work', () => Promise.reject(new TypeError('no')))();
    await later();
    given.catch(() => 1);
    await later();`,
  ],
  [
    'that listens to the unhandled rejections of an async boundary',
    { code: 0, stdout: 'unhandled no true\n' },
    `
    let given;
    process.on('unhandledRejection', (reason, promise) => console.log('unhandled', reason.message, promise === given));
    given = boundary.tool('work', async () => { throw new TypeError('no'); })();
    await later();`,
  ],
  [
    'that is ended by SIGTERM',
    { code: null, signal: 'SIGTERM' },
    `boundary.agent('run', async () => { await later(); process.kill(process.pid, 'SIGTERM'); await new Promise(() => setInterval(() => 1, 1000)); })();`,
  ],
  [
    'that handles SIGTERM itself',
    { code: 9, stdout: 'bye\n' },
    `process.on('SIGTERM', () => { console.log('bye'); process.exit(9); }); boundary.tool('work', () => process.kill(process.pid, 'SIGTERM'))(); setInterval(() => 1, 1000);`,
  ],
  ['whose main promise never settles', { code: 13 }, `await boundary.agent('run', async () => new Promise(() => 1))();`],
  ['with a call that never ends', { code: 0, stdout: 'end\n' }, `void boundary.tool('hang', async () => new Promise(() => 1))(); console.log('end');`],
  [
    'with a stream that nobody reads',
    { code: 0 },
    `
    import { Readable } from 'node:stream';
    boundary.model('stream', async function* () { yield 1; })(); boundary.model('other', () => new ReadableStream())();
    boundary.model('node', () => new Readable({ read: () => undefined }))();`,
  ],
  [
    'with a stream that fails, and nobody who hears it',
    { code: 1 },
    `
    import { Readable } from 'node:stream';
    boundary.model('node', () => new Readable({ read() { setImmediate(() => this.destroy(new TypeError('reset'))); } }))().resume();`,
  ],
  [
    'with listeners for its end',
    { code: 7, stdout: 'before 0\nexit 7\n' },
    `
    boundary.tool('work', () => 1)();
    process.once('beforeExit', (code) => { console.log('before', code); process.exitCode = 7; });
    process.on('exit', (code) => console.log('exit', code));`,
  ],
];

describe('a process', () => {
  it.each(PROGRAMS)('%s ends as it does without us', async (_, expected, source) => {
    const { without, recorded } = await bothEnds(source);
    expect(without).toMatchObject(expected);
    expect(recorded).toEqual(without);
  });

  it('has its calls in the store, or in the journal, however it ended', async () => {
    const [plain, exits, crashes, killed] = [programs.folder(), programs.folder(), programs.folder(), programs.folder()];
    const call = `const ask = boundary.model('ask', async () => { await later(); return 'answer'; });`;
    await programs.run(`${call} await ask();`, { store: plain });
    await programs.run(`${call} await boundary.agent('run', async () => { await ask(); process.exit(0); })();`, { store: exits });
    await programs.run(`${call} await boundary.agent('run', async () => { await ask(); throw new Error('crash'); })();`, { store: crashes });
    await programs.run(`${call} await boundary.agent('run', async () => { await ask(); process.kill(process.pid, 'SIGKILL'); await later(100); })();`, {
      store: killed,
    });
    expect([await outcomes(plain), await outcomes(exits), await outcomes(crashes), await outcomes(killed)]).toEqual([
      ['ask#0 returned by promise'],
      ['run#0 unknown', 'run#0/ask#0 returned by promise'],
      ['run#0 threw by promise', 'run#0/ask#0 returned by promise'],
      ['run#0 unknown', 'run#0/ask#0 returned by promise'],
    ]);
  });

  it('that ends in the middle of a stream has the call, and does not say how it ended', async () => {
    const store = programs.folder();
    const source = `
      import { Readable } from 'node:stream';
      const stream = boundary.model('stream', () => Readable.from(async function* () { yield 1; await later(); yield 2; await later(10_000); }()));
      for await (const n of stream()) if (n === 2) process.exit(5);`;
    expect(await programs.run(source, { store })).toMatchObject({ code: 5 });
    expect(await outcomes(store)).toEqual(['stream#0 unknown']);
  });

  it('has the outcome of a call that nobody waited for, up to its last turn', async () => {
    const store = programs.folder();
    await programs.run(`void boundary.tool('note', () => later().then(() => 1))(); void boundary.tool('write', async () => later(5))();`, { store });
    expect(await outcomes(store)).toEqual(['note#0 returned by promise', 'write#0 returned by promise']);
    expect(readdirSync(join(store, 'journal'))).toEqual([]);
  });

  it('that ends by itself leaves no journal behind', async () => {
    const store = programs.folder();
    await programs.run(`await boundary.tool('work', async () => later())();`, { store });
    expect(existsSync(join(store, 'journal')) ? readdirSync(join(store, 'journal')) : []).toEqual([]);
  });

  it('ends when its store takes nothing', async () => {
    const source = `console.log(await boundary.tool('work', async () => later(1).then(() => 'worked'))());`;
    // A put that fails after real waiting, as a network does; the loop is never idle while one is under way.
    const setUp = `
      import { setTimeout as wait } from 'node:timers/promises';
      let puts = 0;
      const failing = { url: 'memory:failing', put: async () => { puts++; await wait(1); throw new Error('no route'); }, get: async () => undefined, list: async function* () {}, delete: async () => {}, check: async () => {} };
      new chronicle.RecordSpanProcessor({ store: failing, idleMillis: 0 });
      process.on('exit', () => console.log(puts <= 3 ? 'few puts' : puts + ' puts'));`;
    expect(await programs.run(source, { setUp })).toEqual({ code: 0, signal: null, stdout: 'worked\nfew puts\n', stderr: '' });
  });

  it('ends when the folder of its store is taken away', async () => {
    const store = programs.folder();
    const source = `
      import { rmSync, writeFileSync } from 'node:fs';
      const work = boundary.tool('work', async (n) => { await later(); return n; });
      await work(1);
      rmSync(store, { recursive: true });
      writeFileSync(store, 'a file now');
      console.log(await work(2), await work(3));`;
    expect(await programs.run(source, { store })).toEqual({ code: 0, signal: null, stdout: '2 3\n', stderr: '' });
    rmSync(store, { force: true });
  });
});
