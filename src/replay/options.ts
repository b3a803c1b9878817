// The options of a replay, checked once at the door. Inner code sees only the resolved form.

import { BOUNDARY_KINDS, EFFECTS } from '../crossing/index.js';
import { ChronicleError } from '../errors.js';
import { nearestName } from './nearest-name.js';
import type { Policies } from './policy.js';
import type { Policy, ReplayOptions } from './types.js';

/** What a replay is asked, with nothing left out. */
export interface ResolvedReplayOptions {
  readonly entry: ((...args: never[]) => unknown) | undefined;
  readonly import: readonly string[];
  readonly input: readonly unknown[] | undefined;
  readonly policies: Policies;
  readonly allowIrreversible: ReadonlySet<string>;
  readonly onChangedInput: 'stop' | 'serve' | 'live';
  readonly pace: 'fast' | 'recorded';
  readonly strict: boolean;
}

const KNOWN_OPTIONS = ['store', 'entry', 'import', 'input', 'policy', 'allowIrreversible', 'onChangedInput', 'pace', 'strict'];
const POLICY_WORDS = ['recorded', 'live', 'block'];

/**
 * Checks the options and fills in what was left out. An option that is unknown, or of the wrong form, is a
 * `CHRONICLE_OPTION_INVALID` that names it: a mistyped policy would otherwise be a call that silently is not live.
 */
export function resolveReplayOptions(options: ReplayOptions = {}): ResolvedReplayOptions {
  for (const name of Object.keys(options)) {
    if (!KNOWN_OPTIONS.includes(name)) throw unknownOption(name, KNOWN_OPTIONS);
  }
  if (options.entry !== undefined && typeof options.entry !== 'function') throw wrong('entry', 'a function', options.entry);
  if (options.strict !== undefined && typeof options.strict !== 'boolean') throw wrong('strict', 'true or false', options.strict);
  if (options.input !== undefined && !Array.isArray(options.input)) throw wrong('input', 'a list of arguments', options.input);
  return {
    entry: options.entry,
    import: names('import', options.import),
    input: options.input,
    policies: policies(options.policy),
    allowIrreversible: new Set(names('allowIrreversible', options.allowIrreversible)),
    onChangedInput: oneOf('onChangedInput', options.onChangedInput, ['stop', 'serve', 'live'], 'stop'),
    pace: oneOf('pace', options.pace, ['fast', 'recorded'], 'fast'),
    strict: options.strict ?? false,
  };
}

function policies(given: ReplayOptions['policy']): Policies {
  const resolved = new Map<string, Policy>();
  if (given === undefined) return resolved;
  if (typeof given !== 'object' || given === null) throw wrong('policy', 'an object of policies by name', given);
  for (const [name, policy] of Object.entries(given)) {
    checkPolicyName(name);
    if (!isPolicy(policy)) {
      const meant = typeof policy === 'string' ? nearestName(policy, POLICY_WORDS) : undefined;
      throw wrong(`policy[${JSON.stringify(name)}]`, '"recorded", "live", "block" or { answer: value }', policy, meant);
    }
    resolved.set(name, policy);
  }
  return resolved;
}

/** `kind:tol` would match nothing and say nothing, so the word after the colon has to be a known one. */
function checkPolicyName(name: string): void {
  for (const [prefix, known] of [
    ['kind:', BOUNDARY_KINDS],
    ['effect:', EFFECTS],
  ] as const) {
    if (!name.startsWith(prefix)) continue;
    const word = name.slice(prefix.length);
    if (!(known as readonly string[]).includes(word))
      throw unknownOption(
        `policy[${JSON.stringify(name)}]`,
        known.map((each) => `${prefix}${each}`),
        name,
      );
  }
}

function isPolicy(value: unknown): value is Policy {
  if (typeof value === 'string') return POLICY_WORDS.includes(value);
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'answer');
}

function names(option: string, given: readonly string[] | undefined): readonly string[] {
  if (given === undefined) return [];
  if (!Array.isArray(given) || !given.every((name) => typeof name === 'string')) throw wrong(option, 'a list of strings', given);
  return given;
}

function oneOf<Word extends string>(option: string, given: unknown, known: readonly Word[], fallback: Word): Word {
  if (given === undefined) return fallback;
  if (!(known as readonly unknown[]).includes(given)) {
    const meant = typeof given === 'string' ? nearestName(given, known) : undefined;
    throw wrong(option, known.map((word) => JSON.stringify(word)).join(' or '), given, meant);
  }
  return given as Word;
}

function unknownOption(option: string, known: readonly string[], typed = option): ChronicleError {
  const meant = nearestName(typed, known);
  const next = meant === undefined ? `Known are ${known.join(', ')}.` : `Did you mean ${meant}?`;
  return new ChronicleError('CHRONICLE_OPTION_INVALID', `Unknown option ${option} of a replay.\n${next}`, { facts: { option, known } });
}

function wrong(option: string, expected: string, got: unknown, meant?: string): ChronicleError {
  const next = meant === undefined ? '' : `\nDid you mean ${JSON.stringify(meant)}?`;
  const shown =
    typeof got === 'string' ? JSON.stringify(got) : Array.isArray(got) ? 'a list' : got === null ? 'null' : typeof got === 'object' ? 'an object' : String(got);
  return new ChronicleError('CHRONICLE_OPTION_INVALID', `Option ${option} must be ${expected}, got ${shown}.${next}`, { facts: { option, expected } });
}
