import { describe, expect, it } from 'vitest';
import { isChronicleError } from '../errors.js';
import { ReplayBlockedError, ReplayMissError, ReplayRefusedError } from './errors.js';
import { ask, at, recordingOf, reportOf, returned, sessionOf, threw, type Told, TRACE_ID, valueOf } from './recordings.fixture.js';

const trader: Told = {
  kind: 'agent',
  name: 'trader',
  args: ['sell $1,000 of ACME'],
  returns: 'sold',
  inside: [
    {
      kind: 'model',
      name: 'decide',
      args: [{ model: 'gpt-4o', messages: [{ role: 'user', content: 'sell $1,000 of ACME' }] }],
      returns: { tool: 'get_quote' },
    },
    { kind: 'tool', name: 'get_quote', effect: 'read', args: ['ACME'], returns: { price: 10 } },
    { kind: 'tool', name: 'place_order', args: [{ shares: 1000 }], returns: { id: 'o-1' } },
  ],
};
const request = { model: 'gpt-4o', messages: [{ role: 'user', content: 'sell $1,000 of ACME' }] };

function started(options?: Parameters<typeof sessionOf>[1]) {
  const recording = recordingOf([trader]);
  const session = sessionOf(recording, { entry: at(recording, 'trader#0'), ...options });
  const entry = ask(session, { kind: 'agent', name: 'trader', args: ['sell $1,000 of ACME'] });
  return { recording, session, entry: entry.crossing, entryAnswer: entry.answer };
}

