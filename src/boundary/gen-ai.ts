// The standard `gen_ai.*` attributes of a model call, where its arguments and result have a known form: chat
// completions, responses, Anthropic messages. Anything else is left alone; a wrong guess would be worse than none.

import { types } from 'node:util';
import type { Attributes } from '@opentelemetry/api';
import * as names from '../semconv/index.js';

/** Adds the attributes of the request, from the first argument. */
export function describeRequest(attributes: Attributes, args: readonly unknown[]): void {
  const request = args[0];
  set(attributes, names.ATTR_GEN_AI_REQUEST_MODEL, text(field(request, 'model')));
  set(attributes, names.ATTR_GEN_AI_REQUEST_TEMPERATURE, number(field(request, 'temperature')));
  set(attributes, names.ATTR_GEN_AI_REQUEST_TOP_P, number(field(request, 'top_p')));
  set(attributes, names.ATTR_GEN_AI_REQUEST_SEED, number(field(request, 'seed')));
  set(
    attributes,
    names.ATTR_GEN_AI_REQUEST_MAX_TOKENS,
    number(field(request, 'max_completion_tokens')) ?? number(field(request, 'max_output_tokens')) ?? number(field(request, 'max_tokens')),
  );
}

/** Attributes of the response, from the result. */
export function describeResponse(response: unknown): Attributes {
  const attributes: Attributes = {};
  set(attributes, names.ATTR_GEN_AI_RESPONSE_MODEL, text(field(response, 'model')));
  set(attributes, names.ATTR_GEN_AI_RESPONSE_ID, text(field(response, 'id')));
  const reasons = finishReasons(response);
  if (reasons.length > 0) attributes[names.ATTR_GEN_AI_RESPONSE_FINISH_REASONS] = reasons;
  const usage = field(response, 'usage');
  set(attributes, names.ATTR_GEN_AI_USAGE_INPUT_TOKENS, number(field(usage, 'prompt_tokens')) ?? number(field(usage, 'input_tokens')));
  set(attributes, names.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS, number(field(usage, 'completion_tokens')) ?? number(field(usage, 'output_tokens')));
  return attributes;
}

const MAX_REASONS = 16;
/** Reasons are words of a protocol. Longer ones are none, and so many of them are more than back ends keep of one attribute. */
const MAX_REASON_CHARS = 40;

function finishReasons(response: unknown): string[] {
  const choices = field(response, 'choices');
  if (Array.isArray(choices)) {
    const reasons = choices.slice(0, MAX_REASONS).map((choice) => text(field(choice, 'finish_reason'), MAX_REASON_CHARS));
    return reasons.filter((reason) => reason !== undefined);
  }
  const reason = text(field(response, 'stop_reason'), MAX_REASON_CHARS);
  return reason === undefined ? [] : [reason];
}

/** An own data field; getters and proxies are not asked. */
function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}

function text(value: unknown, maxChars = 256): string | undefined {
  return typeof value === 'string' && value.length <= maxChars ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function set(attributes: Attributes, name: string, value: string | number | undefined): void {
  if (value !== undefined) attributes[name] = value;
}
