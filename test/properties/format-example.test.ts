// The examples of docs/format.md are what the package writes.

import { readFileSync } from 'node:fs';
import { hash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Codec, fileHead, readSegment, RecordWriter } from '../../src/envelope/index.js';
import { Capture, fingerprint } from '../../src/value/index.js';

const text = readFileSync(fileURLToPath(new URL('../../docs/format.md', import.meta.url)), 'utf8');
const EXAMPLE = ['hi', { b: 1, a: null }];

/** The bytes in the indented blocks of the example, without what is said beside them. */
function blocks(): Buffer[] {
  const example = text.slice(text.indexOf('### Example'));
  return example
    .split('\n\n')
    .filter((block) => block.startsWith('    '))
    .map((block) =>
      Buffer.from(
        block
          .split('\n')
          .map((line) => (/^\s*((?:[0-9a-f]{2}\s+)*[0-9a-f]{2})(?=\s|$)/.exec(line)?.[1] ?? '').replaceAll(/\s/g, ''))
          .join(''),
        'hex',
      ),
    );
}

test('the example of a digest has the digest of its bytes', () => {
  const [object, list] = blocks();
  expect(list?.subarray(8).equals(object as Buffer)).toBe(true);
  const digest = `sha256:${hash('sha256', list as Buffer, 'hex')}`;
  expect(fingerprint(EXAMPLE).digest).toBe(digest);
  expect(text).toContain(digest);
});

test('the example of a journal is what the writer writes, and can be read', () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const writer = new RecordWriter();
  writer.header({ traceId, writer: 'w', index: 0, startUnixNanos: 1n, schemaUrl: '', writerVersion: '1' });
  const input = new Capture(writer).capture(EXAMPLE, 'slot');
  writer.begin(
    {
      spanId: '00f067aa0ba902b7',
      traceId,
      parent: 0,
      parentSpanId: undefined,
      parentPath: '',
      kind: 'tool',
      name: 'greet',
      effect: 'read',
      ordinal: 0,
      startUnixNanos: 5_000_001n,
    },
    input,
  );
  writer.close(1, 1, hash('sha256', Buffer.from(input.digestHex, 'hex'), 'buffer'));
  const told = Buffer.concat(blocks().slice(2));
  expect(told.toString('hex')).toBe(Buffer.concat([fileHead(Codec.none), writer.take()]).toString('hex'));
  const { envelopes, closed } = readSegment(told, 'example');
  expect(closed).toBe(true);
  expect(envelopes[0]?.input.decode()).toEqual(EXAMPLE);
  expect(envelopes[0]?.input.digest).toBe(`sha256:${input.digestHex}`);
});
