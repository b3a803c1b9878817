// What io-faults.mjs needs of the package, in one bundle.

export { openArchive } from '../../src/archive/index.js';
export { boundary } from '../../src/boundary/index.js';
export { engine } from '../../src/crossing/index.js';
export { ArchiveRecorder } from '../../src/export/archive-recorder.js';
