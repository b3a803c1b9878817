import { describe, expect, it } from 'vitest';
import type { Envelope, Recording } from '../envelope/index.js';
import type { Paint } from '../replay/index.js';
import { recordingOf } from '../replay/recordings.fixture.js';
import { envelopeText } from './envelope-text.js';
import { recordingText, treeRows } from './recording-text.js';

const same = (text: string): string => text;
const PLAIN: Paint = { good: same, warn: same, bad: same, dim: same, strong: same };

/** Times of the fixture differ each run. */
function shown(recording: Recording): string {
  return recordingText(recording, PLAIN)
    .replace(/started \S+, took .+? m?s,/, 'started TIME, took TOOK,')
    .replace(/ +\S+ (?:ms|s|min)\b/g, ' TOOK');
}

describe('recordingText()', () => {
  it('shows streams, errors, and outcomes that are not known', () => {
    const text = shown(
      recordingOf([
        {
          kind: 'agent',
          name: 'trader',
          args: ['sell', 10],
          unknown: true,
          inside: [
            { kind: 'model', name: 'decide', args: [{ q: 1 }], streams: { chunks: ['se', 'll'], end: 'done' } },
            { kind: 'model', name: 'decide', args: [{ q: 2 }], streams: { chunks: ['se'], end: 'cancelled' } },
            { kind: 'tool', name: 'get_quote', args: ['AAPL'], throws: new RangeError('no quote\u001b[2J') },
            { kind: 'tool', name: 'place_order', args: [{ shares: 10 }], unknown: true },
          ],
        },
      ]),
    );
    expect(text).toMatch(/^Trace 4bf92f3577b34da6a3ce929d0e0e4736\nstarted TIME, took TOOK, 5 boundary calls, 1 error, not complete\n\n/);
    expect(text).toContain('\n    in  ["sell",10]\n');
    expect(text).toContain('streamed 2 chunks\n      in  {"q":1}\n      out ... "ll"\n');
    expect(text).toContain('streamed 1 chunk, cancelled\n');
    expect(text).toContain('threw\n      in  "AAPL"\n      out RangeError: "no quote\\u001b[2J"\n');
    expect(text).toContain('outcome unknown: it began and no end was recorded (effect irreversible)\n      in  {"shares":10}\n');
    expect(text).toContain('\n\nThe recording is not complete\n  outcome of agent "trader" is unknown (effect none): no end was recorded\n');
  });

  it('says which value cannot be read, and shows the rest', () => {
    const recording = recordingOf([{ kind: 'tool', name: 'get_quote', args: ['AAPL'], returns: 1 }]);
    const [envelope] = recording.envelopes as [Envelope];
    const broken = {
      ...envelope,
      input: {
        incomplete: [],
        opaque: [],
        decode: () => {
          throw new Error('node 7 is missing');
        },
        get digest(): string {
          throw new Error('node 7 is missing');
        },
      } as unknown as Envelope['input'],
    };
    expect(shown({ ...recording, envelopes: [broken] })).toContain('in  (cannot be read: node 7 is missing)\n    out 1');
    expect(envelopeText(broken, PLAIN)).toContain('\n  cannot be read: node 7 is missing\n\nOutput');
  });
});

describe('treeRows()', () => {
  const envelope = (spanId: string, parentSpanId?: string): Envelope => ({ spanId, parentSpanId }) as Envelope;
  const rows = (...envelopes: Envelope[]): string[] => treeRows(envelopes).map(({ depth, envelope: { spanId } }) => `${'-'.repeat(depth)}${spanId}`);

  it('puts each crossing below the one that enclosed it, in recorded order', () => {
    expect(rows(envelope('a'), envelope('b', 'a'), envelope('c', 'a'), envelope('d', 'b'), envelope('e'))).toEqual(['a', '-b', '--d', '-c', 'e']);
  });

  it('puts a crossing whose parent was not recorded at the left', () => {
    expect(rows(envelope('b', 'gone'), envelope('c', 'b'))).toEqual(['b', '-c']);
  });

  it('shows each crossing of a circle once', () => {
    expect(rows(envelope('a', 'b'), envelope('b', 'a'), envelope('c', 'c')).sort()).toEqual(['-b', 'a', 'c']);
  });

  it('survives a deep run', () => {
    const deep = Array.from({ length: 20_000 }, (_, index) => envelope(String(index), index === 0 ? undefined : String(index - 1)));
    expect(treeRows(deep)).toHaveLength(20_000);
  });
});
