// One call through a boundary, from start to end. While recording the user's function always runs and its value, error
// and promise are handed on as they are; while replaying it runs only where the session says so.

import { types } from 'node:util';
import { randomBytes } from 'node:crypto';
import { context, type Context, isSpanContextValid, type Link, trace, TraceFlags } from '@opentelemetry/api';
import { ChronicleError } from '../errors.js';
import { isCodecRunning } from '../value/index.js';
import {
  type Answer,
  type Answerer,
  type BoundaryDefinition,
  type CapturedValue,
  type Crossing,
  engine,
  joinPath,
  nextOrdinal,
  nowUnixNanos,
  type Outcome,
  type Recorder,
  type Run,
  runOf,
  type Scope,
  type SpanContent,
  type StreamForm,
} from '../crossing/index.js';
import { deliver } from './deliver.js';
import { guarded } from './guard.js';
import { followPromise, followThenable, type PromiseFollower } from './promises.js';
import { contextOf, describeAnswer, describeBegin, endSpan, startSpan } from './spans.js';
import { observeStream, streamFormOf, type StreamObserver } from './streams.js';

/** What a session or a recorder wants to know of a crossing. */
interface Follower {
  head?(value: unknown): void;
  chunk(value: unknown): void;
  end(outcome: Outcome): CapturedValue | undefined;
}

type AnyFunction = (this: unknown, ...args: never[]) => unknown;

/** Calls a boundary. */
export function cross(boundary: BoundaryDefinition, self: unknown, args: unknown[]): unknown {
  if (isCodecRunning()) throw calledByCodec(boundary);
  const state = engine();
  const scope = state.scopes.getStore();
  const answerer = scope?.answerer ?? state.answerer;
  if (answerer === undefined) {
    if (state.mode === 'off') return Reflect.apply(boundary.target, self, args as never[]);
    if (state.mode === 'replay') return deliver({ kind: 'threw', async: false, error: notReady(boundary) }, isAsync(boundary.target));
  }
  const crossing = newCrossing(boundary, scope?.crossing);
  const parent = contextOf(crossing.parent);
  if (answerer !== undefined) return replay(answerer, crossing, self, args, parent, scope);
  return record(crossing, self, args, parent);
}

/** A codec runs while a value is captured or built: a call would be recorded in the middle of another, or run live in a replay. */
function calledByCodec({ kind, name }: BoundaryDefinition): ChronicleError {
  return new ChronicleError(
    'CHRONICLE_CODEC_FAILED',
    `${kind} "${name}" was called by the encode() or decode() of a codec.\nNothing was run. A codec says what a value is; make the call before the value is passed on.`,
    { facts: { kind, name } },
  );
}

function notReady(boundary: BoundaryDefinition): ChronicleError {
  return new ChronicleError(
    'CHRONICLE_REPLAY_REFUSED',
    `${boundary.kind} "${boundary.name}" was called while this process is set to replay and no recording is loaded.\nNothing was run. Name the recording in CHRONICLE_REPLAY and its store in CHRONICLE_STORE, or unset CHRONICLE_MODE to record.`,
    { facts: { kind: boundary.kind, name: boundary.name } },
  );
}

const NO_RUN: Run = { traceId: '', ordinals: new Map(), active: 0 };

function newCrossing(boundary: BoundaryDefinition, parent: Crossing | undefined): Crossing {
  return {
    boundary,
    parent,
    run: parent?.run ?? NO_RUN,
    path: '',
    ordinal: 0,
    recordedPath: undefined,
    traceId: '',
    spanId: '',
    span: undefined,
    claimedBy: undefined,
    ordinals: undefined,
    input: undefined,
    recorderState: undefined,
    startUnixNanos: nowUnixNanos(),
  };
}

/** Gives the crossing its place in the run. */
function place(crossing: Crossing, ordinals: Map<string, number>): void {
  const { boundary, parent } = crossing;
  crossing.ordinal = nextOrdinal(ordinals, boundary.name);
  crossing.path = joinPath(parent?.path ?? '', boundary.name, crossing.ordinal);
}

