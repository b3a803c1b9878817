import { describe, expect, it } from 'vitest';
import { fingerprint } from '../value/index.js';
import { type LiveCall, type Match, matchCall } from './matcher.js';
import { makePlan, type Place, placeInside, ROOT_PLACE } from './plan.js';
import { recordingOf, at, type Told } from './recordings.fixture.js';
import { Usage } from './usage.js';

const call = (place: Place, name: string, args: readonly unknown[], ordinal = 0): LiveCall => ({
  place,
  kind: 'tool',
  name,
  ordinal,
  args: () => args,
  inputDigest: fingerprint(args).digest,
  wantsOutcome: true,
});

const tool = (name: string, args: readonly unknown[], returns: unknown, more: Partial<Told> = {}): Told => ({ kind: 'tool', name, args, returns, ...more });

/** The spans of the answers that a series of calls gets, with `-` for a miss. */
function answers(told: readonly Told[], calls: readonly LiveCall[]): string[] {
  const plan = makePlan(recordingOf(told));
  const usage = new Usage();
  return calls.map((each) => {
    const match = matchCall(plan, usage, each);
    if (match.kind === 'missed') return `- ${match.reason}`;
    usage.use(match.envelope);
    return match.envelope.spanId.slice(-1);
  });
}

describe('matchCall()', () => {
  it('answers equal calls in recorded order, each once', () => {
    const told = [tool('balance', ['USD'], 10), tool('balance', ['USD'], 7), tool('balance', ['EUR'], 3)];
    const usd = call(ROOT_PLACE, 'balance', ['USD']);
    expect(answers(told, [usd, usd, call(ROOT_PLACE, 'balance', ['EUR']), usd])).toEqual(['1', '2', '3', '- used-up']);
    // While another one is unused, it is the one whose place this call has taken.
    expect(answers(told, [usd, usd, usd])).toEqual(['1', '2', '- changed-input']);
  });

  it('gives calls with different inputs their own answers, whatever the order', () => {
    const told = [tool('quote', ['A'], 1), tool('quote', ['B'], 2), tool('quote', ['C'], 3)];
    const calls = ['C', 'A', 'B'].map((symbol) => call(ROOT_PLACE, 'quote', [symbol]));
    expect(answers(told, calls)).toEqual(['3', '1', '2']);
  });

  it('counts attempts: a retried call meets the failure it met', () => {
    const told: Told[] = [{ kind: 'tool', name: 'pay', args: [1], throws: new Error('503') }, tool('pay', [1], 'ok')];
    const plan = makePlan(recordingOf(told));
    const match = matchCall(plan, new Usage(), call(ROOT_PLACE, 'pay', [1]));
    expect(match.kind === 'answered' && match.envelope.outcome.kind).toBe('threw');
    expect(answers(told, [call(ROOT_PLACE, 'pay', [1]), call(ROOT_PLACE, 'pay', [1])])).toEqual(['1', '2']);
  });

  it('never matches by the call id of a provider', () => {
    const told = [tool('search', [{ id: 'call_1', q: 'a' }], 'A'), tool('search', [{ id: 'call_1', q: 'b' }], 'B')];
    expect(answers(told, [call(ROOT_PLACE, 'search', [{ id: 'call_1', q: 'b' }])])).toEqual(['2']);
  });

  it('looks only inside the recorded counterpart of the caller', () => {
    const inside = (answer: string): Told[] => [tool('search', ['x'], answer)];
    const recording = recordingOf([
      { kind: 'agent', name: 'one', inside: inside('1') },
      { kind: 'agent', name: 'two', inside: inside('2') },
    ]);
    const plan = makePlan(recording);
    const match = matchCall(plan, new Usage(), call(placeInside(at(recording, 'two#0')), 'search', ['x']));
    expect(match.kind === 'answered' && match.envelope.path).toBe('two#0/search#0');
  });

  it('does not take a call of another kind that has the same name', () => {
    expect(answers([{ kind: 'model', name: 'ask', args: [1], returns: 1 }], [call(ROOT_PLACE, 'ask', [1])])).toEqual(['- not-recorded']);
  });

  it('refuses a recorded call that never ended', () => {
    expect(answers([{ kind: 'tool', name: 'pay', args: [1], unknown: true }], [call(ROOT_PLACE, 'pay', [1])])).toEqual(['- outcome-unknown']);
  });

  it('names the nearest unused call here and where its input differs', () => {
    const recording = recordingOf([tool('book', [{ to: 'Rome', date: '2026-03-01' }], 1), tool('book', [{ to: 'Oslo', date: '2026-05-05' }], 2)]);
    const plan = makePlan(recording);
    const match = matchCall(plan, new Usage(), call(ROOT_PLACE, 'book', [{ to: 'Oslo', date: '2026-05-06' }]));
    expect(summary(match)).toEqual({
      reason: 'changed-input',
      nearest: 'book#1',
      samePlace: true,
      used: false,
      recordedThere: 2,
      differences: [{ path: '$[0].date', recorded: '2026-05-05', now: '2026-05-06' }],
    });
  });

  it('does not name a function as a difference: none is stored', () => {
    const recording = recordingOf([tool('ask', [{ q: 1, onToken: () => 1 }], 1)]);
    const match = matchCall(makePlan(recording), new Usage(), call(ROOT_PLACE, 'ask', [{ q: 2, onToken: () => 1 }]));
    expect(summary(match).differences).toEqual([{ path: '$[0].q', recorded: 1, now: 2 }]);
  });

  it('compares candidates with equally many differences by their ordinal', () => {
    const recording = recordingOf([tool('quote', ['A'], 1), tool('quote', ['B'], 2), tool('quote', ['C'], 3)]);
    const match = matchCall(makePlan(recording), new Usage(), call(ROOT_PLACE, 'quote', ['X'], 1));
    expect(summary(match).nearest).toBe('quote#1');
  });

  it('points at an equal call elsewhere in the run', () => {
    const recording = recordingOf([{ kind: 'agent', name: 'one', inside: [tool('search', ['x'], 1)] }]);
    const match = matchCall(makePlan(recording), new Usage(), call(ROOT_PLACE, 'search', ['x']));
    expect(summary(match)).toEqual({ reason: 'not-recorded', nearest: 'one#0/search#0', samePlace: false, used: false, recordedThere: 0, differences: [] });
  });

  it('takes time linear in the number of equal calls', () => {
    const count = 5_000;
    const recording = recordingOf(Array.from({ length: count }, (_, index) => tool('poll', ['job'], index)));
    const plan = makePlan(recording);
    const usage = new Usage();
    for (let index = 0; index < count; index++) {
      const match = matchCall(plan, usage, call(ROOT_PLACE, 'poll', ['job']));
      if (match.kind !== 'answered') throw new Error(`call ${index} was missed`);
      usage.use(match.envelope);
      if (index % 1_000 === 0) expect(match.envelope.ordinal).toBe(index);
    }
    expect(matchCall(plan, usage, call(ROOT_PLACE, 'poll', ['job'])).kind).toBe('missed');
  });
});

function summary(match: Match): Record<string, unknown> {
  if (match.kind === 'answered') return { answered: match.envelope.path };
  const { reason, nearest, recordedThere } = match;
  return { reason, nearest: nearest?.envelope.path, samePlace: nearest?.samePlace, used: nearest?.used, recordedThere, differences: nearest?.differences };
}
