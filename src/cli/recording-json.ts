// A recording and its envelopes as JSON, for `show --json`. The shapes are documented in docs/cli.md.

import { type Envelope, type Recording, type StoredOutcome, type StoredValue, storedValuesOf } from '../envelope/index.js';
import { type Json, toJson } from '../value/index.js';
import { durationOf, millisOf, timeText } from './time-text.js';

/** All of a recording but its envelopes. */
export function recordingJson(recording: Recording): { [key: string]: Json } {
  const { traceId, complete, reasons, segments, resources } = recording;
  return { traceId, complete, reasons: [...reasons], segments: [...segments], resources: resources.map((facts) => ({ ...facts })) };
}

/** One envelope, its values included. */
export function envelopeJson(envelope: Envelope): Json {
  const { traceId, spanId, parentSpanId, kind, name, effect, path, ordinal, sequence, startUnixNanos, endUnixNanos, attributes, incomplete, opaque, segment } =
    envelope;
  return {
    traceId,
    spanId,
    parentSpanId: parentSpanId ?? null,
    kind,
    name,
    effect,
    path,
    ordinal,
    sequence,
    startTime: timeText(startUnixNanos),
    startUnixNanos: String(startUnixNanos),
    endUnixNanos: endUnixNanos === undefined ? null : String(endUnixNanos),
    durationMillis: millisOf(durationOf(startUnixNanos, endUnixNanos)),
    input: valueJson(envelope.input),
    outcome: outcomeJson(envelope.outcome),
    attributes: toJson(attributes),
    incomplete: [...incomplete],
    opaque: [...opaque],
    segment,
  };
}

function outcomeJson(outcome: StoredOutcome): Json {
  switch (outcome.kind) {
    case 'unknown':
      return { kind: 'unknown' };
    case 'returned':
    case 'threw':
      return { kind: outcome.kind, async: outcome.async, value: valueJson(outcome.value) };
    case 'streamed': {
      const { kind, async, form, end, value, chunks, head } = outcome;
      return {
        kind,
        async,
        form,
        end,
        ...(head === undefined ? {} : { head: valueJson(head) }),
        value: valueJson(value),
        chunks: chunks.map((chunk) => ({ offsetMillis: millisOf(chunk.offsetNanos), value: valueJson(chunk.value) })),
      };
    }
  }
}

/** A stored value with its facts; one that cannot be read says why. */
export function valueJson(stored: StoredValue): { [key: string]: Json } {
  const facts = { ...measureJson(stored), incomplete: [...stored.incomplete] };
  try {
    return { ...facts, value: toJson(stored.decode()) };
  } catch (error) {
    return { ...facts, unreadable: error instanceof Error ? error.message : String(error) };
  }
}

function measureJson(stored: StoredValue): { digest: string | null; size: number | null } {
  try {
    return { digest: stored.digest, size: stored.size };
  } catch {
    // Neither can be taken of nodes that do not fit together; to build the value fails with the same words.
    return { digest: null, size: null };
  }
}

/** Whether all values of a call can be built, and so were shown. */
export function isReadable(envelope: Envelope): boolean {
  return storedValuesOf(envelope).every(({ stored }) => {
    try {
      stored.decode();
      return true;
    } catch {
      // Why is shown in its place.
      return false;
    }
  });
}
