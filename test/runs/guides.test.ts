// The guides, followed to the letter: their files are written, their commands are run by a shell, one after the other,
// and what they say that is printed is compared with what is.

import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import otel from '#otel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boundary, RecordSpanProcessor, replay } from '../../src/index.js';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const packagesOfLine = join(checkout, 'test/lines', otel.line === 'SDK 2' ? 'sdk2' : 'sdk3', 'node_modules');

/** The trace that stands in the guides for the reader's own. */
const EXAMPLE_TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

interface Block {
  readonly language: string;
  readonly text: string;
  /** The paragraph before it. */
  readonly before: string;
}

/** The fenced blocks of a page, in order. */
function blocksOf(markdown: string): Block[] {
  const parts = markdown.split(/^```(\w*)\n([^]*?)^```$/m);
  return Array.from({ length: (parts.length - 1) / 3 }, (_, n) => {
    const [prose = '', language = '', text = ''] = parts.slice(n * 3);
    return { language, text, before: prose.trim().split('\n\n').at(-1) ?? '' };
  });
}

/** Whether a block is for the SDK of another line than the one that runs. */
function isForOtherLine({ before }: Block): boolean {
  return /^With SDK [23]:$/.test(before) && before !== `With ${otel.line}:`;
}

/** Runs shop.js of docs/guides/values.md and replays it. */
const SHOP = `
import { flush, openArchive, RecordSpanProcessor, replay } from 'chronicle-otel';
import { Money } from './money.js';
import { shop } from './shop.js';

const store = 'file:./shop-runs';
new RecordSpanProcessor({ store });
const paid = await shop('tea', 2);
await flush();
for await (const { traceId } of (await openArchive(store)).runs()) {
  const { verdict, result, live } = await replay(traceId, { store });
  console.log(JSON.stringify([paid, result, result instanceof Money, verdict, live]));
}
process.exit();
`;

/** What differs from run to run, made equal. */
function normalized(line: string): string {
  return line
    .replaceAll(/[0-9a-f]{32}/g, 'TRACE')
    .replaceAll(/[\d-]+T[\d:.]+Z/g, 'TIME')
    .replaceAll(/\d+(?:\.\d+)? ?(?:ms|s|us|µs)\b/g, 'DURATION')
    .replaceAll(/ +/g, ' ')
    .trim();
}

describe(`docs/guides/first-recording.md, ${otel.line}`, () => {
  let folder: string;
  let receiver: Server;
  let received = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chronicle-guide-'));
    receiver = createServer((request, response) => {
      if (request.url === '/v1/traces') received++;
      request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
    });
    await new Promise<void>((listening) => receiver.listen(0, '127.0.0.1', listening));
  });
  afterAll(async () => {
    receiver.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Stands in for `npm install`: test/package installs the packed tarball for real. */
  async function install(): Promise<void> {
    const modules = join(folder, 'node_modules');
    await mkdir(join(modules, '.bin'), { recursive: true });
    await symlink(join(packagesOfLine, '@opentelemetry'), join(modules, '@opentelemetry'));
    await symlink(checkout, join(modules, 'chronicle-otel'));
    await symlink('../chronicle-otel/dist/cli.cjs', join(modules, '.bin/chronicle'));
    await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
    await writeFile(join(modules, '.bin/npx'), '#!/bin/sh\nname=$1\nshift\nexec node "node_modules/.bin/$name" "$@"\n', { mode: 0o755 });
  }

  function shell(command: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const env: NodeJS.ProcessEnv = {
      PATH: [join(folder, 'node_modules/.bin'), dirname(process.execPath), process.env['PATH']].join(delimiter),
      HOME: folder,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`,
    };
    return new Promise((resolve, reject) => {
      const child = spawn('sh', ['-ec', command], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
      const output = { stdout: '', stderr: '' };
      child.stdout.setEncoding('utf8').on('data', (part: string) => (output.stdout += part));
      child.stderr.setEncoding('utf8').on('data', (part: string) => (output.stderr += part));
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, ...output }));
    });
  }

  it('leads from a set-up to the first replay, as it says', async () => {
    const blocks = blocksOf(await readFile(join(checkout, 'docs/guides/first-recording.md'), 'utf8'));
    let printed = '';
    let traceId = EXAMPLE_TRACE;
    const done = { js: 0, sh: 0, text: 0 };
    for (const block of blocks.filter((each) => !isForOtherLine(each))) {
      const { language, text } = block;
      switch (language) {
        case 'js': {
          const [, name] = /^\/\/ (\S+\.js)\n/.exec(text) ?? [];
          if (name === undefined) throw new Error(`A block of code does not begin with the name of its file:\n${text}`);
          await writeFile(join(folder, name), text);
          break;
        }
        case 'sh': {
          if (text === 'npm install chronicle-otel\n') {
            await install();
            break;
          }
          const command = text.replaceAll(EXAMPLE_TRACE, traceId);
          const { code, stdout, stderr } = await shell(command);
          expect({ command, code, stderr }).toMatchObject({ command, code: 0 });
          // After `--` the report follows on stderr.
          expect(stderr === '' || / -- /.test(command), stderr).toBe(true);
          printed = stdout + stderr;
          if (traceId === EXAMPLE_TRACE) [traceId = EXAMPLE_TRACE] = await readdir(join(folder, 'chronicle-runs/v1/traces'));
          break;
        }
        case 'text':
          expect(printed.split('\n').map(normalized)).toEqual(expect.arrayContaining(text.trim().split('\n').map(normalized)));
          break;
        default:
          throw new Error(`A block is in ${language || 'no language'}, which this test cannot run:\n${text}`);
      }
      done[language as keyof typeof done]++;
    }
    expect(done).toEqual({ js: 4, sh: 7, text: 3 });
    expect(received).toBeGreaterThan(0);
  });

  it('keeps a class of the program as docs/guides/values.md says', async () => {
    for (const { text } of blocksOf(await readFile(join(checkout, 'docs/guides/values.md'), 'utf8'))) {
      const [, name = ''] = /^\/\/ (\S+\.js)\n/.exec(text) ?? [];
      await writeFile(join(folder, name), text);
    }
    await writeFile(join(folder, 'run-shop.js'), SHOP);
    const money = { amount: 6, currency: 'EUR' };
    expect(await shell('node run-shop.js')).toEqual({ code: 0, stdout: `${JSON.stringify([money, money, true, 'same', 0])}\n`, stderr: '' });
  });

  it('is right that a clock behind a boundary is answered from the recording', async () => {
    const store = pathToFileURL(join(folder, 'clock')).href;
    const spans = otel.memoryExporter();
    const provider = otel.makeProvider({ spanProcessors: [otel.simple(spans), new RecordSpanProcessor({ store })] });
    // The boundary is the one of the page; a counter makes sure that no two readings are equal.
    let readings = 0;
    const now = boundary.step('now', () => Date.now() + readings++, { effect: 'read' });
    const agent = boundary.agent('dated', async () => ({ at: now() }));
    const recorded = await agent();
    const traceId = spans.getFinishedSpans().at(-1)?.spanContext().traceId ?? '';
    await provider.shutdown();
    await otel.unregister();
    const report = await replay(traceId, { store, entry: agent });
    expect(report).toMatchObject({ verdict: 'same', result: recorded });
    expect(readings).toBe(1);
  });

  it('has no form of its own for an SDK that no test runs', async () => {
    const page = await readFile(join(checkout, 'docs/guides/first-recording.md'), 'utf8');
    expect(page.match(/^With SDK .*$/gm)).toEqual(['With SDK 2:', 'With SDK 3:']);
  });
});
