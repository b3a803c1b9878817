// What the tests of this folder ask of an OpenTelemetry SDK, whichever line it is of. Each line has one `otel.mjs` that
// gives it, written against that line's own types; the tests import it as `#otel`.

import type { Attributes, Context, HrTime, Link, Span, SpanContext, SpanKind, SpanStatus } from '@opentelemetry/api';

/** The part of the API package that registers things in the process; each copy of the package has its own. */
export interface ApiCopy {
  readonly trace: { setGlobalTracerProvider(provider: unknown): boolean; disable(): void };
  readonly context: { setGlobalContextManager(manager: never): boolean; disable(): void };
}

/** A finished span as an exporter sees it, in both lines. */
export interface FinishedSpan {
  readonly name: string;
  readonly kind: SpanKind;
  spanContext(): SpanContext;
  readonly parentSpanContext?: SpanContext | undefined;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly links: Link[];
  readonly events: { readonly name: string; readonly attributes?: Attributes | undefined }[];
}

/** A span processor, in both lines. */
export interface Processor {
  onStart(span: Span, parentContext: Context): void;
  onEnding?(span: Span): void;
  onEnd(span: FinishedSpan): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** A sampler, in both lines. */
export interface Sampler {
  shouldSample(context: Context, traceId: string, spanName: string, spanKind: SpanKind, attributes: Attributes, links: Link[]): { decision: number };
  toString(): string;
}

/** An exporter that keeps what it gets. */
export interface MemoryExporter {
  getFinishedSpans(): FinishedSpan[];
  reset(): void;
}

/** What a provider is made of. */
export interface ProviderOptions {
  spanProcessors: readonly unknown[];
  sampler?: Sampler | undefined;
}

/** A tracer provider, in both lines. */
export interface Provider {
  getTracer(name: string, version?: string): { startSpan(name: string, options?: object, parent?: Context): Span };
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** One line of the SDK. */
export interface Line {
  readonly line: 'SDK 2' | 'SDK 3';
  /** The copy of the API that this line's SDK has. */
  readonly api: ApiCopy;
  /** Makes a provider and a context manager the global ones; through another copy of the API if one is given. */
  makeProvider(options: ProviderOptions, api?: ApiCopy): Provider;
  /** Makes a provider the global one and installs no context manager. */
  makeBareProvider(options: ProviderOptions): Provider;
  /** Only constructs a provider. */
  constructProvider(options: ProviderOptions): Provider;
  /** Undoes what was registered, through every copy of the API. */
  unregister(): Promise<void>;
  memoryExporter(): MemoryExporter;
  simple(exporter: unknown): Processor;
  batch(exporter: unknown): Processor;
  /** OTLP over HTTP, as JSON. */
  otlpExporter(url: string): { shutdown(): Promise<void> };
  alwaysOff(): Sampler;
  alwaysOn(): Sampler;
  parentBased(root: Sampler): Sampler;
  suppressTracing(context: Context): Context;
}
