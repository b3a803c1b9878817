// Reading a recording is work of ours: an instrumented client must not make spans of it in the users' traces.

import { context, trace } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ObjectStore } from '../storage/index.js';
import { replay } from './replay.js';

beforeAll(() => {
  new NodeTracerProvider().register();
});
afterAll(() => {
  trace.disable();
  context.disable();
});

it('replay() reads the store without spans', async () => {
  const suppressed: boolean[] = [];
  const seen = () => suppressed.push(isTracingSuppressed(context.active()));
  const store: ObjectStore = {
    url: 'test:empty',
    put: async () => 'created',
    get: async () => {
      seen();
      return undefined;
    },
    list: async function* () {
      await Promise.resolve();
      seen();
      yield* [];
    },
    delete: async () => {},
    check: async () => {
      seen();
    },
  };
  await expect(replay('4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7', { store })).rejects.toMatchObject({ code: 'CHRONICLE_REF_NOT_FOUND' });
  expect(suppressed.length).toBeGreaterThan(1);
  expect(new Set(suppressed)).toEqual(new Set([true]));
  expect(isTracingSuppressed(context.active())).toBe(false);
});
