import { expect, test } from 'vitest';
import { backoffMillis } from './backoff.js';

test('waits twice as long after each failure, up to 30 seconds, and not all at once', () => {
  expect([1, 2, 3, 4, 8, 9, 1_000].map((failures) => backoffMillis(failures, 1))).toEqual([200, 400, 800, 1_600, 25_600, 30_000, 30_000]);
  expect([1, 2, 9].map((failures) => backoffMillis(failures, 0))).toEqual([100, 200, 15_000]);
});
