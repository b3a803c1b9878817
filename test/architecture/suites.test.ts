// Every test is run by some suite, and no suite forgets a folder: a test that nothing runs looks like a pass.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import config from '../../vitest.config.js';
import { checkout } from './sources.js';

/** Folders below test/ that hold tests. */
function foldersWithTests(): string[] {
  const paths = readdirSync(join(checkout, 'test'), { recursive: true, encoding: 'utf8' });
  const tests = paths.filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules'));
  return [...new Set(tests.map((path) => path.split('/')[0] ?? ''))].sort();
}

it('runs every folder of tests', () => {
  const projects = (config as { test: { projects: { test: { name: string; include: string[] } }[] } }).test.projects.map(({ test }) => test);
  const folders = projects.flatMap(({ include }) => include).flatMap((glob) => /^test\/([\w-]+)\//.exec(glob)?.[1] ?? []);
  // This one has a configuration of its own.
  folders.push('lines');
  expect(foldersWithTests().filter((folder) => !folders.includes(folder))).toEqual([]);
});

it('runs every suite in CI', () => {
  const { scripts } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as { scripts: { test: string } };
  const ci = readFileSync(join(checkout, '.ci/run'), 'utf8');
  const suites = readFileSync(join(checkout, 'scripts/suites.mjs'), 'utf8');
  const known = [...suites.matchAll(/^ {2}(\w+): \{/gm)].map(([, name = '']) => name);
  expect(known.length).toBeGreaterThan(8);
  const asked = `${scripts.test} ${ci}`.split(/\s+/);
  expect(known.filter((name) => !asked.includes(name))).toEqual([]);
});
