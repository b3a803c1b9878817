import { describe, expect, it } from 'vitest';
import { isChronicleError } from '../errors.js';
import { normalizeSpanId, normalizeTraceId, parseRef } from './ref.js';

const T = '4bf92f3577b34da6a3ce929d0e0e4736';
const S = '00f067aa0ba902b7';

const trace = (traceId = T) => ({ kind: 'trace', traceId });
const span = (traceId: string | undefined = T, spanId = S) => ({ kind: 'span', traceId, spanId });
const file = (path: string, spanId?: string) => ({ kind: 'file', path, spanId });

const encoded = (value: unknown) => encodeURIComponent(JSON.stringify(value));
/** Encoded as browsers show it in the address bar: fewer characters are escaped. */
const encodedByBrowser = (value: unknown) => encodeURI(JSON.stringify(value));
/** Encoded as forms are: spaces become plus signs. */
const encodedAsForm = (value: unknown) => new URLSearchParams({ x: JSON.stringify(value) }).toString().slice(2);

const tempoPane = (query: string, spanId?: string) => ({
  datasource: 'tempo',
  queries: [{ refId: 'A', datasource: { type: 'tempo', uid: 'tempo' }, queryType: 'traceql', limit: 20, tableType: 'traces', query }],
  range: { from: 'now-1h', to: 'now' },
  panelsState: {
    trace: { ...(spanId === undefined ? {} : { spanId }), spanFilters: { spanNameOperator: '=', tags: [{ id: '9d72bfd7-86e', operator: '=' }] } },
  },
  compact: false,
});
const lokiPane = { datasource: 'loki', queries: [{ refId: 'A', expr: '{app="agent"} |= "error"', queryType: 'range' }], range: { from: 'now-1h', to: 'now' } };

