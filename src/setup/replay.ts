// `replay()` as users call it: the environment fills in what the options leave out.

import { openArchive, type StoreLike } from '../archive/index.js';
import { engine } from '../crossing/index.js';
import { ChronicleError } from '../errors.js';
import { withoutSpans } from '../export/index.js';
import { type ReplayOptions, type ReplayReport, replayRecording } from '../replay/index.js';
import { readEnvironment, showsContent } from './environment.js';

/** The store that an option or the environment names. Fails with `CHRONICLE_OPTION_INVALID` where neither does. */
export function storeOf(store: StoreLike | undefined): StoreLike {
  const named = store ?? readEnvironment().store;
  if (named !== undefined) return named;
  throw new ChronicleError(
    'CHRONICLE_OPTION_INVALID',
    'Option store is missing: say where the recordings are, as in { store: "file:./runs" }, or set CHRONICLE_STORE.',
    { facts: { option: 'store' } },
  );
}

/**
 * The privacy door of the program that is replayed: the one that its own `RecordSpanProcessor` names. It is asked at
 * each text, since that processor may be made after the replay began.
 */
export function protectAsRecorded(text: string, key: string | undefined): string {
  return engine().spanContent.protect?.(text, key) ?? text;
}

/** Lets the environment decide what stands on the spans of a replay, also where no processor for recording is made. */
export function applySpanSwitches(): void {
  const environment = readEnvironment();
  const state = engine();
  state.spanContent = {
    ...state.spanContent,
    ...(showsContent(environment) ? {} : { maxPreviewBytes: 0 }),
    messages: environment.spanContent === 'messages',
  };
}

/**
 * Replays a recorded run, or the part of it that one span names, and reports how it went.
 *
 * `ref` is a trace ID, a span ID, `traceId:spanId`, a traceparent, a Jaeger or Tempo URL, an envelope URI or the path
 * of a recording. The recorded boundary is called again with its recorded input; every call inside it gets its
 * recorded outcome, and nothing runs live that the options do not name. The recording is only read.
 *
 * Fails with a `ChronicleError` where the reference, the store, a module or an option is wrong. A recording that cannot
 * support a claim is no error but the verdict `refused`.
 */
export async function replay(ref: string, options: ReplayOptions = {}): Promise<ReplayReport> {
  applySpanSwitches();
  const { recording, envelope } = await withoutSpans(async () => (await openArchive(storeOf(options.store))).find(ref));
  return replayRecording({ recording, envelope, options, protect: protectAsRecorded });
}
