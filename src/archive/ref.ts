// What people paste to name a run: IDs, headers, addresses of trace viewers, paths. Reading them is pure; whether the
// store has what they name is asked in archive.ts.

import { ChronicleError } from '../errors.js';
import type { Ref } from './types.js';

const ACCEPTED =
  'A ref is a trace ID (32 hex digits), a span ID (16), traceId:spanId, a traceparent, the URL of a trace in Jaeger or Grafana,\n' +
  'an envelope URI from a span, or the path of a .chronicle or .open file (with #spanId for one span).';

/** An address bar holds less; beyond this it is a document that was pasted by mistake. */
const MAX_REF_LENGTH = 65_536;

const TRACE_ID = /^[0-9a-f]{32}$/i;
const SPAN_ID = /^[0-9a-f]{16}$/i;
/** The end of an envelope URI; before it stands the URL of the store, whatever its form. */
const ENVELOPE_URI = /\/v1\/traces\/([0-9a-f]{32})\/?(?:#(.*))?$/is;
const RECORDING_FILE = /^(.*\.(?:chronicle|open))(?:#(.*))?$/is;

/** Reads a ref in any of its forms. Fails with `CHRONICLE_REF_INVALID`, saying what the text looks like instead. */
export function parseRef(text: string): Ref {
  const trimmed = String(text).trim();
  if (trimmed === '') throw invalidRef(trimmed, 'it is empty');
  if (trimmed.length > MAX_REF_LENGTH) throw invalidRef(trimmed, `it has ${trimmed.length} characters`);
  if (TRACE_ID.test(trimmed)) return traceRef(trimmed, trimmed);
  if (SPAN_ID.test(trimmed)) return spanRef(undefined, trimmed, trimmed);
  return pairOf(trimmed) ?? traceparentOf(trimmed) ?? envelopeUriOf(trimmed) ?? webAddressOf(trimmed) ?? recordingFileOf(trimmed) ?? fail(trimmed);
}

/** Refuses a trace ID that is not one, and gives the others in the form that keys have. */
export function normalizeTraceId(traceId: string): string {
  if (typeof traceId !== 'string' || !TRACE_ID.test(traceId)) throw invalidRef(String(traceId), 'it is no trace ID');
  return knownId(traceId, 'trace', traceId);
}

/** Refuses a span ID that is not one, and gives the others in the form that envelopes have. */
export function normalizeSpanId(spanId: string): string {
  if (typeof spanId !== 'string' || !SPAN_ID.test(spanId)) throw invalidRef(String(spanId), 'it is no span ID');
  return knownId(spanId, 'span', spanId);
}

function pairOf(text: string): Ref | undefined {
  const [, traceId, spanId] = /^([0-9a-f]+):([0-9a-f]+)$/i.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  if (traceId.length !== 32) throw invalidRef(text, `before the colon stand ${traceId.length} hex digits, and a trace ID has 32`);
  if (spanId.length !== 16) throw invalidRef(text, `after the colon stand ${spanId.length} hex digits, and a span ID has 16`);
  return spanRef(traceId, spanId, text);
}

/** https://www.w3.org/TR/trace-context/#traceparent-header: later versions may add fields, version 00 has none. */
function traceparentOf(text: string): Ref | undefined {
  const value = text.replace(/^traceparent\s*[:=]\s*/i, '');
  const [, version, traceId, spanId, more] = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/is.exec(value) ?? [];
  if (traceId === undefined || spanId === undefined || version === undefined) {
    if (value !== text || /^[0-9a-f]{2}-[0-9a-f]{8,}-/i.test(text))
      throw invalidRef(text, 'it looks like a traceparent, but not all of its four fields are there');
    return undefined;
  }
  if (version.toLowerCase() === 'ff' || (version === '00' && more !== undefined)) throw invalidRef(text, 'it looks like a traceparent that is malformed');
  return spanRef(traceId, spanId, text);
}

function envelopeUriOf(text: string): Ref | undefined {
  const [, traceId, spanId] = ENVELOPE_URI.exec(text) ?? [];
  if (traceId === undefined) return undefined;
  if (spanId === undefined) return traceRef(traceId, text);
  if (!SPAN_ID.test(spanId)) throw invalidRef(text, 'it looks like an envelope URI, but what follows the # is no span ID');
  return spanRef(traceId, spanId, text);
}

function recordingFileOf(text: string): Ref | undefined {
  const isUrl = /^file:/i.test(text);
  if (!isUrl && /^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return undefined;
  const [, name, spanId] = RECORDING_FILE.exec(text) ?? [];
  if (name === undefined) return undefined;
  if (spanId !== undefined && !SPAN_ID.test(spanId)) throw invalidRef(text, 'it looks like a recording file, but what follows the # is no span ID');
  const path = isUrl ? pathOfFileUrl(name, text) : name;
  if (path.includes('\0')) throw invalidRef(text, 'it looks like a path that has a null character');
  return { kind: 'file', path, spanId: spanId === undefined ? undefined : knownId(spanId, 'span', text) };
}

/** Keeps relative paths relative, as `openStore` does. */
function pathOfFileUrl(url: string, text: string): string {
  const path = url.slice('file:'.length).replace(/^\/\/(?:localhost)?(?=\/)/i, '');
  if (path.startsWith('//')) throw invalidRef(text, 'it looks like a file on another host: file:///path has three slashes');
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw invalidRef(text, 'it looks like a file URL with a % that does not begin an encoded character', cause);
  }
}

/** Trace and span IDs that one part of a web address names. */
interface Named {
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
}

function webAddressOf(text: string): Ref | undefined {
  if (!/^https?:\/\//i.test(text)) return undefined;
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw invalidRef(text, 'it looks like a URL, but it cannot be read as one', cause);
  }
  const parameters = namedByParameters(url.searchParams);
  const named = [namedByPath(url.pathname, url.searchParams), ...namedByExplore(url.searchParams, text), parameters];
  const traceIds = distinct(named.map(({ traceId }) => traceId));
  const spanIds = distinct(named.map(({ spanId }) => spanId));
  const [traceId] = traceIds;
  const [spanId] = spanIds;
  if (traceIds.length > 1) throw invalidRef(text, `it is a URL that names ${traceIds.length} traces (${traceIds.join(', ')}), and a ref names one`);
  if (spanIds.length > 1) throw invalidRef(text, `it is a URL that names ${spanIds.length} spans (${spanIds.join(', ')}), and a ref names one`);
  if (spanId !== undefined) return spanRef(traceId, spanId, text);
  if (traceId !== undefined) return traceRef(traceId, text);
  if (/\/goto\/[^/]+\/?$/.test(url.pathname)) throw invalidRef(text, 'it looks like a short link of Grafana: open it, and copy the address that it leads to');
  throw invalidRef(text, `it is a URL of ${url.host} that names no trace`);
}

/**
 * `/trace/ID` of the Jaeger UI, behind any base path, and `/api/traces/ID`, `/api/v2/traces/ID`, `/api/v3/traces/ID` of
 * Jaeger and Tempo. Jaeger's `uiFind` is free text: it names a span only if it can hardly be a word.
 */
function namedByPath(path: string, search: URLSearchParams): Named {
  const [, traceId] = /\/traces?\/([0-9a-f]{1,32})\/?$/i.exec(path) ?? [];
  if (traceId === undefined) return {};
  const find = search.get('uiFind')?.trim() ?? '';
  return { traceId: paddedTraceId(traceId), spanId: /^[0-9a-f]{13,16}$/i.test(find) ? paddedSpanId(find) : undefined };
}

/** `traceId=..&spanId=..` of Grafana's Traces Drilldown, and dashboard variables that are called so: `var-traceId=..`. */
function namedByParameters(search: URLSearchParams): Named {
  let traceId: string | undefined;
  let spanId: string | undefined;
  for (const [name, value] of search) {
    const plain = name.toLowerCase().replace(/[-_]/g, '');
    if (plain.endsWith('traceid') && /^[0-9a-f]{1,32}$/i.test(value.trim())) traceId ??= paddedTraceId(value.trim());
    if (plain.endsWith('spanid') && /^[0-9a-f]{1,16}$/i.test(value.trim())) spanId ??= paddedSpanId(value.trim());
  }
  return { traceId, spanId };
}

/** Grafana Explore: `panes={"abc":PANE,..}` since version 10, before that `left=PANE&right=PANE`. */
function namedByExplore(search: URLSearchParams, text: string): Named[] {
  const panes: unknown[] = [];
  const current = jsonParameter(search, 'panes', text);
  if (isObject(current)) panes.push(...Object.values(current));
  for (const side of ['left', 'right']) panes.push(jsonParameter(search, side, text));
  return panes.flatMap(namedByPane);
}

/** A pane is an object, or, in the oldest form, a list: `["now-1h","now","Tempo",QUERY]`. */
function namedByPane(pane: unknown): Named[] {
  if (Array.isArray(pane)) return pane.map(namedByQuery);
  if (!isObject(pane)) return [];
  const queries = Array.isArray(pane['queries']) ? pane['queries'].map(namedByQuery) : [];
  const panelsState = isObject(pane['panelsState']) ? pane['panelsState']['trace'] : undefined;
  const spanId = isObject(panelsState) ? panelsState['spanId'] : undefined;
  // A span that is selected in a pane whose query names no trace is left over from an earlier query.
  const shown = queries.some(({ traceId }) => traceId !== undefined) && typeof spanId === 'string' && /^[0-9a-f]{1,16}$/i.test(spanId);
  return shown ? [...queries, { spanId: paddedSpanId(spanId) }] : queries;
}

/** A query that is an ID, or TraceQL that asks for one: `{ trace:id = "..." && span:id = "..." }`. */
function namedByQuery(query: unknown): Named {
  const text = isObject(query) && typeof query['query'] === 'string' ? query['query'].trim() : '';
  if (/^[0-9a-f]{1,32}$/i.test(text)) return { traceId: paddedTraceId(text) };
  if (!text.startsWith('{')) return {};
  const [, traceId] = /\btrace:id\s*=\s*["`]([0-9a-f]{1,32})["`]/i.exec(text) ?? [];
  const [, spanId] = /\bspan:id\s*=\s*["`]([0-9a-f]{1,16})["`]/i.exec(text) ?? [];
  return { traceId: traceId === undefined ? undefined : paddedTraceId(traceId), spanId: spanId === undefined ? undefined : paddedSpanId(spanId) };
}

function jsonParameter(search: URLSearchParams, name: string, text: string): unknown {
  const value = search.get(name);
  if (value === null || !/^\s*[[{]/.test(value)) return undefined;
  try {
    return JSON.parse(value);
  } catch (cause) {
    throw invalidRef(text, `it looks like a URL of Grafana Explore, but its parameter ${name} is no JSON: was it cut off?`, cause);
  }
}

/** Some viewers leave out leading zeros, and old clients make IDs of 64 bits. */
function paddedTraceId(traceId: string): string {
  return traceId.toLowerCase().padStart(32, '0');
}

function paddedSpanId(spanId: string): string {
  return spanId.toLowerCase().padStart(16, '0');
}

function distinct(ids: readonly (string | undefined)[]): string[] {
  return [...new Set(ids)].filter((id) => id !== undefined);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function traceRef(traceId: string, text: string): Ref {
  return { kind: 'trace', traceId: knownId(traceId, 'trace', text) };
}

function spanRef(traceId: string | undefined, spanId: string, text: string): Ref {
  return { kind: 'span', traceId: traceId === undefined ? undefined : knownId(traceId, 'trace', text), spanId: knownId(spanId, 'span', text) };
}

function knownId(id: string, what: 'trace' | 'span', text: string): string {
  // OpenTelemetry gives all zeros to what is not recorded, so it may name many things and is none of them.
  if (/^0+$/.test(id)) throw invalidRef(text, `its ${what} ID is all zeros, which stands for no ${what}`);
  return id.toLowerCase();
}

function fail(text: string): never {
  throw invalidRef(text, looksLike(text));
}

function looksLike(text: string): string {
  if (/^[0-9a-f]+$/i.test(text)) return `it is ${text.length} hex digit${text.length === 1 ? '' : 's'}, and a trace ID has 32 and a span ID 16`;
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)) return 'it looks like a UUID, and a trace ID has no dashes';
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) return `it looks like a URL of the kind ${text.slice(0, text.indexOf(':') + 1)} that names no trace`;
  if (/[/\\]|\.[a-z0-9]+$/i.test(text)) return 'it looks like a path, and a recording file ends in .chronicle or .open';
  return 'it looks like none of the forms below';
}

function invalidRef(text: string, fault: string, cause?: unknown): ChronicleError {
  const ref = presentable(text);
  return new ChronicleError('CHRONICLE_REF_INVALID', `${ref} is no ref: ${fault}.\n${ACCEPTED}`, {
    facts: { ref, fault },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Quoted, bounded, with control characters escaped, and without passwords and tokens that a URL may carry. */
function presentable(text: string): string {
  const withoutPassword = text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1***@');
  const shown = /^https?:/i.test(text) ? withoutPassword.replace(/[?#].*$/s, '?...') : withoutPassword;
  return JSON.stringify(shown.length <= 120 ? shown : `${shown.slice(0, 117)}...`);
}