/** Identifiers of the span where it has its own; else new ones, so that every envelope can be named. */
function identify(crossing: Crossing, args: unknown[], parentContext: Context, links: Link[] | undefined): void {
  const { parent } = crossing;
  crossing.span = startSpan(crossing, args, parentContext, links);
  const own = guarded('span context', () => crossing.span?.spanContext());
  const outer = guarded('span context', () => trace.getSpanContext(parentContext));
  // A span that is not recorded may be a stand-in that carries its parent's identity.
  if (own !== undefined && isSpanContextValid(own) && own.spanId !== outer?.spanId) {
    crossing.traceId = own.traceId;
    crossing.spanId = own.spanId;
    return;
  }
  crossing.spanId = randomBytes(8).toString('hex');
  crossing.traceId = outer !== undefined && isSpanContextValid(outer) ? outer.traceId : (parent?.traceId ?? randomBytes(16).toString('hex'));
}

function siblings(crossing: Crossing): Map<string, number> {
  const { parent } = crossing;
  if (parent === undefined) return crossing.run.ordinals;
  parent.ordinals ??= new Map();
  return parent.ordinals;
}

function record(crossing: Crossing, self: unknown, args: unknown[], parentContext: Context): unknown {
  const state = engine();
  identify(crossing, args, parentContext, undefined);
  if (crossing.parent === undefined) crossing.run = runOf(crossing.traceId);
  place(crossing, siblings(crossing));
  // What has begun is recorded to its end, also after its processor was shut down.
  crossing.claimedBy ??= crossing.parent?.claimedBy ?? state.recorder;
  const recorder = crossing.claimedBy;
  crossing.input = recorder === undefined ? undefined : guarded('begin', () => recorder.begin(crossing, args));
  const uri = recorder === undefined ? undefined : guarded('begin', () => recorder.uriOf(crossing));
  describeBegin(crossing, args, uri, 'record', recorder === undefined ? SILENT : state.spanContent);
  return run(crossing, self, args, parentContext, { crossing, answerer: undefined, run: undefined }, recording(recorder, crossing));
}

/** Follows a crossing for a recorder. Apart from where the arguments are: a stream among them is not to be held for long. */
function recording(recorder: Recorder | undefined, crossing: Crossing): Follower {
  return {
    head: (value) => void guarded('chunk', () => recorder?.head?.(crossing, value)),
    chunk: (value) => void guarded('chunk', () => recorder?.chunk(crossing, value)),
    end: (outcome) => (recorder === undefined ? undefined : guarded('end', () => recorder.end(crossing, outcome))),
  };
}

/** The same for a session. */
function replaying(answerer: Answerer, crossing: Crossing): Follower {
  return {
    chunk: (value) => void guarded('chunk', () => answerer.chunk?.(crossing, value)),
    end: (outcome) => guarded('end', () => answerer.finished(crossing, outcome)),
  };
}

/** Without a recorder nothing of the content is shown: nobody asked for it. */
const SILENT: SpanContent = { maxPreviewBytes: 0, messages: false, protect: undefined };

function replay(answerer: Answerer, crossing: Crossing, self: unknown, args: unknown[], parentContext: Context, scope: Scope | undefined): unknown {
  if (crossing.parent === undefined) crossing.run = answerer.run;
  place(crossing, siblings(crossing));
  const answer = answerer.decide({ boundary: crossing.boundary, crossing, args });
  const links = answer.source === undefined ? undefined : [linkTo(answer.source)];
  identify(crossing, args, parentContext, links);
  crossing.input = answer.input;
  describeBegin(crossing, args, undefined, 'replay', engine().spanContent);
  describeAnswer(crossing, answer.served, answer.rung, answer.source);
  switch (answer.kind) {
    case 'outcome':
      return serve(crossing, answer);
    case 'refuse':
      endSpan(crossing, { kind: 'threw', async: isAsync(crossing.boundary.target), error: answer.error }, undefined, engine().spanContent);
      return deliver({ kind: 'threw', async: false, error: answer.error }, isAsync(crossing.boundary.target));
    case 'run': {
      crossing.recordedPath = answer.recordedPath;
      return run(crossing, self, args, parentContext, { crossing, answerer: scope?.answerer, run: scope?.run }, replaying(answerer, crossing));
    }
  }
}

function linkTo(source: { readonly traceId: string; readonly spanId: string }): Link {
  return { context: { traceId: source.traceId, spanId: source.spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true } };
}

