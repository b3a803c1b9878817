// The front door.
export { type Archive, openArchive, type RunSummary, type StoreLike } from './archive/index.js';
export {
  type Boundary,
  type BoundaryDecorator,
  type BoundaryOfKind,
  type BoundaryOptions,
  boundary,
  registerCodec,
  type ValueCodec,
} from './boundary/index.js';
export type { BoundaryKind, Effect, FlushReport } from './crossing/index.js';
export type { Envelope, Recording } from './envelope/index.js';
export { ChronicleError, type ChronicleErrorCode, isChronicleError } from './errors.js';
export {
  type Divergence,
  type FieldDifference,
  type Policy,
  ReplayBlockedError,
  type ReplayedCall,
  ReplayMissError,
  type ReplayOptions,
  ReplayRefusedError,
  type ReplayReport,
} from './replay/index.js';
export { EnvelopeExporter } from './setup/envelope-exporter.js';
export { flush } from './setup/lifetime.js';
export { recordBoundaries } from './setup/record-boundaries.js';
export type { RecordOptions } from './setup/record-options.js';
export { RecordSpanProcessor } from './setup/record-span-processor.js';
export { replay } from './setup/replay.js';
export { type ReplayProcessorOptions, ReplaySpanProcessor } from './setup/replay-span-processor.js';
