// Our package as an application loads it: fresh for each test, since a process has one engine and one set of globals.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import otel from '#otel';
import * as otherApi from '#other-api';

/** The front door. */
export type Chronicle = typeof import('../../src/index.js');

const folders: string[] = [];
const EVENTS = ['beforeExit', 'exit'] as const;
const listenersBefore = EVENTS.map((event) => new Set<unknown>(process.listeners(event as 'exit')));

/** Loads the package, with the copy of the API that the line has, or with the other line's. */
export async function loadChronicle(options: { readonly withOtherApi?: boolean | undefined } = {}): Promise<Chronicle> {
  vi.resetModules();
  if (options.withOtherApi === true) vi.doMock('@opentelemetry/api', () => ({ ...otherApi }));
  return import('../../src/index.js');
}

/** A folder that is a store, gone after the test. */
export function newStore(): string {
  const folder = mkdtempSync(join(tmpdir(), 'chronicle-lines-'));
  folders.push(folder);
  return `file:${folder}`;
}

/** Leaves the process as another process would find it. */
export async function startAnew(): Promise<void> {
  await otel.unregister();
  vi.doUnmock('@opentelemetry/api');
  vi.resetModules();
  delete (globalThis as Record<symbol, unknown>)[Symbol.for('chronicle.v1')];
  for (const [index, event] of EVENTS.entries()) {
    for (const listener of process.listeners(event as 'exit')) if (!listenersBefore[index]?.has(listener)) process.removeListener(event, listener);
  }
}

/** For after each test. */
export async function cleanUp(): Promise<void> {
  await startAnew();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}
