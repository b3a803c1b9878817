import { describe, expect, it } from 'vitest';
import type { Envelope, Recording } from '../envelope/index.js';
import { makePlan, placeAtPath, placeInside, ROOT_PLACE, rootsOf } from './plan.js';
import { at, recordingOf, type Told } from './recordings.fixture.js';

const tree: Told[] = [
  {
    kind: 'agent',
    name: 'boss',
    inside: [
      { kind: 'model', name: 'decide', args: [1], returns: 1 },
      { kind: 'agent', name: 'worker', args: ['a'], inside: [{ kind: 'tool', name: 'search', args: ['a'], returns: 'A' }] },
      { kind: 'agent', name: 'worker', args: ['b'], inside: [{ kind: 'tool', name: 'search', args: ['b'], returns: 'B' }] },
    ],
  },
];

const paths = (envelopes: readonly Envelope[]): string[] => envelopes.map(({ path }) => path);
const withEnvelopes = (recording: Recording, envelopes: Envelope[]): Recording => ({ ...recording, envelopes });

describe('makePlan()', () => {
  it('holds the whole trace when no entry is given', () => {
    const plan = makePlan(recordingOf(tree));
    expect(paths(plan.envelopes)).toEqual([
      'boss#0',
      'boss#0/decide#0',
      'boss#0/worker#0',
      'boss#0/worker#0/search#0',
      'boss#0/worker#1',
      'boss#0/worker#1/search#0',
    ]);
    expect(paths(plan.roots)).toEqual(['boss#0']);
  });

  it('holds only what is below the entry, so that a sub-agent is replayed alone', () => {
    const recording = recordingOf(tree);
    const plan = makePlan(recording, at(recording, 'boss#0/worker#1'));
    expect(paths(plan.envelopes)).toEqual(['boss#0/worker#1/search#0']);
    expect(paths(plan.roots)).toEqual(['boss#0/worker#1/search#0']);
    expect(plan.placeOf(at(recording, 'boss#0/worker#1/search#0'))).toBe(placeInside(at(recording, 'boss#0/worker#1')));
  });

  it('places a crossing whose parent was lost by its path', () => {
    const whole = recordingOf(tree);
    const recording = withEnvelopes(
      whole,
      whole.envelopes.filter(({ path }) => path !== 'boss#0/worker#0'),
    );
    const plan = makePlan(recording, at(recording, 'boss#0'));
    expect(paths(plan.envelopes)).toContain('boss#0/worker#0/search#0');
    expect(plan.placeOf(at(recording, 'boss#0/worker#0/search#0'))).toBe(placeAtPath('boss#0/worker#0'));
  });

  it('keeps two processes of one trace apart although their paths are equal', () => {
    const one = recordingOf([{ kind: 'agent', name: 'boss', inside: [{ kind: 'tool', name: 'search', args: ['x'], returns: 1 }] }]);
    const two = one.envelopes.map((envelope) => ({
      ...envelope,
      spanId: `f${envelope.spanId.slice(1)}`,
      parentSpanId: envelope.parentSpanId === undefined ? undefined : `f${envelope.parentSpanId.slice(1)}`,
    }));
    const plan = makePlan(withEnvelopes(one, [...one.envelopes, ...two]), two[0]);
    expect(plan.envelopes.map(({ spanId }) => spanId)).toEqual(['f000000000000002']);
  });

  it('counts a crossing that two recorders stored once, with its outcome', () => {
    const whole = recordingOf([{ kind: 'tool', name: 'pay', args: [1], returns: 'ok' }]);
    const [known] = whole.envelopes as [Envelope];
    const plan = makePlan(withEnvelopes(whole, [{ ...known, outcome: { kind: 'unknown' }, segment: 'other' }, known]));
    expect(plan.envelopes.map(({ outcome }) => outcome.kind)).toEqual(['returned']);
  });

  it('survives parents that form a circle', () => {
    const whole = recordingOf([
      { kind: 'agent', name: 'a' },
      { kind: 'agent', name: 'b' },
    ]);
    const [a, b] = whole.envelopes as [Envelope, Envelope];
    const recording = withEnvelopes(whole, [
      { ...a, parentSpanId: b.spanId },
      { ...b, parentSpanId: a.spanId },
    ]);
    expect(paths(makePlan(recording, recording.envelopes[0]).envelopes)).toEqual(['b#0']);
    expect(paths(makePlan(recording).roots)).toEqual([]);
  });

  it('never gives one key to two places, kinds, names and digests', () => {
    const recording = recordingOf([
      { kind: 'tool', name: 'a4:tool', args: [1] },
      { kind: 'tool', name: 'a', args: [1] },
    ]);
    const plan = makePlan(recording);
    expect(plan.named('tool', 'a').length).toBe(1);
    expect(plan.siblings(ROOT_PLACE, 'tool', 'a4:tool').length).toBe(1);
    expect(plan.siblings(ROOT_PLACE, 'toola', '4:tool').length).toBe(0);
  });
});

describe('rootsOf()', () => {
  it('counts a crossing whose parent is not recorded as a root', () => {
    const whole = recordingOf(tree);
    expect(paths(rootsOf(whole))).toEqual(['boss#0']);
    const recording = withEnvelopes(whole, whole.envelopes.slice(2, 4));
    expect(paths(rootsOf(recording))).toEqual(['boss#0/worker#0']);
  });
});
