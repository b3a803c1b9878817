// The small pieces of what is printed.

import { describe, expect, it } from 'vitest';
import { jsonText, printJsonList } from './json-text.js';
import { nodeOptionsWith } from './replay-environment.js';
import { commandLine } from './shell-quote.js';
import { durationText, timeText } from './time-text.js';

describe('jsonText()', () => {
  it('escapes what a terminal would obey, and is the same value when it is read back', () => {
    const value = { '\u202ekey': 'a\u001b[31m \u009b \u007f \u2028 \ufeff \u{e0041} é 漢 😀 \ud800' };
    const text = jsonText(value, 2);
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e\ufeff\u{e0041}]/u);
    expect(text).toContain('é 漢 😀');
    expect(JSON.parse(text)).toEqual(value);
  });
});

describe('printJsonList()', () => {
  const printed = async (isTerminal: boolean, items: number[], closed = false): Promise<string> => {
    let text = '';
    await printJsonList({ write: (more) => (text += more), isTerminal, columns: 80, closed }, '{"list":[', items, ']}');
    return text;
  };

  it('prints one line for programs, and lines for people', async () => {
    expect(await printed(false, [1, 2])).toBe('{"list":[1,2]}\n');
    expect(await printed(true, [1, 2])).toBe('{"list":[\n1,\n2\n]}\n');
    expect(await printed(true, [])).toBe('{"list":[]}\n');
  });

  it('stops when the reader went away', async () => {
    expect(await printed(false, [1, 2], true)).toBe('{"list":[');
  });
});

describe('timeText()', () => {
  it('is ISO 8601 in UTC, and survives what no date can be', () => {
    expect(timeText(1_764_025_200_123_456_789n)).toBe('2025-11-24T23:00:00.123Z');
    expect(timeText(2n ** 63n)).toBe('2262-04-11T23:47:16.854Z');
    expect(timeText(10n ** 30n)).toBe(`${10n ** 30n} ns`);
  });
});

describe('durationText()', () => {
  it.each([
    [undefined, '-'],
    [0n, '0.00 ms'],
    [420_000n, '0.42 ms'],
    [9_994_000n, '9.99 ms'],
    [9_996_000n, '10 ms'],
    [999_400_000n, '999 ms'],
    [999_600_000n, '1.00 s'],
    [59_990_000_000n, '59.99 s'],
    [60_000_000_000n, '1 min 0 s'],
    [3_599_600_000_000n, '1 h 0 min'],
    [7_320_000_000_000n, '2 h 2 min'],
  ])('%s is %s', (nanos, text) => {
    expect(durationText(nanos)).toBe(text);
  });
});

describe('commandLine()', () => {
  it('quotes what a shell would split or expand', () => {
    expect(commandLine(['node', 'app.js', '--a=b', 'file:./runs'])).toBe('node app.js --a=b file:./runs');
    expect(commandLine(['a b', "it's", '$HOME', '', '*'])).toBe(String.raw`'a b' 'it'\''s' '$HOME' '' '*'`);
  });
});

describe('nodeOptionsWith()', () => {
  it('adds one module to what is set', () => {
    expect(nodeOptionsWith(undefined, 'file:///r.mjs')).toBe('--import file:///r.mjs');
    expect(nodeOptionsWith(' ', 'file:///r.mjs')).toBe('--import file:///r.mjs');
    expect(nodeOptionsWith('--require "/a b.js"', 'file:///r.mjs')).toBe('--require "/a b.js" --import file:///r.mjs');
  });
});
