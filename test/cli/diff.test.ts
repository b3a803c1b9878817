// `chronicle diff`, as users start it.

import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, run, type UserFolder, userFolder } from './user-folder.js';

let user: UserFolder;
/** The same run with the repaired code, and the same run again. */
let fixed: { traceId: string; spans: Record<string, string> };
let again: string;
beforeAll(async () => {
  user = await userFolder();
  await run(process.execPath, ['app.mjs'], user.folder, { STORE: user.store, FIX: '1' });
  const traceId = await newestRun();
  const shown = JSON.parse((await user.chronicle(['show', traceId, '--json'])).stdout) as { envelopes: { name: string; spanId: string }[] };
  fixed = { traceId, spans: Object.fromEntries(shown.envelopes.map(({ name, spanId }) => [name, spanId])) };
  await run(process.execPath, ['app.mjs'], user.folder, { STORE: user.store });
  again = await newestRun();
}, 60_000);
afterAll(() => user?.remove());

async function newestRun(store = user.store): Promise<string> {
  const [first] = JSON.parse((await user.chronicle(['ls', '--json', '--store', store])).stdout) as { traceId: string }[];
  return first?.traceId ?? '';
}

function withoutTimes(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME').replace(/ *\d+(?:\.\d+)? m?s\b/g, ' TOOK');
}

