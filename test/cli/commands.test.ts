// ls, show and help, as users start them.

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, type UserFolder, userFolder } from './user-folder.js';

let user: UserFolder;
beforeAll(async () => {
  user = await userFolder();
}, 60_000);
afterAll(() => user?.remove());

/** Times and lengths of time differ each run. */
function withoutTimes(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME').replace(/ *\d+(?:\.\d+)? m?s\b/g, ' TOOK');
}

describe('chronicle ls', () => {
  it('prints one line a run', async () => {
    const { code, stdout, stderr } = await user.chronicle(['ls']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(withoutTimes(stdout)).toBe(`${user.traceId}  TIME TOOK  returned       4       0  agent trader  complete\n`);
  });

  it('prints a list with --json', async () => {
    const { stdout } = await user.chronicle(['--json', 'ls', '--limit', '5']);
    expect(JSON.parse(stdout)).toEqual([
      {
        traceId: user.traceId,
        startTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown,
        startUnixNanos: expect.stringMatching(/^\d{19}$/) as unknown,
        endUnixNanos: expect.stringMatching(/^\d{19}$/) as unknown,
        durationMillis: expect.any(Number) as unknown,
        roots: [{ spanId: user.spans['trader'], kind: 'agent', name: 'trader', outcome: 'returned' }],
        boundaries: 4,
        errors: 0,
        complete: true,
        reasons: [],
      },
    ]);
    expect((await user.chronicle(['ls', '--json', '--limit', '0'])).stdout).toBe('[]\n');
  });

  it('says so when there are no runs', async () => {
    const empty = join(user.folder, 'empty');
    await run('mkdir', [empty], user.folder);
    expect(await user.chronicle(['ls', '--store', empty])).toEqual({ code: 0, stdout: '', stderr: `No runs in file://${empty}.\n` });
  });
});

describe('chronicle show', () => {
  it('prints the run as a tree, and what to do next', async () => {
    const { code, stdout, stderr } = await user.chronicle(['show', user.traceId]);
    const { trader, decide, get_quote: quote, place_order: order } = user.spans;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [head = '', tree = '', next = ''] = withoutTimes(stdout).split('\n\n');
    expect(head).toMatch(
      new RegExp(`^Trace ${user.traceId}\\nstarted TIME, took TOOK, 4 boundary calls, 0 errors, complete\\nprocess\\.runtime\\.name=nodejs `),
    );
    expect(tree).toBe(
      `agent trader        ${trader} TOOK  returned
    in  "sell $1,000 worth of stock"
    out {"ok":true,"shares":1000}
  model decide      ${decide} TOOK  returned
      in  {"messages":[{"role":"user","content":"sell $1,000 worth of stock"}]}
      out {"shares":1000,"thought":"sell \\u001b[31mall\\u001b[0m"}
  tool get_quote    ${quote} TOOK  returned
      in  "AAPL"
      out {"symbol":"AAPL","price":150.25}
  tool place_order  ${order} TOOK  returned
      in  {"symbol":"AAPL","shares":1000}
      out {"ok":true,"shares":1000}`,
    );
    expect(next).toBe(
      `Next
  chronicle show ${user.traceId}:${trader}
  chronicle replay ${user.traceId} --import ./your-agent.js    # the module that defines agent "trader"
  chronicle replay ${user.traceId} -- node your-app.js
`,
    );
  });

  it('names the store again where it was named on the command line', async () => {
    const { stdout } = await user.chronicle(['show', user.traceId, '--store', 'file:./runs'], { CHRONICLE_STORE: '' });
    expect(stdout).toContain(`chronicle show ${user.traceId}:${user.spans['trader']} --store file:./runs\n`);
  });

  it('prints one call in full for the ref of a span, and for --span', async () => {
    const span = user.spans['place_order'] ?? '';
    const { code, stdout } = await user.chronicle(['show', span]);
    expect(code).toBe(0);
    expect(await user.chronicle(['show', user.traceId, '--span', span])).toMatchObject({ stdout });
    expect(stdout).toContain(
      `tool place_order\n  span          ${user.traceId}:${span}\n  parent        ${user.spans['trader']}\n  path          trader#0/place_order#0\n  effect        irreversible\n`,
    );
    expect(stdout).toMatch(/\nInput {2}sha256:[0-9a-f]{64}, \d+ bytes\n {2}\[\n {4}\{\n {6}"symbol": "AAPL",\n {6}"shares": 1000\n {4}\}\n {2}\]\n/);
    expect(stdout).toMatch(/\nOutput {2}sha256:[0-9a-f]{64}, \d+ bytes\n {2}\{\n {4}"ok": true,\n {4}"shares": 1000\n {2}\}\n/);
  });

  it('prints everything with --json', async () => {
    const shown = JSON.parse((await user.chronicle(['show', user.traceId, '--json'])).stdout) as { envelopes: unknown[] };
    expect(shown).toMatchObject({ store: `file://${user.store}`, traceId: user.traceId, complete: true, reasons: [] });
    expect(shown.envelopes).toHaveLength(4);
    const one: unknown = JSON.parse((await user.chronicle(['show', user.spans['get_quote'] ?? '', '--json'])).stdout);
    expect(one).toEqual(shown.envelopes[2]);
    expect(one).toMatchObject({
      kind: 'tool',
      name: 'get_quote',
      effect: 'read',
      path: 'trader#0/get_quote#0',
      ordinal: 0,
      parentSpanId: user.spans['trader'],
      input: { incomplete: [], value: ['AAPL'] },
      outcome: { kind: 'returned', async: true, value: { value: { symbol: 'AAPL', price: 150.25 } } },
    });
  });

  it('prints values that JSON has no form for, and nothing that a terminal would obey', async () => {
    await user.write(
      'odd.mjs',
      `import { boundary, flush, RecordSpanProcessor } from 'chronicle-otel';
new RecordSpanProcessor({ store: process.env.STORE });
const odd = boundary.tool('odd\\u001b]0;title\\u0007', () => ({
  big: 10n, when: new Date(0), map: new Map([['a', new Set([1])]]), none: undefined, nan: NaN, minusZero: -0, bytes: new Uint8Array([1, 2]),
  re: /x/g, error: new RangeError('no'), fn() {}, evil: '\\u001b[31m \\u009b \\u202e \\u007f \\ud800', $tag: 1,
}));
odd('\\u001b[2J', new Date(NaN));
await flush();
`,
    );
    const store = join(user.folder, 'odd');
    await run(process.execPath, ['odd.mjs'], user.folder, { STORE: store });
    const json = (await user.chronicle(['ls', '--json', '--store', store])).stdout;
    const [{ traceId, roots }] = JSON.parse(json) as [{ traceId: string; roots: [{ spanId: string }] }];
    const texts = [json];
    for (const words of [['ls'], ['show', traceId], ['show', roots[0].spanId], ['show', traceId, '--json']])
      texts.push((await user.chronicle([...words, '--store', store])).stdout);
    for (const text of texts) expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/u);
    const shown = JSON.parse(texts[4] ?? '') as { envelopes: [{ name: string; outcome: { value: { value: unknown } } }] };
    expect(shown.envelopes[0].name).toBe('odd\u001b]0;title\u0007');
    expect(shown.envelopes[0].outcome.value.value).toEqual({
      big: { $bigint: '10' },
      when: { $date: '1970-01-01T00:00:00.000Z' },
      map: { $map: ['a', { $set: [1] }] },
      none: { $undefined: true },
      nan: { $number: 'NaN' },
      minusZero: { $number: '-0' },
      bytes: { $bytes: 'Uint8Array', base64: 'AQI=' },
      re: { $regexp: '/x/g' },
      error: { $error: 'RangeError', message: 'no' },
      fn: { $opaque: 'function' },
      evil: '\u001b[31m \u009b \u202e \u007f \ud800',
      $$tag: 1,
    });
  });
});

