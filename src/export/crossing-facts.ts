// What the records of a crossing say, whichever recorder writes them.

import type { TraceWriter } from '../archive/index.js';
import { type Crossing, nowUnixNanos, type Outcome } from '../crossing/index.js';

type Begin = Parameters<TraceWriter['begin']>[0];
type End = Parameters<TraceWriter['end']>[0];

/** What the Begin record says. `parentNumber` is the enclosing crossing's in the same segment, 0 where it is elsewhere. */
export function beginFacts(crossing: Crossing, parentNumber: number): Begin {
  const { boundary } = crossing;
  const outside = parentNumber === 0 ? crossing.parent : undefined;
  return {
    spanId: crossing.spanId,
    traceId: crossing.traceId,
    parent: parentNumber,
    parentSpanId: outside?.spanId,
    parentPath: outside?.path ?? '',
    kind: boundary.kind,
    name: boundary.name,
    effect: boundary.effect,
    ordinal: crossing.ordinal,
    startUnixNanos: crossing.startUnixNanos,
  };
}

/** What the End record says of a crossing that ends now. */
export function endFacts(crossing: Crossing, crossingPlace: End['crossing'], outcome: Outcome): End {
  return {
    crossing: crossingPlace,
    durationNanos: nanosSinceBegin(crossing),
    ending: outcome.kind,
    async: outcome.async,
    stream: outcome.kind === 'streamed' ? { form: outcome.form, end: outcome.end, chunks: outcome.chunks } : undefined,
    attributes: [],
  };
}

/** The value that an outcome brings: the result, the error, or what a stream ended with. */
export function valueOf(outcome: Outcome): unknown {
  return outcome.kind === 'threw' ? outcome.error : outcome.value;
}

/** Nanoseconds since a crossing began. */
export function nanosSinceBegin(crossing: Crossing): number {
  return Number(nowUnixNanos() - crossing.startUnixNanos);
}
