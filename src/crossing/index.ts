export { nowUnixNanos } from './clock.js';
export { type Engine, engine, nextOrdinal, runOf } from './engine.js';
export { reportFault } from './faults.js';
export { BOUNDARY_KINDS, type BoundaryKind, DEFAULT_EFFECT, EFFECTS, type Effect, runsAgainInReplay } from './kinds.js';
export { joinPath, parentPathOf } from './path.js';
export { NOTHING_WAITS } from './types.js';
export type {
  Answer,
  Answerer,
  BoundaryDefinition,
  Call,
  CapturedValue,
  Crossing,
  FlushReport,
  Outcome,
  RecordedOutcome,
  Recorder,
  Run,
  Rung,
  Scope,
  Served,
  SpanContent,
  StreamEnd,
  StreamForm,
} from './types.js';
