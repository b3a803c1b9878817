// Replays the run that REF names from code, reads it back, and looks at the other entry points.
import { isChronicleError, openArchive, replay } from 'chronicle-otel';
import * as envelope from 'chronicle-otel/envelope';
import * as semconv from 'chronicle-otel/semconv';
import { trader } from './agent.mjs';

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
