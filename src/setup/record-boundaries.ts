// Sampling: a boundary span that the user's sampler drops still reaches the processors, and still is not exported.

import type { Context } from '@opentelemetry/api';
import { CELL } from '../boundary/index.js';
import type { SamplerLike } from './otel-types.js';

const NOT_RECORD = 0;
const RECORD = 1;

/**
 * Wraps a sampler so that boundary spans it drops are recorded by processors, without being sampled: nothing more is
 * exported, and the decision that is passed on stays the sampler's. Optional, since recording works without it; with it
 * a boundary that was dropped still has a span of its own.
 */
export function recordBoundaries<S extends SamplerLike>(sampler: S): S {
  const wrapped: SamplerLike = {
    shouldSample(context: Context, ...rest) {
      const result = sampler.shouldSample(context, ...rest);
      return result.decision === NOT_RECORD && context.getValue(CELL) !== undefined ? { ...result, decision: RECORD } : result;
    },
    toString: () => `Chronicle{${sampler.toString()}}`,
  };
  return wrapped as S;
}
