// The set-up that README shows for OpenTelemetry JS 3.x; only its types are checked, by tsc with this line's packages.
// @ts-check

import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { AlwaysOnSampler, BatchSpanProcessor, ParentBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { RecordSpanProcessor, recordBoundaries } from '../../../src/index.ts';

trace.setGlobalTracerProvider(
  new TracerProvider({
    sampler: recordBoundaries(new ParentBasedSampler({ root: new AlwaysOnSampler() })),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() }), new RecordSpanProcessor({ store: 'file:./runs' })],
  }),
);
context.setGlobalContextManager(new AsyncLocalStorageContextManager());
