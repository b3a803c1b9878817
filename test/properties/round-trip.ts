// Captures values into a segment as the recorder does, and reads them back.

import { hash } from 'node:crypto';
import { Codec, type Envelope, fileHead, readSegment, RecordWriter } from '../../src/envelope/index.js';
import { Capture, type Captured, type CaptureLimits, type Protect } from '../../src/value/index.js';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';

/** One open segment in memory: values go in one by one and come out of its bytes. */
export class Recorder {
  readonly records = new RecordWriter();
  readonly capture: Capture;
  readonly #chunks: Buffer[] = [fileHead(Codec.none)];
  readonly #values: Captured[] = [];
  #crossings = 0;

  constructor(options: { protect?: Protect | undefined; limits?: Partial<CaptureLimits> } = {}) {
    this.capture = new Capture(this.records, options);
    this.records.header({
      traceId: TRACE_ID,
      writer: 'aaaaaaaa',
      index: 0,
      startUnixNanos: 1_000_000n,
      schemaUrl: 'https://example.test/schema',
      writerVersion: '0.0.0',
    });
    this.#take();
  }

  #take(): void {
    this.#chunks.push(Buffer.from(this.records.take()));
  }

  /** Records a value as the input of a crossing. */
  record(value: unknown, slot = 'slot'): Captured {
    const captured = this.capture.capture(value, slot);
    this.#crossings++;
    this.#values.push(captured);
    this.records.begin(
      {
        spanId: this.#crossings.toString(16).padStart(16, '0'),
        traceId: TRACE_ID,
        parent: 0,
        parentSpanId: undefined,
        parentPath: '',
        kind: 'tool',
        name: 'tool',
        effect: 'read',
        ordinal: 0,
        startUnixNanos: 1_000_000n,
      },
      captured,
    );
    this.#take();
    return captured;
  }

  /** Ends the segment, so that a reader holds its values against what was captured. */
  close(): void {
    const digests = Buffer.from(this.#values.map(({ digestHex }) => digestHex).join(''), 'hex');
    this.records.close(this.#crossings, this.#crossings, hash('sha256', digests, 'buffer'));
    this.#take();
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  envelopes(): readonly Envelope[] {
    return readSegment(this.bytes(), 'segment').envelopes;
  }

  /** What was recorded last, as a reader sees it. */
  last(): unknown {
    return this.envelopes().at(-1)?.input.decode();
  }
}

/** Records a value, and builds it again from the bytes. */
export function roundTrip(
  value: unknown,
  options: { protect?: Protect; limits?: Partial<CaptureLimits> } = {},
): { readonly decoded: unknown; readonly captured: Captured } {
  const recorder = new Recorder(options);
  const captured = recorder.record(value);
  return { decoded: recorder.last(), captured };
}
