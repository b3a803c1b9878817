// From the words of `chronicle replay` to the options of replay(). Pure.

import { nearestName } from '../replay/nearest-name.js';
import type { Policy, ReplayOptions } from '../replay/types.js';
import { usageFault } from './usage.js';

/** The words, as commander gives them. */
export interface ReplayWords {
  readonly import?: readonly string[];
  readonly input?: string;
  readonly live?: readonly string[];
  readonly block?: readonly string[];
  readonly answer?: readonly string[];
  readonly policy?: readonly string[];
  readonly allowIrreversible?: readonly string[];
  readonly onChangedInput?: string;
  readonly pace?: string;
  readonly strict?: boolean;
}

/** What is asked of a replay, before its store and recording are known. */
export type AskedOptions = Omit<ReplayOptions, 'store' | 'entry'>;

const POLICY_WORDS = ['recorded', 'live', 'block'] as const;

/** Reads the words. Fails with `CHRONICLE_OPTION_INVALID`, naming the option. */
export function replayOptionsOf(words: ReplayWords): AskedOptions {
  const policy = policiesOf(words);
  return {
    ...(words.import === undefined ? {} : { import: words.import }),
    ...(words.input === undefined ? {} : { input: argumentsOf(words.input) }),
    ...(policy === undefined ? {} : { policy }),
    ...(words.allowIrreversible === undefined ? {} : { allowIrreversible: words.allowIrreversible }),
    ...(words.onChangedInput === undefined ? {} : { onChangedInput: oneOf('--on-changed-input', words.onChangedInput, ['stop', 'serve', 'live']) }),
    ...(words.pace === undefined ? {} : { pace: oneOf('--pace', words.pace, ['fast', 'recorded']) }),
    ...(words.strict === true ? { strict: true } : {}),
  };
}

/** A JSON list is the list of arguments; any other JSON value is the only argument. */
function argumentsOf(text: string): readonly unknown[] {
  const value = jsonOf('--input', text, `Quote it for the shell, as in --input '"sell 10 shares"' or --input '["AAPL", 10]'.`);
  return Array.isArray(value) ? value : [value];
}

function jsonOf(option: string, text: string, advice: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw usageFault(`Option ${option} must be JSON, got ${shown(text)}: ${(error as Error).message}.\n${advice}`, { option });
  }
}

/** The user's own words again, bounded. */
function shown(text: string): string {
  return JSON.stringify(text.length <= 80 ? text : `${text.slice(0, 77)}...`);
}

function policiesOf(words: ReplayWords): Record<string, Policy> | undefined {
  const found = new Map<string, { readonly policy: Policy; readonly option: string }>();
  const add = (name: string, policy: Policy, option: string): void => {
    const known = found.get(name);
    if (known !== undefined && JSON.stringify(known.policy) !== JSON.stringify(policy)) {
      throw usageFault(`Boundary ${JSON.stringify(name)} is given two policies, by ${known.option} and by ${option}.\nLeave out one of them.`, { name });
    }
    found.set(name, { policy, option });
  };
  for (const name of words.live ?? []) add(name, 'live', '--live');
  for (const name of words.block ?? []) add(name, 'block', '--block');
  for (const text of words.answer ?? []) {
    const [name, value] = pairOf('--answer', text, 'NAME=JSON');
    add(name, { answer: jsonOf('--answer', value, `Quote it for the shell, as in --answer '${name}={"ok":true}'.`) }, '--answer');
  }
  for (const text of words.policy ?? []) {
    const [name, value] = pairOf('--policy', text, 'KEY=VALUE');
    add(name, oneOf('--policy', value, POLICY_WORDS), '--policy');
  }
  if (found.size === 0) return undefined;
  // Defined rather than assigned: a boundary may be called `__proto__`.
  const policies: Record<string, Policy> = {};
  for (const [name, { policy }] of found) Object.defineProperty(policies, name, { value: policy, enumerable: true });
  return policies;
}

/** Splits at the first `=`. */
function pairOf(option: string, text: string, form: string): [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw usageFault(`Option ${option} takes ${form}, got ${shown(text)}.`, { option });
}

function oneOf<Word extends string>(option: string, text: string, known: readonly Word[]): Word {
  const found = known.find((word) => word === text);
  if (found !== undefined) return found;
  const nearest = nearestName(text, known);
  throw usageFault(`Option ${option} must be one of ${known.join(', ')}, got ${shown(text)}.${nearest === undefined ? '' : `\nDid you mean ${nearest}?`}`, {
    option,
  });
}

/** Names that options give to boundaries, without keys such as `kind:tool`. */
export function namedBoundaries({ policy, allowIrreversible }: AskedOptions): string[] {
  return [...new Set([...Object.keys(policy ?? {}), ...(allowIrreversible ?? [])])].filter((name) => !/^(?:kind|effect):/.test(name));
}
