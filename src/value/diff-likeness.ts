// How alike two values are that are not equal: whether an item of a list is the changed form of another one, or a new
// one in its place. It is a guess, cheap and bounded, and only decides how a change is told, never whether there is one.

import { type Budget } from './diff-budget.js';
import { type Fields, partsOf } from './diff-parts.js';
import type { ValueNumbers } from './diff-numbers.js';

/** Fields and items of one container that are looked at. */
const MAX_LOOKS = 32;
const MAX_DEPTH = 3;
/** Characters at each end of a text that are compared one by one. */
const END_CHARS = 512;
/** Characters of a text whose words are looked at. */
const WORD_CHARS = 4_096;
const SIGNATURE_WORDS = 8;

/** Tells how alike values are, from 0 to 1. */
export class Likeness {
  readonly #budget: Budget;
  readonly #numbers: ValueNumbers;
  readonly #signatures = new Map<string, Uint32Array>();

  constructor(budget: Budget, numbers: ValueNumbers) {
    this.#budget = budget;
    this.#numbers = numbers;
  }

  /** How alike two values are; `ignored` names a field that does not count. Undefined when no field is left to count. */
  of(recorded: unknown, now: unknown, ignored?: string): number | undefined {
    return this.#of(recorded, now, 0, ignored);
  }

  #of(recorded: unknown, now: unknown, depth: number, ignored?: string): number | undefined {
    if (Object.is(recorded, now)) return 1;
    if (!this.#budget.spend(1)) return 0;
    if (typeof recorded === 'string' && typeof now === 'string') return this.textLikeness(recorded, now);
    if (typeof recorded !== 'object' || typeof now !== 'object' || recorded === null || now === null) return 0;
    const number = this.#numbers.knownNumber(recorded, undefined);
    if (number !== undefined && number === this.#numbers.knownNumber(now, undefined)) return 1;
    const one = partsOf(recorded, this.#budget);
    const two = partsOf(now, this.#budget);
    if (one.kind === 'leaf' && two.kind === 'leaf') return one.key === two.key ? 1 : 0;
    if (one.kind === 'fields' && two.kind === 'fields') return this.#ofFields(one, two, depth, ignored);
    if (one.kind === 'list' && two.kind === 'list') return this.#ofLists(one.items, two.items, depth);
    return one.kind === two.kind && one.type === two.type ? 0.25 : 0;
  }

  #ofFields(one: Fields, two: Fields, depth: number, ignored: string | undefined): number | undefined {
    const others = new Map<string, unknown>();
    for (let at = 0; at < Math.min(two.names.length, MAX_LOOKS); at++) others.set(two.names[at] as string, two.values[at]);
    let whole = 0;
    let shared = 0;
    for (let at = 0; at < Math.min(one.names.length, MAX_LOOKS); at++) {
      const name = one.names[at] as string;
      const value = one.values[at];
      const has = others.has(name);
      const other = others.get(name);
      others.delete(name);
      if (name === ignored) continue;
      const weight = has ? Math.max(weightOf(value), weightOf(other)) : weightOf(value);
      whole += weight;
      if (has && depth < MAX_DEPTH) shared += weight * (this.#of(value, other, depth + 1) ?? 0);
    }
    for (const [name, value] of others) if (name !== ignored) whole += weightOf(value);
    return whole === 0 ? undefined : shared / whole;
  }

  #ofLists(one: readonly unknown[], two: readonly unknown[], depth: number): number {
    const longer = Math.max(one.length, two.length);
    if (longer === 0) return 1;
    if (depth >= MAX_DEPTH) return 0.25;
    let shared = 0;
    const looks = Math.min(one.length, two.length, MAX_LOOKS);
    for (let at = 0; at < looks; at++) {
      const fromFront = this.#of(one[at], two[at], depth + 1) ?? 0;
      const fromBack = one.length === two.length ? 0 : (this.#of(one[one.length - 1 - at], two[two.length - 1 - at], depth + 1) ?? 0);
      shared += Math.max(fromFront, fromBack);
    }
    return looks === 0 ? 0 : (shared / looks) * (Math.min(one.length, two.length) / longer);
  }

  /** How much two texts share at their ends, or of their words. */
  textLikeness(recorded: string, now: string): number {
    const longer = Math.max(recorded.length, now.length);
    const shorter = Math.min(recorded.length, now.length);
    if (shorter === 0) return 0;
    const most = Math.min(shorter, END_CHARS);
    let start = 0;
    while (start < most && recorded.charCodeAt(start) === now.charCodeAt(start)) start++;
    let end = 0;
    while (end < Math.min(most, shorter - start) && recorded.charCodeAt(recorded.length - 1 - end) === now.charCodeAt(now.length - 1 - end)) end++;
    const ends = (start + end) / Math.min(longer, 2 * END_CHARS);
    if (longer < 24 || ends > 0.5) return ends;
    return Math.max(ends, overlap(this.#signature(recorded), this.#signature(now)));
  }

  /** The words of a text as bits of a small set. */
  #signature(text: string): Uint32Array {
    let signature = this.#signatures.get(text);
    if (signature !== undefined) return signature;
    signature = new Uint32Array(SIGNATURE_WORDS);
    const length = Math.min(text.length, WORD_CHARS);
    let hash = 0;
    let letters = 0;
    for (let at = 0; at <= length; at++) {
      const code = at === length ? 32 : text.charCodeAt(at);
      if (code > 64 || (code > 47 && code < 58)) {
        hash = (Math.imul(hash, 31) + code) | 0;
        letters++;
        continue;
      }
      // Short words are in every text, so they say nothing.
      if (letters > 3) {
        const bit = (Math.imul(hash, 0x9e3779b1) >>> 24) & 0xff;
        signature[bit >> 5] = (signature[bit >> 5] as number) | (1 << (bit & 31));
      }
      hash = 0;
      letters = 0;
    }
    this.#signatures.set(text, signature);
    return signature;
  }
}

/** Share of the bits of two sets that are in both, less what two sets of that size share by chance. */
function overlap(one: Uint32Array, two: Uint32Array): number {
  let shared = 0;
  let ones = 0;
  let twos = 0;
  for (let at = 0; at < SIGNATURE_WORDS; at++) {
    shared += countBits((one[at] as number) & (two[at] as number));
    ones += countBits(one[at] as number);
    twos += countBits(two[at] as number);
  }
  if (ones === 0 || twos === 0) return 0;
  const chance = (ones * twos) / (SIGNATURE_WORDS * 32);
  const most = Math.max(ones, twos);
  return most <= chance ? 0 : Math.max(0, (shared - chance) / (most - chance));
}

function countBits(bits: number): number {
  let rest = bits - ((bits >>> 1) & 0x55555555);
  rest = (rest & 0x33333333) + ((rest >>> 2) & 0x33333333);
  return Math.imul((rest + (rest >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** What a field weighs: a long text says more about what an item is than its role does. */
function weightOf(value: unknown): number {
  if (typeof value === 'string') return Math.min(20, Math.max(1, Math.sqrt(value.length)));
  if (typeof value !== 'object' || value === null) return 1;
  return 4;
}
