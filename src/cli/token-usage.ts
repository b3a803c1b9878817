// The tokens that a recorded model call used, where its attributes or its result say so.

import type { Envelope } from '../envelope/index.js';
import { ATTR_GEN_AI_USAGE_INPUT_TOKENS, ATTR_GEN_AI_USAGE_OUTPUT_TOKENS } from '../semconv/index.js';

/** Tokens of one call, or of several. */
export interface TokenUsage {
  readonly input: number;
  readonly output: number;
}

/** The tokens of a call; undefined where nothing says so. Of a stream, only its attributes are asked. */
export function tokenUsageOf({ attributes, kind, outcome }: Envelope): TokenUsage | undefined {
  const recorded = usageOf(attributes[ATTR_GEN_AI_USAGE_INPUT_TOKENS], attributes[ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]);
  if (recorded !== undefined || kind !== 'model' || outcome.kind !== 'returned') return recorded;
  try {
    const usage = field(outcome.value.decode(), 'usage');
    return usageOf(field(usage, 'prompt_tokens') ?? field(usage, 'input_tokens'), field(usage, 'completion_tokens') ?? field(usage, 'output_tokens'));
  } catch {
    // A result that cannot be read says nothing of tokens; that it cannot is said where it is compared.
    return undefined;
  }
}

function usageOf(input: unknown, output: unknown): TokenUsage | undefined {
  const [known, alsoKnown] = [Number.isFinite(input), Number.isFinite(output)];
  return known || alsoKnown ? { input: known ? (input as number) : 0, output: alsoKnown ? (output as number) : 0 } : undefined;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}
