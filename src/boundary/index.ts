export { type Boundary, type BoundaryDecorator, type BoundaryOfKind, boundary } from './boundary.js';
export type { BoundaryOptions } from './options.js';
export { CELL } from './spans.js';
export { registerCodec, type ValueCodec } from './register-codec.js';
