// The one engine of a process: who records, who answers, which boundaries exist, and the scope of the running call.
// It lives under a global symbol, so that the ESM and the CommonJS build, or two installed copies, share it. It holds
// no logic of recording or replay: those are plugged in as a Recorder or an Answerer.

import { AsyncLocalStorage } from 'node:async_hooks';
import type { Answerer, BoundaryDefinition, Recorder, Run, Scope, SpanContent } from './types.js';

/** The shared state. Fields are only ever added: another copy of the package may have created it. */
export interface Engine {
  readonly version: 1;
  /** The scope of the running crossing. Ours, not OpenTelemetry's: an application may have no context manager. */
  readonly scopes: AsyncLocalStorage<Scope>;
  /** Records every crossing that no processor claimed; undefined while nothing records. */
  recorder: Recorder | undefined;
  /** Every recorder that was installed and has not stored its last run, for `flush()`. */
  readonly recorders: Set<Recorder>;
  /** Answers every crossing outside of a scoped session; undefined unless the process replays. */
  answerer: Answerer | undefined;
  /** Set when the process must not record or run live (`CHRONICLE_MODE=replay` before its session is ready). */
  mode: 'record' | 'replay' | 'off';
  /** What may stand on spans. */
  spanContent: SpanContent;
  /** Boundaries by name, so that replay can call the recorded one. Functions made per request register again. */
  readonly boundaries: Map<string, Set<BoundaryDefinition>>;
  /** Open and recent runs by trace ID; bounded, the oldest idle one goes first. */
  readonly runs: Map<string, Run>;
  /** A stream that nobody has read from for so many milliseconds is abandoned; undefined for the default. */
  streamIdleMillis?: number;
  /** Faults of ours that were kept from the host program, by reason. */
  readonly faults: Map<string, number>;
}

const ENGINE = Symbol.for('chronicle.v1');

/** The engine of this process, created on first use. */
export function engine(): Engine {
  const holder = globalThis as { [ENGINE]?: Engine };
  return (holder[ENGINE] ??= {
    version: 1,
    scopes: new AsyncLocalStorage<Scope>(),
    recorder: undefined,
    recorders: new Set(),
    answerer: undefined,
    mode: 'record',
    spanContent: { maxPreviewBytes: 2_048, messages: false, protect: undefined },
    boundaries: new Map(),
    runs: new Map(),
    faults: new Map(),
  });
}

/** Runs that are kept for their ordinals after they went idle. A run is a few hundred bytes. */
const MAX_RUNS = 10_000;

/** The run of a trace in this process: the open one, or a new one. */
export function runOf(traceId: string): Run {
  const { runs } = engine();
  const known = runs.get(traceId);
  if (known !== undefined) return known;
  const run: Run = { traceId, ordinals: new Map(), active: 0 };
  runs.set(traceId, run);
  if (runs.size > MAX_RUNS) forgetOldestIdle(runs);
  return run;
}

function forgetOldestIdle(runs: Map<string, Run>): void {
  for (const [traceId, run] of runs) {
    if (run.active > 0) continue;
    runs.delete(traceId);
    return;
  }
}

/** The next ordinal of a name among equal siblings. */
export function nextOrdinal(ordinals: Map<string, number>, name: string): number {
  const ordinal = ordinals.get(name) ?? 0;
  ordinals.set(name, ordinal + 1);
  return ordinal;
}
