// A trading agent with an ordinary bug: it is told "sell $1,000 worth of ACME stock", and its model answers with an
// order for 1,000 shares. Every service answers with HTTP 200 and nothing throws.

import OpenAI from 'openai';
import { boundary } from 'chronicle-otel';

// The guardrail is a file of its own, so that the fix can be tried beside it.
const { checkLimits } = await import(process.env.LIMITS ?? './limits.js');

const outside = process.env.OUTSIDE_URL ?? 'http://127.0.0.1:8377';
const openai = new OpenAI({ baseURL: `${outside}/v1`, apiKey: 'loopback', maxRetries: 0 });

// The boundaries: what the agent asks of the world, and what checks it.

export const decide = boundary.model('decide', async (request) => openai.chat.completions.create(request));

export const getQuote = boundary.tool('get_quote', async (symbol) => call('GET', `/quotes/${symbol}`), { effect: 'read' });

export const placeOrder = boundary.tool('place_order', async (order) => call('POST', '/orders', order), { effect: 'irreversible' });

export const limits = boundary.guardrail('limits', checkLimits);

/** Carries out one task, step by step, and says what came of it. */
export const trader = boundary.agent('trader', async (task) => {
  const messages = [
    { role: 'system', content: 'You trade for a customer. Look up the price, place one order, then say what you did.' },
    { role: 'user', content: task },
  ];
  let quote;
  let order;
  for (let turn = 0; turn < 8; turn++) {
    const completion = await decide({ model: 'loopback-mini', temperature: 0.7, messages, tools });
    const { message } = completion.choices[0];
    messages.push(message);
    if (!message.tool_calls) return { status: 'done', answer: message.content, order };

    for (const { id, function: wanted } of message.tool_calls) {
      const args = JSON.parse(wanted.arguments);
      if (wanted.name === 'get_quote') {
        quote = await getQuote(args.symbol);
        messages.push({ role: 'tool', tool_call_id: id, content: JSON.stringify(quote) });
        continue;
      }
      const check = limits(args, { task, price: quote.price });
      if (!check.allowed) return { status: 'blocked', answer: check.reason };
      order = await placeOrder(args);
      messages.push({ role: 'tool', tool_call_id: id, content: JSON.stringify(order) });
    }
  }
  throw new Error('the model came to no end');
});

async function call(method, path, body) {
  const response = await fetch(outside + path, { method, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
  return response.json();
}

const tools = [
  tool('get_quote', { symbol: { type: 'string' } }),
  tool('place_order', { side: { enum: ['buy', 'sell'] }, symbol: { type: 'string' }, quantity: { type: 'number' } }),
];

function tool(name, properties) {
  return { type: 'function', function: { name, parameters: { type: 'object', properties, required: Object.keys(properties) } } };
}
