// Writes a trace from a list of steps, into one segment or into as many as the steps say.

import fc from 'fast-check';
import { MemoryJournal, TraceWriter } from '../../src/archive/index.js';
import { Codec, type CrossingPlace, fileHead, sealSegment } from '../../src/envelope/index.js';
import { build, recipe } from './recipes.js';

export const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const START = 1_764_025_200_000_000_000n;

/** What happens next. `crossing` picks one of those that are open; where none is, nothing happens. */
export type Step =
  | { readonly kind: 'begin'; readonly inside: number; readonly root: boolean; readonly micros: number; readonly value: unknown }
  | { readonly kind: 'chunk' | 'head'; readonly crossing: number; readonly value: unknown }
  | { readonly kind: 'return' | 'throw' | 'stream'; readonly crossing: number; readonly value: unknown }
  | { readonly kind: 'roll' };

const value = fc.oneof(
  recipe({ maxNodes: 6 }).map((nodes) => build(nodes)),
  fc.constantFrom('short', 'A text that is longer than what stands in place, so that it is a node.'),
  fc.constant([{ role: 'user', content: 'the same in every call' }]),
);
/** Any step. */
export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('begin' as const), inside: fc.nat(9), root: fc.boolean(), micros: fc.nat(3), value }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('chunk' as const, 'chunk' as const, 'head' as const), crossing: fc.nat(9), value }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('return' as const, 'throw' as const, 'stream' as const), crossing: fc.nat(9), value }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'roll' as const }) },
);

interface Open {
  readonly spanId: string;
  readonly path: string;
  readonly writer: TraceWriter;
  readonly number: number;
  chunks: number;
  streams: boolean;
}

/** One segment, as the journal of a process that runs has it and as a store does. */
export interface WrittenSegment {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Does the steps. With `rolls` false the whole trace is one segment. The last segment is closed as well. */
export async function writeTrace(steps: readonly Step[], rolls: boolean): Promise<WrittenSegment[]> {
  const trace = new RolledTrace();
  for (const step of steps) if (step.kind !== 'roll' || rolls) trace.take(step);
  return trace.segments();
}

class RolledTrace {
  readonly #ended: { readonly writer: TraceWriter; readonly journal: MemoryJournal }[] = [];
  #journal = new MemoryJournal();
  #writer = this.#begin();
  readonly #open: Open[] = [];
  #begun = 0;

  #begin(): TraceWriter {
    const index = this.#ended.length;
    const startUnixNanos = START + BigInt(index) * 7_000n;
    const facts = { traceId: TRACE_ID, writer: 'aaaa', index, startUnixNanos, writerVersion: '1.0.0', resource: [], protect: undefined };
    return new TraceWriter({ ...facts, journal: this.#journal });
  }

  #roll(): void {
    this.#ended.push({ writer: this.#writer, journal: this.#journal });
    this.#journal = new MemoryJournal();
    this.#writer = this.#begin();
  }

  #placeOf({ writer, number, spanId }: Open): CrossingPlace {
    return writer === this.#writer ? number : { spanId };
  }

  take(step: Step): void {
    if (step.kind === 'roll') {
      this.#roll();
      return;
    }
    if (step.kind === 'begin') {
      this.#beginCrossing(step);
      return;
    }
    const at = step.crossing % this.#open.length;
    const open = this.#open[at];
    if (open === undefined) return;
    if (step.kind === 'chunk' || step.kind === 'head') {
      if (step.kind === 'head' && open.streams) return;
      open.streams = true;
      if (step.kind === 'chunk') open.chunks++;
      this.#writer.chunk(this.#placeOf(open), 1_000_000, { value: step.value, slot: 'chunk' }, step.kind === 'head');
      return;
    }
    this.#open.splice(at, 1);
    const captured = this.#writer.captureOutcome({ value: step.value, slot: 'outcome' });
    const facts = { crossing: this.#placeOf(open), durationNanos: 5_000_000, async: true, attributes: [['chronicle.spans', this.#begun] as const] };
    if (step.kind === 'stream' || open.streams) {
      this.#writer.end({ ...facts, ending: 'streamed', stream: { form: 'node-readable', end: 'done', chunks: open.chunks } }, captured);
    } else {
      this.#writer.end({ ...facts, ending: step.kind === 'return' ? 'returned' : 'threw', stream: undefined }, captured);
    }
  }

  #beginCrossing({ inside, root, micros, value }: Step & { readonly kind: 'begin' }): void {
    const parent = root || this.#open.length === 0 ? undefined : this.#open[inside % this.#open.length];
    const here = parent?.writer === this.#writer ? parent.number : 0;
    const spanId = (++this.#begun).toString(16).padStart(16, '0');
    const name = `call${this.#begun % 3}`;
    const ordinal = this.#begun;
    const { crossing } = this.#writer.begin(
      {
        spanId,
        traceId: TRACE_ID,
        parent: here,
        parentSpanId: here === 0 ? parent?.spanId : undefined,
        parentPath: here === 0 ? (parent?.path ?? '') : '',
        kind: 'tool',
        name,
        effect: 'read',
        ordinal,
        startUnixNanos: START + BigInt(micros) * 1_000n,
      },
      { value, slot: name },
    );
    const path = `${parent === undefined ? '' : `${parent.path}/`}${name}#${ordinal}`;
    this.#open.push({ spanId, path, writer: this.#writer, number: crossing, chunks: 0, streams: false });
  }

  /** In turn as a journal and sealed. */
  async segments(): Promise<WrittenSegment[]> {
    this.#roll();
    return Promise.all(
      this.#ended.map(async ({ writer, journal }, index) => {
        const { crossings, open } = writer.close();
        const name = `${index}.chronicle`;
        if (index % 2 === 0) return { name, bytes: Buffer.concat([fileHead(Codec.none), journal.read()]) };
        return { name, bytes: await sealSegment(journal, { crossings, open }) };
      }),
    );
  }
}
