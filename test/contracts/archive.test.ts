// Finding, reading and listing recorded runs, with real segments, against each store.

import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import {
  envelopeUri,
  journalName,
  MemoryJournal,
  openArchive,
  readRecordingFile,
  type Ref,
  type RunSummary,
  segmentKey,
  TraceWriter,
} from '../../src/archive/index.js';
import { locateSpan } from '../../src/archive/locate.js';
import { readTrace } from '../../src/archive/read-trace.js';
import { listRuns } from '../../src/archive/runs.js';
import { Codec, fileHead } from '../../src/envelope/index.js';
import { type ChronicleError, isChronicleError } from '../../src/errors.js';
import { type ObjectStore, openStore } from '../../src/storage/index.js';
import { seal, unframe } from '../vectors/by-hand.js';

const T1 = '11111111111111111111111111111111';
const T2 = '22222222222222222222222222222222';
const T3 = '33333333333333333333333333333333';
const CHECK = 'Check that the run was recorded into this store and not into another, and that its process has ended or called flush().';

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});
async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'chronicle-archive-'));
  folders.push(folder);
  return folder;
}

const stores: Record<string, () => Promise<ObjectStore>> = {
  memory: async () => openStore(`memory:${randomBytes(8).toString('hex')}`),
  file: async () => {
    const store = openStore(await temporaryFolder());
    return store;
  },
};

interface Call {
  readonly spanId: string;
  readonly traceId?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly effect?: string;
  /** Number of the enclosing call, from 1. */
  readonly parent?: number;
  readonly input?: unknown[];
  readonly output?: unknown;
  readonly ends?: 'returned' | 'threw' | 'never';
  readonly atMillis?: number;
}

interface Segment {
  readonly traceId: string;
  readonly startMillis?: number;
  readonly writer?: string;
  readonly index?: number;
  readonly calls: readonly Call[];
}

const START = 1_764_025_200_000;

/** What the writer made: the store, to be given what is wanted, and the records as a journal has them. */
async function write(segment: Segment): Promise<{ sealed: { key: string; bytes: Uint8Array }; journal: { key: string; bytes: Uint8Array } }> {
  const { traceId, startMillis = START, writer = 'k3f9aaaa', index = 0, calls } = segment;
  const name = { traceId, writer, index, startUnixNanos: BigInt(startMillis) * 1_000_000n };
  const journal = new MemoryJournal();
  const out = new TraceWriter({ ...name, writerVersion: '0.0.0-test', journal, resource: [['service.name', 'agent']], protect: undefined });
  calls.forEach((call, position) => {
    const {
      spanId,
      kind = 'tool',
      name: boundary = 'get_quote',
      effect = 'read',
      parent = 0,
      input = [],
      output,
      ends = 'returned',
      atMillis = position,
    } = call;
    const startUnixNanos = name.startUnixNanos + BigInt(atMillis) * 1_000_000n;
    const begin = out.begin(
      {
        spanId,
        traceId: call.traceId ?? traceId,
        parent,
        parentSpanId: undefined,
        parentPath: '',
        kind,
        name: boundary,
        effect,
        ordinal: position,
        startUnixNanos,
      },
      { value: input, slot: `${boundary}:input` },
    );
    if (ends === 'never') return;
    const captured = out.captureOutcome({ value: output, slot: `${boundary}:output` });
    out.end({ crossing: begin.crossing, durationNanos: 500_000, ending: ends, async: true, stream: undefined, attributes: [] }, captured);
  });
  const open = Buffer.concat([fileHead(Codec.none), journal.read()]);
  const scratch = openStore(`memory:${randomBytes(8).toString('hex')}`);
  await out.seal(scratch);
  const key = segmentKey(name);
  const bytes = await scratch.get(key);
  if (bytes === undefined) throw new Error('The segment was not sealed.');
  return { sealed: { key, bytes }, journal: { key: `journal/${journalName(name)}.open`, bytes: open } };
}

async function record(store: ObjectStore, segment: Segment): Promise<string> {
  const { sealed } = await write(segment);
  await store.put(sealed.key, sealed.bytes);
  return sealed.key;
}

