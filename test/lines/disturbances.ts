// The set-ups in which a span processor is not called, is called late, or finds a span that is not what it was. Each is
// something that applications really have; most come from `sampler`, from other vendors' packages, or from the order in
// which things are installed.

import { type Context, context, type Span, SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import otel from '#otel';
import type { ApiCopy, FinishedSpan, MemoryExporter, Processor, Provider } from './surface.js';

/** A set-up that is installed. */
export interface Pipeline {
  /** Spans that were exported. */
  exported(): Promise<readonly FinishedSpan[]>;
  /** How the application calls its agent in this set-up. */
  inside<T>(call: () => T): T;
  /** What happens in the middle of the run. */
  midway(): Promise<void>;
}

/** One set-up. */
export interface Disturbance {
  readonly name: string;
  /** Spans that must be exported: all of the run, none, those before the middle, or whatever the fault leaves. */
  readonly spans: 'all' | 'all below a span' | 'none' | 'before midway' | 'any';
  /** Whether our code has another copy of the API than the application. */
  readonly otherApi?: boolean;
  install(ours: unknown): Pipeline;
}

const REMOTE_UNSAMPLED = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: TraceFlags.NONE, isRemote: true };

const direct = <T>(call: () => T): T => call();

function pipeline(
  exporter: MemoryExporter,
  provider: Provider,
  inside: Pipeline['inside'] = direct,
  midway: Pipeline['midway'] = async () => undefined,
): Pipeline {
  return {
    async exported() {
      await provider.forceFlush();
      return exporter.getFinishedSpans();
    },
    inside,
    midway,
  };
}

/** A processor that does one thing and is otherwise harmless. */
function other(hooks: { onStart?: (span: Span) => void; onEnding?: (span: Span) => void; onEnd?: (span: FinishedSpan) => void }): Processor {
  return {
    onStart: (span) => hooks.onStart?.(span),
    onEnding: (span) => hooks.onEnding?.(span),
    onEnd: (span) => hooks.onEnd?.(span),
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };
}

const broken = (where: string) => (): void => {
  throw new Error(`a processor of somebody else failed in ${where}`);
};

function stripAttributes(span: Span): void {
  const { attributes } = span as unknown as { attributes: Record<string, unknown> };
  for (const name of Object.keys(attributes)) delete attributes[name];
}

/** A provider such as vendors put in front of the SDK's: every span is a stand-in of their own. */
function delegating(provider: Provider): Provider {
  const standIn = (span: Span): Span =>
    new Proxy(span, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
      },
    });
  return {
    getTracer: (name, version) => {
      const tracer = provider.getTracer(name, version);
      return { startSpan: (spanName: string, options?: object, parent?: Context) => standIn(tracer.startSpan(spanName, options, parent ?? context.active())) };
    },
    forceFlush: () => provider.forceFlush(),
    shutdown: () => provider.shutdown(),
  };
}

/** Our processor first, or among others, with an exporter at the end. */
function installed(processors: (ours: unknown, exporting: Processor) => readonly unknown[]): (ours: unknown) => Pipeline {
  return (ours) => {
    const exporter = otel.memoryExporter();
    return pipeline(exporter, otel.makeProvider({ spanProcessors: processors(ours, otel.simple(exporter)) }));
  };
}