describe('ReplaySession', () => {
  it('runs the entry and answers the calls inside it', () => {
    const { session, entry, entryAnswer } = started();
    expect(entryAnswer).toMatchObject({
      kind: 'run',
      served: 'rerun',
      rung: 'exact',
      recordedPath: 'trader#0',
      source: { traceId: TRACE_ID, spanId: '0000000000000001' },
    });
    expect(valueOf(ask(session, { kind: 'model', name: 'decide', args: [request] }, entry))).toEqual({ tool: 'get_quote' });
    expect(valueOf(ask(session, { kind: 'tool', name: 'get_quote', effect: 'read', args: ['ACME'] }, entry))).toEqual({ price: 10 });
    expect(valueOf(ask(session, { kind: 'tool', name: 'place_order', args: [{ shares: 1000 }] }, entry))).toEqual({ id: 'o-1' });
    session.finished(entry, returned('sold'));
    expect(reportOf(session)).toEqual({
      verdict: 'same',
      recorded: { traceId: TRACE_ID, spanId: '0000000000000001', outcome: 'returned' },
      replayed: { traceId: session.run.traceId },
      calls: [
        { path: 'trader#0', kind: 'agent', name: 'trader', ordinal: 0, rung: 'exact', source: '0000000000000001', served: 'rerun' },
        { path: 'trader#0/decide#0', kind: 'model', name: 'decide', ordinal: 0, rung: 'exact', source: '0000000000000002', served: 'recorded' },
        { path: 'trader#0/get_quote#0', kind: 'tool', name: 'get_quote', ordinal: 0, rung: 'exact', source: '0000000000000003', served: 'recorded' },
        { path: 'trader#0/place_order#0', kind: 'tool', name: 'place_order', ordinal: 0, rung: 'exact', source: '0000000000000004', served: 'recorded' },
      ],
      divergences: [],
      unconsumed: [],
      live: 0,
      blocked: 0,
      completeness: { complete: true, reasons: [] },
      outcomeDiff: [],
    });
  });

  it('gives every call objects of its own', () => {
    const recording = recordingOf([
      { kind: 'tool', name: 'list', args: [], returns: { items: [1] } },
      { kind: 'tool', name: 'list', args: [], returns: { items: [1] } },
    ]);
    const session = sessionOf(recording);
    const first = valueOf(ask(session, { kind: 'tool', name: 'list' })) as { items: number[] };
    first.items.push(2);
    expect(valueOf(ask(session, { kind: 'tool', name: 'list' }))).toEqual({ items: [1] });
    expect(recording.envelopes[0]?.outcome.kind === 'returned' && recording.envelopes[0].outcome.value.decode()).toEqual({ items: [1] });
  });

  it('notices a changed prompt and names it with its path', () => {
    const { session, entry } = started();
    const changed = { model: 'gpt-4o', messages: [{ role: 'user', content: 'sell 1,000 shares of ACME' }] };
    const error = valueOf(ask(session, { kind: 'model', name: 'decide', args: [changed] }, entry));
    expect(error).toBeInstanceOf(ReplayMissError);
    expect(isChronicleError(error, 'CHRONICLE_REPLAY_MISS')).toBe(true);
    expect((error as Error).message).toBe(
      `No recorded answer for model "decide" (call 1 under "trader", trace ${TRACE_ID}).\n` +
        'The recording holds 1 call there; its input differs at $[0].messages[0].content: recorded "sell $1,000 of ACME", now "sell 1,000 shares of ACME".\n' +
        'Set the policy of "decide" to live to run it, or record the trace again.',
    );
    expect((error as ReplayMissError).call).toEqual({
      kind: 'model',
      name: 'decide',
      effect: 'read',
      path: 'trader#0/decide#0',
      ordinal: 0,
      parent: 'trader',
      traceId: TRACE_ID,
    });
    expect((error as ReplayMissError).miss).toEqual({
      reason: 'changed-input',
      cause: 'prompt',
      nearest: '0000000000000002',
      recordedThere: 1,
      diff: [{ path: '$[0].messages[0].content', recorded: 'sell $1,000 of ACME', now: 'sell 1,000 shares of ACME' }],
    });
    const report = reportOf(session);
    expect(report.verdict).toBe('diverged');
    expect(report.divergences).toEqual([
      {
        path: 'trader#0/decide#0',
        kind: 'model',
        name: 'decide',
        ordinal: 0,
        reason:
          'The recording holds 1 call there; its input differs at $[0].messages[0].content: recorded "sell $1,000 of ACME", now "sell 1,000 shares of ACME".',
        cause: 'prompt',
        nearest: '0000000000000002',
        diff: [{ path: '$[0].messages[0].content', recorded: 'sell $1,000 of ACME', now: 'sell 1,000 shares of ACME' }],
      },
    ]);
  });

  it('notices a changed tool argument, not only a changed tool name', () => {
    const { session, entry } = started();
    expect(valueOf(ask(session, { kind: 'tool', name: 'place_order', args: [{ shares: 100 }] }, entry))).toMatchObject({
      code: 'CHRONICLE_REPLAY_MISS',
      message:
        `No recorded answer for tool "place_order" (call 1 under "trader", trace ${TRACE_ID}).\n` +
        'The recording holds 1 call there; its input differs at $[0].shares: recorded 1000, now 100.\n' +
        'Set the policy of "place_order" to live and name it in allowIrreversible to run it, or record the trace again.',
    });
  });

  it('stays diverged when the program catches the miss and ends as recorded', () => {
    const { session, entry } = started();
    ask(session, { kind: 'model', name: 'decide', args: ['other'] }, entry);
    ask(session, { kind: 'model', name: 'decide', args: [request] }, entry);
    ask(session, { kind: 'tool', name: 'get_quote', effect: 'read', args: ['ACME'] }, entry);
    ask(session, { kind: 'tool', name: 'place_order', args: [{ shares: 1000 }] }, entry);
    session.finished(entry, returned('sold'));
    const report = reportOf(session);
    expect(report.verdict).toBe('diverged');
    expect(report.unconsumed).toEqual([]);
    expect(report.blocked).toBe(1);
  });

  it('says how many calls are recorded when one goes beyond them', () => {
    const { session, entry } = started();
    ask(session, { kind: 'tool', name: 'get_quote', effect: 'read', args: ['ACME'] }, entry);
    expect((valueOf(ask(session, { kind: 'tool', name: 'get_quote', effect: 'read', args: ['ACME'] }, entry)) as Error).message).toBe(
      `No recorded answer for tool "get_quote" (call 2 under "trader", trace ${TRACE_ID}).\n` +
        'The recording holds 1 call there, and each with this input has answered already.\n' +
        'Set the policy of "get_quote" to live to run it, or record the trace again.',
    );
  });

  it('says that a boundary was never called there', () => {
    const { session, entry } = started();
    expect((valueOf(ask(session, { kind: 'guardrail', name: 'limits', args: [1] }, entry)) as Error).message).toBe(
      `No recorded answer for guardrail "limits" (call 1 under "trader", trace ${TRACE_ID}).\n` +
        'The recording holds no call of that name there.\n' +
        'Set the policy of "limits" to live to run it, or record the trace again.',
    );
    expect(reportOf(session).divergences[0]?.cause).toBe('code');
  });

  it('throws again what was thrown', () => {
    class BrokerError extends Error {
      code = 'E_BROKER';
    }
    const recording = recordingOf([{ kind: 'tool', name: 'place_order', args: [1], throws: new BrokerError('rejected') }]);
    const { answer } = ask(sessionOf(recording), { kind: 'tool', name: 'place_order', args: [1] });
    expect(answer.kind === 'outcome' && answer.outcome.kind).toBe('threw');
    const error = valueOf({ answer } as never) as BrokerError;
    expect(error).toBeInstanceOf(Error);
    expect({ message: error.message, code: error.code }).toEqual({ message: 'rejected', code: 'E_BROKER' });
  });

  it('gives streams back chunk by chunk, with the pace that was asked for', () => {
    const recording = recordingOf([{ kind: 'model', name: 'chat', args: [1], streams: { chunks: ['a', 'b'], end: 'done', value: 'ab' } }]);
    const { answer } = ask(sessionOf(recording, { options: { pace: 'recorded' } }), { kind: 'model', name: 'chat', args: [1] });
    expect(answer).toMatchObject({
      kind: 'outcome',
      outcome: {
        kind: 'streamed',
        form: 'async-generator',
        end: 'done',
        value: 'ab',
        pace: 'recorded',
        chunks: [
          { offsetMillis: 1, value: 'a' },
          { offsetMillis: 1, value: 'b' },
        ],
      },
    });
  });

  it('counts a chunk beyond a stream that was left early as a divergence', () => {
    const recording = recordingOf([{ kind: 'model', name: 'chat', args: [1], streams: { chunks: ['a'], end: 'cancelled' } }]);
    const session = sessionOf(recording);
    const { answer } = ask(session, { kind: 'model', name: 'chat', args: [1] });
    const { outcome } = answer as Extract<typeof answer, { kind: 'outcome' }>;
    const { onOverrun } = outcome as Extract<typeof outcome, { kind: 'streamed' }>;
    expect(reportOf(session).verdict).toBe('same');
    expect(onOverrun?.().message).toBe(
      `No recorded chunk 2 for model "chat" (call 1 at the root of the run, trace ${TRACE_ID}).\n` +
        'The recorded stream was left by its reader after 1 chunk, and another was asked for.\n' +
        'Stop where the recorded run stopped, or set the policy of "chat" to live.',
    );
    expect(reportOf(session).verdict).toBe('diverged');
  });

  it('refuses a call whose recorded outcome is unknown, and says what it may have done', () => {
    const recording = recordingOf([{ ...trader, unknown: true, inside: [{ kind: 'tool', name: 'place_order', args: [1], unknown: true }] }]);
    const session = sessionOf(recording, { entry: at(recording, 'trader#0') });
    const { crossing } = ask(session, { kind: 'agent', name: 'trader', args: trader.args ?? [] });
    const error = valueOf(ask(session, { kind: 'tool', name: 'place_order', args: [1] }, crossing)) as ReplayRefusedError;
    expect(error).toBeInstanceOf(ReplayRefusedError);
    expect(error.code).toBe('CHRONICLE_REPLAY_REFUSED');
    expect(error.message).toBe(
      `Outcome unknown of tool "place_order" (call 1 under "trader", trace ${TRACE_ID}), effect irreversible.\n` +
        'The recorded call (span 0000000000000002) began and has no end: the process was killed, was still running, or the result was never read. It may have had its effect (recorded as irreversible).\n' +
        'Find out whether it took effect, and set the policy of "place_order" to { answer: ... } to go on.',
    );
    const report = reportOf(session);
    expect(report.verdict).toBe('refused');
    expect(report.recorded.outcome).toBe('unknown');
    expect(report.completeness).toEqual({
      complete: false,
      reasons: [
        'outcome of agent "trader" is unknown (effect none): no end was recorded',
        'outcome of tool "place_order" is unknown (effect irreversible): no end was recorded',
      ],
    });
  });

  it('refuses what lies beyond a recording that breaks off, since it proves nothing', () => {
    const recording = recordingOf([{ ...trader, unknown: true, inside: [] }]);
    const session = sessionOf(recording, { entry: at(recording, 'trader#0') });
    const { crossing } = ask(session, { kind: 'agent', name: 'trader', args: trader.args ?? [] });
    const error = valueOf(ask(session, { kind: 'tool', name: 'get_quote', args: ['ACME'] }, crossing)) as Error;
    expect(error.message).toContain('The recording breaks off here: the crossing around it never ended.');
    expect(reportOf(session).verdict).toBe('refused');
  });

  it('meets the attempt after one whose outcome is unknown', () => {
    const recording = recordingOf([
      { kind: 'tool', name: 'pay', args: [1], unknown: true },
      { kind: 'tool', name: 'pay', args: [1], returns: 'ok' },
    ]);
    const session = sessionOf(recording);
    expect(valueOf(ask(session, { kind: 'tool', name: 'pay', args: [1] }))).toBeInstanceOf(ReplayRefusedError);
    expect(valueOf(ask(session, { kind: 'tool', name: 'pay', args: [1] }))).toBe('ok');
    expect(reportOf(session).verdict).toBe('refused');
  });

  it('refuses an answer of which a part was cut', () => {
    const recording = recordingOf([{ kind: 'tool', name: 'fetch_page', args: [1], returns: nested(1_200) }]);
    const session = sessionOf(recording);
    const error = valueOf(ask(session, { kind: 'tool', name: 'fetch_page', args: [1] })) as Error;
    expect(error).toBeInstanceOf(ReplayRefusedError);
    expect(error.message).toMatch(
      /^The recording cannot vouch for the answer of tool "fetch_page" .*\nThe recorded outcome \(span 0000000000000001\) is not whole: .*cut/,
    );
    expect(reportOf(session)).toMatchObject({ verdict: 'refused', divergences: [{ cause: 'incomplete' }] });
  });

  it('refuses an input of which a part was cut, though the digests are equal', () => {
    const input = nested(1_200);
    const recording = recordingOf([{ kind: 'tool', name: 'save', args: [input], returns: 1 }]);
    const session = sessionOf(recording);
    const error = valueOf(ask(session, { kind: 'tool', name: 'save', args: [input] })) as Error;
    expect(error.message).toMatch(/\nThe recorded input \(span 0000000000000001\) is not whole, so nobody can say whether it is this one: .*cut/);
    expect(reportOf(session).verdict).toBe('refused');
  });

  it('answers where only a function or a socket could not be stored', () => {
    const recording = recordingOf([{ kind: 'model', name: 'chat', args: [{ q: 1, onToken: () => undefined }], returns: 'ok' }]);
    const session = sessionOf(recording);
    expect(valueOf(ask(session, { kind: 'model', name: 'chat', args: [{ q: 1, onToken: () => undefined }] }))).toBe('ok');
  });

  it('refuses with the fault of ours when a recorded value cannot be decoded', () => {
    const recording = recordingOf([{ kind: 'tool', name: 'get', args: [1], returns: 1 }]);
    const [envelope] = recording.envelopes;
    const broken = {
      ...envelope,
      outcome: {
        kind: 'returned',
        async: true,
        value: {
          digest: '',
          size: 0,
          incomplete: [],
          opaque: [],
          decode: () => {
            throw new Error('bad node 7');
          },
        },
      },
    };
    const session = sessionOf({ ...recording, envelopes: [broken as never] });
    const error = valueOf(ask(session, { kind: 'tool', name: 'get', args: [1] })) as ReplayRefusedError;
    expect(error.message).toBe(
      `No answer for tool "get" (call 1 at the root of the run, trace ${TRACE_ID}).\nThe recorded answer could not be read: bad node 7`,
    );
    expect(error.cause).toEqual(new Error('bad node 7'));
    expect(reportOf(session).verdict).toBe('refused');
  });
});

