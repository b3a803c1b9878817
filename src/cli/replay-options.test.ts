import { describe, expect, it } from 'vitest';
import { namedBoundaries, replayOptionsOf } from './replay-options.js';

describe('replayOptionsOf()', () => {
  it('leaves out what nothing was said about', () => {
    expect(replayOptionsOf({})).toEqual({});
  });

  it('reads every option', () => {
    expect(
      replayOptionsOf({
        import: ['./agent.js', './more.js'],
        input: '["AAPL", 10]',
        live: ['get_quote'],
        block: ['place_order'],
        answer: ['limits={"ok":true}'],
        policy: ['kind:model=recorded', 'effect:read=live'],
        allowIrreversible: ['place_order'],
        onChangedInput: 'serve',
        pace: 'recorded',
        strict: true,
      }),
    ).toEqual({
      import: ['./agent.js', './more.js'],
      input: ['AAPL', 10],
      policy: { get_quote: 'live', place_order: 'block', limits: { answer: { ok: true } }, 'kind:model': 'recorded', 'effect:read': 'live' },
      allowIrreversible: ['place_order'],
      onChangedInput: 'serve',
      pace: 'recorded',
      strict: true,
    });
  });

  it('takes an input that is no list as the only argument', () => {
    expect(replayOptionsOf({ input: '"sell"' })).toEqual({ input: ['sell'] });
    expect(replayOptionsOf({ input: '{"a":[1]}' })).toEqual({ input: [{ a: [1] }] });
    expect(replayOptionsOf({ input: '[["a list"]]' })).toEqual({ input: [['a list']] });
    expect(replayOptionsOf({ input: 'null' })).toEqual({ input: [null] });
  });

  it('splits at the first equals sign, and takes names that objects have already', () => {
    expect(replayOptionsOf({ answer: ['q="a=b"'] })).toEqual({ policy: { q: { answer: 'a=b' } } });
    const { policy } = replayOptionsOf({ block: ['__proto__', 'constructor'] });
    expect(Object.keys(policy ?? {})).toEqual(['__proto__', 'constructor']);
  });

  it('takes the same policy twice', () => {
    expect(replayOptionsOf({ live: ['a', 'a'], policy: ['a=live'] })).toEqual({ policy: { a: 'live' } });
  });

  it.each([
    [{ live: ['a'], block: ['a'] }, 'Boundary "a" is given two policies, by --live and by --block.\nLeave out one of them.'],
    [{ answer: ['a=1', 'a=2'] }, 'Boundary "a" is given two policies, by --answer and by --answer.\nLeave out one of them.'],
    [{ policy: ['a=liv'] }, 'Option --policy must be one of recorded, live, block, got "liv".\nDid you mean live?'],
    [{ policy: ['a'] }, 'Option --policy takes KEY=VALUE, got "a".'],
    [{ answer: ['=1'] }, 'Option --answer takes NAME=JSON, got "=1".'],
    [{ pace: 'slow' }, 'Option --pace must be one of fast, recorded, got "slow".'],
    [{ onChangedInput: 'server' }, 'Option --on-changed-input must be one of stop, serve, live, got "server".\nDid you mean serve?'],
  ])('%j is a fault', (words, message) => {
    expect(() => replayOptionsOf(words)).toThrowError(expect.objectContaining({ code: 'CHRONICLE_OPTION_INVALID', message }) as Error);
  });

  it('says what is wrong with JSON, and how a shell wants it quoted', () => {
    expect(() => replayOptionsOf({ input: '{a:1}' })).toThrowError(
      /^Option --input must be JSON, got "\{a:1\}": .+\.\nQuote it for the shell, as in --input '"sell 10 shares"' or --input '\["AAPL", 10\]'\.$/,
    );
    expect(() => replayOptionsOf({ answer: ['q={'] })).toThrowError(
      /^Option --answer must be JSON, got "\{": .+\.\nQuote it for the shell, as in --answer 'q=\{"ok":true\}'\.$/,
    );
  });
});

describe('namedBoundaries()', () => {
  it('lists names, and neither kinds nor effects', () => {
    expect(namedBoundaries(replayOptionsOf({ live: ['a'], policy: ['kind:tool=live', 'effect:read=live', 'b=block'], allowIrreversible: ['a', 'c'] }))).toEqual(
      ['a', 'b', 'c'],
    );
  });
});
