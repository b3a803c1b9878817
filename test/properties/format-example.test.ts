import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { fingerprint } from '../../src/value/index.js';

test('the example of docs/format.md has the digest of its bytes', () => {
  const bytes = Buffer.from('320207026869131330000207016101070162063ff0000000000000', 'hex');
  expect(fingerprint(['hi', { b: 1, a: null }]).digest).toBe(`sha256:${hash('sha256', bytes, 'hex')}`);
});
