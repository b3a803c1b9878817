import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readSegment } from '../../src/envelope/index.js';
import { fingerprint } from '../../src/value/index.js';
import { referenceDigest } from '../properties/reference-digest.js';
import { meaningOf } from './meaning.js';
import { vectors } from './vectors.js';

const folder = fileURLToPath(new URL('v1/', import.meta.url));
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.chronicle'))
  .map((name) => name.slice(0, -'.chronicle'.length))
  .sort();
const hasZstd = 'zstdDecompressSync' in zlib;
const bytesOf = (name: string): Buffer => readFileSync(`${folder}${name}.chronicle`);

describe('the golden segment', () => {
  it('of each kind is there', () => {
    expect(names).toEqual(Object.keys(vectors).sort());
  });

  it.each(names)('%s means what it meant', (name) => {
    const meaning = meaningOf(bytesOf(name), `${name}.chronicle`);
    if (name.includes('zstd') && !hasZstd) {
      expect(meaning).toMatchObject({ error: 'CHRONICLE_DEPENDENCY_MISSING' });
      return;
    }
    expect(meaning).toEqual(JSON.parse(readFileSync(`${folder}${name}.json`, 'utf8')));
  });

  it.each(names.filter((name) => !/damaged|newer|zstd/.test(name)))('%s has digests that are those of its values', (name) => {
    for (const { input } of readSegment(bytesOf(name), name).envelopes) {
      const value = input.decode();
      expect(fingerprint(value).digest).toBe(input.digest);
      expect(referenceDigest(value)).toBe(input.digest);
    }
  });
});
