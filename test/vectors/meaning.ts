// What a reader must learn of a segment, as JSON: the same words for readers in any language. README.md beside this
// file says what they mean.

import { types } from 'node:util';
import { mergeSegments } from '../../src/archive/merge-segments.js';
import {
  type CrossingPiece,
  digestOfValues,
  type Envelope,
  readSegment,
  type StoredChunk,
  type StoredOutcome,
  type StoredValue,
} from '../../src/envelope/index.js';
import { type ChronicleError, isChronicleError } from '../../src/errors.js';
import { countIndexes, describeExotic, type Dress, dressOfArray, dressOfBuiltIn, type Exotic, isPlainPrototype } from '../../src/value/exotic.js';
import type { Json } from '../../src/value/index.js';

/** The meaning of a segment, or the error that it must give. */
export function meaningOf(bytes: Uint8Array, name: string): Json {
  return orError(() => {
    // Values that are not those that were recorded are a part of what is told here.
    const { envelopes, pieces, traceId, writer, index, resource, closed, torn, damage, reasons, values, valuesSha256, footer } = readSegment(bytes, name, {
      checkValues: false,
    });
    // A reader may give what stands before damage, and need not.
    if (damage !== undefined) return { error: 'CHRONICLE_SEGMENT_DAMAGED' };
    return {
      traceId,
      writer,
      index,
      resource: { ...resource },
      closed,
      torn,
      // How a reader says that the end is torn is its own affair.
      gaps: reasons.filter((reason) => !reason.startsWith(`${name} `)),
      digests: values.map((value) => orError(() => digestOf(value))),
      valuesSha256: valuesSha256 ?? null,
      valuesMatch:
        valuesSha256 === undefined
          ? null
          : orError(() => {
              for (const value of values) value.decode();
              return digestOfValues(values) === valuesSha256;
            }),
      footer: footer === undefined ? null : { ...footer },
      ...continuedOf(envelopes, pieces),
      envelopes: envelopes.map(envelopeOf),
    };
  });
}

/** The envelopes of a trace that is in several segments, given in any order. */
export function meaningOfTrace(segments: readonly { readonly name: string; readonly bytes: Uint8Array }[]): Json {
  const parts = segments.map(({ name, bytes }) => ({ name, sealed: true, content: readSegment(bytes, name) }));
  const { envelopes } = mergeSegments(parts[0]?.content.traceId ?? '', parts, [], 'file');
  return { envelopes: envelopes.map(envelopeOf) };
}

/** What a segment says of crossings that began in an earlier one; most say nothing. */
function continuedOf(envelopes: readonly Envelope[], pieces: readonly CrossingPiece[]): { continued?: Json } {
  const begun = new Set(envelopes.map(({ spanId }) => spanId));
  const continued = pieces.filter(({ spanId }) => !begun.has(spanId));
  if (continued.length === 0) return {};
  return {
    continued: continued.map(({ spanId, chunks, head, end }) => ({
      spanId,
      ...(head === undefined ? {} : { head: storedOf(head) }),
      chunks: chunksOf(chunks),
      end: end === undefined ? null : { durationNanos: String(end.durationNanos), attributes: { ...end.attributes } as Json, outcome: endingOf(end.outcome) },
    })),
  };
}

/** The digest of a value that can be built. */
function digestOf(stored: StoredValue): string {
  stored.decode();
  return stored.storedDigest;
}

function orError(take: () => Json): Json {
  try {
    return take();
  } catch (error) {
    if (!isChronicleError(error)) throw error;
    return { error: (error as ChronicleError).code };
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
    attributes: { ...envelope.attributes } as Json,
    input: storedOf(envelope.input),
    outcome: outcomeOf(outcome),
  };
}

function outcomeOf(outcome: StoredOutcome): Json {
  if (outcome.kind !== 'streamed') return endingOf(outcome);
  const { head, chunks } = outcome;
  return { ...endingOf(outcome), ...(head === undefined ? {} : { head: storedOf(head) }), chunks: chunksOf(chunks) };
}

/** An outcome as an End has it: without what was received before. */
function endingOf(outcome: StoredOutcome): { [key: string]: Json } {
  if (outcome.kind === 'unknown') return { kind: 'unknown' };
  const { kind, async, value } = outcome;
  const said = { kind, async, value: storedOf(value) };
  return outcome.kind === 'streamed' ? { ...said, form: outcome.form, end: outcome.end } : said;
}

function chunksOf(chunks: readonly StoredChunk[]): Json {
  return chunks.map(({ offsetNanos, value }) => ({ offsetNanos: String(offsetNanos), ...(storedOf(value) as object) }));
}

function storedOf(stored: StoredValue): Json {
  return orError(() => ({ digest: digestOf(stored), cut: [...stored.incomplete], opaque: [...stored.opaque], value: meaningOfValue(stored.decode()) }));
}

type Show = (value: unknown) => Json;

/** The meaning of a value. */
export function meaningOfValue(root: unknown): Json {
  const met = new Map<object, number>();
  const meet: Show = (value) => {
    if (!hasIdentity(value)) return form(value, meet);
    const times = met.get(value) ?? 0;
    met.set(value, times + 1);
    return times === 0 ? form(value, meet) : null;
  };
  meet(root);
  const numbers = new Map<object, number>();
  const show: Show = (value) => {
    if (!hasIdentity(value) || met.get(value) === 1) return form(value, show);
    const known = numbers.get(value);
    if (known !== undefined) return { $: 'same', as: known };
    numbers.set(value, numbers.size + 1);
    return { $: 'shared', number: numbers.size, value: form(value, show) };
  };
  return show(root);
}

