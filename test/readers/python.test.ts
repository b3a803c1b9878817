// The Python reader, written from docs/format.md alone, must learn the same as ours: of every golden segment, and of
// segments that the writer has just recorded.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pythonWithProtobuf } from '../../scripts/python-environment.mjs';
import { MemoryJournal, type ObjectStore, TraceWriter } from '../../src/archive/index.js';
import { sealSegment } from '../../src/envelope/index.js';
import type { Json } from '../../src/value/index.js';
import { build, recipe, runs, SEED } from '../properties/recipes.js';
import { step, writeTrace } from '../properties/rolled-trace.js';
import { Recorder } from '../properties/round-trip.js';
import { meaningOf } from '../vectors/meaning.js';

console.log(`seed ${SEED} (CHRONICLE_TEST_SEED)`);

const checkout = fileURLToPath(new URL('../../', import.meta.url));
const vectors = join(checkout, 'test/vectors/v1');
const names = readdirSync(vectors)
  .filter((name) => name.endsWith('.chronicle'))
  .sort();
const work = mkdtempSync(join(tmpdir(), 'chronicle-readers-'));
afterAll(() => rmSync(work, { recursive: true }));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function python(...args: string[]): Promise<Ended> {
  const env = { ...process.env, PYTHONPATH: join(checkout, 'readers/python'), PYTHONDONTWRITEBYTECODE: '1', PYTHONIOENCODING: 'utf-8' };
  const child = spawn(pythonWithProtobuf(), args, { cwd: checkout, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** What the Python reader learns of segments, by the names of their files, in the form of the golden meanings. */
async function read(paths: readonly string[]): Promise<Map<string, unknown>> {
  const { stdout, stderr } = await python('-m', 'chronicle_reader', ...paths);
  const learned = new Map<string, { readonly facts: { damage?: string; error?: string }; readonly envelopes: unknown[] }>();
  for (const line of stdout.split('\n').filter((each) => each !== '')) {
    const { segment, ...said } = JSON.parse(line) as { segment: string };
    const known = learned.get(segment);
    if (known === undefined) learned.set(segment, { facts: said, envelopes: [] });
    else known.envelopes.push(said);
  }
  if (learned.size !== paths.length) throw new Error(`The Python reader told of ${learned.size} segments instead of ${paths.length}:\n${stderr}`);
  return new Map(
    [...learned].map(([segment, { facts, envelopes }]) => {
      if (facts.damage !== undefined) return [segment, { error: 'CHRONICLE_SEGMENT_DAMAGED' }];
      return [segment, facts.error === undefined ? { ...facts, envelopes } : facts];
    }),
  );
}

/** As text: the order of keys counts. */
const asText = (meaning: unknown): string => JSON.stringify(meaning, undefined, 1);

describe('the Python reader', () => {
  let learned: Map<string, unknown>;
  beforeAll(async () => {
    learned = await read(names.map((name) => join(vectors, name)));
  });

  it.each(names)('learns from %s what a reader must', (name) => {
    const meaning: unknown = JSON.parse(readFileSync(join(vectors, name.replace('.chronicle', '.json')), 'utf8'));
    expect(asText(learned.get(name))).toBe(asText(meaning));
  });

  it('passes its own tests', async () => {
    const { status, stderr } = await python('-m', 'unittest', 'discover', 'readers/python/tests');
    expect(stderr).toMatch(/\nRan \d\d tests in .*\n\nOK\n$/);
    expect(status).toBe(0);
  });
});

describe('of what was just recorded the Python reader learns what ours does:', () => {
  const agree = async (segments: Readonly<Record<string, Uint8Array>>): Promise<void> => {
    for (const [name, bytes] of Object.entries(segments)) writeFileSync(join(work, name), bytes);
    const found = await read(Object.keys(segments).map((name) => join(work, name)));
    for (const [name, bytes] of Object.entries(segments)) {
      const meaning = meaningOf(bytes, name) as { error?: string; valuesMatch?: Json };
      expect(meaning.error).toBeUndefined();
      expect(meaning.valuesMatch ?? true).toBe(true);
      expect(asText(found.get(name))).toBe(asText(meaning));
    }
  };

  it('any values, in journals and sealed segments', async () => {
    const segments: Record<string, Uint8Array> = {};
    const recipes = fc.sample(recipe(), runs(400));
    for (let from = 0; from < recipes.length; from += 50) {
      const recorder = new Recorder();
      for (const each of recipes.slice(from, from + 50)) recorder.record(build(each));
      recorder.close();
      const journal = recorder.bytes();
      segments[`journal-${from}.chronicle`] = journal;
      segments[`sealed-${from}.chronicle`] = await sealSegment(journal.subarray(16), { crossings: 50, open: 50 });
    }
    await agree(segments);
  });

  it('a run, while it goes on and when it is sealed, however much of its values is kept', async () => {
    const segments: Record<string, Uint8Array> = {};
    for (const capture of ['full', 'digest', 'off'] as const) {
      const journal = new MemoryJournal();
      const writer = recordRun(journal, capture);
      segments[`running-${capture}.chronicle`] = Buffer.concat([HEAD, journal.read()]);
      const put: Uint8Array[] = [];
      await writer.seal({ put: async (_key: string, bytes: Uint8Array) => void put.push(bytes) } as unknown as ObjectStore);
      segments[`sealed-${capture}.chronicle`] = put[0] as Uint8Array;
    }
    await agree(segments);
  });

  it('a run in several segments, each by itself', async () => {
    const segments: Record<string, Uint8Array> = {};
    for (const [run, steps] of fc.sample(fc.array(step, { minLength: 20, maxLength: 60 }), runs(20)).entries())
      for (const { name, bytes } of await writeTrace(steps, true)) segments[`rolled-${run}-${name}`] = bytes;
    await agree(segments);
  });

  it('a conversation that grows, as long as several blocks', async () => {
    const recorder = new Recorder();
    const messages: { role: string; content: string }[] = [];
    for (let turn = 0; turn < 6; turn++) {
      // Texts that no packer makes small.
      const content = createHash('shake256', { outputLength: 1_500_000 }).update(String(turn)).digest('base64');
      messages.push({ role: turn % 2 === 0 ? 'user' : 'assistant', content });
      recorder.record([{ model: 'm', messages }]);
    }
    recorder.close();
    const journal = recorder.bytes();
    await agree({ 'long.chronicle': await sealSegment(journal.subarray(16), { crossings: 6, open: 6 }) });
  });
});

/** The first bytes of a journal, which one in memory has not. */
const HEAD = new Recorder().bytes().subarray(0, 16);

function recordRun(journal: MemoryJournal, capture: 'full' | 'digest' | 'off'): TraceWriter {
  const start = 1_764_025_200_000_000_000n;
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const writer = new TraceWriter({
    traceId,
    writer: 'abcd',
    index: 2,
    startUnixNanos: start,
    writerVersion: '1.0.0',
    journal,
    resource: [['service.name', 'agent']],
    protect: undefined,
    capture,
  });
  const begin = (spanId: string, name: string, parent: number, input: unknown): number =>
    writer.begin(
      { spanId, traceId, parent, parentSpanId: undefined, parentPath: '', kind: 'tool', name, effect: 'read', ordinal: 0, startUnixNanos: start + 5_000n },
      { value: input, slot: name },
    ).crossing;
  const end = (crossing: number, value: unknown, stream?: { form: 'generator'; end: 'done'; chunks: number }): void => {
    const captured = writer.captureOutcome({ value, slot: 'outcome' });
    const ending = stream === undefined ? 'returned' : 'streamed';
    writer.end({ crossing, durationNanos: 1_234_567, ending, async: true, stream, attributes: [['chronicle.truncated', false]] }, captured);
  };
  const agent = begin('00f067aa0ba90001', 'agent', 0, ['question']);
  const tool = begin('00f067aa0ba90002', 'tool', agent, [{ city: 'Bern', at: new Date(0), tags: new Set(['a']) }]);
  writer.chunk(tool, 2_000_000, { value: { part: 1 }, slot: 'chunk' });
  end(tool, undefined, { form: 'generator', end: 'done', chunks: 1 });
  writer.gap('the disk was full', 2);
  begin('00f067aa0ba90003', 'never_ends', agent, [() => 1]);
  end(agent, { answer: ['4 degrees', new Error('late')] });
  return writer;
}
