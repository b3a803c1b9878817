// A recording as a tree of text, for `show`. Pure; whatever was recorded is escaped.

import type { Envelope, Recording, StoredValue } from '../envelope/index.js';
import { type Paint, safeText } from '../replay/index.js';
import { previewOf } from '../value/index.js';
import { countText, outcomeText } from './run-words.js';
import { durationOf, durationText, timeText } from './time-text.js';

/** Bytes of one preview: a line of a wide terminal. */
const PREVIEW_BYTES = 120;
const MAX_REASONS = 10;
const MAX_LABEL_WIDTH = 56;

/** The head of a run, its tree, and what keeps it from being whole. */
export function recordingText(recording: Recording, paint: Paint): string {
  const blocks = [headText(recording, paint), treeText(recording, paint), notesText(recording, paint)];
  return blocks.filter((block) => block !== '').join('\n\n');
}

function headText({ traceId, envelopes, resources, complete }: Recording, paint: Paint): string {
  const [first] = envelopes;
  const ends = envelopes.flatMap(({ endUnixNanos }) => endUnixNanos ?? []);
  const end = ends.length === 0 ? undefined : ends.reduce((latest, each) => (each > latest ? each : latest));
  const errors = envelopes.filter(({ outcome }) => outcome.kind === 'threw' || (outcome.kind === 'streamed' && outcome.end === 'error')).length;
  const facts = [
    ...(first === undefined ? [] : [`started ${timeText(first.startUnixNanos)}`, `took ${durationText(durationOf(first.startUnixNanos, end))}`]),
    countText(envelopes.length, 'boundary call', 'boundary calls'),
    countText(errors, 'error', 'errors'),
    complete ? 'complete' : paint.warn('not complete'),
  ];
  const lines = [paint.strong(`Trace ${traceId}`), facts.join(', ')];
  for (const resource of resources) {
    const shown = RESOURCE_KEYS.flatMap((key) => (resource[key] === undefined ? [] : [`${key}=${resource[key]}`]));
    if (shown.length > 0) lines.push(paint.dim(safeText(shown.join('  '))));
  }
  return lines.join('\n');
}

/** What people look for first; --json has all of it. */
const RESOURCE_KEYS = ['service.name', 'service.version', 'vcs.ref.head.revision', 'process.runtime.name', 'process.runtime.version', 'host.name'];

interface Row {
  readonly depth: number;
  readonly envelope: Envelope;
}

function treeText(recording: Recording, paint: Paint): string {
  const rows = treeRows(recording.envelopes);
  const labels = rows.map(({ depth, envelope }) => `${'  '.repeat(depth)}${safeText(envelope.kind)} ${safeText(envelope.name)}`);
  const width = Math.min(MAX_LABEL_WIDTH, Math.max(0, ...labels.map((label) => label.length)));
  return rows
    .map(({ depth, envelope }, index) => {
      const label = (labels[index] as string).padEnd(width);
      const duration = durationText(durationOf(envelope.startUnixNanos, envelope.endUnixNanos)).padStart(9);
      const below = `${'  '.repeat(depth)}    `;
      const lines = [
        `${label}  ${paint.dim(envelope.spanId)}  ${duration}  ${outcomePainted(envelope, paint)}`,
        `${below}${paint.dim('in ')} ${inputPreview(envelope.input)}`,
      ];
      const out = outcomePreview(envelope);
      if (out !== undefined) lines.push(`${below}${paint.dim('out')} ${out}`);
      return lines.join('\n');
    })
    .join('\n');
}

/**
 * The crossings in the order of a tree: each below the one that enclosed it. A crossing whose parent was not recorded
 * stands at the left, and so does one of a circle of parents, which only a damaged recording has.
 */
export function treeRows(envelopes: readonly Envelope[]): Row[] {
  const bySpan = new Map(envelopes.map((envelope) => [envelope.spanId, envelope] as const));
  const inside = new Map<string, Envelope[]>();
  const roots: Envelope[] = [];
  for (const envelope of envelopes) {
    const { parentSpanId } = envelope;
    if (parentSpanId === undefined || !bySpan.has(parentSpanId) || parentSpanId === envelope.spanId) {
      roots.push(envelope);
      continue;
    }
    const siblings = inside.get(parentSpanId);
    if (siblings === undefined) inside.set(parentSpanId, [envelope]);
    else siblings.push(envelope);
  }
  const rows: Row[] = [];
  const seen = new Set<Envelope>();
  const add = (root: Envelope): void => {
    const pending: Row[] = [{ depth: 0, envelope: root }];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (seen.has(next.envelope)) continue;
      seen.add(next.envelope);
      rows.push(next);
      const below = bySpan.get(next.envelope.spanId) === next.envelope ? (inside.get(next.envelope.spanId) ?? []) : [];
      for (const child of [...below].reverse()) pending.push({ depth: next.depth + 1, envelope: child });
    }
  };
  for (const root of roots) add(root);
  for (const envelope of envelopes) add(envelope);
  return rows;
}

/** The outcome in its colour. */
export function outcomePainted({ outcome, effect }: Envelope, paint: Paint): string {
  const text = outcomeText(outcome);
  switch (outcome.kind) {
    case 'returned':
      return paint.good(text);
    case 'threw':
      return paint.bad(text);
    case 'streamed':
      return outcome.end === 'done' ? paint.good(text) : outcome.end === 'error' ? paint.bad(text) : paint.warn(text);
    case 'unknown':
      return paint.warn(`outcome unknown: it began and no end was recorded (effect ${safeText(effect)})`);
  }
}

/** A call with one argument is shown as that argument, the way people think of it. */
function inputPreview(input: StoredValue): string {
  return preview(input, (value) => (Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value));
}

function outcomePreview({ outcome }: Envelope): string | undefined {
  switch (outcome.kind) {
    case 'returned':
    case 'threw':
      return preview(outcome.value);
    case 'streamed': {
      if (outcome.end === 'error') return preview(outcome.value);
      const last = outcome.chunks[outcome.chunks.length - 1];
      return last === undefined ? undefined : `... ${preview(last.value)}`;
    }
    case 'unknown':
      return undefined;
  }
}

function preview(stored: StoredValue, part: (value: unknown) => unknown = (value) => value): string {
  try {
    return safeText(previewOf(part(stored.decode()), PREVIEW_BYTES).text);
  } catch (error) {
    return `(cannot be read: ${safeText(error instanceof Error ? error.message : String(error))})`;
  }
}

function notesText({ complete, reasons }: Recording, paint: Paint): string {
  if (complete) return '';
  const said = reasons.length === 0 ? ['no reason was recorded'] : reasons;
  const lines = said.slice(0, MAX_REASONS).map((reason) => `  ${safeText(reason)}`);
  if (said.length > MAX_REASONS) lines.push(`  and ${said.length - MAX_REASONS} more`);
  return [paint.warn('The recording is not complete'), ...lines].join('\n');
}
