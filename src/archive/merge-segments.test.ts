import { describe, expect, it } from 'vitest';
import { ChronicleError } from '../errors.js';
import type { CrossingPiece, Envelope, SegmentContent, StoredChunk, StoredOutcome, StoredValue } from '../envelope/index.js';
import { mergeSegments, type SegmentPart } from './merge-segments.js';

const T = '4bf92f3577b34da6a3ce929d0e0e4736';
const value = { incomplete: [] as readonly string[], opaque: [] as readonly string[] } as StoredValue;
const returned: StoredOutcome = { kind: 'returned', async: true, value };

function envelope(spanId: string, startUnixNanos: bigint, more: Partial<Envelope> = {}): Envelope {
  return {
    traceId: T,
    spanId: spanId.padStart(16, '0'),
    parentSpanId: undefined,
    kind: 'tool',
    name: 'get_quote',
    effect: 'read',
    path: `get_quote#${spanId}`,
    ordinal: 0,
    sequence: 0,
    startUnixNanos,
    endUnixNanos: startUnixNanos + 1n,
    input: value,
    outcome: returned,
    attributes: {},
    incomplete: [],
    opaque: [],
    segment: 's',
    ...more,
  };
}

function part(name: string, envelopes: Envelope[], more: Partial<SegmentContent> = {}, sealed = true): SegmentPart {
  return {
    name,
    sealed,
    content: {
      traceId: T,
      writer: 'aaaa',
      index: 0,
      envelopes,
      pieces: [],
      resource: {},
      closed: true,
      torn: false,
      damage: undefined,
      reasons: [],
      values: [],
      valuesSha256: undefined,
      footer: undefined,
      ...more,
    },
  };
}

