// What differs between two values, field by field, for a person who asks why a replay left its recording.
//
// The two are walked side by side. What is equal costs a look; lists are aligned by what their items are; a long text
// shows the places that changed. There is always a bound, and the result says when it was met.

import type { Protect } from './capture.js';
import type { AlignWork } from './diff-align.js';
import { longestRising } from './diff-align.js';
import { Budget, type DiffLimits } from './diff-budget.js';
import { diffItems, type ItemChange } from './diff-items.js';
import { Likeness } from './diff-likeness.js';
import { ValueNumbers } from './diff-numbers.js';
import { type Fields, HOLE, type Parts, partsOf } from './diff-parts.js';
import { showSides, showValue, type Shown, SHOWN_BYTES } from './diff-show.js';
import { Fingerprinter } from './fingerprint.js';
import { findTextEdits, showTextEdits, type TextHunk } from './diff-text.js';

export type { DiffLimits } from './diff-budget.js';
export type { TextHunk } from './diff-text.js';

/** One field that differs. A side that has nothing there lacks its property. */
export interface ValueDifference {
  /**
   * Place in the recorded value, as in `$.messages[3].content`; in the one of now, where only that has it. Other forms:
   * `$["odd key"]`, `$.get("key")` for a Map's value, `$.entry(0)` for a Map's entry whose key is an object, and
   * `$.item(0)` for a Set's.
   */
  readonly path: string;
  /** Previews: bounded, and JSON as they are. */
  recorded?: Shown;
  now?: Shown;
}

/** One difference with everything that is known of it. */
export interface ValueChange extends ValueDifference {
  /** `type`: a value of another type or class stands there. `moved`: it is equal and stands elsewhere in its list. */
  readonly kind: 'changed' | 'added' | 'removed' | 'moved' | 'type';
  /** Place in the value of now, where it is another one. */
  readonly nowPath?: string;
  /** With kind `type`: the two types. */
  readonly types?: { readonly recorded: string; readonly now: string };
  /** Of a changed text: the places in it, as far as they are shown, and how many there are. */
  readonly text?: { readonly hunks: readonly TextHunk[]; readonly places: number };
}

/** What a diff found. */
export interface ValueDiff {
  /** In the order of the recorded value. Empty means equal, if `complete`. */
  readonly differences: readonly ValueChange[];
  /** Whether everything was compared and every difference is listed. */
  readonly complete: boolean;
  /** Comparisons that it took. */
  readonly compared: number;
  /** Differences found, those that are not listed included; a list or object that was replaced as a whole counts by its parts. */
  readonly total: number;
}

/** Bounds of a diff, and how texts are treated. */
export interface DiffOptions extends DiffLimits {
  /**
   * Applied to texts before they are compared and shown: a recorded value holds protected texts, and the one of now
   * must be seen the same way.
   */
  readonly protect?: Protect | undefined;
}

/**
 * Lists what differs between two values, in the order of the recorded one. Empty means equal, as far as it looked.
 * `diffOf` tells the same with more about each difference.
 */
export function diffValues(recorded: unknown, now: unknown, options: DiffOptions = {}): ValueDifference[] {
  return diffOf(recorded, now, options).differences.map(({ kind, path, nowPath, recorded: before, now: after }) => {
    switch (kind) {
      case 'added':
        return { path, now: after as Shown };
      case 'removed':
        return { path, recorded: before as Shown };
      case 'moved':
        return { path, recorded: `at ${path}: ${before}`, now: `at ${nowPath ?? path}: ${after}` };
      case 'changed':
      case 'type':
        return { path, recorded: before as Shown, now: after as Shown };
    }
  });
}

/**
 * Compares two values. They are equal, with no differences and `complete`, exactly when their fingerprints are.
 *
 * An object that stands in several places of both values is compared once, at the first of them. Never throws, and
 * calls no code of the values: no getter, no trap of a proxy.
 */
export function diffOf(recorded: unknown, now: unknown, options: DiffOptions = {}): ValueDiff {
  return new Walk(options).diff(recorded, now);
}

/** A place in the two values; `step` and `nowStep` are what leads to it from the parent. */
interface Place {
  readonly parent: Place | undefined;
  readonly step: string;
  readonly nowStep: string;
}

