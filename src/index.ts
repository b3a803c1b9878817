// The front door.
export { type Boundary, type BoundaryDecorator, type BoundaryOfKind, type BoundaryOptions, boundary } from './boundary/index.js';
export type { BoundaryKind, Effect } from './crossing/index.js';
export { ChronicleError, type ChronicleErrorCode, isChronicleError } from './errors.js';
export { flush } from './setup/lifetime.js';
export { recordBoundaries } from './setup/record-boundaries.js';
export type { RecordOptions } from './setup/record-options.js';
export { RecordSpanProcessor } from './setup/record-span-processor.js';