describe('ReplaySession behind a privacy door', () => {
  const protect = (text: string): string => text.replaceAll(/sk-[a-z]+/g, '[key]');
  const told: Told[] = [
    {
      kind: 'agent',
      name: 'a',
      args: [],
      returns: { key: 'sk-abc', n: 1 },
      inside: [{ kind: 'tool', name: 't', args: [{ key: 'sk-abc', q: 1 }], returns: 1 }],
    },
  ];

  it('matches a protected input, since fingerprints are taken of the protected form', () => {
    const session = sessionOf(recordingOf(told, protect), { protect });
    const { crossing } = ask(session, { kind: 'agent', name: 'a' });
    expect(valueOf(ask(session, { kind: 'tool', name: 't', args: [{ key: 'sk-xyz', q: 1 }] }, crossing))).toBe(1);
    session.finished(crossing, returned({ key: 'sk-xyz', n: 1 }));
    expect(reportOf(session).verdict).toBe('same');
  });

  it('says nothing of a live value that recording it would have withheld', () => {
    const session = sessionOf(recordingOf(told, protect), { protect });
    const { crossing } = ask(session, { kind: 'agent', name: 'a' });
    const error = valueOf(ask(session, { kind: 'tool', name: 't', args: [{ key: 'sk-xyz', q: 2, more: 'sk-new' }] }, crossing)) as ReplayMissError;
    expect(error.miss.diff).toEqual([
      { path: '$[0].q', recorded: 1, now: 2 },
      { path: '$[0].more', now: '[key]' },
    ]);
    session.finished(crossing, returned({ key: 'sk-xyz', n: 2 }));
    const report = reportOf(session);
    expect(report.outcomeDiff).toEqual([{ path: '$.n', recorded: 1, now: 2 }]);
    expect(JSON.stringify([report, error.message])).not.toContain('sk-');
  });
});

