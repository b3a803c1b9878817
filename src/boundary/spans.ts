// The span of a crossing: its name, its kind, what stands on it. Attributes are flat primitives, set before the end and
// never read back; what back ends cut or drop does not matter to replay.

import { types } from 'node:util';
import {
  type Attributes,
  context,
  type Context,
  createContextKey,
  type Link,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import type { BoundaryDefinition, BoundaryKind, CapturedValue, Crossing, Outcome, Rung, Served, SpanContent } from '../crossing/index.js';
import * as names from '../semconv/index.js';
import { type Preview, previewOf } from '../value/index.js';
import { VERSION } from '../version.js';
import { describeRequest, describeResponse } from './gen-ai.js';
import { guarded } from './guard.js';

/** The key under which a crossing travels to the processors of a pipeline. Shared by all copies of the API. */
export const CELL = createContextKey('chronicle.boundary.v1');

const SPAN_KIND: Readonly<Record<BoundaryKind, SpanKind>> = {
  agent: SpanKind.INTERNAL,
  step: SpanKind.INTERNAL,
  guardrail: SpanKind.INTERNAL,
  human: SpanKind.INTERNAL,
  tool: SpanKind.INTERNAL,
  model: SpanKind.CLIENT,
  retrieval: SpanKind.CLIENT,
  embedding: SpanKind.CLIENT,
};

function spanName({ kind, name }: BoundaryDefinition, attributes: Attributes): string {
  switch (kind) {
    case 'agent':
      return `invoke_agent ${name}`;
    case 'tool':
      return `execute_tool ${name}`;
    case 'model':
      return `chat ${String(attributes[names.ATTR_GEN_AI_REQUEST_MODEL] ?? name)}`;
    case 'retrieval':
      return `retrieval ${name}`;
    case 'embedding':
      return `embeddings ${String(attributes[names.ATTR_GEN_AI_REQUEST_MODEL] ?? name)}`;
    case 'guardrail':
    case 'step':
    case 'human':
      return `${kind} ${name}`;
  }
}

function addKindAttributes(attributes: Attributes, { kind, name }: BoundaryDefinition, args: readonly unknown[]): void {
  switch (kind) {
    case 'agent':
      attributes[names.ATTR_GEN_AI_OPERATION_NAME] = names.GEN_AI_OPERATION_NAME_VALUE_INVOKE_AGENT;
      attributes[names.ATTR_GEN_AI_AGENT_NAME] = bounded(name);
      return;
    case 'tool':
      attributes[names.ATTR_GEN_AI_OPERATION_NAME] = names.GEN_AI_OPERATION_NAME_VALUE_EXECUTE_TOOL;
      attributes[names.ATTR_GEN_AI_TOOL_NAME] = bounded(name);
      attributes[names.ATTR_GEN_AI_TOOL_TYPE] = 'function';
      return;
    case 'model':
      attributes[names.ATTR_GEN_AI_OPERATION_NAME] = names.GEN_AI_OPERATION_NAME_VALUE_CHAT;
      describeRequest(attributes, args);
      return;
    case 'retrieval':
      attributes[names.ATTR_GEN_AI_OPERATION_NAME] = names.GEN_AI_OPERATION_NAME_VALUE_RETRIEVAL;
      attributes[names.ATTR_GEN_AI_DATA_SOURCE_ID] = bounded(name);
      return;
    case 'embedding':
      attributes[names.ATTR_GEN_AI_OPERATION_NAME] = names.GEN_AI_OPERATION_NAME_VALUE_EMBEDDINGS;
      describeRequest(attributes, args);
      return;
    case 'guardrail':
    case 'step':
    case 'human':
  }
}

let managed: boolean | undefined;

/** Whether a context manager is installed: SDK 3 has no `register()`, so an application may easily lack one. */
function hasContextManager(): boolean {
  // Once there it stays; until then it is asked again, since the program may set up its tracing late.
  if (managed === true) return true;
  const probe = context.active().setValue(CELL, true);
  managed = context.with(probe, () => context.active() === probe);
  return managed;
}

/** The context that a call's span is started in. */
export function contextOf(parent: Crossing | undefined): Context {
  const active = context.active();
  // Without a context manager the caller's span is known to us alone.
  if (parent?.span !== undefined && !hasContextManager()) return trace.setSpan(active, parent.span);
  return active;
}

let tracer: Tracer | undefined;
let tracerOf: unknown;

/** Our tracer of the provider that is registered now. */
function currentTracer(): Tracer {
  const provider = trace.getTracerProvider() as TracerProvider & { getDelegate?: () => unknown };
  const delegate = typeof provider.getDelegate === 'function' ? provider.getDelegate() : provider;
  if (tracer === undefined || tracerOf !== delegate) {
    tracer = provider.getTracer('chronicle-otel', VERSION);
    tracerOf = delegate;
  }
  return tracer;
}

/** Starts the span of a crossing. Undefined when OpenTelemetry, or a processor of it, failed to. */
export function startSpan(crossing: Crossing, args: readonly unknown[], parent: Context, links: Link[] | undefined): Span | undefined {
  const { boundary } = crossing;
  const attributes: Attributes = {
    [names.ATTR_CHRONICLE_BOUNDARY_KIND]: boundary.kind,
    [names.ATTR_CHRONICLE_BOUNDARY_NAME]: bounded(boundary.name),
    [names.ATTR_CHRONICLE_BOUNDARY_EFFECT]: boundary.effect,
  };
  guarded('span attributes', () => addKindAttributes(attributes, boundary, args));
  return guarded('startSpan', () =>
    currentTracer().startSpan(
      spanName(boundary, attributes),
      { kind: SPAN_KIND[boundary.kind], attributes, ...(links === undefined ? {} : { links }) },
      parent.setValue(CELL, crossing),
    ),
  );
}

/** Whether a span takes attributes. It may be a stand-in of somebody else's making. */
function isRecording(span: Span): boolean {
  return guarded('span', () => span.isRecording()) === true;
}

/** Sets what is known when the crossing begins. */
export function describeBegin(crossing: Crossing, args: readonly unknown[], uri: string | undefined, mode: 'record' | 'replay', content: SpanContent): void {
  const { span, input } = crossing;
  if (span === undefined || !isRecording(span)) return;
  guarded('span attributes', () => {
    span.setAttribute(names.ATTR_CHRONICLE_MODE, mode);
    span.setAttribute(names.ATTR_CHRONICLE_SPAN_REF, `${crossing.traceId}:${crossing.spanId}`);
    span.setAttribute(names.ATTR_CHRONICLE_BOUNDARY_PATH, bounded(crossing.path));
    span.setAttribute(names.ATTR_CHRONICLE_BOUNDARY_ORDINAL, crossing.ordinal);
    if (uri !== undefined) span.setAttribute(names.ATTR_CHRONICLE_ENVELOPE_URI, bounded(uri));
    if (input !== undefined) span.setAttribute(names.ATTR_CHRONICLE_INPUT_SIZE, input.size);
    if (content.maxPreviewBytes > 0) {
      const shown = preview(args.length === 1 ? args[0] : args, content);
      span.setAttribute(names.ATTR_CHRONICLE_INPUT_PREVIEW, shown.text);
      if (shown.truncated) span.setAttribute(names.ATTR_CHRONICLE_INPUT_PREVIEW_TRUNCATED, true);
      if (content.messages && crossing.boundary.kind === 'tool') span.setAttribute(names.ATTR_GEN_AI_TOOL_CALL_ARGUMENTS, shown.text);
      if (content.messages && crossing.boundary.kind === 'model') span.setAttribute(names.ATTR_GEN_AI_INPUT_MESSAGES, shown.text);
    }
  });
}

/** Sets how replay answered the call. */
export function describeAnswer(
  crossing: Crossing,
  served: Served,
  rung: Rung,
  source: { readonly traceId: string; readonly spanId: string } | undefined,
): void {
  const { span } = crossing;
  if (span === undefined || !isRecording(span)) return;
  guarded('span attributes', () => {
    span.setAttribute(names.ATTR_CHRONICLE_REPLAY_RUNG, rung);
    if (served !== 'rerun') span.setAttribute(names.ATTR_CHRONICLE_REPLAY_SERVED, served);
    if (source !== undefined) span.setAttribute(names.ATTR_CHRONICLE_REPLAY_OF, `${source.traceId}:${source.spanId}`);
  });
}

/** Sets how the crossing ended, and ends its span. */
export function endSpan(crossing: Crossing, outcome: Outcome, captured: CapturedValue | undefined, content: SpanContent): void {
  const { span } = crossing;
  if (span === undefined) return;
  if (isRecording(span)) guarded('span attributes', () => describeEnd(span, crossing, outcome, captured, content));
  guarded('span end', () => span.end());
}

function describeEnd(span: Span, crossing: Crossing, outcome: Outcome, captured: CapturedValue | undefined, content: SpanContent): void {
  // By now a call that took its time has left enough of it to take the digest of a large input.
  const inputDigest = crossing.input?.digest;
  if (inputDigest !== undefined) span.setAttribute(names.ATTR_CHRONICLE_INPUT_DIGEST, inputDigest);
  if (captured !== undefined) {
    const { digest } = captured;
    if (digest !== undefined) span.setAttribute(names.ATTR_CHRONICLE_OUTPUT_DIGEST, digest);
    span.setAttribute(names.ATTR_CHRONICLE_OUTPUT_SIZE, captured.size);
  }
  const missing = [...reasons(crossing.input, content), ...reasons(captured, content)];
  if (missing.length > 0) span.setAttribute(names.ATTR_CHRONICLE_CAPTURE_INCOMPLETE, [...new Set(missing)].slice(0, MAX_REASONS));
  if (outcome.kind === 'streamed') {
    span.setAttribute(names.ATTR_CHRONICLE_STREAM_CHUNKS, outcome.chunks);
    span.setAttribute(names.ATTR_CHRONICLE_STREAM_END, outcome.end);
  }
  const failed = outcome.kind === 'threw' || (outcome.kind === 'streamed' && outcome.end === 'error');
  span.setAttribute(names.ATTR_CHRONICLE_OUTCOME, failed ? 'threw' : 'returned');
  const value = outcome.kind === 'threw' ? outcome.error : outcome.value;
  if (failed) {
    const shown = preview(value, content);
    span.setAttribute(names.ATTR_ERROR_TYPE, errorType(value));
    span.setStatus({ code: SpanStatusCode.ERROR, message: content.maxPreviewBytes > 0 ? shown.text : '' });
    return;
  }
  if (crossing.boundary.kind === 'model' || crossing.boundary.kind === 'embedding') span.setAttributes(describeResponse(value));
  if (content.maxPreviewBytes <= 0 || outcome.kind === 'streamed') return;
  const shown = preview(value, content);
  span.setAttribute(names.ATTR_CHRONICLE_OUTPUT_PREVIEW, shown.text);
  if (shown.truncated) span.setAttribute(names.ATTR_CHRONICLE_OUTPUT_PREVIEW_TRUNCATED, true);
  if (content.messages && crossing.boundary.kind === 'tool') span.setAttribute(names.ATTR_GEN_AI_TOOL_CALL_RESULT, shown.text);
  if (content.messages && crossing.boundary.kind === 'model') span.setAttribute(names.ATTR_GEN_AI_OUTPUT_MESSAGES, shown.text);
}

function preview(value: unknown, content: SpanContent): Preview {
  return previewOf(value, content.maxPreviewBytes, content.protect);
}

/** Reasons on one span: each is short, and together they stay below what back ends cut. */
const MAX_REASONS = 8;

const MAX_REASON_CHARS = 80;

function reasons(captured: CapturedValue | undefined, content: SpanContent): string[] {
  if (captured === undefined || (captured.incomplete.length === 0 && captured.opaque.length === 0)) return [];
  return [...captured.incomplete, ...captured.opaque].map((reason) => {
    // The name of a function or a field may be content, as in a table by customer.
    const said = content.maxPreviewBytes > 0 ? reason : reason.replace(/ \(.*\) was not stored$/s, ' was not stored');
    return said.length <= MAX_REASON_CHARS ? said : `${said.slice(0, MAX_REASON_CHARS).toWellFormed()}…`;
  });
}

/** Attributes other than previews stay below the length at which the first back end cuts. */
function bounded(text: string): string {
  return text.length <= 600 ? text : `${text.slice(0, 600).toWellFormed()}…`;
}

function errorType(error: unknown): string {
  if (typeof error !== 'object' || error === null) return typeof error;
  let step: object | null = error;
  while (step !== null && !types.isProxy(step)) {
    const name: unknown = Object.getOwnPropertyDescriptor(step, 'name')?.value;
    if (typeof name === 'string' && name !== '') return bounded(name);
    step = Object.getPrototypeOf(step) as object | null;
  }
  return 'Error';
}
