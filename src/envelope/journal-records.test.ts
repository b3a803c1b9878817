import { describe, expect, it } from 'vitest';
import { Capture } from '../value/index.js';
import { changedJournal, holdsJournal, type JournalScan, readJournalHead, scanJournal } from './journal-records.js';
import { Codec, FILE_HEAD_BYTES } from './layout.js';
import { RecordWriter } from './record-writer.js';
import { fileHead, sealSegment } from './segment-file.js';
import { readSegment, type SegmentContent } from './segment-reader.js';

const TRACE = 'a'.repeat(32);
const START = 1_764_025_200_000_000_000n;

const ENDED = { durationNanos: 1_000, ending: 'returned', async: false, stream: undefined, attributes: [] } as const;

/** A small journal: three calls, the second of which has no end. */
function journal(): Buffer {
  const records = new RecordWriter();
  const capture = new Capture(records, { protect: undefined });
  records.header({ traceId: TRACE, writer: 'w0', index: 0, startUnixNanos: START, schemaUrl: 'x', writerVersion: '0.0.0' });
  records.resource([['host.name', 'h']]);
  for (const [at, effect] of ['read', 'irreversible', 'read'].entries()) {
    const begin = { parent: 0, parentSpanId: undefined, parentPath: '', kind: 'tool', name: effect, effect, ordinal: at, startUnixNanos: START };
    const crossing = records.begin({ ...begin, spanId: `${at}`.repeat(16), traceId: TRACE }, capture.capture([`question ${at}`], 'in'));
    if (effect === 'irreversible') continue;
    records.end({ ...ENDED, crossing }, capture.capture({ answer: at }, 'out'));
  }
  return Buffer.concat([fileHead(Codec.none), records.take()]);
}

const whole = journal();

