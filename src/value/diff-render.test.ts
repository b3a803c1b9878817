import { describe, expect, it } from 'vitest';
import { diffOf } from './diff.js';
import { diffText } from './diff-render.js';

describe('diffText()', () => {
  it('shows each kind of difference', () => {
    const recorded = { a: 1, gone: 'x', type: 5, list: ['one', 'two', 'three'], text: `${'word '.repeat(40)}order A-17 of last week${' more'.repeat(40)}` };
    const now = {
      a: 2,
      type: '5',
      list: ['three', 'one', 'two'],
      text: `${'word '.repeat(40)}order B-99 of last week${' more'.repeat(40)}`,
      'new one': { b: 'line\nbreak' },
    };
    expect(diffText(diffOf(recorded, now).differences, { width: 72 })).toBe(
      [
        '$.a: changed',
        '  - 1',
        '  + 2',
        '$.gone: removed',
        '  - "x"',
        '$.type: was number, is string',
        '  - 5',
        '  + "5"',
        '$.list[2]: moved to $.list[0]',
        '    "three"',
        '$.text: changed',
        '  - "... word word word word order A-17 of last week more more mor..."',
        '  + "... word word word word order B-99 of last week more more mor..."',
        '$["new one"]: added',
        '  + "{\\"b\\":\\"line\\\\nbreak\\"}"',
      ].join('\n'),
    );
  });

  it('keeps its lines within the width, and the change in them', () => {
    const filler = 'lorem ipsum '.repeat(100);
    const { differences } = diffOf([`${filler}A${filler}`, 'x'.repeat(190)], [`${filler}B${filler}`, 'y'.repeat(190)]);
    for (const width of [40, 80, 200]) {
      const lines = diffText(differences, { width }).split('\n');
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
      expect(lines[1]).toMatch(/^ {2}- .*A/);
      expect(lines[2]).toMatch(/^ {2}\+ .*B/);
    }
  });

  it('adds nothing but ASCII', () => {
    const { differences } = diffOf({ v: 'z'.repeat(500), w: Array.from({ length: 50 }, () => 1) }, { v: 'a'.repeat(500) });
    expect(diffText(differences)).toMatch(/^[\n -~]*$/);
  });

  it('counts the places of a text that it does not show', () => {
    const lines = (mark: string): string =>
      Array.from({ length: 100 }, (_, index) => `line ${index} has ${index % 5 === 0 ? mark : 'nothing'} in it`).join('\n');
    expect(
      diffText(diffOf(lines('A'), lines('B')).differences)
        .split('\n')
        .at(-1),
    ).toBe('  and in 12 more');
  });
});