describe('ReplaySession below the entry', () => {
  const twins: Told = {
    kind: 'agent',
    name: 'boss',
    inside: [
      { kind: 'agent', name: 'worker', args: ['a'], returns: 'A', inside: [{ kind: 'tool', name: 'search', args: ['same'], returns: 'for a' }] },
      { kind: 'agent', name: 'worker', args: ['b'], returns: 'B', inside: [{ kind: 'tool', name: 'search', args: ['same'], returns: 'for b' }] },
    ],
  };

  it('lets parallel sub-agents that start in another order find their own answers', () => {
    const recording = recordingOf([twins]);
    const session = sessionOf(recording, { entry: at(recording, 'boss#0') });
    const boss = ask(session, { kind: 'agent', name: 'boss' }).crossing;
    const b = ask(session, { kind: 'agent', name: 'worker', args: ['b'] }, boss).crossing;
    const a = ask(session, { kind: 'agent', name: 'worker', args: ['a'] }, boss).crossing;
    expect([b.path, b.recordedPath, a.path, a.recordedPath]).toEqual(['boss#0/worker#0', 'boss#0/worker#1', 'boss#0/worker#1', 'boss#0/worker#0']);
    expect(valueOf(ask(session, { kind: 'tool', name: 'search', args: ['same'] }, a))).toBe('for a');
    expect(valueOf(ask(session, { kind: 'tool', name: 'search', args: ['same'] }, b))).toBe('for b');
    session.finished(b, returned('B'));
    session.finished(a, returned('A'));
    session.finished(boss, returned(undefined));
    expect(reportOf(session).verdict).toBe('same');
  });

  it('replays a sub-agent alone', () => {
    const recording = recordingOf([twins]);
    const session = sessionOf(recording, { entry: at(recording, 'boss#0/worker#1') });
    const { answer, crossing } = ask(session, { kind: 'agent', name: 'worker', args: ['b'] });
    expect(crossing.path).toBe('worker#0');
    expect(answer.kind === 'run' && answer.recordedPath).toBe('boss#0/worker#1');
    expect(valueOf(ask(session, { kind: 'tool', name: 'search', args: ['same'] }, crossing))).toBe('for b');
    session.finished(crossing, returned('B'));
    expect(reportOf(session).verdict).toBe('same');
  });

  it('runs a sub-agent with another input again, says so, and compares its calls with the nearest one', () => {
    const recording = recordingOf([twins]);
    const session = sessionOf(recording, { entry: at(recording, 'boss#0') });
    const boss = ask(session, { kind: 'agent', name: 'boss' }).crossing;
    ask(session, { kind: 'agent', name: 'worker', args: ['a'] }, boss);
    const { answer, crossing } = ask(session, { kind: 'agent', name: 'worker', args: ['c'] }, boss);
    expect(answer).toMatchObject({ kind: 'run', served: 'rerun', rung: 'changed-input', recordedPath: 'boss#0/worker#1' });
    expect(valueOf(ask(session, { kind: 'tool', name: 'search', args: ['same'] }, crossing))).toBe('for b');
    const report = reportOf(session);
    expect(report.verdict).toBe('diverged');
    expect(report.divergences[0]?.reason).toBe(
      'Its input differs at $[0]: recorded "b", now "c". It runs again, and the calls inside it are compared one by one.',
    );
  });

  it('refuses a sub-agent that is not recorded there at all', () => {
    const recording = recordingOf([{ kind: 'agent', name: 'boss' }]);
    const session = sessionOf(recording, { entry: at(recording, 'boss#0') });
    const boss = ask(session, { kind: 'agent', name: 'boss' }).crossing;
    expect(valueOf(ask(session, { kind: 'agent', name: 'worker', args: ['c'] }, boss))).toBeInstanceOf(ReplayMissError);
  });

  it('gives a sub-agent that declares an effect its recorded outcome, as a tool', () => {
    const recording = recordingOf([
      { kind: 'agent', name: 'boss', inside: [{ kind: 'agent', name: 'mailer', effect: 'irreversible', args: [1], returns: 'sent' }] },
    ]);
    const session = sessionOf(recording, { entry: at(recording, 'boss#0') });
    const boss = ask(session, { kind: 'agent', name: 'boss' }).crossing;
    expect(valueOf(ask(session, { kind: 'agent', name: 'mailer', effect: 'irreversible', args: [1] }, boss))).toBe('sent');
  });

  it('does not miss the calls inside a tool that was answered', () => {
    const recording = recordingOf([
      {
        kind: 'agent',
        name: 'boss',
        inside: [{ kind: 'tool', name: 'research', args: [1], returns: 'r', inside: [{ kind: 'model', name: 'chat', args: [2], returns: 'c' }] }],
      },
    ]);
    const session = sessionOf(recording, { entry: at(recording, 'boss#0') });
    const boss = ask(session, { kind: 'agent', name: 'boss' }).crossing;
    ask(session, { kind: 'tool', name: 'research', args: [1] }, boss);
    session.finished(boss, returned(undefined));
    expect(reportOf(session)).toMatchObject({ verdict: 'same', unconsumed: [] });
  });

  it('lists what was recorded and never asked for', () => {
    const { session, entry } = started();
    ask(session, { kind: 'model', name: 'decide', args: [request] }, entry);
    session.finished(entry, threw(new Error('limit exceeded')));
    const report = reportOf(session);
    expect(report.verdict).toBe('changed');
    expect(report.unconsumed).toEqual([
      { spanId: '0000000000000003', path: 'trader#0/get_quote#0', kind: 'tool', name: 'get_quote' },
      { spanId: '0000000000000004', path: 'trader#0/place_order#0', kind: 'tool', name: 'place_order' },
    ]);
    expect(report.outcomeDiff).toEqual([{ path: '$', recorded: 'returned "sold"', now: 'threw Error: "limit exceeded"' }]);
  });
});

