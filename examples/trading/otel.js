// An ordinary OpenTelemetry set-up. The one line that is new is the RecordSpanProcessor.

import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { RecordSpanProcessor } from 'chronicle-otel';

const spanProcessors = [new RecordSpanProcessor({ store: process.env.CHRONICLE_STORE ?? 'file:./chronicle-runs' })];
if (process.env.OTEL_EXPORTER_OTLP_ENDPOINT) spanProcessors.push(new BatchSpanProcessor(new OTLPTraceExporter()));

const provider = new NodeTracerProvider({ resource: resourceFromAttributes({ 'service.name': process.env.OTEL_SERVICE_NAME ?? 'trading-desk' }), spanProcessors });
provider.register();
process.once('beforeExit', () => provider.shutdown().catch(console.error));
