export { ArchiveRecorder, type ArchiveRecorderOptions } from './archive-recorder.js';
export { PendingRecorder } from './pending-recorder.js';
export { withoutSpans } from './without-spans.js';
