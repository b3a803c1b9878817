// `chronicle replay REF --import MODULE`, as users start it.

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, type Printed, type UserFolder, userFolder } from './user-folder.js';

let user: UserFolder;
let before: string;
beforeAll(async () => {
  user = await userFolder();
}, 60_000);
afterAll(() => user?.remove());
beforeEach(async () => {
  before = await digestOf(user.store);
});
afterEach(async () => {
  expect(await digestOf(user.store)).toBe(before);
});

function replay(...words: string[]): Promise<Printed> {
  return user.chronicle(['replay', user.traceId, '--import', './agent.mjs', ...words]);
}

/** IDs of the replay's own trace differ each time. */
function withoutOwnTrace(text: string): string {
  return text.replace(/ as [0-9a-f]{32}/, ' as TRACE');
}

const CALLS = `Calls
  trader#0         agent      ran again  exact
    decide#0       model      recorded  exact
    get_quote#0    tool       recorded  exact
    place_order#0  tool       recorded  exact`;

describe('chronicle replay --import', () => {
  it('gives the recorded run again, with nothing live', async () => {
    const { code, stdout, stderr } = await replay();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(withoutOwnTrace(stdout)).toBe(
      `same: the run ended as recorded; 3 calls were answered from the recording and none ran live.
replay of ${user.traceId}:${user.spans['trader']} as TRACE

${CALLS}

Returned  {"ok":true,"shares":1000}
`,
    );
  });

  it('takes every form of a ref', async () => {
    const { traceId, spans, store } = user;
    const span = spans['trader'] ?? '';
    const refs = [
      span,
      `${traceId}:${span}`,
      `00-${traceId}-${span}-01`,
      `http://localhost:16686/trace/${traceId}?uiFind=${span}`,
      `file://${store}/v1/traces/${traceId}#${span}`,
    ];
    for (const ref of refs) expect({ ref, code: (await user.chronicle(['replay', ref, '--import', './agent.mjs'])).code }).toEqual({ ref, code: 0 });
  });

  it('needs no store for a recording file, nor for the envelope URI of a span', async () => {
    const shown = JSON.parse((await user.chronicle(['show', user.traceId, '--json'])).stdout) as { segments: string[] };
    const file = join(user.store, shown.segments[0] ?? '');
    const uri = `file://${user.store}/v1/traces/${user.traceId}#${user.spans['trader']}`;
    for (const ref of [file, `${file}#${user.spans['trader']}`, uri]) {
      expect((await user.chronicle(['replay', ref, '--import', './agent.mjs'], { CHRONICLE_STORE: '' })).code).toBe(0);
    }
  });

  it('exits with 1 and says what differs when the code was changed', async () => {
    const { code, stdout } = await user.chronicle(['replay', user.traceId, '--import', './agent.mjs'], { FIX: '1' });
    expect(code).toBe(1);
    expect(stdout.split('\n', 1)[0]).toBe(
      'diverged: tool "place_order" at trader#0/place_order#0: The recording holds 1 call there; its input differs at $[0].shares: recorded 1000, now 6.',
    );
    expect(stdout).toContain('\nThrew  ReplayMissError: ');
  });

  it('prints one line of JSON and nothing else with --json, whatever the program prints', async () => {
    await user.write('noisy.mjs', `console.log('loading');\nexport * from './agent.mjs';\nsetTimeout(() => console.log('late'), 50);\n`);
    const { code, stdout, stderr } = await user.chronicle(['replay', user.traceId, '--import', './noisy.mjs', '--json']);
    expect(code).toBe(0);
    expect(stdout.split('\n')).toHaveLength(2);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'same', live: 0, result: { ok: true, shares: 1000 }, recorded: { traceId: user.traceId } });
    expect(stderr).toMatch(/^loading\n/);
  });

  it('writes the report into a file for its owner alone, and says the verdict', async () => {
    const { code, stdout } = await replay('--report', 'report.json');
    expect(code).toBe(0);
    expect(stdout).toBe('same: the run ended as recorded; 3 calls were answered from the recording and none ran live.\nThe report is in report.json.\n');
    const path = join(user.folder, 'report.json');
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ verdict: 'same' });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('takes the policies of the command line', async () => {
    const report = async (...words: string[]): Promise<{ code: number | null; verdict: string; served: string[]; result?: unknown }> => {
      const { code, stdout } = await replay('--json', ...words);
      const { verdict, calls, result } = JSON.parse(stdout) as { verdict: string; calls: { served: string }[]; result?: unknown };
      return { code, verdict, served: calls.map(({ served }) => served), result };
    };
    expect(await report('--answer', 'place_order={"ok":false}')).toEqual({
      code: 1,
      verdict: 'changed',
      served: ['rerun', 'recorded', 'recorded', 'answered'],
      result: { ok: false },
    });
    expect(await report('--block', 'place_order')).toMatchObject({ code: 1, verdict: 'changed', served: ['rerun', 'recorded', 'recorded', 'blocked'] });
    expect(await report('--policy', 'place_order=block', '--policy', 'effect:read=recorded')).toMatchObject({ code: 1, verdict: 'changed' });
    // An irreversible boundary needs more than a policy.
    expect(await report('--live', 'place_order')).toMatchObject({ code: 3, verdict: 'refused', served: ['rerun', 'recorded', 'recorded', 'blocked'] });
    const live = await user.chronicle(
      ['replay', user.traceId, '--import', './agent.mjs', '--json', '--live', 'place_order', '--allow-irreversible', 'place_order'],
      { RECORDED: '0' },
    );
    expect(live.code).toBe(1);
    expect(JSON.parse(live.stdout)).toMatchObject({ verdict: 'changed', live: 1 });
    expect(await report('--input', '"sell nothing"')).toMatchObject({ code: 1, verdict: 'diverged' });
    expect(await report('--input', '["sell $1,000 worth of stock"]')).toMatchObject({ code: 0, verdict: 'same' });
    expect(await report('--strict', '--pace', 'recorded', '--on-changed-input', 'serve')).toMatchObject({ code: 0, verdict: 'same' });
  });

  it('says so when a name of the command line is not recorded', async () => {
    const { code, stderr } = await replay('--live', 'plce_order');
    expect(code).toBe(0);
    expect(stderr).toBe('Note: no boundary "plce_order" is recorded in this run. Did you mean "place_order"?\n');
  });

  it('ends although the program left a server running, and sends the spans of the replay first', async () => {
    await user.write(
      'serving.mjs',
      `import { createServer } from 'node:http';
import { trace } from '@opentelemetry/api';
export * from './agent.mjs';
createServer().listen(0);
setInterval(() => {}, 1000);
trace.setGlobalTracerProvider({ getTracer: () => undefined, forceFlush: async () => console.error('flushed') });
`,
    );
    const { code, stderr } = await user.chronicle(['replay', user.traceId, '--import', './serving.mjs']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'flushed\n' });
  });

  it('never records, even where the program sets recording up', async () => {
    await user.write('recording.mjs', `import { RecordSpanProcessor } from 'chronicle-otel';\nnew RecordSpanProcessor();\nexport * from './agent.mjs';\n`);
    expect((await user.chronicle(['replay', user.traceId, '--import', './recording.mjs', '--store', user.store], { CHRONICLE_STORE: '' })).code).toBe(0);
  });

  it('loads TypeScript where Node does, and says how where it does not', async () => {
    await user.write('agent.ts', `import { trader } from './agent.mjs';\nexport const typed: typeof trader = trader;\n`);
    const { code, stderr } = await user.chronicle(['replay', user.traceId, '--import', './agent.ts']);
    const strips = (process.features as { typescript?: unknown }).typescript;
    if (strips !== undefined && strips !== false) expect(code).toBe(0);
    else
      expect(stderr).toBe(
        `Cannot load ./agent.ts: Node ${process.versions.node} does not read TypeScript.\nInstall tsx (npm install --save-dev tsx) and start with NODE_OPTIONS="--import tsx", or use Node 22.18 or newer.\n`,
      );
  });
});

