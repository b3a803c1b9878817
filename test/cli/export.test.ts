// `chronicle export`, as users start it.

import { spawn } from 'node:child_process';
import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, run, type UserFolder, userFolder } from './user-folder.js';

let user: UserFolder;
beforeAll(async () => {
  user = await userFolder();
}, 60_000);
afterAll(() => user?.remove());

const ENVELOPE_KEYS =
  'traceId spanId parentSpanId kind name effect path ordinal sequence startTime startUnixNanos endTime endUnixNanos durationMillis input outcome attributes incomplete opaque segment';

interface Line {
  readonly run: unknown;
  readonly name: string;
}

describe('chronicle export', () => {
  it('writes the whole run as one document', async () => {
    const { code, stdout, stderr } = await user.chronicle(['export', user.traceId]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const document = JSON.parse(stdout) as { envelopes: Record<string, unknown>[] };
    expect(Object.keys(document).join(' ')).toBe('exportVersion store traceId complete reasons segments resources envelopes');
    expect(document).toMatchObject({ exportVersion: 1, store: `file://${user.store}`, traceId: user.traceId, complete: true, reasons: [] });
    for (const envelope of document.envelopes) expect(Object.keys(envelope).join(' ')).toBe(ENVELOPE_KEYS);
    expect(document.envelopes.map(({ name }) => name)).toEqual(['trader', 'decide', 'get_quote', 'place_order']);
    expect(document.envelopes[2]).toMatchObject({
      traceId: user.traceId,
      spanId: user.spans['get_quote'],
      parentSpanId: user.spans['trader'],
      path: 'trader#0/get_quote#0',
      kind: 'tool',
      effect: 'read',
      endTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown,
      endUnixNanos: expect.stringMatching(/^\d{19}$/) as unknown,
      input: { digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as unknown, size: expect.any(Number) as unknown, incomplete: [], value: ['AAPL'] },
      outcome: { kind: 'returned', async: true, value: { value: { symbol: 'AAPL', price: 150.25 } } },
    });
  });

  it('writes one line per call with --format jsonl, each with its run', async () => {
    const document = JSON.parse((await user.chronicle(['export', user.traceId])).stdout) as { resources: unknown; envelopes: object[] };
    const { code, stdout } = await user.chronicle(['export', user.traceId, '--format', 'jsonl']);
    expect(code).toBe(0);
    expect(stdout.endsWith('}\n')).toBe(true);
    const lines = stdout.trimEnd().split('\n');
    const { resources, envelopes } = document;
    const head = { exportVersion: 1, run: { store: `file://${user.store}`, traceId: user.traceId, complete: true, resources } };
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(envelopes.map((envelope) => ({ ...head, ...envelope })));
    expect(lines[0]).toMatch(/^\{"exportVersion":1,"run":\{"store":"[^"]+","traceId":"[0-9a-f]{32}","complete":true,"resources":\[\{/);
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  it('gives the run of a span, and of a file without a store', async () => {
    const whole = (await user.chronicle(['export', user.traceId])).stdout;
    expect((await user.chronicle(['export', user.spans['decide'] ?? ''])).stdout).toBe(whole);
    const [segment = ''] = (await readdir(user.store, { recursive: true })).filter((name) => name.endsWith('.chronicle'));
    const { code, stdout } = await user.chronicle(['export', join('runs', segment), '--format', 'jsonl'], { CHRONICLE_STORE: '' });
    expect(code).toBe(0);
    expect(JSON.parse(stdout.split('\n', 1)[0] ?? '')).toMatchObject({ name: 'trader', run: { store: null, traceId: user.traceId } });
  });

  it('writes a file whole, for its owner alone, and changes nothing that is recorded', async () => {
    const before = await digestOf(user.store);
    const file = join(user.folder, 'run.json');
    await writeFile(file, 'what was there before');
    const { code, stdout, stderr } = await user.chronicle(['export', user.traceId, '--out', 'run.json']);
    const { size, mode } = await stat(file);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `Wrote 4 boundary calls of trace ${user.traceId} to run.json, ${size} bytes.\n`, stderr: '' });
    expect(mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toBe((await user.chronicle(['export', user.traceId])).stdout);
    expect((await readdir(user.folder)).filter((name) => name.includes('.part'))).toEqual([]);
    const said = await user.chronicle(['export', user.traceId, '--format', 'jsonl', '--out', 'run.jsonl', '--json']);
    expect(JSON.parse(said.stdout)).toEqual({
      file: 'run.jsonl',
      format: 'jsonl',
      traceId: user.traceId,
      envelopes: 4,
      bytes: (await stat(join(user.folder, 'run.jsonl'))).size,
      complete: true,
    });
    expect(await digestOf(user.store)).toBe(before);
  });

  it('never writes over a recording, also not through a link', async () => {
    const [segment = ''] = (await readdir(user.store, { recursive: true })).filter((name) => name.endsWith('.chronicle'));
    const before = await digestOf(user.store);
    const refused = (name: string) => ({ code: 2, stdout: '', stderr: `Will not write to "${name}": recordings have such names.\nName another file.\n` });
    expect(await user.chronicle(['export', user.traceId, '--out', join('runs', segment)])).toEqual(refused(join('runs', segment)));
    await symlink(join(user.store, segment), join(user.folder, 'link.json'));
    expect(await user.chronicle(['export', user.traceId, '--out', 'link.json'])).toEqual(refused('link.json'));
    expect(await digestOf(user.store)).toBe(before);
  });

  it('says what is wrong with a format, a file and a ref', async () => {
    expect(await user.chronicle(['export', user.traceId, '--format', 'csv'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'Option --format must be json or jsonl, got "csv".\n',
    });
    expect(await user.chronicle(['export', user.traceId, '--out', 'nowhere/run.json'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'Cannot write to "nowhere/run.json": ENOENT: no such file or directory.\nName a file in a folder that is there and that you may write to.\n',
    });
    expect(await user.chronicle(['export'])).toEqual({ code: 2, stdout: '', stderr: 'chronicle export needs REF.\nSee chronicle export --help.\n' });
  });

  it('says of a run that is not complete that it is not', async () => {
    await user.write(
      'killed.mjs',
      `import { boundary, RecordSpanProcessor } from 'chronicle-otel';
new RecordSpanProcessor({ store: process.env.STORE });
boundary.agent('killed', () => process.kill(process.pid, 'SIGKILL'), { effect: 'irreversible' })();
`,
    );
    const store = join(user.folder, 'killed');
    await run(process.execPath, ['killed.mjs'], user.folder, { STORE: store });
    const [{ traceId }] = JSON.parse((await user.chronicle(['ls', '--json', '--store', store])).stdout) as [{ traceId: string }];
    const { code, stdout, stderr } = await user.chronicle(['export', traceId, '--store', store, '--format', 'jsonl']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^Note: the recording is not complete: journal\/\S+ was not closed: its process still runs, or was killed \(and 1 more\)\.\n$/);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'killed', run: { complete: false }, endTime: null, endUnixNanos: null, outcome: { kind: 'unknown' } });
  });

  it('ends quietly when its reader went away', async () => {
    await user.write(
      'large.mjs',
      `import { boundary, flush, RecordSpanProcessor } from 'chronicle-otel';
new RecordSpanProcessor({ store: process.env.STORE });
const step = boundary.step('step', (text) => text.length);
boundary.agent('large', () => { for (let turn = 0; turn < 200; turn++) step(String(turn).repeat(20_000)); })();
await flush();
`,
    );
    const store = join(user.folder, 'large');
    await run(process.execPath, ['large.mjs'], user.folder, { STORE: store });
    const [{ traceId }] = JSON.parse((await user.chronicle(['ls', '--json', '--store', store])).stdout) as [{ traceId: string }];
    for (const format of ['json', 'jsonl']) {
      const all = await user.chronicle(['export', traceId, '--store', store, '--format', format]);
      expect(all.stdout.length).toBeGreaterThan(8_000_000);
      const names =
        format === 'jsonl'
          ? all.stdout
              .trimEnd()
              .split('\n')
              .map((line) => (JSON.parse(line) as Line).name)
          : (JSON.parse(all.stdout) as { envelopes: Line[] }).envelopes.map(({ name }) => name);
      expect(names).toHaveLength(201);
      expect(await firstBytes([user.cli, 'export', traceId, '--store', store, '--format', format])).toEqual({ code: 0, stderr: '' });
    }
  });
});

/** Reads a little of what a command prints, goes away as `head` does, and says how the command ended. */
function firstBytes(args: readonly string[]): Promise<{ code: number | null; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: user.folder, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] ?? '' } });
    let stderr = '';
    child.stdout.once('data', () => child.stdout.destroy());
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stderr }));
  });
}
