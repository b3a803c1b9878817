// OpenTelemetry JS 2.x behind the surface that the tests ask for. Imported by Node itself, so that each package comes in
// the form that Node gives an ES module.
// @ts-check

import * as api from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { suppressTracing } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  InMemorySpanExporter,
  NodeTracerProvider,
  ParentBasedSampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';

/** @type {import('../surface.ts').ApiCopy} */
const ownCopy = /** @type {any} */ (api);
const used = new Set([ownCopy]);

/** @param {import('../surface.ts').ProviderOptions} options */
function constructProvider({ spanProcessors, sampler }) {
  return new NodeTracerProvider({ spanProcessors: /** @type {any} */ (spanProcessors), ...(sampler === undefined ? {} : { sampler }) });
}

/** @type {import('../surface.ts').Line} */
const line = {
  line: 'SDK 2',
  api: ownCopy,
  makeProvider(options, copy) {
    const provider = constructProvider(options);
    if (copy === undefined) {
      provider.register();
      return provider;
    }
    used.add(copy);
    copy.trace.setGlobalTracerProvider(provider);
    copy.context.setGlobalContextManager(/** @type {never} */ (new AsyncLocalStorageContextManager().enable()));
    return provider;
  },
  makeBareProvider(options) {
    const provider = constructProvider(options);
    api.trace.setGlobalTracerProvider(provider);
    return provider;
  },
  constructProvider,
  async unregister() {
    for (const copy of used) {
      copy.trace.disable();
      copy.context.disable();
    }
    api.propagation.disable();
    // Which copy registers first decides the version of what is registered.
    delete (/** @type {any} */ (globalThis)[Symbol.for('opentelemetry.js.api.1')]);
  },
  memoryExporter: () => new InMemorySpanExporter(),
  simple: (exporter) => /** @type {any} */ (new SimpleSpanProcessor(/** @type {any} */ (exporter))),
  batch: (exporter) => /** @type {any} */ (new BatchSpanProcessor(/** @type {any} */ (exporter))),
  otlpExporter: (url) => new OTLPTraceExporter({ url }),
  alwaysOff: () => new AlwaysOffSampler(),
  alwaysOn: () => new AlwaysOnSampler(),
  parentBased: (root) => new ParentBasedSampler({ root }),
  suppressTracing,
};

export default line;