const cases: [what: string, text: string, ref: unknown][] = [
  ['a trace ID', T, trace()],
  ['a trace ID in capitals', T.toUpperCase(), trace()],
  ['a trace ID with space around it', `  ${T}\n`, trace()],
  ['a span ID', S, { kind: 'span', traceId: undefined, spanId: S }],
  ['a span ID in capitals', S.toUpperCase(), { kind: 'span', traceId: undefined, spanId: S }],
  ['a trace and a span ID', `${T}:${S}`, span()],
  ['a trace and a span ID in capitals', `${T}:${S}`.toUpperCase(), span()],

  ['a traceparent', `00-${T}-${S}-01`, span()],
  ['a traceparent that is not sampled', `00-${T}-${S}-00`, span()],
  ['a traceparent with its header name', `traceparent: 00-${T}-${S}-01`, span()],
  ['a traceparent as an environment variable', `TRACEPARENT=00-${T}-${S}-01`, span()],
  ['a traceparent of a later version', `cc-${T}-${S}-01-what-the-future-brings`, span()],

  ['Jaeger', `http://localhost:16686/trace/${T}`, trace()],
  ['Jaeger with a slash at the end', `http://localhost:16686/trace/${T}/`, trace()],
  ['Jaeger with a span', `http://localhost:16686/trace/${T}?uiFind=${S}`, span()],
  ['Jaeger with a span and more', `http://localhost:16686/trace/${T}?uiEmbed=v0&uiFind=${S}&uiTimelineCollapseTitle=1`, span()],
  ['Jaeger with a span whose leading zeros are left out', `http://localhost:16686/trace/${T}?uiFind=f067aa0ba902b7`, span()],
  ['Jaeger with a text search, which may look like digits', `http://localhost:16686/trace/${T}?uiFind=decade`, trace()],
  ['Jaeger with a text search', `http://localhost:16686/trace/${T}?uiFind=place_order+timeout`, trace()],
  ['Jaeger behind a base path', `https://obs.example.com/tools/jaeger/trace/${T}?uiFind=${S}`, span()],
  ['Jaeger in the OpenTelemetry demo', `http://localhost:8080/jaeger/ui/trace/${T}`, trace()],
  ['Jaeger with a short trace ID', `http://localhost:16686/trace/b73174a77dfb6e01`, trace('0000000000000000b73174a77dfb6e01')],
  [
    'Jaeger with a trace ID whose leading zeros are left out',
    `http://localhost:16686/trace/f92f3577b34da6a3ce929d0e0e4736`,
    trace('00f92f3577b34da6a3ce929d0e0e4736'),
  ],
  ['the API of Jaeger 1', `http://localhost:16686/api/traces/${T}?prettyPrint=true`, trace()],
  ['the API of Jaeger 2', `http://localhost:16686/api/v3/traces/${T}`, trace()],
  ['Jaeger with a password', `https://me:secret@jaeger.example.com/trace/${T}`, trace()],

  ['the API of Tempo', `http://tempo:3200/api/traces/${T}`, trace()],
  ['the second API of Tempo', `http://tempo:3200/api/v2/traces/${T}?start=1&end=2`, trace()],
  ['Tempo through Grafana', `http://localhost:3000/api/datasources/proxy/uid/tempo/api/traces/${T}`, trace()],

  ['Grafana Explore', `http://localhost:3000/explore?schemaVersion=1&panes=${encoded({ '62k': tempoPane(T) })}&orgId=1`, trace()],
  [
    'Grafana Explore as the address bar has it',
    `http://localhost:3000/explore?schemaVersion=1&panes=${encodedByBrowser({ '62k': tempoPane(T) })}&orgId=1`,
    trace(),
  ],
  ['Grafana Explore as a script has it', `http://localhost:3000/explore?schemaVersion=1&panes=${encodedAsForm({ '62k': tempoPane(T) })}&orgId=1`, trace()],
  ['Grafana Explore not encoded', `http://localhost:3000/explore?schemaVersion=1&panes=${JSON.stringify({ a: tempoPane(T) })}`, trace()],
  ['Grafana Explore behind a base path, with a span', `https://example.com/grafana/explore?panes=${encoded({ a: tempoPane(T, S) })}`, span()],
  ['Grafana Explore with queryType traceId', `http://g/explore?panes=${encoded({ a: { queries: [{ queryType: 'traceId', query: T }] } })}`, trace()],
  [
    'Grafana Explore with a Jaeger data source',
    `http://g/explore?panes=${encoded({ a: { queries: [{ datasource: { type: 'jaeger' }, query: 'b73174a77dfb6e01' }] } })}`,
    trace('0000000000000000b73174a77dfb6e01'),
  ],
  ['Grafana Explore with TraceQL for one trace', `http://g/explore?panes=${encoded({ a: tempoPane(`{ trace:id = "${T}" }`) })}`, trace()],
  ['Grafana Explore with TraceQL for one span', `http://g/explore?panes=${encoded({ a: tempoPane(`{trace:id="${T}" && span:id="${S}"}`) })}`, span()],
  [
    'Grafana Explore with TraceQL for a span alone',
    `http://g/explore?panes=${encoded({ a: tempoPane(`{span:id=\`${S}\`}`) })}`,
    { kind: 'span', traceId: undefined, spanId: S },
  ],
  ['Grafana Explore with logs beside the trace', `http://g/explore?panes=${encoded({ a: lokiPane, b: tempoPane(T, S) })}`, span()],
  [
    'Grafana Explore with a search beside the trace',
    `http://g/explore?panes=${encoded({ a: tempoPane('{ status = error }', 'aaaaaaaaaaaaaaaa'), b: tempoPane(T, S) })}`,
    span(),
  ],
  ['Grafana Explore with the trace twice', `http://g/explore?panes=${encoded({ a: tempoPane(T), b: tempoPane(T, S) })}`, span()],
  ['Grafana Explore 9', `http://g/explore?orgId=1&left=${encoded(tempoPane(T))}`, trace()],
  ['Grafana Explore 9 with the trace on the right', `http://g/explore?orgId=1&left=${encoded(lokiPane)}&right=${encodedByBrowser(tempoPane(T, S))}`, span()],
  ['Grafana Explore 7', `http://g/explore?orgId=1&left=${encoded(['now-1h', 'now', 'Tempo', { queryType: 'traceId', query: T }])}`, trace()],
  ['Grafana Explore 7, not encoded', `http://g/explore?left=["now-1h","now","Tempo",{"query":"${T}"}]`, trace()],
  [
    'Grafana Traces Drilldown',
    `http://g/a/grafana-exploretraces-app/explore?primarySignal=full_traces&traceId=${T}&spanId=${S}&from=now-15m&var-ds=x&var-filters=nestedSetParent%7C%3C%7C0`,
    span(),
  ],
  [
    'Grafana Traces Drilldown without a span',
    `http://g/a/grafana-exploretraces-app/explore?var-ds=tempo&traceId=76712b89f2507a5&var-metric=rate`,
    trace('0000000000000000076712b89f2507a5'),
  ],
  ['a Grafana dashboard with a variable', `http://g/d/27f71330/logs-and-traces?orgId=1&var-TraceId=${T}`, trace()],
  ['a Grafana dashboard with a variable in another spelling', `http://g/d/27f71330/logs-and-traces?var-trace_id=${T}&var-span_id=${S}`, span()],

  ['an envelope URI', `file:///var/lib/runs/v1/traces/${T}#${S}`, span()],
  ['an envelope URI without a span', `file:///var/lib/runs/v1/traces/${T}`, trace()],
  ['an envelope URI of S3', `s3://agent-runs/prod/v1/traces/${T}#${S}`, span()],
  ['an envelope URI of a memory store', `memory:test/v1/traces/${T}#${S}`, span()],
  ['an envelope URI of a store over HTTP', `https://example.com/store/v1/traces/${T}#${S}`, span()],
  ['the folder of a trace', `./runs/v1/traces/${T}/`, trace()],

  ['a recording file', './fixtures/run.chronicle', file('./fixtures/run.chronicle')],
  ['a recording file by its name', 'run.chronicle', file('run.chronicle')],
  ['a recording file and a span', `/abs/run.chronicle#${S.toUpperCase()}`, file('/abs/run.chronicle', S)],
  ['an open journal', `runs/journal/${T}.1764025200000-k3f9aaaa-0.open`, file(`runs/journal/${T}.1764025200000-k3f9aaaa-0.open`)],
  [
    'a segment in a folder store',
    `runs/v1/traces/${T}/1764025200000-k3f9aaaa-0.chronicle#${S}`,
    file(`runs/v1/traces/${T}/1764025200000-k3f9aaaa-0.chronicle`, S),
  ],
  ['a file URL', 'file:///abs/with%20space/run.chronicle', file('/abs/with space/run.chronicle')],
  ['a file URL and a span', `file:///abs/run.open#${S}`, file('/abs/run.open', S)],
  ['a file URL of this host', 'file://localhost/abs/run.chronicle', file('/abs/run.chronicle')],
  ['a relative file URL', 'file:./run.chronicle', file('./run.chronicle')],
  ['a path with a hash in it', 'a#b/run.chronicle', file('a#b/run.chronicle')],
  ['a path that is not decoded', './100%20/run.chronicle', file('./100%20/run.chronicle')],
];