/** Marks stand for any number of things; everything else that is an object is one. */
function hasIdentity(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const { kind } = describe(value);
  return kind !== 'opaque' && kind !== 'truncated';
}

/** What a codec makes of a value is made anew each time, and must be one thing here. */
const described = new WeakMap<object, ReturnType<typeof describeAnew>>();

function describe(value: object): ReturnType<typeof describeAnew> {
  const known = described.get(value) ?? describeAnew(value);
  described.set(value, known);
  return known;
}

function describeAnew(value: object): Exotic | { readonly kind: 'list' | 'plain' } {
  if (Array.isArray(value)) return { kind: 'list' };
  const prototype: object | null = Object.getPrototypeOf(value);
  return isPlainPrototype(prototype) ? { kind: 'plain' } : describeExotic(value, prototype);
}

const HOLE: Json = { $: 'hole' };

function form(value: unknown, show: Show): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { $: 'number', is: Object.is(value, -0) ? '-0' : String(value) };
    case 'undefined':
      return { $: 'undefined' };
    case 'bigint':
      return { $: 'bigint', digits: String(value) };
    case 'function':
      return { $: 'opaque', type: 'function', detail: value.name };
    case 'symbol':
      throw new Error('no reader gives out a symbol');
    case 'object':
      return value === null ? null : formOfObject(value, show);
  }
}

function formOfObject(value: object, show: Show): Json {
  if (types.isProxy(value)) throw new Error('no reader gives out a proxy');
  const exotic = describe(value);
  switch (exotic.kind) {
    case 'list': {
      const names = Object.keys(value);
      const indexes = countIndexes(names, (value as unknown[]).length);
      return dressed(value, dressOfArray(value as unknown[], names, indexes), show, () => formOfList(value as unknown[], names.slice(0, indexes), show));
    }
    case 'plain':
      return Object.getPrototypeOf(value) === null
        ? { $: 'object', bare: true, fields: fields(value, Object.keys(value), show) }
        : fields(value, Object.keys(value), show);
    case 'instance':
      return { $: 'instance', class: exotic.className, fields: fields(value, Object.keys(value), show) };
    case 'opaque':
      return { $: 'opaque', type: exotic.type, detail: exotic.detail };
    case 'truncated': {
      const { reason, type, size, digest, head } = exotic.mark;
      return { $: 'truncated', reason, type, size, digest: digest ?? null, head };
    }
    case 'error':
      return {
        $: 'error',
        class: exotic.className,
        message: show(exotic.message),
        stack: show(exotic.stack),
        cause: exotic.cause === undefined ? HOLE : show(exotic.cause.value),
        errors: exotic.errors === undefined ? HOLE : show(exotic.errors.value),
        fields: Object.fromEntries(exotic.properties.map(([name, field]) => [escaped(name), show(field)])),
      };
    default:
      return dressed(value, dressOfBuiltIn(value, Object.getPrototypeOf(value), exotic), show, () => formOfBuiltIn(exotic, show));
  }
}

function formOfBuiltIn(exotic: Parameters<typeof dressOfBuiltIn>[2], show: Show): Json {
  switch (exotic.kind) {
    case 'date':
      return { $: 'date', millis: form(exotic.millis, show) };
    case 'bytes':
      return { $: 'bytes', type: exotic.type, hex: Buffer.from(exotic.data).toString('hex') };
    case 'regexp':
      return { $: 'regexp', source: exotic.source, flags: exotic.flags, lastIndex: form(exotic.lastIndex, show) };
    case 'boxed':
      return { $: 'boxed', value: form(exotic.value, show) };
    case 'coded':
      return { $: 'coded', codec: exotic.codec, value: show(exotic.value) };
    case 'set':
      return { $: 'set', items: exotic.items.map(show) };
    case 'map': {
      const shown = exotic.items.map(show);
      return { $: 'map', entries: Array.from({ length: shown.length / 2 }, (_, index) => shown.slice(index * 2, index * 2 + 2)) };
    }
  }
}

function formOfList(list: readonly unknown[], indexes: readonly string[], show: Show): Json {
  if (list.length > 4_096 && indexes.length < list.length / 2)
    return { $: 'sparse', length: list.length, items: indexes.map((name) => [Number(name), show(list[Number(name)])]) };
  return Array.from(list, (item, index) => (Object.hasOwn(list, index) ? show(item) : HOLE));
}

function dressed(value: object, dress: Dress | undefined, show: Show, inside: () => Json): Json {
  if (dress === undefined) return inside();
  return { $: 'extended', class: dress.className ?? null, base: inside(), fields: fields(value, dress.names, show) };
}

function fields(value: object, names: readonly string[], show: Show): { [key: string]: Json } {
  // By definition, not by assignment: a field may be named __proto__.
  return Object.fromEntries(names.map((name) => [escaped(name), show((value as Record<string, unknown>)[name])]));
}

/** Keys that begin as the marks of this form do get one more of it. */
function escaped(name: string): string {
  return name.startsWith('$') ? `$${name}` : name;
}
