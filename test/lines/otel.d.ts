// `#otel` is the SDK of the line that runs the test: an alias to sdk2/otel.mjs or sdk3/otel.mjs.
declare module '#otel' {
  const line: import('./surface.js').Line;
  export default line;
}

// `#other-api` is the copy of the API that the other line has.
declare module '#other-api' {
  export * from '@opentelemetry/api';
}