const accepted =
  'A ref is a trace ID (32 hex digits), a span ID (16), traceId:spanId, a traceparent, the URL of a trace in Jaeger or Grafana,\n' +
  'an envelope URI from a span, or the path of a .chronicle or .open file (with #spanId for one span).';

const Z32 = '0'.repeat(32);
const Z16 = '0'.repeat(16);
const other = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';

const refusals: [text: string, shown: string | undefined, fault: string][] = [
  ['', undefined, 'it is empty'],
  [' \n', '""', 'it is empty'],
  ['hello', undefined, 'it looks like none of the forms below'],
  ['the last run', undefined, 'it looks like none of the forms below'],
  ['a', undefined, 'it is 1 hex digit, and a trace ID has 32 and a span ID 16'],
  [T.slice(1), undefined, 'it is 31 hex digits, and a trace ID has 32 and a span ID 16'],
  [`${S}ab`, undefined, 'it is 18 hex digits, and a trace ID has 32 and a span ID 16'],
  ['4bf92f35-77b3-4da6-a3ce-929d0e0e4736', undefined, 'it looks like a UUID, and a trace ID has no dashes'],
  [Z32, undefined, 'its trace ID is all zeros, which stands for no trace'],
  [Z16, undefined, 'its span ID is all zeros, which stands for no span'],
  [`${Z32}:${S}`, undefined, 'its trace ID is all zeros, which stands for no trace'],
  [`${T}:${Z16}`, undefined, 'its span ID is all zeros, which stands for no span'],
  [`00-${T}-${Z16}-01`, undefined, 'its span ID is all zeros, which stands for no span'],
  [`00-${Z32}-${S}-01`, undefined, 'its trace ID is all zeros, which stands for no trace'],
  [`${T}:${S.slice(2)}`, undefined, 'after the colon stand 14 hex digits, and a span ID has 16'],
  [`${S}:${S}`, undefined, 'before the colon stand 16 hex digits, and a trace ID has 32'],
  [`00-${T}-${S}`, undefined, 'it looks like a traceparent, but not all of its four fields are there'],
  [`00-${S}-${S}-01`, undefined, 'it looks like a traceparent, but not all of its four fields are there'],
  ['traceparent: nothing', undefined, 'it looks like a traceparent, but not all of its four fields are there'],
  [`00-${T}-${S}-01-more`, undefined, 'it looks like a traceparent that is malformed'],
  [`ff-${T}-${S}-01`, undefined, 'it looks like a traceparent that is malformed'],
  ['http://localhost:16686/search?service=agent', '"http://localhost:16686/search?..."', 'it is a URL of localhost:16686 that names no trace'],
  ['http://localhost:16686/trace/not-hex', undefined, 'it is a URL of localhost:16686 that names no trace'],
  [`http://localhost:16686/trace/${T}...${other}`, undefined, 'it is a URL of localhost:16686 that names no trace'],
  [`http://localhost:16686/trace/${Z32}`, undefined, 'its trace ID is all zeros, which stands for no trace'],
  ['http://localhost:16686/trace/0', undefined, 'its trace ID is all zeros, which stands for no trace'],
  ['https://me:secret@example.com/?token=secret', '"https://***@example.com/?..."', 'it is a URL of example.com that names no trace'],
  ['http://[', undefined, 'it looks like a URL, but it cannot be read as one'],
  [
    'https://g.example.com/goto/Xk3f9aHHk?orgId=1',
    '"https://g.example.com/goto/Xk3f9aHHk?..."',
    'it looks like a short link of Grafana: open it, and copy the address that it leads to',
  ],
  [`http://g/explore?panes=${encoded({ a: tempoPane('{ status = error }', S) })}`, '"http://g/explore?..."', 'it is a URL of g that names no trace'],
  [`http://g/explore?panes=${encoded({ a: lokiPane })}`, '"http://g/explore?..."', 'it is a URL of g that names no trace'],
  [
    `http://g/explore?panes=${encoded({ a: tempoPane(T) }).slice(0, -9)}`,
    '"http://g/explore?..."',
    'it looks like a URL of Grafana Explore, but its parameter panes is no JSON: was it cut off?',
  ],
  [
    `http://g/explore?panes=${encoded({ a: tempoPane(T), b: tempoPane(other) })}`,
    '"http://g/explore?..."',
    `it is a URL that names 2 traces (${T}, ${other}), and a ref names one`,
  ],
  [
    `http://g/explore?panes=${encoded({ a: tempoPane(T, S), b: tempoPane(T, 'bbbbbbbbbbbbbbbb') })}`,
    '"http://g/explore?..."',
    `it is a URL that names 2 spans (${S}, bbbbbbbbbbbbbbbb), and a ref names one`,
  ],
  [`file:///runs/v1/traces/${T}#not-a-span`, undefined, 'it looks like an envelope URI, but what follows the # is no span ID'],
  ['run.chronicle#1', undefined, 'it looks like a recording file, but what follows the # is no span ID'],
  ['run.json', undefined, 'it looks like a path, and a recording file ends in .chronicle or .open'],
  ['./runs', undefined, 'it looks like a path, and a recording file ends in .chronicle or .open'],
  ['file:///runs', undefined, 'it looks like a URL of the kind file: that names no trace'],
  ['file://host/run.chronicle', undefined, 'it looks like a file on another host: file:///path has three slashes'],
  ['file:./100%.chronicle', undefined, 'it looks like a file URL with a % that does not begin an encoded character'],
  ['file:./a%00.chronicle', undefined, 'it looks like a path that has a null character'],
  ['s3://key:secret@bucket/x', '"s3://***@bucket/x"', 'it looks like a URL of the kind s3: that names no trace'],
  ['\u001b[2J\u0007', '"\\u001b[2J\\u0007"', 'it looks like none of the forms below'],
  ['x'.repeat(200), `"${'x'.repeat(117)}..."`, 'it looks like none of the forms below'],
  ['x'.repeat(70_000), `"${'x'.repeat(117)}..."`, 'it has 70000 characters'],
];