/** All set-ups. `otherApi` is the copy of the API that the other line has. */
export function disturbances(otherApi: ApiCopy): readonly Disturbance[] {
  return [
    { name: 'nothing disturbed', spans: 'all', install: installed((ours, exporting) => [exporting, ours]) },
    {
      name: 'the sampler drops everything',
      spans: 'none',
      install(ours) {
        const exporter = otel.memoryExporter();
        return pipeline(exporter, otel.makeProvider({ sampler: otel.alwaysOff(), spanProcessors: [otel.simple(exporter), ours] }));
      },
    },
    {
      name: 'an unsampled remote parent under ParentBased',
      spans: 'none',
      install(ours) {
        const exporter = otel.memoryExporter();
        const provider = otel.makeProvider({ sampler: otel.parentBased(otel.alwaysOn()), spanProcessors: [otel.simple(exporter), ours] });
        return pipeline(exporter, provider, (call) => context.with(trace.setSpanContext(context.active(), REMOTE_UNSAMPLED), call));
      },
    },
    {
      name: 'tracing is suppressed',
      spans: 'none',
      install(ours) {
        const exporter = otel.memoryExporter();
        const provider = otel.makeProvider({ spanProcessors: [otel.simple(exporter), ours] });
        return pipeline(exporter, provider, (call) => context.with(otel.suppressTracing(context.active()), call));
      },
    },
    {
      name: 'no provider is registered',
      spans: 'none',
      install: () => ({ exported: async () => [], inside: direct, midway: async () => undefined }),
    },
    {
      name: "a vendor's provider is the global one, ours is private",
      spans: 'all',
      install(ours) {
        const exporter = otel.memoryExporter();
        otel.constructProvider({ spanProcessors: [ours] });
        return pipeline(exporter, otel.makeProvider({ spanProcessors: [otel.simple(exporter)] }));
      },
    },
    {
      name: 'every span is a stand-in of a delegating provider',
      spans: 'all',
      install(ours) {
        const exporter = otel.memoryExporter();
        const provider = delegating(otel.makeProvider({ spanProcessors: [otel.simple(exporter), ours] }));
        otel.api.trace.disable();
        otel.api.trace.setGlobalTracerProvider(provider);
        return pipeline(exporter, provider);
      },
    },
    {
      name: 'another processor strips all attributes first',
      spans: 'all',
      install: installed((ours, exporting) => [other({ onStart: stripAttributes }), exporting, ours]),
    },
    {
      name: 'a processor before ours throws in onStart',
      spans: 'any',
      install: installed((ours, exporting) => [other({ onStart: broken('onStart') }), exporting, ours]),
    },
    {
      name: 'a processor after ours throws in onStart',
      spans: 'any',
      install: installed((ours, exporting) => [exporting, ours, other({ onStart: broken('onStart') })]),
    },
    {
      name: 'a processor throws in onEnding',
      spans: 'any',
      install: installed((ours, exporting) => [other({ onEnding: broken('onEnding') }), exporting, ours]),
    },
    {
      name: 'a processor before ours throws in onEnd',
      spans: 'any',
      install: installed((ours, exporting) => [other({ onEnd: broken('onEnd') }), exporting, ours]),
    },
    {
      name: 'a processor after ours throws in onEnd',
      spans: 'all',
      install: installed((ours, exporting) => [exporting, ours, other({ onEnd: broken('onEnd') })]),
    },
    {
      name: 'no context manager',
      spans: 'all',
      install(ours) {
        const exporter = otel.memoryExporter();
        return pipeline(exporter, otel.makeBareProvider({ spanProcessors: [otel.simple(exporter), ours] }));
      },
    },
    {
      name: 'ours before a batch processor',
      spans: 'all',
      install(ours) {
        const exporter = otel.memoryExporter();
        return pipeline(exporter, otel.makeProvider({ spanProcessors: [ours, otel.batch(exporter)] }));
      },
    },
    {
      name: 'ours after a batch processor',
      spans: 'all',
      install(ours) {
        const exporter = otel.memoryExporter();
        return pipeline(exporter, otel.makeProvider({ spanProcessors: [otel.batch(exporter), ours] }));
      },
    },
    {
      name: 'the provider is shut down in the middle',
      spans: 'before midway',
      install(ours) {
        // What an exporter keeps is gone with its shutdown, so it is looked at before.
        const exporter = otel.memoryExporter();
        const provider = otel.makeProvider({ spanProcessors: [otel.simple(exporter), ours] });
        let before: readonly FinishedSpan[] = [];
        return {
          exported: async () => before,
          inside: direct,
          async midway() {
            await provider.forceFlush();
            before = [...exporter.getFinishedSpans()];
            await provider.shutdown();
          },
        };
      },
    },
    {
      name: "the application's span is the parent",
      spans: 'all below a span',
      install(ours) {
        const exporter = otel.memoryExporter();
        const provider = otel.makeProvider({ spanProcessors: [otel.simple(exporter), ours] });
        const span = provider.getTracer('app').startSpan('POST /task', { kind: SpanKind.SERVER });
        return pipeline(exporter, provider, (call) => context.with(trace.setSpan(context.active(), span), call));
      },
    },
    {
      name: "our copy of the API is the other line's",
      // A copy that is newer than the registered one gets a tracer that does nothing; an older one works.
      spans: otel.line === 'SDK 2' ? 'none' : 'all',
      otherApi: true,
      install: installed((ours, exporting) => [exporting, ours]),
    },
    {
      name: "the application registers through the other line's API",
      spans: otel.line === 'SDK 2' ? 'all' : 'none',
      install(ours) {
        const exporter = otel.memoryExporter();
        return pipeline(exporter, otel.makeProvider({ spanProcessors: [otel.simple(exporter), ours] }, otherApi));
      },
    },
  ];
}
