// The packed package in small applications: imported and required, on each Node and each line of the SDK.

import { readlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { lastJson, place, runNode } from './run-node.js';

const RESULT = 'sell ACME at 190.25 of 12345678901234567890; RangeError 404';
const CALLS = ['get_quote', 'decide', 'place_order'];

// SDK 3 asks for Node 22.15.
const combinations = inject('runtimes').flatMap((runtime) =>
  inject('apps')
    .filter(({ line }) => line === 'sdk2' || runtime.major >= 22)
    .flatMap((app) => (['mjs', 'cjs'] as const).map((form) => ({ ...app, node: runtime.path, major: runtime.major, form }))),
);

describe.concurrent.each(combinations)('on Node $major, $line, as .$form', ({ node, directory, form }) => {
  const chronicle = resolve(join(directory, 'node_modules/.bin'), readlinkSync(join(directory, 'node_modules/.bin/chronicle')));

  it('records a run that code and command replay without a live call', async () => {
    const { env, liveCalls } = place();
    const recorded = lastJson(await runNode(node, directory, [`record.${form}`], env));
    expect(recorded).toMatchObject({ result: RESULT, spanName: 'invoke_agent trader' });
    expect(liveCalls()).toEqual(CALLS);
    const ref = `${String(recorded['traceId'])}:${String(recorded['spanId'])}`;

    expect(lastJson(await runNode(node, directory, [`replay.${form}`], { ...env, REF: ref }))).toEqual({
      verdict: 'same',
      result: RESULT,
      live: 0,
      names: ['trader', ...CALLS],
      quote: '12345678901234567890',
      missing: true,
      reader: 'function',
      attribute: 'chronicle.boundary.kind',
    });

    const byName = await runNode(node, directory, [chronicle, 'replay', ref, '--store', env.STORE, '--import', `./agent.${form}`, '--json'], env);
    expect(JSON.parse(byName.stdout || '{}'), byName.stderr).toMatchObject({ verdict: 'same', result: RESULT, live: 0 });

    const again = await runNode(node, directory, [chronicle, 'replay', ref, '--store', env.STORE, '--', node, `record.${form}`], env);
    expect(again.code, again.stderr).toBe(0);
    expect(liveCalls()).toEqual(CALLS);
  });

  it('records and replays an application that was not changed', async () => {
    const { env, liveCalls } = place();
    const start = form === 'mjs' ? '--import' : '--require';
    const recorded = await runNode(node, directory, [start, 'chronicle-otel/register', `app.${form}`], { ...env, CHRONICLE_STORE: env.STORE });
    expect(recorded).toEqual({ code: 0, stdout: `${RESULT}\n`, stderr: '' });
    const listed = await runNode(node, directory, [chronicle, 'ls', '--store', env.STORE, '--json'], env);
    const [, traceId = ''] = /"traceId": ?"([0-9a-f]{32})"/.exec(listed.stdout) ?? [];
    expect(traceId, listed.stdout + listed.stderr).not.toBe('');
    const again = await runNode(node, directory, [chronicle, 'replay', traceId, '--store', env.STORE, '--', node, `app.${form}`], env);
    expect(again.code, again.stderr).toBe(0);
    expect(again.stdout).toBe(`${RESULT}\n`);
    expect(liveCalls()).toEqual(CALLS);
  });
});

describe('two copies in one process', () => {
  const [app] = inject('apps');
  const said = {
    said: 'a 1',
    live: 1,
    runs: 1,
    verdict: 'same',
    replayed: 'a 1',
    calls: ['ask rerun', 'look_up recorded'],
    money: ['same', true, 7],
    told: true,
    differ: true,
    engines: 1,
  };

  it.each(inject('runtimes'))('the ESM and the CommonJS build share one engine, on Node $major', async ({ path }) => {
    expect(lastJson(await runNode(path, app?.directory ?? '', ['two-copies.mjs'], place().env))).toEqual(said);
  });

  it.each(inject('runtimes'))('two installations share one engine, on Node $major', async ({ path }) => {
    const OTHER_COPY = join(inject('bare'), 'node_modules/chronicle-otel');
    expect(lastJson(await runNode(path, app?.directory ?? '', ['two-copies.mjs'], { ...place().env, OTHER_COPY }))).toEqual(said);
  });
});
