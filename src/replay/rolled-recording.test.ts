// Replays of a run that was recorded in several segments: to whoever reads it, a run like any other.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openArchive } from '../archive/index.js';
import { boundary } from '../boundary/index.js';
import { engine } from '../crossing/index.js';
import type { Recording } from '../envelope/index.js';
import { ArchiveRecorder } from '../export/index.js';
import { replayRecording } from './replay-recording.js';

let stores = 0;

beforeEach(() => {
  engine().boundaries.clear();
  engine().runs.clear();
});
afterEach(() => {
  engine().recorder = undefined;
});

/** Records the only run of a program. Where segments may hold one byte, each record is in one of its own. */
async function record(program: () => Promise<unknown>, maxSegmentBytes: number): Promise<Recording> {
  const store = `memory:rolled-${++stores}`;
  const bounds = { maxSpoolBytes: 1 << 30, maxSpoolMillis: 1 << 30, idleMillis: 60_000, maxSegmentBytes };
  const recorder = new ArchiveRecorder({ store, journalDirectory: undefined, protect: undefined, durability: 'process', ...bounds });
  engine().recorder = recorder;
  await program();
  await recorder.flush();
  engine().recorder = undefined;
  const archive = await openArchive(store);
  for await (const { traceId } of archive.runs()) return (await archive.find(traceId)).recording;
  throw new Error('nothing was recorded');
}

function makeAgent() {
  const live = { words: 0, looks: 0 };
  const chat = boundary.model('chat', async function* (words: readonly string[]) {
    for (const word of words) {
      live.words++;
      yield word;
    }
    return words.length;
  });
  const look = boundary.tool('look', async (word: string) => ({ word, at: ++live.looks }), { effect: 'read' });
  const agent = boundary.agent('agent', async (task: string) => {
    const found: unknown[] = [];
    // The calls in between stand among the chunks of the stream.
    for await (const word of chat(task.split(' '))) found.push(await look(word));
    return found;
  });
  return { agent, live };
}

const FOUND = [
  { word: 'sell', at: 1 },
  { word: 'it', at: 2 },
  { word: 'now', at: 3 },
];

describe('a run that was recorded in many segments', () => {
  it('is read as in one', async () => {
    const read = async (maxSegmentBytes: number): Promise<unknown> => {
      engine().boundaries.clear();
      const { agent } = makeAgent();
      const recording = await record(() => agent('sell it now'), maxSegmentBytes);
      const spans = new Map(recording.envelopes.map(({ spanId, path }) => [spanId, path]));
      const envelopes = recording.envelopes.map(({ path, kind, effect, ordinal, parentSpanId, input, outcome }) => {
        if (outcome.kind === 'unknown') throw new Error(`${path} has no end`);
        const chunks = outcome.kind === 'streamed' ? outcome.chunks.map(({ value }) => value.decode()) : [];
        const ended = [outcome.kind, outcome.async, outcome.value.decode(), chunks];
        return { path, kind, effect, ordinal, parent: spans.get(parentSpanId ?? ''), input: input.decode(), ended };
      });
      return { envelopes, complete: recording.complete, reasons: recording.reasons, many: recording.segments.length > 10 };
    };
    const one = await read(1 << 30);
    expect(one).toMatchObject({ complete: true, reasons: [], many: false });
    expect(await read(1)).toEqual({ ...(one as object), many: true });
  });

  it('is replayed without a live call', async () => {
    const { agent, live } = makeAgent();
    const recording = await record(() => agent('sell it now'), 1);
    expect([recording.segments.length > 10, live]).toEqual([true, { words: 3, looks: 3 }]);
    const report = await replayRecording({ recording, envelope: undefined, options: {} });
    expect(live).toEqual({ words: 3, looks: 3 });
    expect(report).toMatchObject({ verdict: 'same', result: FOUND, live: 0, blocked: 0, divergences: [], unconsumed: [], completeness: { complete: true } });
    expect(report.calls.map(({ path, served, rung }) => `${path} ${served} ${rung}`)).toEqual([
      'agent#0 rerun exact',
      'agent#0/chat#0 recorded exact',
      'agent#0/look#0 recorded exact',
      'agent#0/look#1 recorded exact',
      'agent#0/look#2 recorded exact',
    ]);
  });

  it('can be continued live from a cut-point in the middle', async () => {
    const { agent, live } = makeAgent();
    const recording = await record(() => agent('sell it now'), 1);
    const report = await replayRecording({ recording, envelope: undefined, options: { policy: { look: 'live' } } });
    expect(live).toEqual({ words: 3, looks: 6 });
    expect(report).toMatchObject({ live: 3, blocked: 0 });
  });
});