type Task =
  | { readonly do: 'compare'; readonly recorded: unknown; readonly now: unknown; readonly place: Place; readonly key: string | undefined }
  | { readonly do: 'tell'; readonly kind: 'added' | 'removed' | 'moved'; readonly value: unknown; readonly place: Place; readonly key: string | undefined }
  | { readonly do: 'leave'; readonly recorded: object; readonly now: object };

/** Objects with this many field names in all, and none in common, are one difference. */
const MIN_REPLACED_FIELDS = 9;
/** Texts up to this length are shown whole and no more is said of them. */
const PLAIN_TEXT_CHARS = 60;
const MAX_HUNKS = 8;
/** Places of a text that its two sides show; the rest is in the hunks. */
const SIDE_HUNKS = 3;
/** Steps of all alignments of one diff. */
const ALIGN_STEPS = 6_000_000;

class Walk {
  readonly #budget: Budget;
  readonly #protect: Protect | undefined;
  readonly #numbers: ValueNumbers;
  readonly #likeness: Likeness;
  readonly #work: AlignWork = { left: ALIGN_STEPS };
  readonly #found: ValueChange[] = [];
  #total = 0;
  /** Whether a difference was found that is not listed. */
  #overfull = false;
  /** What is left to do, the next at the end: a value may be nested deeper than the stack. */
  readonly #tasks: Task[] = [];
  /** The containers around the place that is looked at, by level. */
  readonly #openRecorded = new Map<object, number>();
  readonly #openNow = new Map<object, number>();
  readonly #openPlaces: Place[] = [];
  /** Pairs of objects that were compared: nearly always one partner each, so a set is only made for a second. */
  readonly #seen = new Map<object, object>();
  readonly #seenToo = new Map<object, Set<object>>();

  constructor(options: DiffOptions) {
    this.#budget = new Budget(options);
    this.#protect = options.protect;
    this.#numbers = new ValueNumbers(this.#budget, options.protect);
    this.#likeness = new Likeness(this.#budget, this.#numbers);
  }

