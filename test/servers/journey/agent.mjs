// A small agent; what it needs of the package is the build that the suite made.
import { boundary } from '../../../dist/index.mjs';

export const quote = boundary.tool('get_quote', async (symbol) => ({ symbol, price: 190.25, history: 'x'.repeat(100_000) }), { effect: 'read' });
export const trader = boundary.agent('trader', async (symbol) => `${symbol} at ${(await quote(symbol)).price}`);