/** Makes the footer of a sealed segment say other digests, from one block on. */
function lieFrom(block: number): (facts: { plainSha256: Uint8Array }) => void {
  let at = 0;
  return (facts) => {
    if (++at >= block) facts.plainSha256 = Buffer.alloc(32);
  };
}

function damage(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  const middle = Math.floor(copy.length / 2);
  copy[middle] = (copy[middle] ?? 0) ^ 0xff;
  return copy;
}

function ofNewerVersion(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes);
  const head = fileHead(Codec.gzip);
  head[8] = 9;
  // CRC-32 of the first twelve bytes, as the format has it.
  head.writeUInt32LE(crc32(head.subarray(0, 12)), 12);
  head.copy(copy);
  return copy;
}
function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}

const span = (digit: string): string => digit.padStart(16, 'a');

async function failureOf(action: () => Promise<unknown>): Promise<ChronicleError> {
  try {
    await action();
  } catch (error) {
    if (isChronicleError(error)) return error;
    throw error;
  }
  throw new Error('It did not fail.');
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe.each(Object.entries(stores))('archive in a %s store', (_kind, makeStore) => {
  let store: ObjectStore;
  beforeEach(async () => {
    store = await makeStore();
    // So that the folder of an empty file store exists.
    await store.put('v1/README', new Uint8Array());
  });

  describe('find()', () => {
    it('finds a run by every kind of ref', async () => {
      await record(store, {
        traceId: T1,
        calls: [
          { spanId: span('1'), kind: 'agent', name: 'trader', effect: 'none', input: ['buy'], output: 'done' },
          { spanId: span('2'), parent: 1, input: ['ACME'], output: { price: 7 } },
        ],
      });
      await record(store, { traceId: T2, startMillis: START + 5, calls: [{ spanId: span('3') }] });
      const archive = await openArchive(store);
      expect(archive.url).toBe(store.url);
      for (const ref of [T1, T1.toUpperCase(), `http://localhost:16686/trace/${T1}`]) {
        const { recording, envelope } = await archive.find(ref);
        expect(recording.traceId).toBe(T1);
        expect(recording.envelopes.map(({ name }) => name)).toEqual(['trader', 'get_quote']);
        expect(recording).toMatchObject({ complete: true, reasons: [] });
        expect(envelope).toBeUndefined();
      }
      const refs: (string | Ref)[] = [
        span('2'),
        `${T1}:${span('2')}`,
        `00-${T1}-${span('2')}-01`,
        `http://localhost:16686/trace/${T1}?uiFind=${span('2')}`,
        envelopeUri(store.url, T1, span('2')),
        { kind: 'span', traceId: T1.toUpperCase(), spanId: span('2').toUpperCase() },
        { kind: 'span', traceId: undefined, spanId: span('2') },
      ];
      for (const ref of refs) {
        const { recording, envelope } = await archive.find(ref);
        expect(recording.envelopes).toHaveLength(2);
        expect(envelope).toMatchObject({
          traceId: T1,
          spanId: span('2'),
          parentSpanId: span('1'),
          path: 'trader#0/get_quote#1',
          segment: recording.segments[0],
        });
        expect(envelope?.input.decode()).toEqual(['ACME']);
        expect(envelope?.outcome.kind === 'returned' && envelope.outcome.value.decode()).toEqual({ price: 7 });
      }
    });

    it('does not ask which root is meant', async () => {
      await record(store, { traceId: T1, calls: [{ spanId: span('1') }, { spanId: span('2') }] });
      expect((await (await openArchive(store)).find(T1)).envelope).toBeUndefined();
    });

    it('finds a span that began a trace of its own, in the run that called it', async () => {
      await record(store, { traceId: T1, calls: [{ spanId: span('1') }, { spanId: span('2'), traceId: T2 }] });
      const archive = await openArchive(store);
      for (const ref of [`${T2}:${span('2')}`, span('2'), `${T1}:${span('2')}`]) {
        const { recording, envelope } = await archive.find(ref);
        expect(recording.traceId).toBe(T1);
        expect(envelope).toMatchObject({ traceId: T2, spanId: span('2') });
      }
      // Also when the other trace has a run of its own.
      await record(store, { traceId: T2, calls: [{ spanId: span('3') }] });
      expect((await archive.find(`${T2}:${span('2')}`)).recording.traceId).toBe(T1);
    });

    it('says that a span alone is in more than one trace', async () => {
      await record(store, { traceId: T1, calls: [{ spanId: span('1') }] });
      await record(store, { traceId: T2, startMillis: START + 1, calls: [{ spanId: span('1') }] });
      const archive = await openArchive(store);
      const error = await failureOf(() => archive.find(span('1')));
      expect(error.code).toBe('CHRONICLE_REF_AMBIGUOUS');
      expect(error.message).toBe(`Span ${span('1')} is in 2 traces of ${store.url}.\nName one of them: ${T2}:${span('1')}, ${T1}:${span('1')}.`);
      expect(error.facts).toEqual({ store: store.url, spanId: span('1'), refs: [`${T2}:${span('1')}`, `${T1}:${span('1')}`] });
      expect((await archive.find(`${T1}:${span('1')}`)).recording.traceId).toBe(T1);
    });

    it('says that a trace is unknown, where it looked, and what to do', async () => {
      const archive = await openArchive(store);
      const unknown = async () => (await failureOf(() => archive.find(T3))).message;
      expect(await unknown()).toBe(`No trace ${T3} in ${store.url}, which holds no traces.\n${CHECK}`);
      await record(store, { traceId: T1, calls: [{ spanId: span('1') }] });
      expect(await unknown()).toBe(`No trace ${T3} in ${store.url}, which holds 1 trace.\n${CHECK}`);
      const { journal } = await write({ traceId: T2, calls: [] });
      await store.put(journal.key, journal.bytes);
      const error = await failureOf(() => archive.find(`${T3}:${span('1')}`));
      expect(error.code).toBe('CHRONICLE_REF_NOT_FOUND');
      expect(error.message).toBe(`No trace ${T3} in ${store.url}, which holds 2 traces.\n${CHECK}`);
      expect(error.facts).toEqual({ store: store.url, traceId: T3 });
    });

    it('counts traces up to a thousand', async () => {
      for (let n = 0; n < 1010; n++) await store.put(`v1/traces/${n.toString(16).padStart(32, '0')}/1-aaaaaaaa-0.chronicle`, new Uint8Array([1]));
      const error = await failureOf(async () => (await openArchive(store)).find(T3));
      expect(error.message).toBe(`No trace ${T3} in ${store.url}, which holds at least 1000 traces.\n${CHECK}`);
    });

    it('says that a span is unknown', async () => {
      await record(store, { traceId: T1, calls: [{ spanId: span('1'), kind: 'agent', name: 'trader' }, { spanId: span('2') }] });
      await record(store, { traceId: T2, calls: [{ spanId: span('3') }] });
      const archive = await openArchive(store);
      const alone = await failureOf(() => archive.find(span('9')));
      expect(alone.code).toBe('CHRONICLE_REF_NOT_FOUND');
      expect(alone.message).toBe(
        `No span ${span('9')} in ${store.url}, which holds 2 traces.\nOnly boundaries have envelopes: the span may be one of another library. ${CHECK}`,
      );
      const inTrace = await failureOf(() => archive.find(`${T1}:${span('9')}`));
      expect(inTrace.code).toBe('CHRONICLE_REF_NOT_FOUND');
      expect(inTrace.message).toBe(
        `No span ${span('9')} in trace ${T1} in ${store.url}.\nOnly boundaries have envelopes: the span may be one of another library. There are: agent "trader" ${span('1')}, tool "get_quote" ${span('2')}.`,
      );
      const elsewhere = await failureOf(() => archive.find(`${T1}:${span('3')}`));
      expect(elsewhere.message).toBe(`No span ${span('3')} in trace ${T1} in ${store.url}.\nThe span is in another trace: ${T2}:${span('3')}.`);
    });

    it('says which segments could not be searched for a span', async () => {
      const { sealed } = await write({ traceId: T1, calls: [{ spanId: span('1') }] });
      await store.put(sealed.key, sealed.bytes.slice(0, -3));
      const error = await failureOf(async () => (await openArchive(store)).find(span('1')));
      expect(error.message).toBe(
        `No span ${span('1')} in ${store.url}, which holds 1 trace. 1 segment could not be read: ${sealed.key}.\nOnly boundaries have envelopes: the span may be one of another library. ${CHECK}`,
      );
    });

    it('refuses refs that are none', async () => {
      const archive = await openArchive(store);
      const refs: (string | Ref)[] = [
        '',
        'nonsense',
        { kind: 'trace', traceId: '../../etc/passwd' },
        { kind: 'span', traceId: T1, spanId: 'x' },
        { kind: 'trace', traceId: '0'.repeat(32) },
      ];
      for (const ref of refs) expect((await failureOf(() => archive.find(ref))).code).toBe('CHRONICLE_REF_INVALID');
      expect((await failureOf(() => archive.readTrace('../x'))).code).toBe('CHRONICLE_REF_INVALID');
    });
  });

  describe('readTrace()', () => {
    it('gives undefined for a trace that is not there, and for one without segments', async () => {
      const archive = await openArchive(store);
      expect(await archive.readTrace(T1)).toBeUndefined();
      await store.put(`v1/traces/${T1}/notes.txt`, new Uint8Array([1]));
      expect(await archive.readTrace(T1)).toBeUndefined();
    });

    it('merges the segments of all processes in the order of their crossings', async () => {
      const first = await record(store, {
        traceId: T1,
        calls: [
          { spanId: span('1'), atMillis: 0 },
          { spanId: span('4'), atMillis: 30 },
        ],
      });
      const second = await record(store, { traceId: T1, index: 1, startMillis: START + 5, calls: [{ spanId: span('5'), atMillis: 100 }] });
      const other = await record(store, {
        traceId: T1,
        writer: 'zzzzaaaa',
        startMillis: START + 3,
        calls: [
          { spanId: span('2'), atMillis: 0 },
          { spanId: span('3'), atMillis: 10 },
        ],
      });
      const recording = await (await openArchive(store)).readTrace(T1);
      expect(recording?.envelopes.map(({ spanId }) => spanId.slice(-1))).toEqual(['1', '2', '3', '4', '5']);
      expect(recording?.segments).toEqual([first, other, second]);
      expect(recording?.resources).toEqual([{ 'service.name': 'agent' }]);
      expect(recording?.complete).toBe(true);
    });

    it('reads more segments than are fetched at once', async () => {
      for (let n = 0; n < 20; n++)
        await record(store, { traceId: T1, index: n, startMillis: START + n, calls: [{ spanId: span(n.toString(16).padStart(2, '0')) }] });
      const recording = await (await openArchive(store)).readTrace(T1);
      expect(recording?.envelopes).toHaveLength(20);
      expect(recording?.segments).toHaveLength(20);
    });

    it('reads the journal of a process that runs or was killed', async () => {
      const { journal } = await write({ traceId: T1, calls: [{ spanId: span('1'), name: 'place_order', effect: 'irreversible', ends: 'never' }] });
      await store.put(journal.key, journal.bytes);
      const { recording } = await (await openArchive(store)).find(span('1'));
      expect(recording.segments).toEqual([journal.key]);
      expect(recording.complete).toBe(false);
      expect(recording.reasons).toEqual([
        `${journal.key} was not closed: its process still runs, or was killed`,
        'outcome of tool "place_order" is unknown (effect irreversible): no end was recorded',
      ]);
    });

    it('reads a journal that ends in the middle of a record, up to there', async () => {
      const { journal } = await write({ traceId: T1, calls: [{ spanId: span('1') }, { spanId: span('2') }] });
      await store.put(journal.key, journal.bytes.slice(0, -4));
      const recording = await (await openArchive(store)).readTrace(T1);
      expect(recording?.envelopes.map(({ outcome }) => outcome.kind)).toEqual(['returned', 'unknown']);
      expect(recording?.reasons).toEqual([
        `${journal.key} ends in the middle of record 6; what came before it is whole`,
        'outcome of tool "get_quote" is unknown (effect read): no end was recorded',
      ]);
    });

    it('takes an empty journal for one that was only just made', async () => {
      await store.put(`journal/${T1}.${START}-k3f9aaaa-0.open`, new Uint8Array());
      expect(await (await openArchive(store)).readTrace(T1)).toBeUndefined();
    });

    it('ignores a journal whose sealed segment is there', async () => {
      const { sealed, journal } = await write({ traceId: T1, calls: [{ spanId: span('1') }] });
      await store.put(sealed.key, sealed.bytes);
      await store.put(journal.key, journal.bytes.slice(0, -4));
      const recording = await (await openArchive(store)).readTrace(T1);
      expect(recording).toMatchObject({ complete: true, segments: [sealed.key] });
      expect(recording?.envelopes).toHaveLength(1);
    });

    it('uses that journal if the sealed segment is damaged', async () => {
      const { sealed, journal } = await write({ traceId: T1, calls: [{ spanId: span('1') }] });
      await store.put(sealed.key, sealed.bytes.slice(0, -3));
      await store.put(journal.key, journal.bytes);
      const recording = await (await openArchive(store)).readTrace(T1);
      expect(recording?.envelopes).toHaveLength(1);
      expect(recording?.segments).toEqual([journal.key]);
      expect(recording?.reasons).toEqual([
        `Cannot read ${sealed.key}: its end is missing, so it was cut off`,
        `${journal.key} was not closed: its process still runs, or was killed`,
      ]);
    });

    it('reads a sealed segment up to a damaged block, and its journal for the rest', async () => {
      const { sealed, journal } = await write({
        traceId: T1,
        calls: [
          { spanId: span('1'), name: 'one' },
          { spanId: span('2'), name: 'two' },
        ],
      });
      const bytes = seal(unframe(Buffer.from(journal.bytes)), { crossings: 2, open: 0, blockBytes: 1, lie: lieFrom(5) });
      await store.put(sealed.key, bytes);
      const archive = await openArchive(store);
      const damage = `${sealed.key} is damaged: the SHA-256 of block 5 of 6 is wrong, from record 5 on; what came before it is whole, and what follows cannot be trusted`;
      const alone = await archive.readTrace(T1);
      expect(alone).toMatchObject({ complete: false, segments: [sealed.key] });
      expect(alone?.envelopes.map(({ name, outcome }) => [name, outcome.kind])).toEqual([['one', 'returned']]);
      expect(alone?.reasons).toEqual([damage]);
      const [run] = await all(archive.runs());
      expect(run).toMatchObject({ complete: false, boundaries: 1, reasons: [damage] });
      // A span that is behind the damage is not said to be nowhere.
      expect(await locateSpan(store, span('1'))).toEqual({ traceIds: [T1], unreadable: [] });
      expect(await locateSpan(store, span('2'))).toEqual({ traceIds: [], unreadable: [sealed.key] });
      expect((await failureOf(() => archive.find(span('2')))).message).toContain(` 1 segment could not be read: ${sealed.key}.`);
      expect((await failureOf(() => archive.find(`${T1}:${span('2')}`))).message.split('\n')[2]).toBe(`The recording is not complete: ${damage}.`);
      await store.put(journal.key, journal.bytes);
      const both = await archive.readTrace(T1);
      expect(both?.envelopes.map(({ name, outcome }) => [name, outcome.kind])).toEqual([
        ['one', 'returned'],
        ['two', 'returned'],
      ]);
      expect(both?.reasons).toEqual([damage, `${journal.key} was not closed: its process still runs, or was killed`]);
    });

    it('misses nothing when a journal is sealed while it is read', async () => {
      const { sealed, journal } = await write({ traceId: T1, calls: [{ spanId: span('1') }] });
      await store.put(journal.key, journal.bytes);
      const sealNow = async () => {
        await store.put(sealed.key, sealed.bytes);
        await store.delete(journal.key);
      };
      // Sealed after both listings, between them, and before them.
      for (const when of ['get', 'second listing', 'first listing']) {
        let listings = 0;
        const racing: ObjectStore = {
          url: store.url,
          put: (key, bytes) => store.put(key, bytes),
          delete: (key) => store.delete(key),
          check: () => store.check(),
          async get(key, range) {
            if (when === 'get') await sealNow();
            return store.get(key, range);
          },
          async *list(prefix, options) {
            listings++;
            if (when === (listings === 1 ? 'first listing' : 'second listing')) await sealNow();
            yield* store.list(prefix, options);
          },
        };
        const recording = await readTrace(racing, T1);
        expect(recording, when).toMatchObject({ complete: true, segments: [sealed.key] });
        expect(recording?.envelopes).toHaveLength(1);
        await store.delete(sealed.key);
        await store.put(journal.key, journal.bytes);
      }
    });

    it('does not let a damaged segment hide the intact ones', async () => {
      const intact = await record(store, { traceId: T1, calls: [{ spanId: span('1') }] });
      const { sealed } = await write({ traceId: T1, index: 1, startMillis: START + 9, calls: [{ spanId: span('2') }] });
      await store.put(sealed.key, sealed.bytes.slice(0, -3));
      const { recording } = await (await openArchive(store)).find(T1);
      expect(recording.envelopes.map(({ spanId }) => spanId)).toEqual([span('1')]);
      expect(recording.segments).toEqual([intact]);
      expect(recording.complete).toBe(false);
      expect(recording.reasons).toEqual([`Cannot read ${sealed.key}: its end is missing, so it was cut off`]);
    });

    it('fails if nothing at all can be read', async () => {
      const one = await write({ traceId: T1, calls: [{ spanId: span('1') }] });
      await store.put(one.sealed.key, damage(one.sealed.bytes));
      const archive = await openArchive(store);
      const single = await failureOf(() => archive.find(T1));
      expect(single.code).toBe('CHRONICLE_SEGMENT_DAMAGED');
      expect(single.message).toContain(`Cannot read ${one.sealed.key}: `);
      const two = await write({ traceId: T1, index: 1, calls: [{ spanId: span('2') }] });
      await store.put(two.sealed.key, two.sealed.bytes.slice(0, 20));
      const both = await failureOf(() => archive.find(T1));
      expect(both.code).toBe('CHRONICLE_SEGMENT_DAMAGED');
      expect(both.message).toBe(`Nothing of trace ${T1} in ${store.url} can be read: none of its 2 segments is readable. The first one:\n${single.message}`);
      expect(both.facts).toEqual({ traceId: T1, store: store.url, segments: [one.sealed.key, two.sealed.key] });
    });

    it('names the format of a segment that a newer version wrote', async () => {
      const { sealed } = await write({ traceId: T1, calls: [{ spanId: span('1') }] });
      await store.put(sealed.key, ofNewerVersion(sealed.bytes));
      const archive = await openArchive(store);
      const alone = await failureOf(() => archive.find(T1));
      expect(alone.code).toBe('CHRONICLE_SEGMENT_VERSION');
      expect(alone.message).toBe(`Cannot read ${sealed.key}: format 9, and this version reads 1 to 1.\nUpgrade chronicle-otel to read it.`);
      await record(store, { traceId: T1, index: 1, calls: [{ spanId: span('2') }] });
      expect((await archive.find(T1)).recording.reasons).toEqual([`Cannot read ${sealed.key}: format 9, and this version reads 1 to 1`]);
    });

    it('does not take a segment of another trace for one of this', async () => {
      const { sealed } = await write({ traceId: T2, calls: [{ spanId: span('1') }] });
      const wrong = sealed.key.replace(T2, T1);
      await store.put(wrong, sealed.bytes);
      const error = await failureOf(async () => (await openArchive(store)).find(T1));
      expect(error.code).toBe('CHRONICLE_SEGMENT_DAMAGED');
      expect(error.message).toBe(`Cannot read ${wrong}: it holds trace ${T2} and lies in the folder of another.\nMove it to v1/traces/${T2}/ or remove it.`);
    });
  });

  describe('runs()', () => {
    const ids = (runs: readonly RunSummary[]): string[] => runs.map(({ traceId }) => traceId);

    it('lists nothing in an empty store', async () => {
      expect(await all((await openArchive(store)).runs())).toEqual([]);
    });

    it('summarizes runs, newest first', async () => {
      await record(store, {
        traceId: T3,
        startMillis: START,
        calls: [
          { spanId: span('1'), kind: 'agent', name: 'trader', effect: 'none', ends: 'returned', atMillis: 0 },
          { spanId: span('2'), parent: 1, ends: 'threw', output: new Error('no quote'), atMillis: 20 },
        ],
      });
      await record(store, {
        traceId: T1,
        startMillis: START + 60_000,
        calls: [{ spanId: span('3'), kind: 'agent', name: 'trader', ends: 'threw', output: new Error('x') }],
      });
      const { journal } = await write({ traceId: T2, startMillis: START + 30_000, calls: [{ spanId: span('4'), ends: 'never' }] });
      await store.put(journal.key, journal.bytes);
      const nanos = (millis: number): bigint => BigInt(millis) * 1_000_000n;
      expect(await all((await openArchive(store)).runs())).toEqual([
        {
          traceId: T1,
          startUnixNanos: nanos(START + 60_000),
          endUnixNanos: nanos(START + 60_000) + 500_000n,
          roots: [{ spanId: span('3'), kind: 'agent', name: 'trader', outcome: 'threw' }],
          boundaries: 1,
          errors: 1,
          complete: true,
          reasons: [],
        },
        {
          traceId: T2,
          startUnixNanos: nanos(START + 30_000),
          endUnixNanos: undefined,
          roots: [{ spanId: span('4'), kind: 'tool', name: 'get_quote', outcome: 'unknown' }],
          boundaries: 1,
          errors: 0,
          complete: false,
          reasons: [
            `${journal.key} was not closed: its process still runs, or was killed`,
            'outcome of tool "get_quote" is unknown (effect read): no end was recorded',
          ],
        },
        {
          traceId: T3,
          startUnixNanos: nanos(START),
          endUnixNanos: nanos(START + 20) + 500_000n,
          roots: [{ spanId: span('1'), kind: 'agent', name: 'trader', outcome: 'returned' }],
          boundaries: 2,
          errors: 1,
          complete: true,
          reasons: [],
        },
      ]);
    });

    it('lists a run that cannot be read, with the reason', async () => {
      const { sealed } = await write({ traceId: T1, startMillis: START + 1, calls: [{ spanId: span('1') }] });
      await store.put(sealed.key, sealed.bytes.slice(0, 20));
      await record(store, { traceId: T2, startMillis: START, calls: [{ spanId: span('2') }] });
      const runs = await all((await openArchive(store)).runs());
      expect(ids(runs)).toEqual([T1, T2]);
      expect(runs[0]).toMatchObject({ startUnixNanos: BigInt(START + 1) * 1_000_000n, roots: [], boundaries: 0, complete: false });
      expect(runs[0]?.reasons[0]).toContain(`Cannot read ${sealed.key}: its end is missing, so it was cut off.`);
    });

    it('lists each run once and in order, however small the window, and stops at the limit', async () => {
      const expected: string[] = [];
      for (let n = 0; n < 23; n++) {
        const traceId = ((n * 7) % 23).toString(16).padStart(32, '5');
        // Three runs begin in each millisecond; a run has one segment, or two, or a journal too.
        const startMillis = START + Math.floor(n / 3);
        const { sealed, journal } = await write({ traceId, startMillis, calls: [{ spanId: span('1') }] });
        if (n % 5 === 0) await store.put(journal.key, journal.bytes);
        if (n % 5 !== 0 || n % 2 === 0) await store.put(sealed.key, sealed.bytes);
        if (n % 4 === 0) await record(store, { traceId, startMillis: startMillis + 100_000, index: 1, calls: [{ spanId: span('2') }] });
        expected.push(`${String(startMillis)} ${traceId}`);
      }
      const newestFirst = expected
        .sort()
        .reverse()
        .map((line) => line.split(' ')[1]);
      for (const window of [1, 2, 5, 22, 23, 24, 1000]) expect(ids(await all(listRuns(store, { window }))), `window ${window}`).toEqual(newestFirst);
      for (const limit of [0, 1, 7, 23, 50]) {
        expect(ids(await all((await openArchive(store)).runs({ limit }))), `limit ${limit}`).toEqual(newestFirst.slice(0, limit));
        expect(ids(await all(listRuns(store, { limit, window: 3 })))).toEqual(newestFirst.slice(0, limit));
      }
    });

    it.each([-1, 1.5, Number.NaN])('refuses the limit %d', async (limit) => {
      const error = await failureOf(async () => all((await openArchive(store)).runs({ limit })));
      expect(error.code).toBe('CHRONICLE_OPTION_INVALID');
      expect(error.message).toBe(`Option limit must be a whole number from 0, got ${limit}.`);
    });
  });

  describe('locateSpan()', () => {
    it('finds a span among twenty thousand', async () => {
      const calls = Array.from({ length: 20_000 }, (_, n) => ({
        spanId: (n + 1).toString(16).padStart(16, 'c'),
        input: [randomBytes(8).toString('hex')],
        atMillis: 0,
      }));
      await record(store, { traceId: T1, calls });
      expect(await locateSpan(store, (20_000).toString(16).padStart(16, 'c'))).toEqual({ traceIds: [T1], unreadable: [] });
      expect(await locateSpan(store, (1).toString(16).padStart(16, 'c'))).toEqual({ traceIds: [T1], unreadable: [] });
    });
  });
});

describe('openArchive()', () => {
  it('wants a store', async () => {
    for (const store of [undefined, '']) {
      const error = await failureOf(() => openArchive(store));
      expect(error.code).toBe('CHRONICLE_OPTION_INVALID');
      expect(error.message).toBe(
        'No store is named.\nPass the option store (--store on the command line), or set CHRONICLE_STORE, for example to file:./chronicle-runs.',
      );
    }
  });

  it('lets the first question find out that the store is not there', async () => {
    const archive = await openArchive(path.join(await temporaryFolder(), 'nowhere'));
    for (const ask of [() => archive.find(T1), () => archive.find(span('1')), () => archive.readTrace(T1), () => all(archive.runs())]) {
      expect((await failureOf(ask)).code).toBe('CHRONICLE_STORE_UNAVAILABLE');
    }
  });
});

describe('a recording file', () => {
  it('is found by its path, in any folder, whatever the store', async () => {
    const folder = await temporaryFolder();
    const { sealed, journal } = await write({ traceId: T1, calls: [{ spanId: span('1') }, { spanId: span('2'), ends: 'never' }] });
    const file = path.join(folder, 'with space.chronicle');
    await writeFile(file, sealed.bytes);
    await writeFile(path.join(folder, 'killed.open'), journal.bytes);
    const archive = await openArchive('memory:unrelated');
    const whole = await archive.find(file);
    expect(whole.recording).toMatchObject({
      traceId: T1,
      segments: [file],
      reasons: ['outcome of tool "get_quote" is unknown (effect read): no end was recorded'],
    });
    expect(whole.envelope).toBeUndefined();
    expect((await archive.find(`${file}#${span('2')}`)).envelope).toMatchObject({ spanId: span('2'), segment: file });
    expect((await archive.find(`file://${folder}/with%20space.chronicle#${span('1')}`)).envelope).toMatchObject({ spanId: span('1') });
    expect((await readRecordingFile(path.join(folder, 'killed.open'))).reasons[0]).toBe(
      `${path.join(folder, 'killed.open')} was not closed: its process still runs, or was killed`,
    );
    const unknown = await failureOf(() => archive.find(`${file}#${span('9')}`));
    expect(unknown.code).toBe('CHRONICLE_REF_NOT_FOUND');
    expect(unknown.message).toBe(
      `No span ${span('9')} in ${file}.\nOnly boundaries have envelopes: the span may be one of another library. There are: tool "get_quote" ${span('1')}, tool "get_quote" ${span('2')}.`,
    );
  });

  it('that is not there, is a folder or is damaged is said to be so', async () => {
    const folder = await temporaryFolder();
    const archive = await openArchive('memory:unrelated');
    const missing = await failureOf(() => archive.find(path.join(folder, 'a.chronicle')));
    expect(missing.code).toBe('CHRONICLE_REF_NOT_FOUND');
    expect(missing.message).toBe(`There is no recording file ${path.join(folder, 'a.chronicle')}.\nCheck the path and the working directory.`);
    await mkdir(path.join(folder, 'b.chronicle'));
    const directory = await failureOf(() => archive.find(path.join(folder, 'b.chronicle')));
    expect(directory.code).toBe('CHRONICLE_STORE_UNAVAILABLE');
    expect(directory.message).toMatch(/^Cannot read the recording file .*b\.chronicle: EISDIR.*\.\nCheck the file and who may read it\.$/);
    await writeFile(path.join(folder, 'c.chronicle'), 'not a recording, only some text');
    expect((await failureOf(() => archive.find(path.join(folder, 'c.chronicle')))).code).toBe('CHRONICLE_SEGMENT_DAMAGED');
  });
});
