// OpenTelemetry JS 3.x behind the surface that the tests ask for. Imported by Node itself, so that each package comes in
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
  ParentBasedSampler,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

/** @type {import('../surface.ts').ApiCopy} */
const ownCopy = /** @type {any} */ (api);
const used = new Set([ownCopy]);

/** @param {import('../surface.ts').ProviderOptions} options */
function constructProvider({ spanProcessors, sampler }) {
  return new TracerProvider({
    spanProcessors: /** @type {any} */ (spanProcessors),
    ...(sampler === undefined ? {} : { sampler: /** @type {any} */ (sampler) }),
  });
}

/** @type {import('../surface.ts').Line} */
const line = {
  line: 'SDK 3',
  api: ownCopy,
  makeProvider(options, copy = ownCopy) {
    const provider = constructProvider(options);
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
  memoryExporter: () => /** @type {any} */ (new InMemorySpanExporter()),
  simple: (exporter) => /** @type {any} */ (new SimpleSpanProcessor({ exporter: /** @type {any} */ (exporter) })),
  batch: (exporter) => /** @type {any} */ (new BatchSpanProcessor({ exporter: /** @type {any} */ (exporter) })),
  otlpExporter: (url) => new OTLPTraceExporter({ url }),
  alwaysOff: () => new AlwaysOffSampler(),
  alwaysOn: () => new AlwaysOnSampler(),
  parentBased: (root) => /** @type {any} */ (new ParentBasedSampler({ root: /** @type {any} */ (root) })),
  suppressTracing,
};

export default line;