function serve(crossing: Crossing, answer: Extract<Answer, { kind: 'outcome' }>): unknown {
  const { outcome } = answer;
  const { target } = crossing.boundary;
  if (outcome.kind === 'streamed') {
    const stream = { ...outcome, chunks: outcome.chunks };
    endSpan(crossing, { ...outcome, chunks: outcome.chunks.length }, undefined, engine().spanContent);
    return deliver(stream, isAsync(target));
  }
  endSpan(crossing, outcome, undefined, engine().spanContent);
  return deliver(outcome, isAsync(target));
}

/** Whether a function always answers by a promise, as far as one can tell without calling it. */
function isAsync(target: AnyFunction): boolean {
  return types.isAsyncFunction(target) && !types.isGeneratorFunction(target);
}

/** Runs the user's function and follows what comes of it. */
function run(crossing: Crossing, self: unknown, args: unknown[], parentContext: Context, scope: Scope, follower: Follower): unknown {
  const { boundary, span } = crossing;
  const { target } = boundary;
  const inner = span === undefined ? parentContext : trace.setSpan(parentContext, span);
  const sides = sidesOf(crossing, scope, inner);
  crossing.run.active++;
  let ended = false;
  const finish = (outcome: Outcome): void => {
    if (ended) return;
    ended = true;
    crossing.run.active--;
    const captured = follower.end(outcome);
    endSpan(crossing, outcome, captured, engine().spanContent);
  };
  let result: unknown;
  try {
    result = callInside(sides, target, self, args);
  } catch (error) {
    finish({ kind: 'threw', async: false, error });
    throw error;
  }
  const settled: PromiseFollower = {
    fulfilled(value) {
      if (!followStream(value, true, sides, follower, finish)) finish({ kind: 'returned', async: true, value });
    },
    rejected: (error) => finish({ kind: 'threw', async: true, error }),
  };
  if (types.isPromise(result)) return followPromise(result, isAsync(target), settled);
  // Some can be awaited and read as well; what the program does first is what the call gave.
  const awaited = typeof result === 'object' && result !== null && followThenable(result, settled);
  const read = followStream(result, false, sides, follower, finish);
  if (!awaited && !read) finish({ kind: 'returned', async: false, value: result });
  return result;
}

type Finish = (outcome: Outcome) => void;

/** Follows a stream if the value is one, and says whether it is. */
function followStream(value: unknown, async: boolean, sides: Sides, follower: Follower, finish: Finish): boolean {
  const form = guarded('stream', () => streamFormOf(value));
  if (form === undefined) return false;
  const observer = streamObserver(form, async, sides, follower, finish);
  return guarded('stream', () => observeStream(value as object, form, observer)) === true;
}

/** The two sides of a crossing, and how a step is run on each. */
type Sides = Pick<StreamObserver, 'inside' | 'outside'>;

function sidesOf(crossing: Crossing, scope: Scope, inner: Context): Sides {
  const { scopes } = engine();
  const outerScope = scopes.getStore();
  const outerContext = context.active();
  return {
    inside: (step) => scopes.run(scope, () => context.with(inner, step)),
    outside(step) {
      if (!isWithin(scopes.getStore()?.crossing, crossing)) return step();
      return scopes.run(outerScope as Scope, () => context.with(outerContext, step));
    },
  };
}

function callInside(sides: Sides, target: AnyFunction, self: unknown, args: unknown[]): unknown {
  return sides.inside(() => Reflect.apply(target, self, args as never[]));
}

function isWithin(inner: Crossing | undefined, crossing: Crossing): boolean {
  for (let step = inner; step !== undefined; step = step.parent) if (step === crossing) return true;
  return false;
}

/** Apart from `followStream`, so that it does not hold the stream: one that nobody holds any more has been abandoned. */
function streamObserver(form: StreamForm, async: boolean, sides: Sides, follower: Follower, finish: Finish): StreamObserver {
  let chunks = 0;
  return {
    ...sides,
    head: (value) => follower.head?.(value),
    chunk(chunk) {
      chunks++;
      follower.chunk(chunk);
    },
    end: (end, last) => finish({ kind: 'streamed', async, form, end, value: last, chunks }),
  };
}
