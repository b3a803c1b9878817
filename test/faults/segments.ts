// Segments that faults are put into, and what is known of them: what a reader must learn of the whole, and of what stands
// before any place of it.

import { hash } from 'node:crypto';
import { Codec, fileHead, readSegment, RecordWriter, type SegmentContent, sealSegment } from '../../src/envelope/index.js';
import { type ChronicleError, isChronicleError } from '../../src/errors.js';
import { Capture, type Captured, fingerprint } from '../../src/value/index.js';
import { seal, unframe } from '../vectors/by-hand.js';

export const NAME = 'v1/traces/t/s.chronicle';
export const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
export const HEADER = {
  traceId: TRACE,
  writer: 'w',
  index: 0,
  startUnixNanos: 1_764_025_200_000_000_001n,
  schemaUrl: 'https://example.test/s',
  writerVersion: '0.1.0',
};
export const LONG = 'A text of more than forty characters, which has a node of its own.';

/** Writes crossings of one trace, and closes it as the recorder does. */
export class Trace {
  readonly records = new RecordWriter();
  readonly #capture = new Capture(this.records);
  readonly #values: Captured[] = [];
  #crossings = 0;
  #open = 0;

  constructor() {
    this.records.header(HEADER);
    this.records.resource([
      ['service.name', 'trader'],
      ['host.cpus', 2],
      ['debug', false],
    ]);
  }