describe('mergeSegments()', () => {
  it('puts envelopes in the order in which they began, across segments', () => {
    const recording = mergeSegments(T, [
      part('s2', [envelope('3', 30n), envelope('4', 40n)]),
      part('s1', [envelope('1', 10n), envelope('5', 50n)], { writer: 'bbbb' }),
      part('s3', [envelope('b', 20n, { sequence: 2 }), envelope('a', 20n, { sequence: 1 })], { writer: 'cccc' }),
    ]);
    expect(recording.envelopes.map(({ spanId }) => spanId.slice(-1))).toEqual(['1', 'a', 'b', '3', '4', '5']);
    expect(recording).toMatchObject({ traceId: T, complete: true, reasons: [], segments: ['s2', 's1', 's3'] });
  });

  it('compares nanoseconds that are beyond safe integers', () => {
    const recording = mergeSegments(T, [part('s', [envelope('2', 1764025200000000002n), envelope('1', 1764025200000000001n)])]);
    expect(recording.envelopes.map(({ spanId }) => spanId.slice(-1))).toEqual(['1', '2']);
  });

  it('drops what one writer stored twice, and keeps the one that knows the outcome', () => {
    const unknown = envelope('1', 10n, { outcome: { kind: 'unknown' }, endUnixNanos: undefined });
    const known = envelope('1', 10n);
    for (const order of [
      [unknown, known],
      [known, unknown],
      [known, known],
    ]) {
      const recording = mergeSegments(
        T,
        order.map((one, index) => part(`s${index}`, [one])),
      );
      expect(recording.envelopes).toEqual([known]);
      expect(recording.complete).toBe(true);
    }
  });

  it('keeps what differs in writer or path', () => {
    const recording = mergeSegments(T, [
      part('s1', [envelope('1', 10n), envelope('1', 10n, { path: 'other#0' })]),
      part('s2', [envelope('1', 10n)], { writer: 'bbbb' }),
    ]);
    expect(recording.envelopes).toHaveLength(3);
  });

  it('lists each resource once', () => {
    const a = { 'service.name': 'agent', 'process.pid': 1 };
    const b = { 'process.pid': 1, 'service.name': 'agent' };
    const c = { 'service.name': 'worker' };
    const recording = mergeSegments(T, [part('s1', [], { resource: a }), part('s2', [], { resource: b }), part('s3', [], { resource: c })]);
    expect(recording.resources).toEqual([a, c]);
  });

  it('says why a recording is not whole', () => {
    const damage = new ChronicleError('CHRONICLE_SEGMENT_DAMAGED', 'Cannot read s0: its end is missing.\nRestore it.');
    const recording = mergeSegments(
      T,
      [
        part('s1', [envelope('1', 10n, { kind: 'tool', name: 'place_order', effect: 'irreversible', outcome: { kind: 'unknown' } })], { closed: false }),
        part(
          'j1',
          [envelope('2', 20n, { kind: 'model', name: 'decide', incomplete: ['$[0].image is longer than 64 MiB', '$.b was cut'] })],
          { closed: false },
          false,
        ),
        part('j2', [], { closed: false, torn: true, reasons: ['j2 ends in the middle of record 7; what came before it is whole'] }, false),
        part('j3', [], { closed: false, torn: true }, false),
        part('s4', [], { reasons: ['3 records were not stored: disk full'] }),
      ],
      [{ name: 's0', error: damage }],
    );
    expect(recording.complete).toBe(false);
    expect(recording.reasons).toEqual([
      'Cannot read s0: its end is missing',
      's1 was not closed: its process was killed',
      'j1 was not closed: its process still runs, or was killed',
      'j2 ends in the middle of record 7; what came before it is whole',
      'j3 ends in the middle of a record',
      '3 records were not stored: disk full',
      'outcome of tool "place_order" is unknown (effect irreversible): no end was recorded',
      'values of model "decide" are not whole: $[0].image is longer than 64 MiB; $.b was cut',
    ]);
  });

  it('counts equal reasons, and bounds their number and length', () => {
    const open = (name: string, spanId: string) => envelope(spanId, 10n, { name, outcome: { kind: 'unknown' } });
    const same = mergeSegments(T, [part('s', [open('a', '1'), open('a', '2'), open('a', '3')])]);
    expect(same.reasons).toEqual(['outcome of tool "a" is unknown (effect read): no end was recorded (3 times)']);
    const many = mergeSegments(T, [
      part(
        's',
        Array.from({ length: 250 }, (_, n) => open(`tool${n}`, String(n))),
      ),
    ]);
    expect(many.reasons).toHaveLength(101);
    expect(many.reasons[100]).toBe('and 150 more reasons');
    const long = mergeSegments(T, [part('s', [], { reasons: ['x'.repeat(10_000)] })]);
    expect(long.reasons).toEqual([`${'x'.repeat(500)}...`]);
  });

  const open: Partial<Envelope> = { outcome: { kind: 'unknown' }, endUnixNanos: undefined };
  const chunk = (millis: bigint): StoredChunk => ({ offsetNanos: millis * 1_000_000n, value });
  const piece = (spanId: string, more: Partial<CrossingPiece> = {}): CrossingPiece => ({
    spanId: spanId.padStart(16, '0'),
    chunks: [],
    head: undefined,
    end: undefined,
    ...more,
  });
  const ended: CrossingPiece['end'] = { outcome: returned, durationNanos: 5n, attributes: { a: 1 } };
  const streamed: StoredOutcome = { kind: 'streamed', async: true, form: 'async-generator', end: 'done', value, chunks: [] };

  it('gives a call the end that a later segment of its writer holds', () => {
    const parts = [part('s0', [envelope('1', 10n, open)]), part('s1', [], { index: 1 }), part('s2', [], { index: 2, pieces: [piece('1', { end: ended })] })];
    for (const order of [parts, parts.toReversed()]) {
      const recording = mergeSegments(T, order);
      expect(recording.envelopes).toEqual([envelope('1', 10n, { endUnixNanos: 15n, attributes: { a: 1 } })]);
      expect([recording.complete, recording.reasons]).toEqual([true, []]);
    }
    const ofOther = mergeSegments(T, [parts[0] as SegmentPart, part('s1', [], { writer: 'bbbb', pieces: [piece('1', { end: ended })] })]);
    expect(ofOther.envelopes[0]?.outcome).toEqual({ kind: 'unknown' });
    expect(ofOther.reasons[0]).toBe('s1 goes on with a call whose begin is not here');
  });

  it('puts the chunks of a stream together in the order of the segments', () => {
    const end = { outcome: streamed, durationNanos: 5n, attributes: {} };
    const parts = [
      part('s0', [envelope('1', 10n, open)], { pieces: [piece('1', { head: value, chunks: [chunk(1n)] })] }),
      part(`v1/traces/${T}/20-aaaa-1.chronicle`, [], { index: 1, pieces: [piece('1', { chunks: [chunk(2n), chunk(3n)] })] }),
      part('s2', [], { index: 2, pieces: [piece('1', { chunks: [chunk(4n)], end })] }),
      // What comes after the end does not count.
      part('s3', [], { index: 3, pieces: [piece('1', { chunks: [chunk(5n)], end: ended })] }),
      // A segment and its journal are one segment, of which the one that was cut off says less.
      part(`journal/${T}.20-aaaa-1.open`, [], { index: 1, pieces: [piece('1', { chunks: [chunk(2n)] })] }, false),
    ];
    for (const order of [parts, parts.toReversed()]) {
      expect(mergeSegments(T, order).envelopes.map(({ outcome }) => outcome)).toEqual([
        { ...streamed, head: value, chunks: [chunk(1n), chunk(2n), chunk(3n), chunk(4n)] },
      ]);
    }
  });

  it('says which segments of a writer are missing, and of which calls there is no begin', () => {
    const parts = [
      part('s1', [], { index: 1, pieces: [piece('1', { end: ended })] }),
      part('s5', [], { index: 5, pieces: [piece('1'), piece('2')] }),
      part('b', [], { writer: 'bbbb' }),
    ];
    const name = `v1/traces/${T}/1764025200000-aaaa-3.chronicle`;
    const unreadable = [{ name, error: new ChronicleError('CHRONICLE_SEGMENT_DAMAGED', `Cannot read ${name}: its end is missing.`) }];
    const reasons = ['s1 goes on with a call whose begin is not here', 's5 goes on with 2 calls whose begins are not here'];
    expect(mergeSegments(T, parts, unreadable).reasons).toEqual([
      `Cannot read ${name}: its end is missing`,
      'segment 0 of writer aaaa is missing',
      'segment 2 of writer aaaa is missing',
      'segment 4 of writer aaaa is missing',
      ...reasons,
    ]);
    expect(mergeSegments(T, parts.slice(1)).reasons[0]).toBe('segments 0 to 4 of writer aaaa are missing');
    // Of one file nobody expects that it is all.
    expect(mergeSegments(T, parts, [], 'file').reasons).toEqual(reasons);
  });

  it('orders calls of one writer that began at the same time by its segments', () => {
    const { envelopes } = mergeSegments(T, [
      part('s1', [envelope('3', 10n, { sequence: 0 })], { index: 1 }),
      part('s0', [envelope('1', 10n, { sequence: 0 }), envelope('2', 10n, { sequence: 1 })]),
    ]);
    expect(envelopes.map(({ spanId }) => spanId.slice(-1))).toEqual(['1', '2', '3']);
  });

  it('escapes hostile names', () => {
    const recording = mergeSegments(T, [part('s', [envelope('1', 1n, { name: '\u001b[2J"', outcome: { kind: 'unknown' } })])]);
    expect(recording.reasons).toEqual(['outcome of tool "\\u001b[2J\\"" is unknown (effect read): no end was recorded']);
  });
});
