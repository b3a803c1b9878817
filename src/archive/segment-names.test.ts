import { describe, expect, it } from 'vitest';
import { journalName, segmentKey } from './keys.js';
import { compareNames, type ParsedName, parseName, sealedKeyOf } from './segment-names.js';

const T = '4bf92f3577b34da6a3ce929d0e0e4736';
const segment = { traceId: T, startUnixNanos: 1764025200123456789n, writer: 'k3f9aaaa', index: 12 };

describe('parseName()', () => {
  it('reads the keys that the writer makes', () => {
    const name = '1764025200123-k3f9aaaa-12';
    const parsed = { traceId: T, name, startMillis: 1764025200123, writer: 'k3f9aaaa', index: 12 };
    expect(parseName(segmentKey(segment))).toEqual({ ...parsed, key: segmentKey(segment), sealed: true });
    const journal = `journal/${journalName(segment)}.open`;
    expect(parseName(journal)).toEqual({ ...parsed, key: journal, sealed: false });
    expect(sealedKeyOf(parseName(journal) as ParsedName)).toBe(segmentKey(segment));
  });

  it.each([
    `v1/traces/${T}/notes.txt`,
    `v1/traces/${T}/1764025200123-k3f9aaaa.chronicle`,
    `v1/traces/${T}/1764025200123-k3f9aaaa-0.chronicle.bak`,
    `v1/traces/${T}/sub/1764025200123-k3f9aaaa-0.chronicle`,
    `v1/traces/${T.toUpperCase()}/1764025200123-k3f9aaaa-0.chronicle`,
    'v1/traces/abc/1764025200123-k3f9aaaa-0.chronicle',
    `v2/traces/${T}/1764025200123-k3f9aaaa-0.chronicle`,
    'v1/catalog/dt=2026-01-01/part.parquet',
    `journal/${T}.1764025200123-k3f9aaaa-0.chronicle`,
    `journal/${T}/1764025200123-k3f9aaaa-0.open`,
  ])('leaves %s alone', (key) => {
    expect(parseName(key)).toBeUndefined();
  });
});

describe('compareNames()', () => {
  it('orders by start, writer and number', () => {
    const names = ['10-b-0', '9-c-0', '10-a-10', '10-a-9'].map((name) => parseName(`v1/traces/${T}/${name}.chronicle`) as ParsedName);
    expect(names.sort(compareNames).map(({ name }) => name)).toEqual(['9-c-0', '10-a-9', '10-a-10', '10-b-0']);
  });
});
