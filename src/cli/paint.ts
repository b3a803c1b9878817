// Colours, where a person looks and did not ask for none.

import picocolors from 'picocolors';
import type { Paint } from '../replay/index.js';
import type { Io, Output } from './io.js';

/** Colours for one stream: `--no-color` and NO_COLOR win, FORCE_COLOR is next, else it takes a terminal. */
export function paintFor(output: Output, env: Io['env'], wanted: boolean): Paint {
  const colors = picocolors.createColors(wanted && isColoured(output, env));
  return { good: colors.green, warn: colors.yellow, bad: colors.red, dim: colors.dim, strong: colors.bold };
}

/** https://no-color.org: any value that is not empty counts. */
function isColoured(output: Output, env: Io['env']): boolean {
  if (isSet(env['NO_COLOR'])) return false;
  if (isSet(env['FORCE_COLOR'])) return env['FORCE_COLOR'] !== '0';
  return output.isTerminal && env['TERM'] !== 'dumb';
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
