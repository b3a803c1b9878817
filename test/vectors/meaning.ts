// What a reader must learn of a segment, as JSON: values by `toJson`, beside their digests, and which objects are one.

import { type Envelope, readSegment, readSegmentSummary, type StoredValue } from '../../src/envelope/index.js';
import { isChronicleError } from '../../src/errors.js';
import { type Json, toJson } from '../../src/value/index.js';

/** The meaning of a segment, or the error that it must give. */
export function meaningOf(bytes: Uint8Array, name: string): Json {
  try {
    const summary = readSegmentSummary(bytes, name);
    const { envelopes, traceId, writer, index, resource, closed, torn, reasons } = readSegment(bytes, name);
    return {
      traceId,
      writer,
      index,
      resource: { ...resource },
      closed,
      torn,
      reasons: [...reasons],
      ...(summary === undefined ? {} : { footer: { crossings: summary.crossings, open: summary.open, spanIds: [...summary.spanIds] } }),
      envelopes: envelopes.map(envelopeOf),
    };
  } catch (error) {
    if (!isChronicleError(error)) throw error;
    return { error: error.code, message: error.message };
  }
}

function envelopeOf(envelope: Envelope): Json {
  const { outcome } = envelope;
  return {
    traceId: envelope.traceId,
    spanId: envelope.spanId,
    parentSpanId: envelope.parentSpanId ?? null,
    kind: envelope.kind,
    name: envelope.name,
    effect: envelope.effect,
    path: envelope.path,
    ordinal: envelope.ordinal,
    startUnixNanos: String(envelope.startUnixNanos),
    endUnixNanos: envelope.endUnixNanos === undefined ? null : String(envelope.endUnixNanos),
    attributes: toJson({ ...envelope.attributes }),
    input: valueOf(envelope.input),
    outcome:
      outcome.kind === 'unknown'
        ? { kind: 'unknown' }
        : {
            kind: outcome.kind,
            async: outcome.async,
            value: valueOf(outcome.value),
            ...(outcome.kind === 'streamed'
              ? {
                  form: outcome.form,
                  end: outcome.end,
                  ...(outcome.head === undefined ? {} : { head: valueOf(outcome.head) }),
                  chunks: outcome.chunks.map(({ offsetNanos, value }) => ({ offsetNanos: String(offsetNanos), value: valueOf(value) })),
                }
              : {}),
          },
  };
}

function valueOf(stored: StoredValue): Json {
  const value = stored.decode();
  const same = sharedPlaces(value);
  return {
    digest: stored.digest,
    size: stored.size,
    incomplete: [...stored.incomplete],
    opaque: [...stored.opaque],
    value: toJson(value),
    ...(same.length === 0 ? {} : { same }),
  };
}

/** Places that hold one object, in the order in which they are met. A place inside of the object itself is a cycle. */
function sharedPlaces(root: unknown): string[][] {
  const places = new Map<object, string[]>();
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    const known = places.get(value);
    if (known !== undefined) {
      known.push(path);
      return;
    }
    places.set(value, [path]);
    if (value instanceof Map)
      for (const [at, [key, item]] of [...value].entries()) {
        walk(key, `${path}.key(${at})`);
        walk(item, `${path}.item(${at})`);
      }
    if (value instanceof Set) for (const [at, item] of [...value].entries()) walk(item, `${path}.item(${at})`);
    if (ArrayBuffer.isView(value)) return;
    const names = value instanceof Error ? ['cause', 'errors', ...Object.keys(value)] : Object.keys(value);
    for (const name of names) if (Object.hasOwn(value, name)) walk((value as Record<string, unknown>)[name], `${path}[${JSON.stringify(name)}]`);
  };
  walk(root, '$');
  return [...places.values()].filter((each) => each.length > 1);
}
