export { ArchiveRecorder, type ArchiveRecorderOptions } from './archive-recorder.js';