describe('ReplaySession policies', () => {
  it('never runs a call live that nobody named', () => {
    const { session, entry } = started({ options: { policy: { get_quote: 'live' }, allowIrreversible: ['place_order'] } });
    const served = [
      ask(session, { kind: 'model', name: 'decide', args: ['changed'] }, entry),
      ask(session, { kind: 'tool', name: 'place_order', args: ['changed'] }, entry),
      ask(session, { kind: 'tool', name: 'unheard_of', args: [] }, entry),
      ask(session, { kind: 'human', name: 'approve', args: [] }, entry),
      ask(session, { kind: 'agent', name: 'other', effect: 'write', args: [] }, entry),
    ].map(({ answer }) => answer.served);
    expect(served).toEqual(['blocked', 'blocked', 'blocked', 'blocked', 'blocked']);
    expect(reportOf(session).live).toBe(0);
  });

  it('runs a named call live, counts it, and takes its recorded counterpart as asked for', () => {
    const { session, entry } = started({ options: { policy: { get_quote: 'live' } } });
    const { answer } = ask(session, { kind: 'tool', name: 'get_quote', effect: 'read', args: ['ACME'] }, entry);
    expect(answer).toMatchObject({ kind: 'run', served: 'live', rung: 'exact', source: { spanId: '0000000000000003' } });
    expect(reportOf(session)).toMatchObject({ live: 1, unconsumed: [{ name: 'decide' }, { name: 'place_order' }] });
  });

  it('answers the calls inside one that runs live', () => {
    const recording = recordingOf([
      {
        kind: 'agent',
        name: 'boss',
        inside: [
          { kind: 'tool', name: 'research', effect: 'read', args: [1], returns: 'r', inside: [{ kind: 'model', name: 'chat', args: [2], returns: 'c' }] },
        ],
      },
    ]);
    const session = sessionOf(recording, { entry: at(recording, 'boss#0'), options: { policy: { research: 'live' } } });
    const boss = ask(session, { kind: 'agent', name: 'boss' }).crossing;
    const research = ask(session, { kind: 'tool', name: 'research', effect: 'read', args: [1] }, boss).crossing;
    expect(valueOf(ask(session, { kind: 'model', name: 'chat', args: [2] }, research))).toBe('c');
    expect(valueOf(ask(session, { kind: 'model', name: 'chat', args: [3] }, research))).toBeInstanceOf(ReplayMissError);
  });

  it('runs an irreversible boundary only if it is allowed by name as well', () => {
    const denied = started({ options: { policy: { place_order: 'live' } } });
    const error = valueOf(ask(denied.session, { kind: 'tool', name: 'place_order', args: [{ shares: 1000 }] }, denied.entry)) as ReplayRefusedError;
    expect(error.code).toBe('CHRONICLE_REPLAY_REFUSED');
    expect(error.message).toBe(
      `Not run: tool "place_order" (call 1 under "trader", trace ${TRACE_ID}).\n` +
        'Its effect is irreversible, and a policy of live is not enough to run it.\n' +
        'Name "place_order" in allowIrreversible (--allow-irreversible) to run it, or set its policy to { answer: ... }.',
    );
    expect(reportOf(denied.session)).toMatchObject({ verdict: 'refused', live: 0, blocked: 1 });
    const allowed = started({ options: { policy: { 'kind:tool': 'live' }, allowIrreversible: ['place_order'] } });
    expect(ask(allowed.session, { kind: 'tool', name: 'place_order', args: [{ shares: 1000 }] }, allowed.entry).answer).toMatchObject({
      kind: 'run',
      served: 'live',
    });
  });

  it('lets a name win over a kind, and a kind over an effect', () => {
    const policy = { get_quote: 'block', 'kind:tool': { answer: 'by kind' }, 'effect:read': { answer: 'by effect' } } as const;
    const { session, entry } = started({ options: { policy } });
    expect(valueOf(ask(session, { kind: 'tool', name: 'get_quote', effect: 'read', args: ['ACME'] }, entry))).toBeInstanceOf(ReplayBlockedError);
    expect(valueOf(ask(session, { kind: 'tool', name: 'other', effect: 'read', args: [] }, entry))).toBe('by kind');
    expect(valueOf(ask(session, { kind: 'model', name: 'decide', args: [] }, entry))).toBe('by effect');
  });

  it('blocks by name and says so', () => {
    const { session, entry } = started({ options: { policy: { place_order: 'block' } } });
    const error = valueOf(ask(session, { kind: 'tool', name: 'place_order', args: [{ shares: 1000 }] }, entry)) as ReplayBlockedError;
    expect(error.code).toBe('CHRONICLE_REPLAY_BLOCKED');
    expect(error.message).toBe(
      `Blocked: tool "place_order" (call 1 under "trader", trace ${TRACE_ID}).\nThe policy of this replay blocks it.\nSet the policy of "place_order" to recorded to serve what was recorded.`,
    );
    expect(reportOf(session)).toMatchObject({ blocked: 1, divergences: [] });
  });

  it('answers with a value, or with what a function makes of the call', () => {
    const policy = {
      get_quote: { answer: { price: 1 } },
      place_order: { answer: ({ args }: { args: unknown[] }) => ({ echo: args }) },
      decide: {
        answer: () => {
          throw new Error('429');
        },
      },
    };
    const { session, entry } = started({ options: { policy } });
    expect(valueOf(ask(session, { kind: 'tool', name: 'get_quote', effect: 'read', args: ['X'] }, entry))).toEqual({ price: 1 });
    expect(valueOf(ask(session, { kind: 'tool', name: 'place_order', args: [2] }, entry))).toEqual({ echo: [2] });
    expect(valueOf(ask(session, { kind: 'model', name: 'decide', args: [2] }, entry))).toEqual(new Error('429'));
    session.finished(entry, returned('sold'));
    expect(reportOf(session)).toMatchObject({ verdict: 'changed', unconsumed: [] });
  });

  it('gives an agent its recorded outcome when the policy says recorded', () => {
    const recording = recordingOf([
      { kind: 'agent', name: 'boss', inside: [{ kind: 'agent', name: 'worker', args: [1], returns: 'w', inside: [{ kind: 'tool', name: 't', args: [] }] }] },
    ]);
    const session = sessionOf(recording, { entry: at(recording, 'boss#0'), options: { policy: { worker: 'recorded' } } });
    const boss = ask(session, { kind: 'agent', name: 'boss' }).crossing;
    expect(valueOf(ask(session, { kind: 'agent', name: 'worker', args: [1] }, boss))).toBe('w');
    session.finished(boss, returned(undefined));
    expect(reportOf(session)).toMatchObject({ verdict: 'same', unconsumed: [] });
  });

  it('serves a changed input only when asked to, marks it, and stays diverged', () => {
    const { session, entry } = started({ options: { onChangedInput: 'serve' } });
    const { answer } = ask(session, { kind: 'model', name: 'decide', args: ['changed'] }, entry);
    expect(answer).toMatchObject({ kind: 'outcome', served: 'recorded', rung: 'changed-input', outcome: { value: { tool: 'get_quote' } } });
    expect(reportOf(session).verdict).toBe('diverged');
  });

  it('runs a changed input live only when asked to, and never an irreversible one without its name', () => {
    const { session, entry } = started({ options: { onChangedInput: 'live' } });
    expect(ask(session, { kind: 'model', name: 'decide', args: ['changed'] }, entry).answer).toMatchObject({
      kind: 'run',
      served: 'live',
      rung: 'changed-input',
    });
    expect(ask(session, { kind: 'tool', name: 'place_order', args: ['changed'] }, entry).answer.kind).toBe('refuse');
    expect(reportOf(session)).toMatchObject({ verdict: 'diverged', live: 1 });
  });
});

