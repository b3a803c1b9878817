// The set-up that README shows for OpenTelemetry JS 2.x; only its types are checked, by tsc with this line's packages.
// @ts-check

import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, NodeTracerProvider, ParentBasedSampler, AlwaysOnSampler } from '@opentelemetry/sdk-trace-node';
import { RecordSpanProcessor, recordBoundaries } from '../../../src/index.ts';

new NodeTracerProvider({
  sampler: recordBoundaries(new ParentBasedSampler({ root: new AlwaysOnSampler() })),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter()), new RecordSpanProcessor({ store: 'file:./runs' })],
}).register();
