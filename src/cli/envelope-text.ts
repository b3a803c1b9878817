// One envelope in full, for `show` of one span. Whatever was recorded is escaped; nothing is shortened.

import type { Envelope, StoredValue } from '../envelope/index.js';
import { type Paint, safeText } from '../replay/index.js';
import { jsonText } from './json-text.js';
import { outcomePainted } from './recording-text.js';
import { valueJson } from './recording-json.js';
import { durationOf, durationText, timeText } from './time-text.js';

/** Writes an envelope for people. Values are JSON, tagged where JSON has no form for them. */
export function envelopeText(envelope: Envelope, paint: Paint): string {
  const { traceId, spanId, parentSpanId, kind, name, effect, path, startUnixNanos, endUnixNanos, attributes, incomplete, opaque, segment } = envelope;
  const facts: [string, string][] = [
    ['span', `${traceId}:${spanId}`],
    ['parent', parentSpanId ?? 'none: a root of the run'],
    ['path', safeText(path)],
    ['effect', safeText(effect)],
    ['started', timeText(startUnixNanos)],
    ['took', durationText(durationOf(startUnixNanos, endUnixNanos))],
    ['outcome', outcomePainted(envelope, paint)],
    ['stored in', safeText(segment)],
    ...(incomplete.length === 0 ? [] : ([['not whole', safeText(incomplete.join('; '))]] as [string, string][])),
    ...(opaque.length === 0 ? [] : ([['not storable', safeText(opaque.join('; '))]] as [string, string][])),
  ];
  const head = [paint.strong(`${safeText(kind)} ${safeText(name)}`), ...facts.map(([label, value]) => `  ${paint.dim(label.padEnd(12))}  ${value}`)].join('\n');
  const blocks = [head, valueText('Input', envelope.input, paint), ...outcomeBlocks(envelope, paint)];
  const keys = Object.keys(attributes);
  if (keys.length > 0) {
    const lines = keys.map((key) => `  ${paint.dim(safeText(key))}  ${safeText(String(attributes[key]))}`);
    blocks.push([paint.strong('Attributes'), ...lines].join('\n'));
  }
  return blocks.join('\n\n');
}

function outcomeBlocks({ outcome }: Envelope, paint: Paint): string[] {
  switch (outcome.kind) {
    case 'unknown':
      return [];
    case 'returned':
      return [valueText('Output', outcome.value, paint)];
    case 'threw':
      return [valueText('Error', outcome.value, paint)];
    case 'streamed':
      return [
        ...(outcome.head === undefined ? [] : [valueText('Stream', outcome.head, paint)]),
        ...outcome.chunks.map(({ offsetNanos, value }, index) => valueText(`Chunk ${index} after ${durationText(offsetNanos)}`, value, paint)),
        valueText(outcome.end === 'error' ? 'Error' : 'Return value', outcome.value, paint),
      ];
  }
}

function valueText(title: string, stored: StoredValue, paint: Paint): string {
  const { incomplete } = stored;
  const shown = valueJson(stored);
  const facts = [
    ...(typeof shown['digest'] === 'string' ? [shown['digest'], `${String(shown['size'])} bytes`] : []),
    ...(incomplete.length === 0 ? [] : [`not whole: ${safeText(incomplete.join('; '))}`]),
  ];
  const text = shown['unreadable'] === undefined ? jsonText(shown['value'] ?? null, 2) : `cannot be read: ${safeText(String(shown['unreadable']))}`;
  const indented = text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
  const head = facts.length === 0 ? paint.strong(title) : `${paint.strong(title)}  ${paint.dim(facts.join(', '))}`;
  return `${head}\n${indented}`;
}
