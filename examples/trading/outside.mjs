// The world outside of the agent, on one loopback port: a model behind an OpenAI-compatible endpoint, and a broker.
// A process of its own, so that it can be stopped: node examples/trading/outside.mjs [PORT]

import { createServer } from 'node:http';

const PRICE = 42.15;
let orders = 0;

/** What the model says next. It mistakes the dollars of the task for a number of shares. */
function modelAnswer({ messages }) {
  const { role, content } = messages.at(-1);
  if (role === 'user') return wants('get_quote', { symbol: 'ACME' });
  if (!content.includes('orderId')) return wants('place_order', { side: 'sell', symbol: 'ACME', quantity: 1000 });
  return { role: 'assistant', content: 'Done: I sold $1,000 worth of ACME stock.' };
}

function wants(name, args) {
  const call = { id: `call_${name}`, type: 'function', function: { name, arguments: JSON.stringify(args) } };
  return { role: 'assistant', content: null, tool_calls: [call] };
}

function completion(request) {
  const message = modelAnswer(request);
  return {
    id: `chatcmpl-${Date.now()}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: request.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: message.tool_calls ? 'tool_calls' : 'stop' }],
    usage: { prompt_tokens: 120 * request.messages.length, completion_tokens: 24, total_tokens: 120 * request.messages.length + 24 },
  };
}

function answer(route, body) {
  if (route === 'POST /v1/chat/completions') return completion(body);
  if (route === 'GET /quotes/ACME') return { symbol: 'ACME', price: PRICE };
  if (route === 'POST /orders') return { orderId: `A-${++orders}`, ...body, price: PRICE, total: body.quantity * PRICE, status: 'filled' };
}

const server = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const route = `${request.method} ${request.url}`;
  const found = answer(route, parts.length > 0 ? JSON.parse(Buffer.concat(parts).toString()) : undefined);
  const status = found === undefined ? 404 : 200;
  console.log(`${route} ${status}`);
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(found ?? { error: `no ${route}` }));
});

server.listen(Number(process.argv[2] ?? 8377), '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
server.on('error', (error) => {
  console.error(`outside: ${error.message}`);
  process.exit(1);
});

// Started by the demo, it ends with it, however that ends.
process.on('disconnect', () => process.exit());
