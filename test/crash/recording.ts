// A process that records and is killed in the middle of a call. Says `in call` when that call runs.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { JournalOwner } from '../../src/archive/index.js';
import { boundary, RecordSpanProcessor } from '../../src/index.js';

const [store = ''] = process.argv.slice(2);
const directory = join(fileURLToPath(store), 'journal');
new RecordSpanProcessor({ store });

const quote = boundary.tool('get_quote', async (symbol: string) => ({ symbol, price: 150.25 }), { effect: 'read' });
const sell = boundary.tool('place_order', async (_order: object) => {
  claimOwn();
  process.stdout.write('in call\n');
  // Waits for ever, and keeps the process.
  await new Promise((resolve) => setTimeout(resolve, 2_147_483_647));
});
const trader = boundary.agent('trader', async (symbol: string) => {
  const { price } = await quote(symbol);
  await sell({ symbol, shares: Math.floor(1_000 / price) });
});

/** Until the recorder does it. */
function claimOwn(): void {
  for (const name of readdirSync(directory)) {
    const [, writer] = /^[0-9a-f]{32}\.\d+-([A-Za-z0-9]+)-\d+\.open$/.exec(name) ?? [];
    if (writer !== undefined && !existsSync(join(directory, `${writer}.owner`))) JournalOwner.claim(directory, writer, store);
  }
}

void trader('AAPL');
