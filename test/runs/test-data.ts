// Recorded runs of real agents, made by others. They are no part of this repository: they lie in `shared/data` beside the
// checkout, or where CHRONICLE_TEST_DATA says.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** The folder of the test data. It need not exist. */
export const testDataDirectory = resolve(process.env['CHRONICLE_TEST_DATA'] ?? join(checkout, '../shared/data'));

/**
 * `describe` for suites that need a part of the test data.
 *
 * Without it, it is `describe.skip` and a warning. With CI set it throws instead: there a skipped suite would look like
 * a pass.
 */
export function describeWithData(part: string): typeof describe | typeof describe.skip {
  const path = join(testDataDirectory, part);
  if (existsSync(path)) return describe;
  const message = `there is no ${path}.\nPut the test data there, or set CHRONICLE_TEST_DATA to its folder.`;
  if (!['', '0', 'false', undefined].includes(process.env['CI'])) throw new Error(`The real runs cannot be tested: ${message}`);
  console.warn(`SKIPPED: the real runs, since ${message}`);
  return describe.skip;
}