/** The records in pieces of so many bytes. */
function* piecesOf(bytes: Uint8Array, size: number): Iterable<Uint8Array> {
  for (let at = FILE_HEAD_BYTES; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const asJournal = (bytes: Uint8Array) => ({ byteLength: bytes.length - FILE_HEAD_BYTES, pieces: () => piecesOf(bytes, 64) });

function read(bytes: Uint8Array): SegmentContent | undefined {
  try {
    return readSegment(bytes, 'j');
  } catch {
    return undefined;
  }
}

/** What a reader of the journal sees, and what the scan says, have to be one thing. */
async function agree(bytes: Buffer, size: number): Promise<JournalScan> {
  const scan = await scanJournal(piecesOf(bytes, size));
  const content = read(bytes);
  if (content === undefined) {
    // It has no header, or it holds what the reader gives up at altogether.
    if (scan.header !== undefined) expect(scan.end.kind).toBe('damaged');
    return scan;
  }
  const open = content.envelopes.filter(({ outcome }) => outcome.kind === 'unknown');
  expect(scan.crossings).toBe(content.envelopes.length);
  expect(scan.open).toEqual(open.map(({ spanId, kind, name, effect }) => ({ spanId, kind, name, effect })));
  expect(scan.end.kind).toBe(content.damage !== undefined ? 'damaged' : content.torn ? 'torn' : 'whole');
  return scan;
}

describe('scanJournal()', () => {
  it('counts what began and what has no end', async () => {
    expect(await agree(whole, 1 << 20)).toEqual({
      header: { traceId: TRACE, writer: 'w0', index: 0 },
      crossings: 3,
      open: [{ spanId: '1'.repeat(16), kind: 'tool', name: 'irreversible', effect: 'irreversible' }],
      endedLater: [],
      end: { kind: 'whole', record: 8, byte: whole.length },
    });
  });

  it('knows the end of a call that began in an earlier segment', async () => {
    const records = new RecordWriter();
    const capture = new Capture(records, { protect: undefined });
    records.header({ traceId: TRACE, writer: 'w0', index: 1, startUnixNanos: START, schemaUrl: 'x', writerVersion: '0.0.0' });
    records.end({ ...ENDED, crossing: { spanId: 'c'.repeat(16) } }, capture.capture('done', 'out'));
    const scan = await scanJournal([records.take()]);
    expect(scan).toMatchObject({ crossings: 0, open: [], endedLater: ['c'.repeat(16)], end: { kind: 'whole' } });
  });

  it('gives the same however the journal is cut into pieces', async () => {
    const scan = await agree(whole, 1 << 20);
    for (const size of [1, 7, 13, 100]) expect(await agree(whole, size)).toEqual(scan);
  });

  it('sees what a reader sees, wherever the journal is cut off', async () => {
    for (let length = FILE_HEAD_BYTES; length <= whole.length; length++) await agree(whole.subarray(0, length), 50);
  });

  it('sees what a reader sees, whichever bit is wrong', async () => {
    for (let at = FILE_HEAD_BYTES; at < whole.length; at++) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
      await agree(bytes, 50);
    }
  });

  it('sees what a reader sees where zeros follow', async () => {
    for (const zeros of [1, 12, 200]) {
      const scan = await agree(Buffer.concat([whole, Buffer.alloc(zeros)]), 50);
      expect(scan.end).toEqual({ kind: 'torn', record: 8, byte: whole.length, rest: 'missing' });
    }
  });

  it('gives what is sealed up to there as the reader has it', async () => {
    for (const length of [whole.length, whole.length - 1, whole.length - 100, whole.length - 200]) {
      const bytes = whole.subarray(0, length);
      const { end, crossings, open } = await scanJournal(piecesOf(bytes, 50));
      const sealed = await sealSegment(asJournal(bytes.subarray(0, end.byte)), { crossings, open: open.length });
      const ids = ({ envelopes }: SegmentContent): unknown => envelopes.map(({ spanId, outcome }) => [spanId, outcome.kind]);
      expect(ids(readSegment(sealed, 's'))).toEqual(ids(readSegment(bytes, 'j')));
    }
  });
});

describe('readJournalHead()', () => {
  it('knows a journal, one that was being made, one of a later version, and what is none', () => {
    const head = fileHead(Codec.none);
    expect(readJournalHead(whole)).toEqual({ kind: 'journal' });
    expect(readJournalHead(head.subarray(0, 5))).toEqual({ kind: 'empty' });
    expect(readJournalHead(Buffer.alloc(3))).toEqual({ kind: 'empty' });
    expect(readJournalHead(Buffer.from('hello'))).toEqual({ kind: 'damaged', what: 'it does not begin as a segment does' });
    expect(readJournalHead(Buffer.alloc(16))).toEqual({ kind: 'damaged', what: 'it does not begin as a segment does' });
    expect(readJournalHead(fileHead(Codec.zstd))).toEqual({ kind: 'damaged', what: 'its first bytes are not those of a journal' });
    const wrong = Buffer.from(head);
    wrong[8] = 2;
    expect(readJournalHead(wrong)).toEqual({ kind: 'damaged', what: 'the checksum of its first bytes is wrong' });
  });
});

describe('changedJournal()', () => {
  it('gives a segment another number, and says what is missing, and changes nothing else', async () => {
    const changed = changedJournal(asJournal(whole), { index: 300, gap: { reason: 'the disk is worn', bytes: 12 } });
    const content = readSegment(await sealSegment(changed, { crossings: 3, open: 1 }), 's');
    const before = readSegment(whole, 's');
    expect(content).toMatchObject({ traceId: TRACE, writer: 'w0', index: 300, resource: { 'host.name': 'h' } });
    expect(content.reasons).toEqual(['1 records were not stored: the disk is worn']);
    const values = ({ envelopes }: SegmentContent): unknown =>
      envelopes.map(({ input, outcome, ...rest }) => ({ ...rest, input: input.decode(), kind: outcome.kind }));
    expect(values(content)).toEqual(values(before));
  });
});

describe('holdsJournal()', () => {
  it('is true where the segment has these records, or more', async () => {
    const sealed = await sealSegment(asJournal(whole), { crossings: 3, open: 1 });
    expect(holdsJournal(sealed, 's', asJournal(whole))).toBe(true);
    expect(holdsJournal(sealed, 's', asJournal(whole.subarray(0, whole.length - 100)))).toBe(true);
    expect(holdsJournal(sealed, 's', asJournal(whole), { index: 1 })).toBe(false);
    const changes = { index: 1, gap: { reason: 'worn', bytes: 1 } };
    const changed = await sealSegment(changedJournal(asJournal(whole), changes), { crossings: 3, open: 1 });
    expect(holdsJournal(changed, 's', asJournal(whole), changes)).toBe(true);
  });

  it('is false where it has less, something else, or cannot be read', async () => {
    const { end } = await scanJournal(piecesOf(whole.subarray(0, whole.length - 1), 50));
    const less = await sealSegment(asJournal(whole.subarray(0, end.byte)), { crossings: 3, open: 2 });
    expect(holdsJournal(less, 's', asJournal(whole))).toBe(false);
    const sealed = await sealSegment(asJournal(whole), { crossings: 3, open: 1 });
    for (let at = 0; at < sealed.length; at += 3) {
      const bytes = Buffer.from(sealed);
      bytes[at] = (bytes[at] as number) ^ 0x10;
      // Beside the blocks a byte may say nothing of the records, such as how many are open.
      if (read(bytes) === undefined) expect(holdsJournal(bytes, 's', asJournal(whole))).toBe(false);
    }
    expect(holdsJournal(Buffer.from('broken'), 's', asJournal(whole))).toBe(false);
  });
});
