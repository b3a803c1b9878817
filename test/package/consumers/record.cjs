// Runs the agent once and prints its root span, its result and what recording has to say.
const { flush, recordBoundaries, RecordSpanProcessor } = require('chronicle-otel');
const { startOtel } = require('./otel.cjs');

const roots = [];
const keepRoots = {
  onStart() {},
  onEnd(span) {
    if (span.parentSpanContext === undefined) roots.push(span);
  },
  forceFlush: async () => {},
  shutdown: async () => {},
};
const provider = startOtel([keepRoots, new RecordSpanProcessor({ store: process.env.STORE })]);
const { trader } = require('./agent.cjs');

async function main() {
  const result = await trader('sell $1,000 worth');
  await flush();
  await provider.shutdown();
  const { traceId, spanId } = roots[0].spanContext();
  console.log(JSON.stringify({ traceId, spanId, result, spanName: roots[0].name, sampled: typeof recordBoundaries }));
}
void main();
