export { openArchive, readRecordingFile } from './archive.js';
export { parseRef } from './ref.js';
export type { Archive, Ref, RunSummary, StoreLike } from './types.js';
export { type Durability, FileJournal, type Journal, MemoryJournal } from './journal.js';
export { envelopeUri, journalName, segmentKey, type SegmentName, tracePrefix } from './keys.js';
export { toStore } from './to-store.js';
export { type CaptureMode, type ClosedSegment, storeSegment, TraceWriter, type TraceWriterOptions, type ValueSlot } from './trace-writer.js';
export type { ObjectStore } from '../storage/index.js';
