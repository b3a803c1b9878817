// Records one run of the agent into the store that STORE names, and says how long the process stayed after that.
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { flush, RecordSpanProcessor } from '../../../dist/index.mjs';
import { trader } from './agent.mjs';

new NodeTracerProvider({ spanProcessors: [new RecordSpanProcessor({ store: process.env.STORE ?? '', journalDir: process.env.JOURNAL ?? '' })] }).register();
const result = await trader('ACME');
await flush();
const done = performance.now();
process.on('exit', () => console.log(JSON.stringify({ result, stayedMillis: performance.now() - done })));
