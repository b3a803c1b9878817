import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Envelope, readSegment, type StoredValue } from '../../src/envelope/index.js';
import { isChronicleError } from '../../src/errors.js';
import { referenceDigest } from '../properties/reference-digest.js';
import { meaningOf, meaningOfTrace } from './meaning.js';
import { traces, vectors } from './vectors.js';

const folder = fileURLToPath(new URL('v1/', import.meta.url));
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.chronicle'))
  .map((name) => name.slice(0, -'.chronicle'.length))
  .sort();
const bytesOf = (name: string): Buffer => readFileSync(`${folder}${name}.chronicle`);
const writtenMeaning = (name: string): { error?: string } => JSON.parse(readFileSync(`${folder}${name}.json`, 'utf8')) as { error?: string };

const valuesOf = ({ input, outcome }: Envelope): StoredValue[] => [input, ...(outcome.kind === 'unknown' ? [] : [outcome.value])];

describe('the golden segment', () => {
  it('of each kind is there', () => {
    expect(names).toEqual(Object.keys(vectors).sort());
  });

  it.each(names)('%s means what it meant', (name) => {
    expect(meaningOf(bytesOf(name), `${name}.chronicle`)).toEqual(writtenMeaning(name));
  });

  it.each(Object.entries(traces))('of the trace %s are joined, in whichever order they are read', (name, segments) => {
    const read = segments.map((segment) => ({ name: segment, bytes: bytesOf(segment) }));
    expect(meaningOfTrace(read)).toEqual(writtenMeaning(name));
    expect(meaningOfTrace(read.toReversed())).toEqual(writtenMeaning(name));
  });

  // Of what is hostile only the meaning counts.
  const good = names.filter((name) => name < '60' && writtenMeaning(name).error === undefined);
  it.each(good)('%s has digests that are those of its values', (name) => {
    for (const stored of readSegment(bytesOf(name), name, { checkValues: false }).envelopes.flatMap(valuesOf)) {
      let value: unknown;
      try {
        value = stored.decode();
      } catch (error) {
        if (!isChronicleError(error, 'CHRONICLE_SEGMENT_DAMAGED')) throw error;
        continue;
      }
      expect(referenceDigest(value)).toBe(stored.storedDigest);
    }
  });
});
