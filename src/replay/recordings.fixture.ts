// For tests: recordings made of a few words, through the real writer and reader, and calls as `boundary()` makes them.

import { MemoryJournal, TraceWriter } from '../archive/index.js';
import { mergeSegments } from '../archive/merge-segments.js';
import { type Answer, type BoundaryKind, type Crossing, DEFAULT_EFFECT, type Effect, joinPath, nextOrdinal, type Outcome } from '../crossing/index.js';
import { Codec, type Envelope, fileHead, type Recording, readSegment } from '../envelope/index.js';
import type { Protect } from '../value/index.js';
import { type ResolvedReplayOptions, resolveReplayOptions } from './options.js';
import { makePlan } from './plan.js';
import { makeReport } from './report.js';
import { type EntryForm, newReplayRun, ReplaySession } from './session.js';
import type { ReplayOptions, ReplayReport } from './types.js';

export const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';

/** One crossing, told. Without `returns`, `throws`, `streams` or `unknown` it returned undefined. */
export interface Told {
  kind: BoundaryKind;
  name: string;
  effect?: Effect;
  args?: readonly unknown[];
  returns?: unknown;
  throws?: unknown;
  streams?: { chunks: readonly unknown[]; end: 'done' | 'error' | 'cancelled' | 'abandoned'; value?: unknown };
  unknown?: true;
  inside?: readonly Told[];
}

/** Records what was told, each crossing before those inside it. The first has span 0000000000000001, and so on. */
export function recordingOf(told: readonly Told[], protect?: Protect): Recording {
  const journal = new MemoryJournal();
  const writer = new TraceWriter({
    traceId: TRACE_ID,
    writer: 'aaaaaaaa',
    index: 0,
    startUnixNanos: 1_000_000n,
    writerVersion: '0.0.0',
    journal,
    resource: [],
    protect,
  });
  let spans = 0;
  const write = (each: Told, parent: number, ordinals: Map<string, number>): void => {
    spans++;
    const { crossing } = writer.begin(
      {
        spanId: spans.toString(16).padStart(16, '0'),
        traceId: TRACE_ID,
        parent,
        parentSpanId: undefined,
        parentPath: '',
        kind: each.kind,
        name: each.name,
        effect: each.effect ?? DEFAULT_EFFECT[each.kind],
        ordinal: nextOrdinal(ordinals, each.name),
        startUnixNanos: BigInt((1_000_000 + spans) * 1_000),
      },
      { value: each.args ?? [], slot: `${each.name}>` },
    );
    const inner = new Map<string, number>();
    for (const one of each.inside ?? []) write(one, crossing, inner);
    if (each.unknown === true) return;
    const end = { crossing, durationNanos: 1_000_000, async: true, attributes: [] };
    if (each.streams !== undefined) {
      for (const chunk of each.streams.chunks) writer.chunk(crossing, 1_000_000, { value: chunk, slot: 'chunk' });
      const stream = { form: 'async-generator', end: each.streams.end, chunks: each.streams.chunks.length } as const;
      writer.end({ ...end, ending: 'streamed', stream }, writer.captureOutcome({ value: each.streams.value, slot: 'end' }));
    } else {
      const threw = 'throws' in each;
      writer.end(
        { ...end, ending: threw ? 'threw' : 'returned', stream: undefined },
        writer.captureOutcome({ value: threw ? each.throws : each.returns, slot: 'end' }),
      );
    }
  };
  const ordinals = new Map<string, number>();
  for (const each of told) write(each, 0, ordinals);
  const bytes = Buffer.concat([fileHead(Codec.none), journal.read()]);
  const content = { ...readSegment(bytes, 'test.chronicle'), closed: true };
  return mergeSegments(TRACE_ID, [{ name: 'test.chronicle', sealed: true, content }]);
}

/** The recorded crossing at a path. */
export function at(recording: Recording, path: string): Envelope {
  const found = recording.envelopes.find((envelope) => envelope.path === path);
  if (found === undefined) throw new Error(`nothing is recorded at ${path}`);
  return found;
}

/** A session as `replayRecording` would make it. Without `entry` the whole trace is replayed. */
export function sessionOf(recording: Recording, given: { entry?: Envelope; form?: EntryForm; options?: ReplayOptions; protect?: Protect } = {}): ReplaySession {
  const options: ResolvedReplayOptions = resolveReplayOptions(given.options);
  const { policies, allowIrreversible, onChangedInput, pace } = options;
  return new ReplaySession({
    plan: makePlan(recording, given.entry),
    run: newReplayRun(),
    policies,
    allowIrreversible,
    onChangedInput,
    pace,
    entryForm: given.form ?? (given.entry === undefined ? 'program' : 'boundary'),
    entryInput: options.input === undefined ? 'recorded' : 'given',
    protect: given.protect,
  });
}

/** What a session answered, and the crossing that asked. */
export interface Asked {
  readonly answer: Answer;
  readonly crossing: Crossing;
}

/** Asks a session as `boundary()` does. */
export function ask(session: ReplaySession, call: { kind: BoundaryKind; name: string; effect?: Effect; args?: readonly unknown[] }, parent?: Crossing): Asked {
  const { kind, name } = call;
  const target = async (): Promise<void> => undefined;
  let ordinals = session.run.ordinals;
  if (parent !== undefined) ordinals = parent.ordinals ??= new Map();
  const ordinal = nextOrdinal(ordinals, name);
  const crossing: Crossing = {
    boundary: {
      kind,
      name,
      effect: call.effect ?? DEFAULT_EFFECT[kind],
      call: target,
      target,
      slots: { input: `${kind}:${name}>`, output: `${kind}:${name}<`, error: `${kind}:${name}!`, chunk: `${kind}:${name}~` },
    },
    parent,
    run: session.run,
    path: joinPath(parent?.path ?? '', name, ordinal),
    ordinal,
    recordedPath: undefined,
    traceId: '',
    spanId: '',
    span: undefined,
    claimedBy: undefined,
    ordinals: undefined,
    input: undefined,
    recorderState: undefined,
    startUnixNanos: 0n,
  };
  const answer = session.decide({ boundary: crossing.boundary, crossing, args: call.args ?? [] });
  if (answer.kind === 'run') crossing.recordedPath = answer.recordedPath;
  return { answer, crossing };
}

/** The value that an answer gives, or the error that it throws. */
export function valueOf({ answer }: Asked): unknown {
  switch (answer.kind) {
    case 'outcome':
      return answer.outcome.kind === 'threw' ? answer.outcome.error : answer.outcome.value;
    case 'refuse':
      return answer.error;
    case 'run':
      return answer.served;
  }
}

export const returned = (value: unknown): Outcome => ({ kind: 'returned', async: true, value });
export const threw = (error: unknown): Outcome => ({ kind: 'threw', async: true, error });

/** The report of a session so far. */
export function reportOf(session: ReplaySession): ReplayReport {
  return makeReport(session.state(), session.run.traceId);
}
