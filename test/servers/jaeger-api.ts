// Reads traces back over Jaeger's two query APIs, as a user's browser or script would, and brings both answers into one
// shape so that a test can compare them.

import { setTimeout as sleep } from 'node:timers/promises';

/** A span as Jaeger gives it back. */
export interface StoredSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
  /** API v1 turns arrays and maps into JSON text; v3 keeps them. Whole numbers come as they are: strings or numbers. */
  attributes: Record<string, unknown>;
  resource: Record<string, unknown>;
  links: { traceId: string; spanId: string }[];
  events: { name: string; attributes: Record<string, unknown> }[];
}

const ARRIVED_WITHIN_MILLIS = 30_000;

/**
 * Waits until the trace has `spanCount` spans and returns them through API v1 (`/api/traces/{id}`), oldest first.
 *
 * Waiting is needed: an export that returned has reached the Collector, not yet the storage.
 */
export async function readTrace(queryUrl: string, traceId: string, spanCount: number): Promise<StoredSpan[]> {
  return waitFor(spanCount, `spans of ${traceId}`, () => readTraceV1(queryUrl, traceId));
}

/** The same through API v3 (`/api/v3/traces/{id}`), which answers in OTLP's JSON. */
export async function readTraceV3(queryUrl: string, traceId: string, spanCount: number): Promise<StoredSpan[]> {
  return waitFor(spanCount, `spans of ${traceId}`, () => readTraceOtlp(queryUrl, traceId));
}

/** The names of the services that Jaeger knows. */
export async function readServices(queryUrl: string): Promise<string[]> {
  const body = (await getJson(`${queryUrl}/api/services`)) as { data: string[] | null };
  return body.data ?? [];
}

/**
 * Waits until a search by service and attributes finds `traceCount` traces, and returns them through API v1.
 *
 * This is what the search page of Jaeger asks.
 */
export async function findTraces(queryUrl: string, service: string, tags: Readonly<Record<string, string>>, traceCount: number): Promise<StoredSpan[][]> {
  const query = new URLSearchParams({ service, tags: JSON.stringify(tags), limit: '100', lookback: '1h' });
  return waitFor(traceCount, `traces of ${service} with ${JSON.stringify(tags)}`, async () => {
    const body = (await getJson(`${queryUrl}/api/traces?${query}`)) as { data?: V1Trace[] | null };
    return (body.data ?? []).map(fromV1);
  });
}

async function waitFor<T>(count: number, what: string, read: () => Promise<T[]>): Promise<T[]> {
  const deadline = Date.now() + ARRIVED_WITHIN_MILLIS;
  for (;;) {
    const found = await read();
    if (found.length >= count) return found;
    if (Date.now() > deadline) {
      throw new Error(`Jaeger has ${found.length} of ${count} ${what} after ${ARRIVED_WITHIN_MILLIS} ms.`);
    }
    await sleep(50);
  }
}

interface V1Tag {
  key: string;
  value: unknown;
}
interface V1Span {
  traceID: string;
  spanID: string;
  operationName: string;
  startTime: number;
  processID: string;
  references: { refType: 'CHILD_OF' | 'FOLLOWS_FROM'; traceID: string; spanID: string }[];
  tags: V1Tag[];
  logs: { fields: V1Tag[] }[];
}

interface V1Trace {
  spans: V1Span[];
  processes: Record<string, { serviceName: string; tags?: V1Tag[] }>;
}

async function readTraceV1(queryUrl: string, traceId: string): Promise<StoredSpan[]> {
  const body = (await getJson(`${queryUrl}/api/traces/${traceId}`)) as { data?: V1Trace[] | null };
  const trace = body.data?.[0];
  return trace === undefined ? [] : fromV1(trace);
}

function fromV1(trace: V1Trace): StoredSpan[] {
  return trace.spans
    .toSorted((a, b) => a.startTime - b.startTime)
    .map((span) => {
      const process = trace.processes[span.processID];
      const parent = span.references.find((ref) => ref.refType === 'CHILD_OF' && ref.traceID === span.traceID);
      return {
        traceId: span.traceID,
        spanId: span.spanID,
        parentSpanId: parent?.spanID,
        name: span.operationName,
        attributes: fromTags(span.tags),
        resource: { ...fromTags(process?.tags ?? []), 'service.name': process?.serviceName },
        links: span.references.filter((ref) => ref.refType === 'FOLLOWS_FROM').map((ref) => ({ traceId: ref.traceID, spanId: ref.spanID })),
        events: span.logs.map((entry) => {
          const { event, ...attributes } = fromTags(entry.fields);
          return { name: String(event), attributes };
        }),
      };
    });
}

function fromTags(tags: readonly V1Tag[]): Record<string, unknown> {
  return Object.fromEntries(tags.map((tag) => [tag.key, tag.value]));
}

interface OtlpValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string | number;
  doubleValue?: number;
  arrayValue?: { values?: OtlpValue[] };
}
interface OtlpAttribute {
  key: string;
  value: OtlpValue;
}
interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  attributes?: OtlpAttribute[];
  links?: { traceId: string; spanId: string }[];
  events?: { name: string; attributes?: OtlpAttribute[] }[];
}

async function readTraceOtlp(queryUrl: string, traceId: string): Promise<StoredSpan[]> {
  const body = (await getJson(`${queryUrl}/api/v3/traces/${traceId}`)) as {
    result?: {
      resourceSpans: { resource?: { attributes?: OtlpAttribute[] }; scopeSpans: { spans: OtlpSpan[] }[] }[];
    };
  };
  const spans: { start: bigint; span: StoredSpan }[] = [];
  for (const { resource, scopeSpans } of body.result?.resourceSpans ?? []) {
    for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
      spans.push({
        start: BigInt(span.startTimeUnixNano),
        span: {
          traceId: span.traceId,
          spanId: span.spanId,
          parentSpanId: span.parentSpanId || undefined,
          name: span.name,
          attributes: fromOtlp(span.attributes),
          resource: fromOtlp(resource?.attributes),
          links: (span.links ?? []).map((link) => ({ traceId: link.traceId, spanId: link.spanId })),
          events: (span.events ?? []).map((e) => ({ name: e.name, attributes: fromOtlp(e.attributes) })),
        },
      });
    }
  }
  return spans.toSorted((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0)).map(({ span }) => span);
}

function fromOtlp(attributes: readonly OtlpAttribute[] | undefined): Record<string, unknown> {
  return Object.fromEntries((attributes ?? []).map(({ key, value }) => [key, valueFromOtlp(value)]));
}

function valueFromOtlp(value: OtlpValue): unknown {
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(valueFromOtlp);
  return value.stringValue ?? value.boolValue ?? value.intValue ?? value.doubleValue;
}

/**
 * GET that takes 404 as "not there yet" and refuses Jaeger's answer to unknown paths, which is 200 with a page.
 * A long answer of v3 is JSON that says `text/plain`.
 */
async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  if (response.status === 404) return {};
  const type = response.headers.get('content-type') ?? '';
  if (!response.ok || type.includes('html')) {
    throw new Error(`GET ${url} answered ${response.status} ${type}: ${text.slice(0, 300)}`);
  }
  return JSON.parse(text);
}
