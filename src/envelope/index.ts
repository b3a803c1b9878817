export { type CrossingPiece, joinCrossing } from './crossing-pieces.js';
export type { BeginFacts, CrossingPlace, EndFacts, HeaderFacts, ScalarFact } from './facts.js';
export { changedJournal, holdsJournal, type JournalChanges, type JournalScan, type OpenCall, readJournalHead, scanJournal } from './journal-records.js';
export { Codec, FILE_HEAD_BYTES, FORMAT_VERSION, SCHEMA_URL } from './layout.js';
export { type Envelope, type Recording, type ResourceFacts, type StoredChunk, type StoredOutcome, storedValuesOf } from './model.js';
export { RecordWriter } from './record-writer.js';
export { fileHead, type JournalPieces, type SealFacts, sealSegment } from './segment-file.js';
export { type ReadOptions, readSegment, type SegmentContent } from './segment-reader.js';
export { digestOfValues, StoredValue } from './stored-value.js';
