// Plays the world outside of an agent from recorded runs: the model as an OpenAI-compatible endpoint, the tools, and the
// person who writes to the agent. All of it over HTTP on one loopback port, so that when it stops, all of it is gone.
//
// It is strict: each request must be the next step of the recorded run with the recorded input; anything else is a 409.
// Nothing is looked up by the provider's call ids, since real runs repeat them.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { isDeepStrictEqual } from 'node:util';

/** Reads recorded runs, one JSON object a line. */
export function readRuns(file) {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line));
}

/** What the agent of a run is called with, and which of the two agents it is. */
export function startOf(run) {
  const [{ content: system }, task] = run.messages;
  const { id, model } = run;
  if (run.tools === null) return { agent: 'airline', input: { run: id, model, system } };
  return { agent: 'researcher', input: { run: id, model, system, task, functions: run.tools } };
}

/** The complete input of a recorded step. */
function inputOf(run, step) {
  return step.input_ranges.flatMap(([from, to]) => run.messages.slice(from, to));
}

/**
 * The whole conversation of a run. Where a tool gave the same result again, the data points at the first one instead of
 * holding it twice; here it stands twice.
 */
export function conversationOf(run) {
  const again = new Map();
  for (const { type, input_ranges: ranges, output_message: at } of run.steps) {
    if (type !== 'llm') continue;
    const repeated = ranges.filter(([from], n) => n > 0 && from < ranges[n - 1][1]);
    again.set(
      at,
      repeated.flatMap(([from, to]) => run.messages.slice(from, to)),
    );
  }
  return run.messages.flatMap((message, at) => [...(again.get(at) ?? []), message]);
}

/** One run in progress. */
class Play {
  constructor(run) {
    this.run = run;
    this.next = 0;
    // Messages that came from outside and belong to no step: advice that cuts in before a model's turn.
    const ofSteps = new Set(run.steps.map((step) => step.output_message));
    this.advice = new Set(run.messages.flatMap(({ role }, at) => (at > 1 && role === 'user' && !ofSteps.has(at) ? [at] : [])));
  }

  /** Takes the next step, which must be of this type and have this input. */
  take(type, matches) {
    const step = this.run.steps[this.next];
    if (step?.type !== type || !matches(step)) return undefined;
    this.next++;
    return step;
  }

  model({ messages }) {
    const step = this.take('llm', (next) => isDeepStrictEqual(messages, inputOf(this.run, next)));
    if (step === undefined) return undefined;
    const message = step.output;
    const called = message.tool_calls ? 'tool_calls' : message.function_call ? 'function_call' : 'stop';
    // The envelope round the message (id, created, usage) did not come with the data.
    return {
      id: `chatcmpl-${this.run.id.replace(/\W+/g, '-')}-${this.next}`,
      object: 'chat.completion',
      created: 1_700_000_000 + this.next,
      model: step.name,
      choices: [{ index: 0, message, logprobs: null, finish_reason: called }],
      usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    };
  }

  tool(name, args) {
    const isThis = (step) => step.name === name && isDeepStrictEqual(step.input, args);
    const step = this.take('tool', isThis);
    if (step !== undefined) return step.output;
    return this.run.steps.slice(0, this.next).find((past) => past.type === 'tool' && isThis(past))?.output;
  }

  person(messages) {
    if (this.run.tools === null) {
      const step = this.take('user', (next) => isDeepStrictEqual(messages, inputOf(this.run, next)));
      return step && this.run.messages[step.output_message];
    }
    const step = this.run.steps[this.next];
    const at = (step?.output_message ?? 0) - 1;
    return this.advice.delete(at) ? this.run.messages[at] : null;
  }

  answer([what, name], body) {
    switch (what) {
      case 'v1':
        return this.model(body);
      case 'tools':
        return this.tool(name, body);
      case 'person':
        return this.person(body);
    }
  }
}

/** Starts a player for these runs on a free loopback port. */
export async function startPlayer(runs) {
  const plays = new Map();
  const byId = new Map(runs.map((run) => [run.id, run]));
  const counts = { requests: 0, refused: 0 };

  function playOf(id) {
    if (!plays.has(id)) plays.set(id, new Play(byId.get(id)));
    return plays.get(id);
  }

  const server = createServer(async (request, response) => {
    counts.requests++;
    const parts = [];
    for await (const part of request) parts.push(part);
    const [, , id, ...rest] = request.url.split('/').map(decodeURIComponent);
    const play = playOf(id);
    const answer = play.answer(rest, JSON.parse(Buffer.concat(parts).toString()));
    if (answer === undefined) {
      counts.refused++;
      response.writeHead(409, { 'content-type': 'text/plain' });
      response.end(`${rest.join('/')} is not step ${play.next} of ${id} with this input`);
      return;
    }
    const text = typeof answer === 'string';
    response.writeHead(200, { 'content-type': text ? 'text/plain' : 'application/json' });
    response.end(text ? answer : JSON.stringify(answer));
  });

  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    counts,
    /** Whether every step of the run was played. */
    isOver: (id) => plays.get(id)?.next === byId.get(id).steps.length,
    stop: () =>
      new Promise((stopped) => {
        server.close(stopped);
        server.closeAllConnections();
      }),
  };
}