describe('parseRef()', () => {
  it.each(cases)('reads %s', (_what, text, ref) => {
    expect(parseRef(text)).toEqual(ref);
  });

  it.each(refusals)('refuses %j', (text, shown, fault) => {
    let caught: unknown;
    try {
      parseRef(text);
    } catch (error) {
      caught = error;
    }
    expect(isChronicleError(caught, 'CHRONICLE_REF_INVALID')).toBe(true);
    expect((caught as Error).message).toBe(`${shown ?? JSON.stringify(text)} is no ref: ${fault}.\n${accepted}`);
  });

  it('gives up on long input in a moment', () => {
    const began = performance.now();
    for (const text of [
      '/v1/traces/'.repeat(5000),
      `${'a'.repeat(60_000)}:`,
      `${'0-'.repeat(30_000)}`,
      '.chronicle#'.repeat(5000),
      `http://g/${'/trace/x'.repeat(7000)}?`,
    ]) {
      expect(() => parseRef(text)).toThrow();
    }
    expect(performance.now() - began).toBeLessThan(2000);
  });
});

describe('normalizeTraceId() and normalizeSpanId()', () => {
  it('give IDs in lower case, and refuse what is none', () => {
    expect(normalizeTraceId(T.toUpperCase())).toBe(T);
    expect(normalizeSpanId(S.toUpperCase())).toBe(S);
    expect(() => normalizeTraceId('../../etc')).toThrow('"../../etc" is no ref: it is no trace ID.');
    expect(() => normalizeTraceId(Z32)).toThrow('its trace ID is all zeros');
    expect(() => normalizeSpanId(T)).toThrow('it is no span ID');
  });
});
