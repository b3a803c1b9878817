// The parts of the OpenTelemetry SDK that we meet, by structure: one object fits SDK 2 and SDK 3, and nothing of an SDK
// is imported at run time.

import type { Attributes, Context, Link, Span, SpanKind } from '@opentelemetry/api';

/** A finished span as exporters and processors see it. */
export interface ReadableSpanLike {
  readonly name: string;
  spanContext(): { readonly traceId: string; readonly spanId: string };
}

/** A sampler of either SDK line. */
export interface SamplerLike {
  shouldSample(context: Context, traceId: string, spanName: string, spanKind: SpanKind, attributes: Attributes, links: Link[]): { decision: number };
  toString(): string;
}

/** A span that has just started. */
export type StartedSpan = Span;