  #take(value: unknown, slot: string): Captured {
    const captured = this.#capture.capture(value, slot);
    this.#values.push(captured);
    return captured;
  }

  begin(parent: number, value: unknown, name = 'get_quote'): number {
    const spanId = `00f067aa0ba9${(0x02b1 + this.#crossings).toString(16).padStart(4, '0')}`;
    const facts = { spanId, traceId: TRACE, parent, parentSpanId: undefined, parentPath: '', kind: 'tool', name, effect: 'read', ordinal: 0 };
    this.#crossings++;
    this.#open++;
    return this.records.begin({ ...facts, startUnixNanos: HEADER.startUnixNanos + BigInt(this.#crossings) * 5_000n }, this.#take(value, `${name}>`));
  }

  chunk(crossing: number, value: unknown): void {
    this.records.chunk(crossing, 1_500_000, this.#take(value, 'chunk'));
  }

  end(crossing: number, value: unknown, ending: 'returned' | 'threw' = 'returned'): void {
    this.#open--;
    this.records.end(
      { crossing, durationNanos: 9_000, ending, async: true, stream: undefined, attributes: [['gen_ai.request.model', 'm']] },
      this.#take(value, '<'),
    );
  }

  /** The journal of all that was written, closed. */
  journal(): Buffer {
    const digests = Buffer.from(this.#values.map(({ digestHex }) => digestHex).join(''), 'hex');
    this.records.close(this.#crossings, this.#open, hash('sha256', digests, 'buffer'));
    return Buffer.concat([fileHead(Codec.none), this.records.take()]);
  }
}

/** A small trace with most kinds of record. */
export function smallTrace(): Buffer {
  const trace = new Trace();
  const one = trace.begin(0, [{ role: 'user', content: LONG }, [1, 2.5, -3], new Map([['k', new Date(5)]])]);
  const two = trace.begin(one, ['ACME', null, undefined, true]);
  trace.chunk(two, { delta: 'hel' });
  trace.end(two, { price: 12.5, note: `${LONG} again` });
  trace.end(one, [{ role: 'user', content: LONG }, 'done', new Uint8Array([1, 2, 3])]);
  return trace.journal();
}

/** A run as agents have them: a conversation that grows turn by turn, with tools in between. */
export function conversation(turns: number): Buffer {
  const trace = new Trace();
  const agent = trace.begin(0, ['buy 1,000 dollars of ACME'], 'trader');
  const messages: unknown[] = [{ role: 'system', content: textOf(0, 1_200) }];
  for (let turn = 1; turn <= turns; turn++) {
    messages.push({ role: 'user', content: textOf(turn, 200 + (turn % 7) * 150) });
    const model = trace.begin(agent, [{ model: 'm', temperature: 0.2, messages: [...messages] }], 'decide');
    const answer = {
      role: 'assistant',
      content: textOf(turn + 1_000, 300),
      tool_calls: [{ id: `call_${turn}`, name: 'get_quote', input: { symbol: `S${turn}` } }],
    };
    trace.end(model, answer);
    messages.push(answer);
    const tool = trace.begin(agent, [`S${turn}`]);
    if (turn % 5 === 0) trace.end(tool, Object.assign(new TypeError('market closed'), { stack: 'TypeError: market closed\n    at agent.js:1:1' }), 'threw');
    else trace.end(tool, { symbol: `S${turn}`, price: 100 + turn / 8, at: new Date(turn * 1_000), bytes: new Uint8Array(turn) });
  }
  trace.end(agent, 'done');
  return trace.journal();
}

/** Text that is the same at each call and does not pack to nothing. */
function textOf(seed: number, length: number): string {
  let text = '';
  for (let part = 0; text.length < length; part++) text += `${hash('sha256', `${seed} ${part}`, 'base64').slice(0, 12)} of the order book `;
  return text.slice(0, length);
}

/** The same records in a sealed segment, packed as it is asked, in blocks of some size. */
export function sealed(journal: Buffer, codec: number, blockBytes?: number): Buffer {
  const { envelopes } = readSegment(journal, NAME);
  const open = envelopes.filter(({ outcome }) => outcome.kind === 'unknown').length;
  return seal(unframe(journal), { codec, crossings: envelopes.length, open, ...(blockBytes === undefined ? {} : { blockBytes }) });
}

/** What the package's own writer makes of the same records. */
export function sealedByWriter(journal: Buffer): Promise<Buffer> {
  const { envelopes } = readSegment(journal, NAME);
  return sealSegment(journal.subarray(16), { crossings: envelopes.length, open: envelopes.filter(({ outcome }) => outcome.kind === 'unknown').length });
}

/** Everything that a reader learns of one crossing, values included, as one digest; beside it what does not depend on its end. */
export interface CrossingMeaning {
  readonly whole: string;
  readonly begun: string;
}

/** Everything that a reader learns of a segment, values included. */
export interface Meaning {
  readonly whole: string;
  readonly crossings: readonly CrossingMeaning[];
}

/** Reads all of a segment, values and digests included. */
export function meaningOf(content: SegmentContent): Meaning {
  const { envelopes, traceId, writer, index, resource } = content;
  const crossings = envelopes.map(({ input, outcome, endUnixNanos, attributes, incomplete, opaque, ...facts }): CrossingMeaning => {
    const begun = fingerprint({ ...facts, input: [input.digest, input.size, input.decode()] }).digest;
    if (outcome.kind === 'unknown') return { whole: begun, begun };
    const chunks = outcome.kind === 'streamed' ? outcome.chunks.map(({ offsetNanos, value }) => [offsetNanos, value.digest, value.decode()]) : [];
    const end = { ...outcome, endUnixNanos, attributes, incomplete, opaque, value: [outcome.value.digest, outcome.value.size, outcome.value.decode()], chunks };
    return { whole: fingerprint([begun, end]).digest, begun };
  });
  return { whole: fingerprint([traceId, writer, index, resource, crossings.map(({ whole }) => whole)]).digest, crossings };
}

/** What came of reading a segment. */
export type Reading =
  | { readonly kind: 'read'; readonly content: SegmentContent; readonly meaning: Meaning }
  | { readonly kind: 'refused'; readonly error: ChronicleError };

/** Reads all of it. Anything that is thrown and is no error of ours, or does not name the segment, is thrown on. */
export function readAll(bytes: Uint8Array): Reading {
  try {
    const content = readSegment(bytes, NAME);
    return { kind: 'read', content, meaning: meaningOf(content) };
  } catch (error) {
    if (!isChronicleError(error)) throw error;
    if (!error.message.includes(NAME) || error.facts['segment'] !== NAME)
      throw new Error(`an error does not name its segment: ${error.message}`, { cause: error });
    return { kind: 'refused', error };
  }
}

/** What a fault came to. `prefix`: a part that is right, and is said to be a part. `wrong` must never be. */
export type Verdict = 'error' | 'right' | 'prefix' | 'wrong';

/** Judges what was read of a segment after something happened to it, by what was read of it before. */
export function judge(reading: Reading, original: Meaning): Verdict {
  if (reading.kind === 'refused') return 'error';
  const { content, meaning } = reading;
  const toldOf = content.torn || content.damage !== undefined || !content.closed;
  if (meaning.whole === original.whole) return 'right';
  if (!toldOf || (content.reasons.length === 0 && content.closed)) return 'wrong';
  return meaning.crossings.every((crossing, index) => {
    const known = original.crossings[index];
    return known !== undefined && (crossing.whole === known.whole || (crossing.whole === crossing.begun && crossing.begun === known.begun));
  })
    ? 'prefix'
    : 'wrong';
}
