// Replays the run that REF names from code, reads it back, and looks at the other entry points.
const { isChronicleError, openArchive, replay } = require('chronicle-otel');
const envelope = require('chronicle-otel/envelope');
const semconv = require('chronicle-otel/semconv');
const { trader } = require('./agent.cjs');

async function main() {
  const { REF: ref, STORE: store } = process.env;
  const report = await replay(ref, { store, entry: trader });
  const { recording } = await (await openArchive(store)).find(ref);
  const missing = await replay('0'.repeat(31) + '1', { store }).catch((error) => error);
  console.log(
    JSON.stringify({
      verdict: report.verdict,
      result: report.result,
      live: report.live,
      names: recording.envelopes.map(({ name }) => name),
      quote: String(recording.envelopes[1].outcome.value.decode().depth),
      missing: isChronicleError(missing, 'CHRONICLE_REF_NOT_FOUND'),
      reader: typeof envelope.readSegment,
      attribute: semconv.ATTR_CHRONICLE_BOUNDARY_KIND,
    }),
  );
}
void main();