describe('a program that fails outside of the calls that are replayed exits with 4', () => {
  const agent = (body: string): string => `import { boundary } from 'chronicle-otel';\nboundary.agent('trader', async () => {\n  ${body}\n});\n`;
  const FAILED = 'The program failed in a way the recording did not.';

  it.each([
    [
      'an error that nothing caught',
      'setTimeout(() => { null.shares; }, 5);\n  await new Promise((done) => setTimeout(done, 5000));',
      `${FAILED} It threw an error that nothing caught.\nTypeError: Cannot read properties of null (reading 'shares')\n  at failing.mjs:3:27 (in Timeout._onTimeout)\n`,
    ],
    [
      'a rejection that nothing caught',
      "void Promise.reject(new Error('lost'));\n  await new Promise((done) => setTimeout(done, 5000));",
      `${FAILED} It threw an error that nothing caught.\nError: lost\n  at failing.mjs:3:23\n`,
    ],
    ['a call that never ends', 'await new Promise(() => {});', `${FAILED} It waits for something that does not come: the call that is replayed never ended.\n`],
    [
      'the end of the process',
      'process.exit(0);',
      `${FAILED} It ended the process, with exit code 0, before the replay was over.\nReplay a program that ends itself with: chronicle replay REF -- COMMAND\n`,
    ],
  ])('%s', async (_what, body, stderr) => {
    await user.write('failing.mjs', agent(body));
    expect(await user.chronicle(['replay', user.traceId, '--import', './failing.mjs'])).toEqual({ code: 4, stdout: '', stderr });
  });

  it('a call that nobody awaited and that the recording does not hold is in the report instead', async () => {
    await user.write(
      'floating.mjs',
      `import { boundary } from 'chronicle-otel';\nconst quote = boundary.tool('get_quote', async () => 1, { effect: 'read' });\nboundary.agent('trader', async () => {\n  void quote('MSFT');\n  await new Promise((done) => setTimeout(done, 5));\n});\n`,
    );
    const { code, stdout, stderr } = await user.chronicle(['replay', user.traceId, '--import', './floating.mjs']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(/^diverged: tool "get_quote" at trader#0\/get_quote#0: /);
  });
});

describe('a reader that goes away', () => {
  it('is no fault', async () => {
    const { run } = await import('./user-folder.js');
    const { code, stderr } = await run('sh', ['-c', `"${process.execPath}" "${user.cli}" show ${user.traceId} | true`], user.folder, {
      CHRONICLE_STORE: user.store,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe('a command to copy in a report', () => {
  it('names the store, or the file, as the user did', async () => {
    const { traceId, spans } = user;
    const shown = JSON.parse((await user.chronicle(['show', traceId, '--json'])).stdout) as { segments: string[] };
    const file = join(user.store, shown.segments[0] ?? '');
    const next = async (...words: string[]): Promise<string | undefined> => {
      const { stdout } = await user.chronicle(['replay', ...words, '--import', './agent.mjs'], {
        FIX: '1',
        CHRONICLE_STORE: words.includes('--store') ? '' : user.store,
      });
      return /^Next {2}.*?(chronicle show \S+(?: --store \S+?)?),/m.exec(stdout)?.[1];
    };
    expect(await next(traceId)).toBe(`chronicle show ${traceId}:${spans['place_order']}`);
    expect(await next(traceId, '--store', './runs')).toBe(`chronicle show ${traceId}:${spans['place_order']} --store ./runs`);
    expect(await next(file)).toBe(`chronicle show ${file}#${spans['place_order']}`);
  });
});
