// `node --require chronicle-otel/register app.js`. A required module cannot wait: while a recording is being loaded,
// boundary calls are refused. Prefer `--import`.

import { startFromEnvironment } from './setup/start.js';

startFromEnvironment().catch((error: unknown) => {
  // A replay that cannot be had must not turn into a live run.
  process.nextTick(() => {
    throw error;
  });
});
