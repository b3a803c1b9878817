// The public `replay()`: from a reference to a report.

import { openArchive } from '../archive/index.js';
import { replayRecording } from './replay-recording.js';
import type { ReplayOptions, ReplayReport } from './types.js';

/**
 * Replays a recorded run, or the part of it that one span names, and reports how it went.
 *
 * `ref` is a trace ID, a span ID, `traceId:spanId`, a traceparent, a Jaeger or Tempo URL, an envelope URI or the path
 * of a recording. The recorded boundary is called again with its recorded input; every call inside it gets its
 * recorded outcome, and nothing runs live that the options do not name.
 */
export async function replay(ref: string, options: ReplayOptions = {}): Promise<ReplayReport> {
  const archive = await openArchive(options.store);
  const { recording, envelope } = await archive.find(ref);
  return replayRecording({ recording, envelope, options });
}
