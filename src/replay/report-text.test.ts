import { describe, expect, it } from 'vitest';
import { type Paint, reportText } from './report-text.js';
import { safeText } from './safe-text.js';
import type { ReplayReport } from './types.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const report = (more: Partial<ReplayReport>): ReplayReport => ({
  verdict: 'same',
  recorded: { traceId: TRACE, spanId: '00f067aa0ba902b7', outcome: 'returned' },
  replayed: { traceId: 'f'.repeat(32) },
  calls: [],
  divergences: [],
  unconsumed: [],
  live: 0,
  blocked: 0,
  completeness: { complete: true, reasons: [] },
  outcomeDiff: [],
  ...more,
});

const call = (
  path: string,
  served: ReplayReport['calls'][number]['served'],
  rung: ReplayReport['calls'][number]['rung'] = 'exact',
): ReplayReport['calls'][number] => {
  const [, name = '', ordinal = '0'] = /([^/#]+)#(\d+)$/.exec(path) ?? [];
  return { path, kind: 'tool', name, ordinal: Number(ordinal), rung, served };
};

describe('reportText()', () => {
  it('begins with the verdict in one line', () => {
    expect(reportText(report({ calls: [call('a#0', 'rerun'), call('a#0/b#0', 'recorded')] })).split('\n')[0]).toBe(
      'same: the run ended as recorded; 1 call was answered from the recording and none ran live.',
    );
    expect(
      reportText(
        report({ verdict: 'changed', live: 1, unconsumed: [{ spanId: '1', path: 'a#0', kind: 'tool', name: 'a' }], calls: [call('a#0', 'live')] }),
      ).split('\n')[0],
    ).toBe('changed: no call got an answer that was not its own, but 1 recorded call was never asked for, 1 call ran live.');
  });

  it('shows interleaved calls of parallel branches below their own caller', () => {
    const calls = [
      call('a#0', 'rerun'),
      call('a#0/w#0', 'rerun'),
      call('a#0/w#1', 'rerun'),
      call('a#0/w#0/t#0', 'recorded'),
      call('a#0/w#1/t#0', 'live'),
      call('a#0/w#0/t#1', 'blocked', 'none'),
    ];
    expect(reportText(report({ calls })).split('\n\n')[1]).toBe(
      [
        'Calls',
        '  a#0      tool       ran again  exact',
        '    w#0    tool       ran again  exact',
        '      t#0  tool       recorded  exact',
        '      t#1  tool       BLOCKED',
        '    w#1    tool       ran again  exact',
        '      t#0  tool       LIVE  exact',
      ].join('\n'),
    );
  });

  it('cuts a long run and says so', () => {
    const calls = Array.from({ length: 1_000 }, (_, index) => call(`t#${index}`, 'recorded'));
    const text = reportText(report({ calls }), { maxCalls: 3 });
    expect(text.split('\n').slice(3)).toEqual([
      'Calls',
      '  t#0  tool       recorded  exact',
      '  t#1  tool       recorded  exact',
      '  t#2  tool       recorded  exact',
      '  and 997 more calls',
    ]);
  });

  it('lets nothing of a payload reach the terminal as a command', () => {
    const evil = '\u001b]0;owned\u0007\u001b[2Jrm\u202e\u2066gpj\u009b31m\r\nx';
    const text = reportText(
      report({
        verdict: 'diverged',
        calls: [{ ...call('a#0', 'blocked', 'none'), name: evil, kind: evil }],
        divergences: [
          { path: evil, kind: evil, name: evil, ordinal: 0, reason: evil, cause: evil, nearest: '1', diff: [{ path: evil, recorded: evil, now: `{${evil}` }] },
        ],
        unconsumed: [{ spanId: '1', path: evil, kind: evil, name: evil }],
        completeness: { complete: false, reasons: [evil] },
        outcomeDiff: [{ path: evil, recorded: { [evil]: evil } }],
      }),
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not be there.
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
  });

  it('paints only through what it is given', () => {
    const tag = (name: string) => (text: string) => `<${name}>${text}</${name}>`;
    const paint: Paint = { good: tag('good'), warn: tag('warn'), bad: tag('bad'), dim: tag('dim'), strong: tag('strong') };
    expect(reportText(report({}), { paint }).split(':')[0]).toBe('<good>same</good>');
    expect(reportText(report({ verdict: 'refused' }), { paint }).split(':')[0]).toBe('<bad>refused</bad>');
  });

  it('lists what the recording lacks', () => {
    expect(reportText(report({ completeness: { complete: false, reasons: ['2 records were not stored: disk full'] } }))).toContain(
      'The recording is not complete\n  2 records were not stored: disk full',
    );
  });
});

describe('safeText()', () => {
  it('escapes controls, bidirectional and invisible characters, and leaves the rest', () => {
    expect(safeText('a\tb\nc\u0000\u001b[31m\u0085\u202e\u200b\ufeff\ud800é漢😀')).toBe('a\\tb\\nc\\x00\\x1b[31m\\x85\\u202e\\u200b\\ufeff\\ud800é漢😀');
    expect(safeText('\u{e0041}')).toBe('\\u{e0041}');
  });
});
