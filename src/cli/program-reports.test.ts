import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ReplayReport } from '../replay/index.js';
import { mergeReports, readProcessReports } from './program-reports.js';

function report(verdict: ReplayReport['verdict'], more: Partial<ReplayReport> = {}): ReplayReport {
  return {
    verdict,
    recorded: { traceId: 't', spanId: 's', outcome: 'returned' },
    replayed: { traceId: 'r' },
    calls: [],
    divergences: [],
    unconsumed: [],
    live: 0,
    blocked: 0,
    completeness: { complete: true, reasons: [] },
    outcomeDiff: [],
    ...more,
  };
}

const left = (spanId: string): ReplayReport['unconsumed'][number] => ({ spanId, path: '', kind: 'tool', name: spanId });
const call = (path: string): ReplayReport['calls'][number] => ({ path, kind: 'tool', name: path, ordinal: 0, rung: 'exact', served: 'recorded' });
const divergence = (reason: string): ReplayReport['divergences'][number] => ({ path: '', kind: '', name: '', ordinal: 0, reason, cause: 'code', diff: [] });

describe('mergeReports()', () => {
  it('leaves out processes that called no boundary', () => {
    const one = report('same');
    expect(
      mergeReports([
        { report: report('diverged'), crossings: 0 },
        { report: one, crossings: 3 },
      ]),
    ).toBe(one);
    expect(mergeReports([{ report: report('diverged'), crossings: 0 }])).toBeUndefined();
    expect(mergeReports([])).toBeUndefined();
  });

  it('takes the worst verdict, and puts the divergences that gave it first', () => {
    const merged = mergeReports([
      { report: report('changed', { divergences: [divergence('small')], live: 1 }), crossings: 1 },
      { report: report('diverged', { divergences: [divergence('large')], live: 2, blocked: 1 }), crossings: 1 },
    ]);
    expect(merged).toEqual(report('diverged', { divergences: [divergence('large'), divergence('small')], live: 3, blocked: 1 }));
  });

  it('counts as left over what no process asked for', () => {
    const merged = mergeReports([
      { report: report('changed', { calls: [call('a')], unconsumed: [left('b'), left('c')] }), crossings: 1 },
      { report: report('changed', { calls: [call('b')], unconsumed: [left('a'), left('c')] }), crossings: 1 },
    ]);
    expect(merged).toEqual(report('changed', { calls: [call('a'), call('b')], unconsumed: [left('c')] }));
  });
});

describe('readProcessReports()', () => {
  it('reads what is whole, and counts what is not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'chronicle-reports-'));
    try {
      await writeFile(join(folder, '1.json'), JSON.stringify({ report: report('same'), crossings: 2, exitCode: 0 }));
      await writeFile(join(folder, '2.json'), '{"report":{"verd');
      await writeFile(join(folder, '3.json'), JSON.stringify({ report: { verdict: 'fine' }, crossings: 2 }));
      await writeFile(join(folder, '4.json.part'), 'x');
      expect(await readProcessReports(folder)).toEqual({ reports: [{ report: report('same'), crossings: 2, exitCode: 0 }], unreadable: 2 });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
