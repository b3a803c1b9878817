// Starting from the environment alone: what `chronicle-otel/register` does.

import { openArchive } from '../archive/index.js';
import { engine } from '../crossing/index.js';
import { ChronicleError } from '../errors.js';
import { withoutSpans } from '../export/index.js';
import type { ReplayOptions } from '../replay/index.js';
import { readEnvironment } from './environment.js';
import { reportInto, startProgramReplay } from './program-replay.js';
import { RecordSpanProcessor } from './record-span-processor.js';

/**
 * Records or replays as `CHRONICLE_MODE`, `CHRONICLE_STORE` and `CHRONICLE_REPLAY` say. Until a replay is ready every
 * boundary call is refused. Fails where a replay was asked for and cannot be had; recording never stops a program.
 */
export async function startFromEnvironment(): Promise<void> {
  const environment = readEnvironment();
  switch (environment.mode) {
    case 'off':
      engine().mode = 'off';
      return;
    case 'record':
      if (environment.store !== undefined && engine().recorder === undefined) new RecordSpanProcessor();
      return;
    case 'replay': {
      engine().mode = 'replay';
      if (environment.replay === undefined || environment.store === undefined) {
        const missing = environment.replay === undefined ? 'CHRONICLE_REPLAY' : 'CHRONICLE_STORE';
        throw new ChronicleError(
          'CHRONICLE_OPTION_INVALID',
          `CHRONICLE_MODE is replay and ${missing} is not set.\nSet CHRONICLE_REPLAY to the reference of a recording and CHRONICLE_STORE to where it is kept.`,
          {
            facts: { option: missing },
          },
        );
      }
      const { replay: ref, store } = environment;
      const { recording } = await withoutSpans(async () => (await openArchive(store)).find(ref));
      const replay = startProgramReplay(recording, environment.replayOptions as ReplayOptions);
      if (environment.reportDirectory !== undefined) reportInto(environment.reportDirectory, replay);
    }
  }
}