describe('colours', () => {
  it('are off in a pipe, and off with --no-color and NO_COLOR where they would be on', async () => {
    const coloured = (text: string): boolean => text.includes('\u001b[');
    expect(coloured((await user.chronicle(['ls'])).stdout)).toBe(false);
    expect(coloured((await user.chronicle(['ls'], { FORCE_COLOR: '1' })).stdout)).toBe(true);
    expect(coloured((await user.chronicle(['ls', '--no-color'], { FORCE_COLOR: '1' })).stdout)).toBe(false);
    expect(coloured((await user.chronicle(['ls'], { FORCE_COLOR: '1', NO_COLOR: '1' })).stdout)).toBe(false);
  });
});

describe('chronicle --help', () => {
  it('names every command, and where to read more', async () => {
    const { code, stdout, stderr } = await user.chronicle(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/\n {2}ls [^]*\n {2}show [^]*\n {2}replay [^]*\nRead more in docs\/cli\.md of the package chronicle-otel\.\n$/);
  });

  it('has an example for every command', async () => {
    for (const words of [
      ['ls', '--help'],
      ['show', '-h'],
      ['help', 'replay'],
    ])
      expect((await user.chronicle(words)).stdout).toMatch(/\nExamples:\n {2}# .+\n {2}chronicle /);
  });

  it('loads neither the stored format nor OpenTelemetry', async () => {
    await user.write(
      'loaded.cjs',
      `const before = Object.keys(require.cache);
process.argv = [process.argv[0], ${JSON.stringify(user.cli)}, '--help'];
require(${JSON.stringify(user.cli)});
process.on('exit', () => console.error(Object.keys(require.cache).filter((file) => !before.includes(file)).join('\\n')));
`,
    );
    const { stderr } = await run(process.execPath, ['loaded.cjs'], user.folder);
    expect(stderr).toContain('commander');
    expect(stderr).not.toMatch(/fzstd|opentelemetry|\/(?:archive|replay|envelope)-/);
  });

  it('prints the version', async () => {
    const { VERSION } = await import('../../src/version.js');
    expect(await user.chronicle(['--version'])).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
  });
});

describe('CHRONICLE_* variables', () => {
  it('that mean nothing are named', async () => {
    expect(await user.chronicle(['ls'], { CHRONICLE_MODE: 'rplay' })).toEqual({
      code: 2,
      stdout: '',
      stderr: 'Environment variable CHRONICLE_MODE must be one of record, replay, off, got "rplay".\n',
    });
  });
});
