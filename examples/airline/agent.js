// An agent whose every step crosses a boundary: a model, tools, and a person who writes to it. It speaks both forms of
// tool use that the recorded runs hold: `tool_calls`, and the older `function_call`.
//
// The world outside (model, tools, person) answers over HTTP at AIRLINE_URL; player.mjs plays it from recorded runs.

import OpenAI from 'openai';
import { boundary } from 'chronicle-otel';

const MAX_MODEL_CALLS = 30;

/** Real calls made by this process, for those who want to see that a replay makes none. */
export const live = { model: 0, tool: 0, person: 0 };

/** Boundaries of one conversation. They are made afresh each time, as in a server that builds its clients per request. */
function connect(run) {
  const base = `${process.env.AIRLINE_URL}/runs/${encodeURIComponent(run)}`;
  const client = new OpenAI({ baseURL: `${base}/v1`, apiKey: 'none', maxRetries: 0 });

  async function post(path, body) {
    const response = await fetch(`${base}/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  const decide = boundary.model('decide', async (request) => {
    live.model++;
    return client.chat.completions.create(request);
  });

  /** The next message of the person, or null where there is none. */
  const listen = boundary.human('customer', async (messages) => {
    live.person++;
    return (await post('person', messages)).json();
  });

  const tools = new Map();
  function tool(name) {
    let known = tools.get(name);
    if (known === undefined) {
      const effect = /^(?:get|search|list|calculate|think)/.test(name) ? 'read' : 'irreversible';
      known = boundary.tool(
        name,
        async (args) => {
          live.tool++;
          return (await post(`tools/${name}`, args)).text();
        },
        { effect },
      );
      tools.set(name, known);
    }
    return known;
  }

  return { decide, listen, tool };
}

/** Asks the model once. */
async function ask(decide, model, messages, tools) {
  const completion = await decide({ model, messages, ...(tools ? { functions: tools } : {}) });
  return completion.choices[0].message;
}

/** Arguments as the model wrote them: JSON, or the text itself where it is none. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * A conversation with a customer. It ends when the customer says so, when it is handed over to a person, or after 30
 * answers of the model.
 */
export const airline = boundary.agent('airline', async ({ run, model, system }) => {
  const { decide, listen, tool } = connect(run);
  const messages = [{ role: 'system', content: system }];
  messages.push(await listen(messages.slice(1)));
  for (let asked = 0; asked < MAX_MODEL_CALLS; asked++) {
    const answer = await ask(decide, model, messages);
    messages.push(answer);
    for (const { id, function: wanted } of answer.tool_calls ?? []) {
      const content = await tool(wanted.name)(parsed(wanted.arguments));
      messages.push({ role: 'tool', tool_call_id: id, name: wanted.name, content });
      if (wanted.name === 'transfer_to_human_agents') return { end: 'handed over', messages };
    }
    if (answer.tool_calls) continue;
    const said = await listen(messages.slice(1));
    messages.push(said);
    if (said.content.includes('###STOP###')) return { end: 'customer done', messages };
  }
  return { end: 'too many answers', messages };
});

/**
 * A search for an answer with the older `function_call`. A person may cut in with the advice to try another way; only
 * the latest advice is shown to the model. It ends when the model calls `Finish`.
 */
export const researcher = boundary.agent('researcher', async ({ run, model, system, task, functions }) => {
  const { decide, listen, tool } = connect(run);
  const messages = [{ role: 'system', content: system }, task];
  for (let asked = 0; asked < MAX_MODEL_CALLS; asked++) {
    const advice = await listen(messages);
    if (advice !== null) messages.push(advice);
    const latest = messages.findLast((message) => message.valid === false);
    const shown = messages.filter((message) => message.valid !== false || message === latest);
    const answer = await ask(decide, model, shown, functions);
    messages.push(answer);
    const wanted = answer.function_call;
    if (wanted === undefined) continue;
    if (wanted.name === 'Finish') return { end: 'finished', messages };
    const content = await tool(wanted.name)(parsed(wanted.arguments));
    messages.push({ role: 'function', name: wanted.name, content });
  }
  return { end: 'too many answers', messages };
});
