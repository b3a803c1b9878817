// How recording begins, whoever does it: the processor or the exporter.

import { engine } from '../crossing/index.js';
import { type RecordOptions, type ResolvedRecordOptions, resolveRecordOptions } from './record-options.js';

/**
 * Resolves the options and tells the engine what may stand on spans. Undefined where the process is not to record.
 * Fails with `CHRONICLE_OPTION_INVALID` for options that mean nothing.
 */
export function beginRecording(options: RecordOptions): ResolvedRecordOptions | undefined {
  const resolved = resolveRecordOptions(options);
  const state = engine();
  if (resolved.mode !== 'record') state.mode = resolved.mode;
  state.spanContent = resolved.spanContent;
  state.streamIdleMillis = resolved.streamIdleMillis;
  // A replay never writes to a recording, its own included.
  return state.mode === 'record' ? resolved : undefined;
}
