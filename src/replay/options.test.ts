import { describe, expect, it } from 'vitest';
import { resolveReplayOptions } from './options.js';
import type { ReplayOptions } from './types.js';

const messageOf = (options: unknown): string => {
  try {
    resolveReplayOptions(options as ReplayOptions);
  } catch (error) {
    expect(error).toMatchObject({ code: 'CHRONICLE_OPTION_INVALID' });
    return (error as Error).message;
  }
  return 'accepted';
};

describe('resolveReplayOptions()', () => {
  it('stops at what it does not know unless told otherwise', () => {
    expect(resolveReplayOptions()).toEqual({
      entry: undefined,
      import: [],
      input: undefined,
      policies: new Map(),
      allowIrreversible: new Set(),
      onChangedInput: 'stop',
      pace: 'fast',
      strict: false,
    });
  });

  it.each([
    [{ polcy: {} }, 'Unknown option polcy of a replay.\nDid you mean policy?'],
    [{ verbose: true }, 'Unknown option verbose of a replay.\nKnown are store, entry, import, input, policy, allowIrreversible, onChangedInput, pace, strict.'],
    [{ policy: { sell: 'lvie' } }, 'Option policy["sell"] must be "recorded", "live", "block" or { answer: value }, got "lvie".\nDid you mean "live"?'],
    [{ policy: { sell: { anser: 1 } } }, 'Option policy["sell"] must be "recorded", "live", "block" or { answer: value }, got an object.'],
    [{ policy: { 'kind:tol': 'live' } }, 'Unknown option policy["kind:tol"] of a replay.\nDid you mean kind:tool?'],
    [{ policy: { 'effect:writes': 'live' } }, 'Unknown option policy["effect:writes"] of a replay.\nDid you mean effect:write?'],
    [{ pace: 'slow' }, 'Option pace must be "fast" or "recorded", got "slow".'],
    [{ onChangedInput: 'server' }, 'Option onChangedInput must be "stop" or "serve" or "live", got "server".\nDid you mean "serve"?'],
    [{ input: 'ACME' }, 'Option input must be a list of arguments, got "ACME".'],
    [{ import: './agent.js' }, 'Option import must be a list of strings, got "./agent.js".'],
    [{ strict: 1 }, 'Option strict must be true or false, got 1.'],
    [{ policy: { sell: { answer: undefined } } }, 'accepted'],
  ])('%j: %s', (options, message) => {
    expect(messageOf(options)).toBe(message);
  });

  it('finds no policy for names that every object has', () => {
    expect(resolveReplayOptions({ policy: {} }).policies.get('constructor')).toBe(undefined);
  });
});
