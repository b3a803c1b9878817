import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

export function startOtel(spanProcessors) {
  const provider = new NodeTracerProvider({ spanProcessors });
  provider.register();
  return provider;
}