describe('ReplaySession of a whole program', () => {
  it('matches the roots and lets agents run again', () => {
    const session = sessionOf(recordingOf([trader, { kind: 'tool', name: 'notify', args: ['done'], returns: 1 }]));
    const { answer, crossing } = ask(session, { kind: 'agent', name: 'trader', args: trader.args ?? [] });
    expect(answer).toMatchObject({ kind: 'run', served: 'rerun', rung: 'exact' });
    ask(session, { kind: 'model', name: 'decide', args: [request] }, crossing);
    ask(session, { kind: 'tool', name: 'get_quote', effect: 'read', args: ['ACME'] }, crossing);
    ask(session, { kind: 'tool', name: 'place_order', args: [{ shares: 1000 }] }, crossing);
    session.finished(crossing, returned('sold'));
    expect(valueOf(ask(session, { kind: 'tool', name: 'notify', args: ['done'] }))).toBe(1);
    expect(reportOf(session).verdict).toBe('same');
  });

  it('is diverged when no boundary was called at all', () => {
    const session = sessionOf(recordingOf([trader]));
    const report = reportOf(session);
    expect(report.verdict).toBe('diverged');
    expect(report.divergences[0]?.reason).toBe('The program called no boundary, so nothing was compared with the recording.');
  });

  it('is changed when an agent ended otherwise', () => {
    const session = sessionOf(recordingOf([{ kind: 'agent', name: 'a', args: [], returns: { n: 1 } }]));
    const { crossing } = ask(session, { kind: 'agent', name: 'a' });
    session.finished(crossing, returned({ n: 2 }));
    expect(reportOf(session)).toMatchObject({ verdict: 'changed', outcomeDiff: [{ path: '$.n', recorded: 1, now: 2 }] });
  });

  it('compares the end at the time, not what became of the object later', () => {
    const session = sessionOf(recordingOf([{ kind: 'agent', name: 'a', args: [], returns: { n: 1 } }]));
    const { crossing } = ask(session, { kind: 'agent', name: 'a' });
    const value = { n: 1 };
    session.finished(crossing, returned(value));
    value.n = 2;
    expect(reportOf(session).verdict).toBe('same');
  });

  it('does not call an error with another stack a change', () => {
    const session = sessionOf(recordingOf([{ kind: 'agent', name: 'a', args: [], throws: new TypeError('no') }]));
    const { crossing } = ask(session, { kind: 'agent', name: 'a' });
    session.finished(crossing, threw(new TypeError('no')));
    expect(reportOf(session)).toMatchObject({ verdict: 'same', recorded: { outcome: 'threw' } });
  });

  it('compares the chunks of a stream that ran again', () => {
    const told: Told = { kind: 'agent', name: 'a', args: [], streams: { chunks: ['x', 'y'], end: 'done', value: 2 } };
    const ends = (chunks: readonly unknown[], hook: boolean): unknown => {
      const session = sessionOf(recordingOf([told]));
      const { crossing } = ask(session, { kind: 'agent', name: 'a' });
      if (hook) for (const chunk of chunks) session.chunk(crossing, chunk);
      session.finished(crossing, { kind: 'streamed', async: false, form: 'async-generator', end: 'done', value: 2, chunks: chunks.length });
      return reportOf(session).verdict;
    };
    expect(ends(['x', 'y'], true)).toBe('same');
    expect(ends(['x', 'z'], true)).toBe('changed');
    expect(ends(['x'], true)).toBe('changed');
    expect(ends(['x', 'y'], false)).toBe('refused');
  });

  it('is refused when the recording does not say how the run ended', () => {
    const session = sessionOf(recordingOf([{ kind: 'agent', name: 'a', args: [], unknown: true }]));
    const { crossing } = ask(session, { kind: 'agent', name: 'a' });
    session.finished(crossing, returned(1));
    expect(reportOf(session)).toMatchObject({
      verdict: 'refused',
      recorded: { outcome: 'unknown' },
      completeness: { complete: false, reasons: ['outcome of agent "a" is unknown (effect none): no end was recorded'] },
    });
  });
});

/** A value so deep that a part of it is cut without a digest. */
function nested(levels: number): unknown {
  let value: unknown = 'deep';
  for (let level = 0; level < levels; level++) value = { value };
  return value;
}
