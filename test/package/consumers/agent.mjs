// A small agent. Each call that really runs leaves a line in the file that LIVE_CALLS names.
import { appendFileSync } from 'node:fs';
import { boundary } from 'chronicle-otel';

const ran = (name) => appendFileSync(process.env.LIVE_CALLS, `${name}\n`);

const getQuote = boundary.tool(
  'get_quote',
  async (symbol) => {
    ran('get_quote');
    return { symbol, price: 190.25, at: new Date(0), depth: 12345678901234567890n };
  },
  { effect: 'read' },
);

const decide = boundary.model('decide', async function* (quote) {
  ran('decide');
  yield 'sell ';
  yield `${quote.symbol} at ${quote.price} of ${quote.depth}`;
});

const placeOrder = boundary.tool('place_order', (order) => {
  ran('place_order');
  throw Object.assign(new RangeError('no such account'), { status: 404, order });
});

export const trader = boundary.agent('trader', async (task) => {
  const quote = await getQuote('ACME');
  let said = '';
  for await (const part of decide(quote)) said += part;
  try {
    placeOrder({ task, said });
    return 'placed';
  } catch (error) {
    return `${said}; ${error.name} ${error.status}`;
  }
});
