// Goes through one recorded run again: the agent is real, the world answers as it was recorded.
//
//   node --import ./examples/trading/otel.js examples/airline/run.mjs tau-airline/6/trial-0
//
// The recorded runs are no part of this repository; see test/runs/test-data.ts for where they are looked for.

import { fileURLToPath } from 'node:url';
import { conversationOf, readRuns, startOf, startPlayer } from './player.mjs';

const [wanted = 'tau-airline/6/trial-0'] = process.argv.slice(2);
const data = process.env.CHRONICLE_TEST_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
const file = wanted.startsWith('toolbench/') ? 'toolbench.jsonl' : 'tau-airline.jsonl';
const runs = readRuns(`${data}/agent-runs/${file}`);
const run = runs.find(({ id }) => id === wanted);
if (run === undefined) {
  console.error(`There is no run ${wanted} in ${file}. The first one is ${runs[0].id}.`);
  process.exit(2);
}

const player = await startPlayer([run]);
process.env.AIRLINE_URL = player.url;
const agents = await import('./agent.js');
const { agent, input } = startOf(run);
const { end, messages } = await agents[agent](input);
await player.stop();

for (const { role, content, name } of messages.slice(1)) {
  const who = (name ?? role).padEnd(24);
  console.log(`${who} ${(content ?? '(calls a tool)').replaceAll(/\s+/g, ' ').slice(0, 90)}`);
}
console.log(`\n${end}: ${messages.length} messages of ${conversationOf(run).length}, ${player.counts.requests} requests, ${player.counts.refused} refused`);
