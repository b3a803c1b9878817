import { context, createContextKey } from '@opentelemetry/api';

/** Suppresses spans on both SDK lines; the key is theirs. */
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** Runs work of ours, such as a put into a store, so that no instrumentation makes spans of it. */
export function withoutSpans<T>(work: () => T): T {
  return context.with(context.active().setValue(SUPPRESS_TRACING, true), work);
}