  diff(recorded: unknown, now: unknown): ValueDiff {
    const budget = this.#budget;
    this.#tasks.push({ do: 'compare', recorded, now, place: { parent: undefined, step: '$', nowStep: '$' }, key: undefined });
    for (let task = this.#tasks.pop(); task !== undefined && !budget.exhausted; task = this.#tasks.pop()) {
      switch (task.do) {
        case 'compare':
          if (budget.spend(1)) this.#compare(task.recorded, task.now, task.place, task.key);
          break;
        case 'tell':
          this.#tell(task.kind, task.value, task.place, task.key);
          break;
        case 'leave':
          this.#openRecorded.delete(task.recorded);
          this.#openNow.delete(task.now);
          this.#openPlaces.pop();
          break;
      }
    }
    // Two graphs may have their cycles closed at different places and be equal however far one walks; the digest tells.
    if (this.#total > 0 && this.#numbers.metCycle && this.#hasEqualFingerprints(recorded, now))
      return { differences: [], complete: true, compared: budget.compared, total: 0 };
    return { differences: this.#found, complete: !budget.exhausted && !this.#overfull, compared: budget.compared, total: this.#total };
  }

  #hasEqualFingerprints(recorded: unknown, now: unknown): boolean {
    const prints = new Fingerprinter({ protect: this.#protect });
    const one = prints.fingerprint(recorded, 'recorded');
    const two = prints.fingerprint(now, 'now');
    return one.digest === two.digest && one.incomplete.length === 0;
  }

  #compare(recorded: unknown, now: unknown, place: Place, key: string | undefined): void {
    if (Object.is(recorded, now)) return;
    if (typeof recorded === 'string' && typeof now === 'string') {
      this.#compareTexts(recorded, now, place, key);
      return;
    }
    const one = partsOf(recorded, this.#budget);
    const two = partsOf(now, this.#budget);
    if (this.#budget.exhausted) return;
    if (isContainer(recorded, one) && isContainer(now, two)) {
      this.#compareContainers(recorded, now, one, two, place, key);
      return;
    }
    if (one.kind === 'leaf' && two.kind === 'leaf' && one.key === two.key) return;
    this.#tellChange(recorded, now, one, two, place, key);
  }

  #compareTexts(recorded: string, now: string, place: Place, key: string | undefined): void {
    const before = this.#protect === undefined ? recorded : this.#protect(recorded, key);
    const after = this.#protect === undefined ? now : this.#protect(now, key);
    if (!this.#budget.spendBytes(Math.min(before.length, after.length)) || before === after) return;
    this.#total++;
    if (this.#isFull()) return;
    const paths = pathsOf(place);
    const longer = Math.max(before.length, after.length);
    if (longer <= PLAIN_TEXT_CHARS) {
      this.#found.push({ kind: 'changed', ...paths, recorded: before, now: after });
      return;
    }
    const edits = findTextEdits(before, after, this.#work);
    const text = { hunks: showTextEdits(before, after, edits, MAX_HUNKS), places: edits.length };
    const sides = longer <= SHOWN_BYTES ? { recorded: before, now: after } : { recorded: excerpt(text, 'recorded'), now: excerpt(text, 'now') };
    this.#found.push({ kind: 'changed', ...paths, ...sides, text });
  }

  #compareContainers(recorded: object, now: object, one: Parts, two: Parts, place: Place, key: string | undefined): void {
    const level = this.#openRecorded.get(recorded);
    const nowLevel = this.#openNow.get(now);
    if (level !== undefined || nowLevel !== undefined) {
      // A reference to a container around it equals another one that goes up as far, and nothing else.
      this.#numbers.metCycle = true;
      if (level !== nowLevel) this.#tellCycle(recorded, now, level, nowLevel, place, key);
      return;
    }
    const number = this.#numbers.knownNumber(recorded, key);
    if (number !== undefined && number === this.#numbers.knownNumber(now, key)) return;
    if (this.#wasSeen(recorded, now)) return;
    const comparable = one.kind === two.kind || (isListLike(one) && isListLike(two));
    const sameType = comparable && one.type === two.type && !(one.kind === 'fields' && two.kind === 'fields' && one.tag !== two.tag);
    const bothRecords = one.kind === 'fields' && two.kind === 'fields' && (one.tag === 'error') === (two.tag === 'error');
    if (!sameType) this.#tellChange(recorded, now, one, two, place, key);
    // An object of another class may still hold what it held.
    if (!sameType && !bothRecords) return;
    this.#openRecorded.set(recorded, this.#openRecorded.size);
    this.#openNow.set(now, this.#openNow.size);
    this.#openPlaces.push(place);
    const from = this.#tasks.length;
    this.#tasks.push({ do: 'leave', recorded, now });
    this.#compareParts(recorded, now, one, two, place, key);
    // Tasks are taken from the end, and were made in reading order.
    for (let low = from + 1, high = this.#tasks.length - 1; low < high; low++, high--) {
      const task = this.#tasks[low] as Task;
      this.#tasks[low] = this.#tasks[high] as Task;
      this.#tasks[high] = task;
    }
  }

  #wasSeen(recorded: object, now: object): boolean {
    const partner = this.#seen.get(recorded);
    if (partner === now) return true;
    if (partner === undefined) {
      this.#seen.set(recorded, now);
      return false;
    }
    const others = this.#seenToo.get(recorded);
    if (others?.has(now) === true) return true;
    if (others === undefined) this.#seenToo.set(recorded, new Set([now]));
    else others.add(now);
    return false;
  }

  #compareParts(recorded: object, now: object, one: Parts, two: Parts, place: Place, key: string | undefined): void {
    switch (one.kind) {
      case 'fields':
        if (two.kind === 'fields') this.#compareFields(recorded, now, one, two, place, key);
        return;
      case 'list':
        if (two.kind === 'list') this.#compareItems(recorded, now, one, two, place, key, indexStep);
        else if (two.kind === 'sparse') this.#compareSparse(one, two, place, key);
        return;
      case 'sparse':
        if (two.kind === 'list' || two.kind === 'sparse') this.#compareSparse(one, two, place, key);
        return;
      case 'set':
        if (two.kind === 'set') this.#compareItems(recorded, now, one, two, place, key, itemStep);
        return;
      case 'map':
        if (two.kind === 'map') this.#compareMaps(one.items, two.items, place, key);
        return;
      case 'wrap':
        if (two.kind === 'wrap') this.#tasks.push({ do: 'compare', recorded: one.value, now: two.value, place, key });
        return;
      case 'leaf':
      case 'text':
        return;
    }
  }

  #compareFields(recorded: object, now: object, one: Fields, two: Fields, place: Place, key: string | undefined): void {
    const sameNames = one.names.length === two.names.length && one.names.every((name, at) => two.names[at] === name);
    if (sameNames) {
      for (const [at, name] of one.names.entries()) this.#compareField(name, one.values[at], two.values[at], place);
      return;
    }
    const others = new Map<string, number>();
    for (const [at, name] of two.names.entries()) others.set(name, at);
    const shared = one.names.filter((name) => others.has(name)).length;
    const all = one.names.length + two.names.length;
    if (shared === 0 && all >= MIN_REPLACED_FIELDS && one.names.length > 0 && two.names.length > 0) {
      if (one.type === two.type) this.#tellChange(recorded, now, one, two, place, key);
      this.#total += all - 1;
      return;
    }
    for (const [at, name] of one.names.entries()) {
      const nowAt = others.get(name);
      if (nowAt !== undefined) this.#compareField(name, one.values[at], two.values[nowAt], place);
      else this.#tasks.push({ do: 'tell', kind: 'removed', value: one.values[at], place: stepInto(place, fieldStep(name)), key: name });
    }
    if (two.names.length > shared) {
      const known = new Set(one.names);
      for (const [at, name] of two.names.entries()) {
        if (!known.has(name)) this.#tasks.push({ do: 'tell', kind: 'added', value: two.values[at], place: stepInto(place, fieldStep(name)), key: name });
      }
    }
    if (!one.ordered) return;
    // The order of an error's fields is part of its fingerprint.
    const places = one.names.map((name) => others.get(name) ?? -1);
    const sharedAt = places.flatMap((nowAt, at) => (nowAt === -1 ? [] : [at]));
    const kept = new Set(longestRising(sharedAt.map((at) => places[at] as number)).map((index) => sharedAt[index] as number));
    for (const at of sharedAt) {
      if (kept.has(at)) continue;
      const name = one.names[at] as string;
      this.#tasks.push({ do: 'tell', kind: 'moved', value: one.values[at], place: stepInto(place, fieldStep(name)), key: name });
    }
  }

  #compareField(name: string, recorded: unknown, now: unknown, place: Place): void {
    if (Object.is(recorded, now)) return;
    this.#tasks.push({ do: 'compare', recorded, now, place: stepInto(place, fieldStep(name)), key: name });
  }

  #compareItems(
    recorded: object,
    now: object,
    one: Extract<Parts, { kind: 'list' | 'set' }>,
    two: Extract<Parts, { kind: 'list' | 'set' }>,
    place: Place,
    key: string | undefined,
    step: (index: number) => string,
  ): void {
    const diff = diffItems(one.items, two.items, {
      budget: this.#budget,
      work: this.#work,
      likeness: this.#likeness,
      numberOf: (side, item) => this.#numbers.numberOf(item, key, side === 'recorded' ? this.#openRecorded : this.#openNow),
      knownNumber: (value, name) => this.#numbers.knownNumber(value, name),
    });
    switch (diff.kind) {
      case 'items':
        for (const change of diff.changes) this.#followItem(change, one.items, two.items, place, key, step);
        return;
      case 'replaced':
        this.#tellChange(recorded, now, one, two, place, key);
        this.#total += diff.changes - 1;
        return;
      case 'unknown':
        // That much is certain, whatever the items are.
        if (one.items.length !== two.items.length) this.#tellChange(recorded, now, one, two, place, key);
        return;
    }
  }

  #followItem(
    change: ItemChange,
    recorded: readonly unknown[],
    now: readonly unknown[],
    place: Place,
    key: string | undefined,
    step: (index: number) => string,
  ): void {
    switch (change.kind) {
      case 'removed':
        this.#tasks.push({ do: 'tell', kind: 'removed', value: recorded[change.at], place: stepInto(place, step(change.at)), key });
        return;
      case 'added':
        this.#tasks.push({ do: 'tell', kind: 'added', value: now[change.nowAt], place: stepInto(place, step(change.nowAt)), key });
        return;
      case 'pair': {
        const at = stepInto(place, step(change.at), step(change.nowAt));
        const value = recorded[change.at];
        if (change.moved) this.#tasks.push({ do: 'tell', kind: 'moved', value, place: at, key });
        this.#tasks.push({ do: 'compare', recorded: value, now: now[change.nowAt], place: at, key });
      }
    }
  }

  /** Lists of mostly holes are compared at their filled places. */
  #compareSparse(
    one: Extract<Parts, { kind: 'list' | 'sparse' }>,
    two: Extract<Parts, { kind: 'list' | 'sparse' }>,
    place: Place,
    key: string | undefined,
  ): void {
    const lengths = [lengthOf(one), lengthOf(two)] as const;
    if (lengths[0] !== lengths[1]) this.#tasks.push({ do: 'compare', recorded: lengths[0], now: lengths[1], place: stepInto(place, '.length'), key });
    const others = new Map<string, unknown>(filledPlaces(two));
    for (const [name, value] of filledPlaces(one)) {
      const at = stepInto(place, `[${name}]`);
      if (others.has(name)) this.#tasks.push({ do: 'compare', recorded: value, now: others.get(name), place: at, key });
      else this.#tasks.push({ do: 'tell', kind: 'removed', value, place: at, key });
      others.delete(name);
    }
    for (const [name, value] of others) this.#tasks.push({ do: 'tell', kind: 'added', value, place: stepInto(place, `[${name}]`), key });
  }

  /** A Map is its entries in their order, and an entry is its key. */
  #compareMaps(recorded: readonly unknown[], now: readonly unknown[], place: Place, key: string | undefined): void {
    const places = new Map<number, number[]>();
    for (let nowAt = now.length - 2; nowAt >= 0; nowAt -= 2) {
      const number = this.#numbers.numberOf(now[nowAt], key, this.#openNow);
      if (number === undefined) return;
      const known = places.get(number);
      if (known === undefined) places.set(number, [nowAt]);
      else known.push(nowAt);
    }
    const pairs: (readonly [number, number])[] = [];
    const removed: number[] = [];
    for (let at = 0; at < recorded.length; at += 2) {
      const number = this.#numbers.numberOf(recorded[at], key, this.#openRecorded);
      if (number === undefined) return;
      const nowAt = places.get(number)?.pop();
      if (nowAt === undefined) removed.push(at);
      else pairs.push([at, nowAt]);
    }
    const kept = new Set(longestRising(pairs.map(([, nowAt]) => nowAt)));
    for (const [index, [at, nowAt]] of pairs.entries()) {
      const step = stepInto(place, valueStep(recorded[at], at, this.#protect, key), valueStep(now[nowAt], nowAt, this.#protect, key));
      if (!kept.has(index)) this.#tasks.push({ do: 'tell', kind: 'moved', value: recorded[at + 1], place: step, key });
      this.#tasks.push({ do: 'compare', recorded: recorded[at + 1], now: now[nowAt + 1], place: step, key });
    }
    for (const at of removed) this.#tasks.push({ do: 'tell', kind: 'removed', ...entryAt(recorded, at, place, this.#protect, key), key });
    const added = [...places.values()].flat().sort((a, b) => a - b);
    for (const at of added) this.#tasks.push({ do: 'tell', kind: 'added', ...entryAt(now, at, place, this.#protect, key), key });
  }

  #isFull(): boolean {
    if (this.#found.length < this.#budget.maxDifferences) return false;
    this.#overfull = true;
    return true;
  }

  #tell(kind: 'added' | 'removed' | 'moved', value: unknown, place: Place, key: string | undefined): void {
    this.#total++;
    if (this.#isFull()) return;
    const shown = showValue(value, key, this.#protect);
    switch (kind) {
      case 'added':
        this.#found.push({ kind, path: pathsOf(place).nowPath ?? pathsOf(place).path, now: shown });
        return;
      case 'removed':
        this.#found.push({ kind, path: pathsOf(place).path, recorded: shown });
        return;
      case 'moved':
        this.#found.push({ kind, ...pathsOf(place), recorded: shown, now: shown });
    }
  }

  #tellChange(recorded: unknown, now: unknown, one: Parts, two: Parts, place: Place, key: string | undefined): void {
    this.#total++;
    if (this.#isFull()) return;
    const sides = showSides(recorded, now, { recorded: one, now: two }, key, this.#protect);
    if (one.type === two.type) this.#found.push({ kind: 'changed', ...pathsOf(place), ...sides });
    else this.#found.push({ kind: 'type', ...pathsOf(place), ...sides, types: { recorded: one.type, now: two.type } });
  }

  #tellCycle(recorded: object, now: object, level: number | undefined, nowLevel: number | undefined, place: Place, key: string | undefined): void {
    this.#total++;
    if (this.#isFull()) return;
    const show = (value: object, up: number | undefined, side: 'recorded' | 'now'): Shown =>
      up === undefined ? showValue(value, key, this.#protect) : `[the same object as ${pathOf(this.#openPlaces[up] as Place, side)}]`;
    this.#found.push({ kind: 'changed', ...pathsOf(place), recorded: show(recorded, level, 'recorded'), now: show(now, nowLevel, 'now') });
  }
}

function isContainer(value: unknown, parts: Parts): value is object {
  return typeof value === 'object' && value !== null && parts.kind !== 'leaf' && parts.kind !== 'text';
}

function isListLike(parts: Parts): boolean {
  return parts.kind === 'list' || parts.kind === 'sparse';
}

function lengthOf(parts: Extract<Parts, { kind: 'list' | 'sparse' }>): number {
  return parts.kind === 'list' ? parts.items.length : parts.length;
}

function* filledPlaces(parts: Extract<Parts, { kind: 'list' | 'sparse' }>): Generator<readonly [string, unknown]> {
  const { length } = parts.kind === 'list' ? parts.items : parts.names;
  for (let at = 0; at < length; at++) {
    if (parts.kind === 'sparse') yield [parts.names[at] as string, parts.values[at]];
    else if (parts.items[at] !== HOLE) yield [String(at), parts.items[at]];
  }
}

/** The sides of a long text: its first places, each with what stands around it. */
function excerpt({ hunks }: { readonly hunks: readonly TextHunk[] }, side: 'recorded' | 'now'): string {
  let text = '';
  for (const hunk of hunks.slice(0, SIDE_HUNKS)) {
    // Two marks of what is left out, one after the other, are one.
    const before = text.endsWith('…') && hunk.before.startsWith('…') ? hunk.before.slice(1) : hunk.before;
    text += before + hunk[side] + hunk.after;
  }
  return hunks.length > SIDE_HUNKS && !text.endsWith('…') ? `${text}…` : text;
}

function stepInto(parent: Place, step: string, nowStep = step): Place {
  return { parent, step, nowStep };
}

const PLAIN_NAME = /^[A-Za-z_$][A-Za-z0-9_$]*$/;

function fieldStep(name: string): string {
  return PLAIN_NAME.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

function indexStep(index: number): string {
  return `[${index}]`;
}

function itemStep(index: number): string {
  return `.item(${index})`;
}

/** Characters of a Map's key that may stand in a path. */
const MAX_KEY_CHARS = 200;

/** The step to a Map's value: by its key where that can be written, else by the place of its entry. */
function valueStep(mapKey: unknown, at: number, protect: Protect | undefined, key: string | undefined): string {
  return keyStep(mapKey, protect, key) ?? `.entry(${at / 2}).value`;
}

function keyStep(mapKey: unknown, protect: Protect | undefined, key: string | undefined): string | undefined {
  switch (typeof mapKey) {
    case 'string': {
      const text = protect === undefined ? mapKey : protect(mapKey, key);
      return text.length > MAX_KEY_CHARS ? undefined : `.get(${JSON.stringify(text)})`;
    }
    case 'number':
    case 'boolean':
    case 'undefined':
      return `.get(${String(mapKey)})`;
    case 'bigint':
      return `.get(${mapKey}n)`;
    case 'object':
      return mapKey === null ? '.get(null)' : undefined;
    case 'symbol':
    case 'function':
      return undefined;
  }
}

/** An entry that only one side has: its value where the path tells the key, else both. */
function entryAt(
  items: readonly unknown[],
  at: number,
  place: Place,
  protect: Protect | undefined,
  key: string | undefined,
): { readonly value: unknown; readonly place: Place } {
  const step = keyStep(items[at], protect, key);
  if (step !== undefined) return { value: items[at + 1], place: stepInto(place, step) };
  return { value: [items[at], items[at + 1]], place: stepInto(place, `.entry(${at / 2})`) };
}

function pathOf(place: Place, side: 'recorded' | 'now'): string {
  const steps: string[] = [];
  for (let at: Place | undefined = place; at !== undefined; at = at.parent) steps.push(side === 'recorded' ? at.step : at.nowStep);
  return steps.reverse().join('');
}

function pathsOf(place: Place): { readonly path: string; readonly nowPath?: string } {
  const path = pathOf(place, 'recorded');
  const nowPath = pathOf(place, 'now');
  return path === nowPath ? { path } : { path, nowPath };
}