describe('chronicle diff', () => {
  it('says of a run and its like that they are the same', async () => {
    const { code, stdout, stderr } = await user.chronicle(['diff', user.traceId, again]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(withoutTimes(stdout)).toBe(
      `A  ${user.traceId}  started TIME, took TOOK, 4 calls, 0 errors, complete
B  ${again}  started TIME, took TOOK, 4 calls, 0 errors, complete

The runs are the same.
4 calls: 4 same.
`,
    );
    const all = await user.chronicle(['diff', user.traceId, again, '--all']);
    expect(all.stdout.split('\n\n')[2]).toBe(`same  agent trader (trader#0)
same  model decide (trader#0/decide#0)
same  tool get_quote (trader#0/get_quote#0)
same  tool place_order (trader#0/place_order#0)
`);
  });

  it('says where two runs part, and what differs, and changes nothing', async () => {
    const before = await digestOf(user.store);
    const { code, stdout, stderr } = await user.chronicle(['diff', user.traceId, fixed.traceId]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const [, ...rest] = withoutTimes(stdout).split('\n\n');
    expect(rest.join('\n\n')).toBe(
      `The runs part at tool place_order (trader#0/place_order#0): its input differs.
4 calls: 2 same, 1 outcome differs, 1 input and outcome differ.

outcome differs  agent trader (trader#0)
    A  ${user.traceId}:${user.spans['trader']} TOOK  returned
    B  ${fixed.traceId}:${fixed.spans['trader']} TOOK  returned
    outcome
      $.shares: changed
        - 1000
        + 6

input and outcome differ  tool place_order (trader#0/place_order#0)
    A  ${user.traceId}:${user.spans['place_order']} TOOK  returned
    B  ${fixed.traceId}:${fixed.spans['place_order']} TOOK  returned
    input
      $[0].shares: changed
        - 1000
        + 6
    outcome
      $.shares: changed
        - 1000
        + 6
`,
    );
    expect(await digestOf(user.store)).toBe(before);
  });

  it('prints JSON with --json', async () => {
    const { code, stdout } = await user.chronicle(['diff', user.traceId, fixed.traceId, '--json']);
    expect(code).toBe(1);
    const took = expect.any(Number) as unknown;
    const document = JSON.parse(stdout) as { calls: unknown[] };
    const runOf = (traceId: string) => ({ traceId, calls: 4, errors: 0, durationMillis: took, tokens: null, complete: true, reasons: [] });
    const differs = { differences: [{ path: '$.shares', kind: 'changed', a: 1000, b: 6 }], total: 1, complete: true };
    expect(document).toMatchObject({
      same: false,
      a: runOf(user.traceId),
      b: runOf(fixed.traceId),
      parting: { what: 'input', a: user.spans['place_order'], b: fixed.spans['place_order'], path: 'trader#0/place_order#0' },
      counts: { same: 2, moved: 0, 'input-differs': 0, 'outcome-differs': 1, 'both-differ': 1, 'only-in-a': 0, 'only-in-b': 0 },
    });
    expect(document.calls).toHaveLength(4);
    const side = (traceId: string, spanId: string | undefined, path: string) => ({
      traceId,
      spanId,
      path,
      outcome: 'returned',
      durationMillis: took,
      tokens: null,
    });
    expect(document.calls[0]).toEqual({
      status: 'outcome-differs',
      kind: 'agent',
      name: 'trader',
      a: side(user.traceId, user.spans['trader'], 'trader#0'),
      b: side(fixed.traceId, fixed.spans['trader'], 'trader#0'),
      input: null,
      outcome: differs,
    });
    expect(document.calls[1]).toMatchObject({ status: 'same', input: null, outcome: null });
    expect(document.calls[3]).toMatchObject({ status: 'both-differ', input: { differences: [{ path: '$[0].shares' }] }, outcome: differs });
  });

  it('takes files, without a store', async () => {
    const files = (await readdir(user.store, { recursive: true })).filter((name) => name.endsWith('.chronicle'));
    const fileOf = (traceId: string): string => join('runs', files.find((name) => name.includes(traceId)) ?? '');
    await cp(join(user.folder, fileOf(fixed.traceId)), join(user.folder, 'after.chronicle'));
    expect((await user.chronicle(['diff', fileOf(user.traceId), 'after.chronicle'], { CHRONICLE_STORE: '' })).stdout).toBe(
      (await user.chronicle(['diff', user.traceId, fixed.traceId])).stdout,
    );
  });

  it('tells moved calls, calls of one run only, errors, streams and tokens', async () => {
    await user.write(
      'two.mjs',
      `import { boundary, flush, RecordSpanProcessor } from 'chronicle-otel';
new RecordSpanProcessor({ store: process.env.STORE });
const second = process.env.SECOND === '1';
const model = boundary.model('model', async (text) => ({ id: 'x', model: 'm-1', text, usage: { prompt_tokens: second ? 15 : 12, completion_tokens: 3 } }));
const tool = boundary.tool('tool', (x) => { if (x === 'fail' && second) throw new RangeError('no \\u001b[31m'); return x; });
const gone = boundary.tool('gone', () => 1);
const extra = boundary.tool('extra', () => 1);
const tell = boundary.tool('tell', function* () { yield 'a'; yield second ? 'c' : 'b'; });
const inner = boundary.step('inner', () => tool('moved'));
await boundary.agent('main', async () => {
  if (second) tool('moved'); else inner();
  try { tool('fail'); } catch {}
  if (second) extra(); else gone();
  for (const chunk of tell()) void chunk;
  await model('hello');
})();
await flush();
`,
    );
    const store = join(user.folder, 'two');
    await run(process.execPath, ['two.mjs'], user.folder, { STORE: store });
    const first = await newestRun(store);
    await run(process.execPath, ['two.mjs'], user.folder, { STORE: store, SECOND: '1' });
    const second = await newestRun(store);
    const { code, stdout } = await user.chronicle(['diff', first, second, '--store', store]);
    expect(code).toBe(1);
    const text = withoutTimes(stdout).replace(/[0-9a-f]{32}:[0-9a-f]{16}/g, 'REF');
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(text.split('\n\n').slice(1).join('\n\n')).toBe(
      `The runs part at step inner (main#0/inner#0): only A called it.
8 calls: 1 same, 1 moved, 3 outcome differs, 2 only in A, 1 only in B.

only in A  step inner (main#0/inner#0)
    A  REF TOOK  returned

moved  tool tool (main#0/inner#0/tool#0)
    A  REF TOOK  returned
    B  REF TOOK  returned  main#0/tool#0

outcome differs  tool tool (main#0/tool#0)
    A  REF TOOK  returned
    B  REF TOOK  threw  main#0/tool#1
    outcome
      A returned, B threw
      $: was string, is RangeError
        - "fail"
        + "RangeError: \\"no \\\\u001b[31m\\""

only in B  tool extra (main#0/extra#0)
    B  REF TOOK  returned

only in A  tool gone (main#0/gone#0)
    A  REF TOOK  returned

outcome differs  tool tell (main#0/tell#0)
    A  REF TOOK  streamed 2 chunks
    B  REF TOOK  streamed 2 chunks
    outcome
      $.chunks[1]: changed
        - "b"
        + "c"

outcome differs  model model (main#0/model#0)
    A  REF TOOK  returned  12 tokens in, 3 out
    B  REF TOOK  returned  15 tokens in, 3 out
    outcome
      $.usage.prompt_tokens: changed
        - 12
        + 15
`,
    );
    expect(stdout).toMatch(/^A .* 7 calls, 0 errors, 12 tokens in, 3 out, complete\nB .* 6 calls, 1 error, 15 tokens in, 3 out, complete\n/);
  });

  it('says what is wrong with a ref, and with a store that cannot be read', async () => {
    expect(await user.chronicle(['diff', user.traceId])).toEqual({ code: 2, stdout: '', stderr: 'chronicle diff needs B.\nSee chronicle diff --help.\n' });
    expect((await user.chronicle(['diff', user.traceId, 'missing.chronicle'])).stderr).toBe(
      `There is no recording file ${user.folder}/missing.chronicle.\nCheck the path and the working directory.\n`,
    );
    await user.write('damaged.chronicle', 'no recording, whatever its name says');
    const { code, stdout, stderr } = await user.chronicle(['diff', user.traceId, 'damaged.chronicle']);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/^Cannot read damaged\.chronicle: it does not begin as a segment does\.\n/);
  });
});
