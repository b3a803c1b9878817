import { describe, expect, it } from 'vitest';
import type { Rung, Served } from '../crossing/index.js';
import { divergenceOf } from './divergence.js';
import type { EndComparison } from './end.js';
import { makePlan } from './plan.js';
import { at, recordingOf } from './recordings.fixture.js';
import { makeReport, verdictOf } from './report.js';
import type { AskedCall, SessionState } from './session.js';
import type { ReplayReport } from './types.js';

const recording = recordingOf([
  {
    kind: 'agent',
    name: 'a',
    returns: 1,
    inside: [
      { kind: 'step', name: 's' },
      { kind: 'tool', name: 't', returns: 2 },
    ],
  },
]);
const plan = makePlan(recording, at(recording, 'a#0'));

const call = (served: Served, rung: Rung, path = 'a#0/t#0'): AskedCall => ({
  path,
  kind: 'tool',
  name: 't',
  ordinal: 0,
  crossing: undefined,
  rung,
  served,
  source: at(recording, path),
  isEntry: path === 'a#0',
  comparison: undefined,
  chunkDigests: undefined,
});

const entry = call('rerun', 'exact', 'a#0');
const equal: EndComparison = { kind: 'equal' };
const different: EndComparison = { kind: 'different', diff: [{ path: '$', recorded: 1, now: 2 }] };
const unverifiable: EndComparison = { kind: 'unverifiable', reason: 'a part was cut' };
const finding = (claim: 'diverged' | 'refused'): SessionState['findings'][number] => ({ claim, divergence: divergenceOf(entry, 'why', 'input', undefined) });

interface Case {
  asked?: AskedCall[];
  findings?: SessionState['findings'];
  left?: string[];
  end?: EndComparison;
  innerEnd?: EndComparison;
}

const state = ({ asked = [call('recorded', 'exact')], findings = [], left = [], end = equal, innerEnd }: Case): SessionState => ({
  plan,
  asked: [entry, ...asked],
  findings,
  unconsumed: left.map((path) => at(recording, path)),
  ends: [{ call: entry, comparison: end }, ...(innerEnd === undefined ? [] : [{ call: call('rerun', 'exact', 'a#0/s#0'), comparison: innerEnd }])],
});

describe('verdictOf()', () => {
  const table: [string, ReplayReport['verdict'], Case][] = [
    ['every call answered exactly, same end', 'same', {}],
    ['a call answered after volatile fields were set aside', 'same', { asked: [call('recorded', 'normalized')] }],
    ['a step that ran again as recorded', 'same', { innerEnd: equal }],
    ['another end', 'changed', { end: different }],
    ['an inner agent that ended otherwise', 'changed', { innerEnd: different }],
    ['a recorded call that was never asked for', 'changed', { left: ['a#0/t#0'] }],
    ['a call that moved', 'changed', { asked: [call('recorded', 'moved')] }],
    ['an entry that was given another input', 'changed', { asked: [call('rerun', 'changed-input')] }],
    ['a call answered by a policy', 'changed', { asked: [call('answered', 'exact')] }],
    ['a call that ran live', 'changed', { asked: [call('live', 'exact')] }],
    ['a call that a policy blocked', 'changed', { asked: [call('blocked', 'exact')] }],
    ['a divergence, whatever else is equal', 'diverged', { findings: [finding('diverged')] }],
    ['a refusal, whatever else is equal', 'refused', { findings: [finding('refused')] }],
    ['a refusal after a divergence', 'diverged', { findings: [finding('diverged'), finding('refused')] }],
    ['a divergence after a refusal, perhaps because of it', 'refused', { findings: [finding('refused'), finding('diverged')] }],
    ['an end that cannot be compared', 'refused', { end: unverifiable }],
    ['an end that cannot be compared, after something changed', 'changed', { end: unverifiable, asked: [call('live', 'exact')] }],
    ['an inner end that cannot be compared', 'same', { innerEnd: unverifiable }],
  ];
  it.each(table)('%s: %s', (_what, verdict, given) => {
    expect(verdictOf(state(given))).toBe(verdict);
  });
});

describe('makeReport()', () => {
  it('says of an inner end that it was not compared', () => {
    expect(makeReport(state({ innerEnd: unverifiable }), 'f'.repeat(32)).completeness).toEqual({ complete: false, reasons: ['a#0/s#0: a part was cut'] });
  });

  it('holds the result or the error, and neither for a program', () => {
    expect(makeReport(state({}), 'f'.repeat(32), { result: undefined })).toHaveProperty('result', undefined);
    expect(makeReport(state({}), 'f'.repeat(32), { error: 1 })).toHaveProperty('error', 1);
    expect(makeReport(state({}), 'f'.repeat(32))).not.toHaveProperty('result');
  });

  it('counts what ran live and what was blocked', () => {
    expect(makeReport(state({ asked: [call('live', 'none'), call('blocked', 'none'), call('blocked', 'exact')] }), 'f'.repeat(32))).toMatchObject({
      live: 1,
      blocked: 2,
    });
  });
});
