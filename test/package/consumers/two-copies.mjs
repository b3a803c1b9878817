// Two copies of the package in one process: its ESM and its CommonJS build, or two installations (OTHER_COPY). Recorded
// through a processor of the first, marked through both, flushed, read and replayed through the second.
import { createRequire } from 'node:module';
import * as first from 'chronicle-otel';

const second = createRequire(import.meta.url)(process.env.OTHER_COPY ?? 'chronicle-otel');
const { STORE: store } = process.env;

new first.RecordSpanProcessor({ store });
let live = 0;
const lookUp = second.boundary.tool('look_up', (key) => `${key} ${++live}`);
const ask = first.boundary.agent('ask', (key) => lookUp(key));
const said = ask('a');
await second.flush();

const runs = [];
for await (const run of (await second.openArchive(store)).runs()) runs.push(run);
const [{ traceId }] = runs;
const report = await second.replay(traceId, { store, entry: ask });
// A codec that one copy was told of is known to the other.
class Money {
  #amount;
  constructor(amount) {
    this.#amount = amount;
  }
  static encode = (money) => money.#amount;
}
second.registerCodec({ name: 'Money', class: Money, encode: Money.encode, decode: (amount) => new Money(amount) });
const priceOf = first.boundary.agent('price_of', (money) => first.boundary.tool('price', () => money)());
priceOf(new Money(7));
await first.flush();
let priced;
for await (const run of (await first.openArchive(store)).runs()) if (run.traceId !== traceId) priced = run;
const again = await first.replay(priced.traceId, { store, entry: priceOf });
const fault = await first.replay('f'.repeat(32), { store }).catch((error) => error);
console.log(
  JSON.stringify({
    differ: first.boundary !== second.boundary,
    said,
    live,
    runs: runs.length,
    verdict: report.verdict,
    replayed: report.result,
    calls: report.calls.map(({ name, served }) => `${name} ${served}`),
    money: [again.verdict, again.result instanceof Money, Money.encode(again.result)],
    told: second.isChronicleError(fault, 'CHRONICLE_REF_NOT_FOUND'),
    engines: Object.getOwnPropertySymbols(globalThis).filter((symbol) => symbol.description === 'chronicle.v1').length,
  }),
);
