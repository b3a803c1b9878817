// Which item of a list became which: by what an item is rather than by where it stands, so that one item put in front
// of three hundred is one difference. In this order: equal items, items of one identity (an id that occurs once on
// each side), items that are much alike, and what is left by position.

import { types } from 'node:util';
import { type AlignWork, alignKeys } from './diff-align.js';
import type { Budget } from './diff-budget.js';
import type { Likeness } from './diff-likeness.js';
import { partsOf } from './diff-parts.js';

/** What became of one item. A pair that is equal and kept its order is not told. */
export type ItemChange =
  | { readonly kind: 'pair'; readonly at: number; readonly nowAt: number; readonly moved: boolean }
  | { readonly kind: 'removed'; readonly at: number }
  | { readonly kind: 'added'; readonly nowAt: number };

/** What became of a list. */
export type ItemsDiff =
  | { readonly kind: 'items'; readonly changes: readonly ItemChange[] }
  /** Nearly nothing of it is left, and its items have no fields to tell: one difference, not a thousand. */
  | { readonly kind: 'replaced'; readonly changes: number }
  /** The budget ended. */
  | { readonly kind: 'unknown' };

/** What the alignment of items asks of the diff that it belongs to. */
export interface ItemsContext {
  readonly budget: Budget;
  readonly work: AlignWork;
  readonly likeness: Likeness;
  /** Number of an item of the one or the other list; equal for equal items only. Undefined when the budget ended. */
  readonly numberOf: (side: 'recorded' | 'now', item: unknown) => number | undefined;
  /** The number of a field's value, if it is known. */
  readonly knownNumber: (value: object, name: string) => number | undefined;
}

/** Fields that name an item among others, the best first. They count only where they occur once on each side. */
const ID_FIELDS: readonly string[] = ['id', '_id', 'uuid', 'key', 'tool_call_id', 'toolCallId', 'call_id', 'callId', 'tool_use_id', 'toolUseId'];
const NAME_FIELD = 'name';

/** Pairs of items that are compared by likeness in one gap. */
const MAX_LIKENESS_PAIRS = 1_024;
/** From here on, an item is the changed form of another one wherever they stand in a gap. */
const ALIKE = 0.4;
/** Items that stand in the same order and are this much alike belong together. */
const MUCH_ALIKE = 0.5;
/** Below this, two items with different ids are two things. */
const UNLIKE = 0.3;
/** Lists of fewer items are told item by item, whatever became of them. */
const MIN_REPLACED_ITEMS = 9;
const MAX_KEPT_SHARE = 0.1;

/** Says what became of the items of a list. */
export function diffItems(recorded: readonly unknown[], now: readonly unknown[], context: ItemsContext): ItemsDiff {
  if (recorded.length === 1 && now.length === 1) return { kind: 'items', changes: [{ kind: 'pair', at: 0, nowAt: 0, moved: false }] };
  return new ItemsWalk(recorded, now, context).diff();
}

class ItemsWalk {
  readonly #recorded: readonly unknown[];
  readonly #now: readonly unknown[];
  readonly #context: ItemsContext;
  readonly #recordedNumbers: (number | undefined)[] = [];
  readonly #nowNumbers: (number | undefined)[] = [];
  /** For each recorded item that kept its order or was paired, where it is now; else -1. */
  readonly #partners: Int32Array;
  readonly #movedTo: Int32Array;
  readonly #taken: Uint8Array;

  constructor(recorded: readonly unknown[], now: readonly unknown[], context: ItemsContext) {
    this.#recorded = recorded;
    this.#now = now;
    this.#context = context;
    this.#partners = new Int32Array(recorded.length).fill(-1);
    this.#movedTo = new Int32Array(recorded.length).fill(-1);
    this.#taken = new Uint8Array(now.length);
  }

