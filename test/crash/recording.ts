// A process that records and is killed in the middle of a call. Says `in call` when that call runs.

import { boundary, RecordSpanProcessor } from '../../src/index.js';

const [store = ''] = process.argv.slice(2);
new RecordSpanProcessor({ store });

const quote = boundary.tool('get_quote', async (symbol: string) => ({ symbol, price: 150.25 }), { effect: 'read' });
const sell = boundary.tool('place_order', async (_order: object) => {
  process.stdout.write('in call\n');
  // Waits for ever, and keeps the process.
  await new Promise((resolve) => setTimeout(resolve, 2_147_483_647));
});
const trader = boundary.agent('trader', async (symbol: string) => {
  const { price } = await quote(symbol);
  await sell({ symbol, shares: Math.floor(1_000 / price) });
});

void trader('AAPL');
