// A live value in the form in which a recording would hold it: protected, with markers where something cannot be kept.
// What a report says of a live value is said of this form, so nothing leaves that recording it would have withheld.

import { MemoryJournal, TraceWriter } from '../archive/index.js';
import { Codec, fileHead, readSegment } from '../envelope/index.js';
import type { Protect } from '../value/index.js';

/**
 * Writes a value to a segment in memory and reads it back. Costs as much as recording it, so it is for values that a
 * person is to see. Without protection the value itself does.
 */
export function asRecorded(value: unknown, protect: Protect | undefined): unknown {
  if (protect === undefined) return value;
  const journal = new MemoryJournal();
  const traceId = '1'.padStart(32, '0');
  const writer = new TraceWriter({ traceId, writer: 'shown', index: 0, startUnixNanos: 0n, writerVersion: '', journal, resource: [], protect });
  const facts = {
    spanId: '1'.padStart(16, '0'),
    traceId,
    parent: 0,
    parentSpanId: undefined,
    parentPath: '',
    kind: '',
    name: '',
    effect: '',
    ordinal: 0,
    startUnixNanos: 0n,
  };
  writer.begin(facts, { value, slot: '' });
  const { envelopes } = readSegment(Buffer.concat([fileHead(Codec.none), journal.read()]), 'a value of this run');
  return envelopes[0]?.input.decode();
}