  diff(): ItemsDiff {
    const recorded = this.#recorded;
    const now = this.#now;
    const { budget } = this.#context;
    // What is equal at both ends is left alone: a single change is then found for what it is, whatever the items hold.
    let start = 0;
    const shorter = Math.min(recorded.length, now.length);
    while (start < shorter && this.#areEqual(start, start)) start++;
    let end = 0;
    while (end < shorter - start && this.#areEqual(recorded.length - 1 - end, now.length - 1 - end)) end++;
    if (budget.exhausted) return { kind: 'unknown' };
    const recordedEnd = recorded.length - end;
    const nowEnd = now.length - end;
    if (start < recordedEnd && start < nowEnd) {
      if (recordedEnd - start === 1 && nowEnd - start === 1) this.#pairGap([start], [start]);
      else if (!this.#alignMiddle(start, recordedEnd, nowEnd)) return { kind: 'unknown' };
    }
    const replaced = this.#changesIfReplaced(start + end);
    return replaced > 0 ? { kind: 'replaced', changes: replaced } : { kind: 'items', changes: this.#tell(start, recordedEnd, nowEnd) };
  }

  #areEqual(at: number, nowAt: number): boolean {
    if (Object.is(this.#recorded[at], this.#now[nowAt])) return true;
    const number = this.#recordedNumber(at);
    return number !== undefined && number === this.#nowNumber(nowAt);
  }

  #recordedNumber(at: number): number | undefined {
    return (this.#recordedNumbers[at] ??= this.#context.numberOf('recorded', this.#recorded[at]));
  }

  #nowNumber(at: number): number | undefined {
    return (this.#nowNumbers[at] ??= this.#context.numberOf('now', this.#now[at]));
  }

  #alignMiddle(start: number, recordedEnd: number, nowEnd: number): boolean {
    const { budget, work } = this.#context;
    const recordedKeys: number[] = [];
    const nowKeys: number[] = [];
    for (let at = start; at < recordedEnd; at++) recordedKeys.push(this.#recordedNumber(at) ?? 0);
    for (let at = start; at < nowEnd; at++) nowKeys.push(this.#nowNumber(at) ?? 0);
    if (budget.exhausted) return false;
    useIdentities(this.#recorded, this.#now, start, recordedKeys, nowKeys);
    const { partners, gaveUp } = alignKeys(recordedKeys, nowKeys, work);
    for (let index = 0; index < partners.length; index++) {
      const partner = partners[index] as number;
      if (partner >= 0) this.#join(start + index, start + partner);
    }
    this.#findMoved(start, recordedKeys, nowKeys, gaveUp);
    this.#pairGaps(start, recordedEnd, nowEnd);
    return !budget.exhausted;
  }

  #join(at: number, nowAt: number): void {
    this.#partners[at] = nowAt;
    this.#taken[nowAt] = 1;
  }

  /** Items that are on both sides and in no common order. */
  #findMoved(start: number, recordedKeys: readonly number[], nowKeys: readonly number[], gaveUp: boolean): void {
    const places = new Map<number, number[]>();
    for (let index = nowKeys.length - 1; index >= 0; index--) {
      const key = nowKeys[index] as number;
      // Where the alignment gave up, equal items without identity may be in order after all.
      if (this.#taken[start + index] === 1 || (gaveUp && key >= 0)) continue;
      const known = places.get(key);
      if (known === undefined) places.set(key, [start + index]);
      else known.push(start + index);
    }
    if (places.size === 0) return;
    for (let index = 0; index < recordedKeys.length; index++) {
      if (this.#partners[start + index] !== -1) continue;
      const nowAt = places.get(recordedKeys[index] as number)?.pop();
      if (nowAt === undefined) continue;
      this.#movedTo[start + index] = nowAt;
      this.#taken[nowAt] = 1;
    }
  }

  #pairGaps(start: number, recordedEnd: number, nowEnd: number): void {
    let nowAt = start;
    let gap: number[] = [];
    for (let at = start; at <= recordedEnd; at++) {
      const partner = at === recordedEnd ? nowEnd : (this.#partners[at] as number);
      if (partner === -1) {
        if (this.#movedTo[at] === -1) gap.push(at);
        continue;
      }
      const nowGap: number[] = [];
      for (; nowAt < partner; nowAt++) if (this.#taken[nowAt] === 0) nowGap.push(nowAt);
      nowAt = partner + 1;
      this.#pairGap(gap, nowGap);
      gap = [];
    }
  }

  /** Pairs what lies between two items that kept their order. */
  #pairGap(gap: readonly number[], nowGap: readonly number[]): void {
    if (gap.length === 0 || nowGap.length === 0) return;
    if (gap.length === 1 && nowGap.length === 1) {
      this.#pairByPosition(gap, nowGap);
      return;
    }
    if (gap.length === nowGap.length && gap.every((at, index) => this.#likeness(at, nowGap[index] as number) >= MUCH_ALIKE)) {
      for (const [index, at] of gap.entries()) this.#join(at, nowGap[index] as number);
      return;
    }
    if (gap.length * nowGap.length <= MAX_LIKENESS_PAIRS) this.#pairSorted(gap, nowGap, this.#pairByLikeness(gap, nowGap), false);
    else this.#pairSorted(gap, nowGap, this.#pairByField(gap, nowGap), true);
  }

  /** Joins the pairs (positions in the two gaps, rising) and goes on with what lies between them. */
  #pairSorted(gap: readonly number[], nowGap: readonly number[], pairs: readonly (readonly [number, number])[], again: boolean): void {
    let from = 0;
    let nowFrom = 0;
    for (const [index, nowIndex] of [...pairs, [gap.length, nowGap.length] as const]) {
      const between = gap.slice(from, index);
      const nowBetween = nowGap.slice(nowFrom, nowIndex);
      if (again && pairs.length > 0) this.#pairGap(between, nowBetween);
      else this.#pairByPosition(between, nowBetween);
      if (index < gap.length) this.#join(gap[index] as number, nowGap[nowIndex] as number);
      from = index + 1;
      nowFrom = nowIndex + 1;
    }
  }

  #pairByPosition(gap: readonly number[], nowGap: readonly number[]): void {
    const onlyOne = gap.length === 1 && nowGap.length === 1;
    for (let index = 0; index < Math.min(gap.length, nowGap.length); index++) {
      const at = gap[index] as number;
      const nowAt = nowGap[index] as number;
      if (!this.#areTwoThings(at, nowAt) && (onlyOne || this.#areOfOneForm(at, nowAt))) this.#join(at, nowAt);
    }
  }

  #likeness(at: number, nowAt: number): number {
    const recorded = this.#recorded[at];
    const now = this.#now[nowAt];
    if (this.#areTwoThings(at, nowAt)) return 0;
    return this.#context.likeness.of(recorded, now) ?? 0;
  }

  /** Whether two items have different ids and else little in common. */
  #areTwoThings(at: number, nowAt: number): boolean {
    const recorded = this.#recorded[at];
    const now = this.#now[nowAt];
    const idField = ID_FIELDS.find((name) => idIn(recorded, name) !== undefined && idIn(now, name) !== undefined);
    if (idField === undefined || idIn(recorded, idField) === idIn(now, idField)) return false;
    const rest = this.#context.likeness.of(recorded, now, idField);
    return rest !== undefined && rest < UNLIKE;
  }

  #areOfOneForm(at: number, nowAt: number): boolean {
    const recorded = this.#recorded[at];
    const now = this.#now[nowAt];
    if (!isObject(recorded) || !isObject(now)) return isObject(recorded) === isObject(now);
    const { budget } = this.#context;
    const one = partsOf(recorded, budget);
    const two = partsOf(now, budget);
    if (one.kind !== 'fields' || two.kind !== 'fields') return one.kind === two.kind;
    const names = new Set(two.names);
    return one.names.some((name) => names.has(name));
  }

  /** The pairs of a gap, in order, with the greatest likeness altogether. */
  #pairByLikeness(gap: readonly number[], nowGap: readonly number[]): (readonly [number, number])[] {
    const width = nowGap.length + 1;
    const likeness = new Float64Array(gap.length * nowGap.length);
    const best = new Float64Array((gap.length + 1) * width);
    for (let index = gap.length - 1; index >= 0; index--) {
      for (let nowIndex = nowGap.length - 1; nowIndex >= 0; nowIndex--) {
        const alike = this.#likeness(gap[index] as number, nowGap[nowIndex] as number);
        likeness[index * nowGap.length + nowIndex] = alike;
        const paired = alike < ALIKE ? 0 : alike + (best[(index + 1) * width + nowIndex + 1] as number);
        best[index * width + nowIndex] = Math.max(paired, best[(index + 1) * width + nowIndex] as number, best[index * width + nowIndex + 1] as number);
      }
    }
    const pairs: (readonly [number, number])[] = [];
    for (let index = 0, nowIndex = 0; index < gap.length && nowIndex < nowGap.length; ) {
      const alike = likeness[index * nowGap.length + nowIndex] as number;
      const here = best[index * width + nowIndex] as number;
      if (alike >= ALIKE && here === alike + (best[(index + 1) * width + nowIndex + 1] as number)) pairs.push([index++, nowIndex++]);
      else if (here === best[(index + 1) * width + nowIndex]) index++;
      else nowIndex++;
    }
    return pairs;
  }

  /**
   * Pairs by the one field that tells most items apart: when each of three hundred messages got a new time, their
   * contents still say which is which.
   */
  #pairByField(gap: readonly number[], nowGap: readonly number[]): (readonly [number, number])[] {
    const names = new Set<string>();
    for (const at of gap.slice(0, 8)) {
      const item = this.#recorded[at];
      if (isObject(item) && !types.isProxy(item) && !Array.isArray(item)) for (const name of Object.keys(item).slice(0, 16)) names.add(name);
    }
    let keys: { readonly recorded: number[]; readonly now: number[] } | undefined;
    let most = 0;
    for (const name of names) {
      if (!this.#context.budget.spend((gap.length + nowGap.length) >> 3)) return [];
      const numbers = new Map<unknown, number>();
      const recorded = gap.map((at, index) => this.#fieldKey(this.#recorded[at], name, numbers) ?? -1 - index);
      const now = nowGap.map((at, index) => this.#fieldKey(this.#now[at], name, numbers) ?? -1 - gap.length - index);
      const shared = countUnique(recorded, now);
      if (shared <= most) continue;
      most = shared;
      keys = { recorded, now };
    }
    if (keys === undefined) return [];
    const { partners } = alignKeys(keys.recorded, keys.now, this.#context.work);
    const pairs: (readonly [number, number])[] = [];
    for (let index = 0; index < partners.length; index++) if (partners[index] !== -1) pairs.push([index, partners[index] as number]);
    return pairs;
  }

  #fieldKey(item: unknown, name: string, numbers: Map<unknown, number>): number | undefined {
    const value = fieldOf(item, name);
    if (value === undefined || typeof value === 'function' || typeof value === 'symbol') return undefined;
    let key: unknown = value;
    if (isObject(value)) {
      const number = this.#context.knownNumber(value, name);
      if (number === undefined) return undefined;
      key = `object ${number}`;
    }
    let found = numbers.get(key);
    if (found === undefined) {
      found = numbers.size;
      numbers.set(key, found);
    }
    return found;
  }

  #changesIfReplaced(equalAtEnds: number): number {
    const recorded = this.#recorded;
    const now = this.#now;
    const most = Math.max(recorded.length, now.length);
    if (Math.min(recorded.length, now.length) === 0 || most < MIN_REPLACED_ITEMS || recorded.some(isObject) || now.some(isObject)) return 0;
    let kept = equalAtEnds;
    let changes = 0;
    for (let at = 0; at < recorded.length; at++) {
      const partner = this.#partners[at] === -1 ? (this.#movedTo[at] as number) : (this.#partners[at] as number);
      if (partner === -1) continue;
      if (this.#areEqual(at, partner)) kept++;
      else if ((this.#context.likeness.of(recorded[at], now[partner]) ?? 0) >= ALIKE) kept++;
      else changes++;
    }
    changes += Math.max(0, most - kept - changes);
    return kept > most * MAX_KEPT_SHARE ? 0 : changes;
  }

  /** The changes in reading order: by place in the recorded list, what is new before what it stands before. */
  #tell(start: number, recordedEnd: number, nowEnd: number): ItemChange[] {
    const changes: ItemChange[] = [];
    let nowAt = start;
    const addUpTo = (end: number): void => {
      for (; nowAt < end; nowAt++) if (this.#taken[nowAt] === 0) changes.push({ kind: 'added', nowAt });
    };
    for (let at = start; at < recordedEnd; at++) {
      const partner = this.#partners[at] as number;
      if (partner !== -1) {
        addUpTo(partner);
        nowAt = partner + 1;
        if (!this.#areEqual(at, partner)) changes.push({ kind: 'pair', at, nowAt: partner, moved: false });
        continue;
      }
      const movedTo = this.#movedTo[at] as number;
      changes.push(movedTo === -1 ? { kind: 'removed', at } : { kind: 'pair', at, nowAt: movedTo, moved: true });
    }
    addUpTo(nowEnd);
    return changes;
  }
}

/**
 * Puts identities in the place of the numbers: an item whose id occurs once on each side is that item, whatever else
 * of it changed. Identities are negative, so that no number is taken for one.
 */
function useIdentities(recorded: readonly unknown[], now: readonly unknown[], start: number, recordedKeys: number[], nowKeys: number[]): void {
  const places = new Map<string, { inRecorded: number; inNow: number; at: number; nowAt: number }>();
  for (let index = 0; index < recordedKeys.length; index++) {
    const identity = identityOf(recorded[start + index]);
    if (identity === undefined) continue;
    const known = places.get(identity);
    if (known === undefined) places.set(identity, { inRecorded: 1, inNow: 0, at: index, nowAt: -1 });
    else known.inRecorded++;
  }
  if (places.size === 0) return;
  for (let index = 0; index < nowKeys.length; index++) {
    const identity = identityOf(now[start + index]);
    const known = identity === undefined ? undefined : places.get(identity);
    if (known === undefined) continue;
    known.inNow++;
    known.nowAt = index;
  }
  let count = 0;
  for (const { inRecorded, inNow, at, nowAt } of places.values()) {
    if (inRecorded !== 1 || inNow !== 1) continue;
    recordedKeys[at] = nowKeys[nowAt] = -++count;
  }
}

function identityOf(item: unknown): string | undefined {
  if (!isObject(item)) return undefined;
  for (const name of ID_FIELDS) {
    const id = idIn(item, name);
    if (id !== undefined) return JSON.stringify([name, id]);
  }
  const name = idIn(item, NAME_FIELD) ?? idIn(fieldOf(item, 'function'), NAME_FIELD);
  return name === undefined ? undefined : JSON.stringify([NAME_FIELD, name]);
}

function idIn(item: unknown, name: string): string | number | undefined {
  const value = fieldOf(item, name);
  return (typeof value === 'string' && value !== '') || typeof value === 'number' ? value : undefined;
}

/** An own data property, read without calling anything. */
function fieldOf(item: unknown, name: string): unknown {
  return isObject(item) && !types.isProxy(item) ? Object.getOwnPropertyDescriptor(item, name)?.value : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** How many keys occur once on each side. */
function countUnique(recorded: readonly number[], now: readonly number[]): number {
  const counts = new Map<number, { recorded: number; now: number }>();
  for (const key of recorded) {
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { recorded: 1, now: 0 });
    else known.recorded++;
  }
  let unique = 0;
  for (const key of now) {
    const known = counts.get(key);
    if (known !== undefined) known.now++;
  }
  for (const each of counts.values()) if (each.recorded === 1 && each.now === 1) unique++;
  return unique;
}
