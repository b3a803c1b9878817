const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node');

exports.startOtel = (spanProcessors) => {
  const provider = new NodeTracerProvider({ spanProcessors });
  provider.register();
  return provider;
};
