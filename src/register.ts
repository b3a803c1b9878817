// `node --import chronicle-otel/register app.js`: records or replays as the environment says, before the program starts.

import { startFromEnvironment } from './setup/start.js';

await startFromEnvironment();
