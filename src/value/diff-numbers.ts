// A number for each value such that two values have one number exactly when they are equal: cheaper than a digest, and
// without its collisions. List items are aligned by it, and a subtree whose number is known need not be walked again.

import type { Protect } from './capture.js';
import type { Budget } from './diff-budget.js';
import { HOLE, type Parts, partsOf } from './diff-parts.js';

interface Known {
  readonly number: number;
  readonly key: string | undefined;
}

/** Field names in one order, and the positions that put them in sorted order. */
interface FieldShape {
  readonly head: string;
  readonly sorted: readonly number[];
}

/** A container that is being numbered. */
interface Job {
  readonly value: object;
  readonly parts: Container;
  readonly kids: readonly unknown[];
  readonly key: string | undefined;
  readonly level: number;
  readonly numbers: number[];
  /** The outermost container that a cycle inside refers to. */
  outermost: number;
}

type Container = Exclude<Parts, { kind: 'leaf' | 'text' }>;

/** Gives numbers to the values of one diff, both sides alike. */
export class ValueNumbers {
  readonly #budget: Budget;
  readonly #protect: Protect | undefined;
  readonly #primitives = new Map<unknown, number>();
  readonly #structures = new Map<string, number>();
  readonly #shapes = new Map<string, FieldShape>();
  readonly #known = new Map<object, Known>();
  #count = 0;
  /** Whether a container was met inside of itself: then equal values may have unequal numbers. */
  metCycle = false;

  constructor(budget: Budget, protect: Protect | undefined) {
    this.#budget = budget;
    this.#protect = protect;
  }

  /** The number of an object, if it was asked for before. */
  knownNumber(value: object, key: string | undefined): number | undefined {
    const known = this.#known.get(value);
    // With protection a text's form depends on the name of the field that holds it, be it through a list.
    return known === undefined || (this.#protect !== undefined && known.key !== key) ? undefined : known.number;
  }

  /**
   * The number of a value, or undefined when the budget ended. `open` holds the containers around it by level, the
   * outermost being 0: a reference to one of them is a cycle, and equal to another that goes up as far.
   */
  numberOf(value: unknown, key: string | undefined, open: Map<object, number>): number | undefined {
    const jobs: Job[] = [];
    const first = this.#begin(value, key, open, jobs);
    if (first !== undefined) return first;
    for (;;) {
      const job = jobs.at(-1);
      if (job === undefined) return undefined;
      if (job.numbers.length < job.kids.length) {
        const at = job.numbers.length;
        const kidKey = job.parts.kind === 'fields' ? job.parts.names[at] : job.key;
        const number = this.#begin(job.kids[at], kidKey, open, jobs);
        if (number !== undefined) job.numbers.push(number);
        else if (this.#budget.exhausted) {
          for (const each of jobs) open.delete(each.value);
          return undefined;
        }
        continue;
      }
      jobs.pop();
      open.delete(job.value);
      const number = this.#structure(this.#describe(job));
      const parent = jobs.at(-1);
      // What refers to a container around it means something else in another place, so it is not remembered.
      if (job.outermost >= job.level) this.#known.set(job.value, { number, key: job.key });
      else if (parent !== undefined) parent.outermost = Math.min(parent.outermost, job.outermost);
      if (parent === undefined) return number;
      parent.numbers.push(number);
    }
  }

  /** The number, where it takes no walk; else a job is opened and undefined returned. */
  #begin(value: unknown, key: string | undefined, open: Map<object, number>, jobs: Job[]): number | undefined {
    switch (typeof value) {
      case 'string': {
        const text = this.#protect === undefined ? value : this.#protect(value, key);
        return this.#budget.spendBytes(text.length) ? this.#primitive(text) : undefined;
      }
      case 'number':
        return Object.is(value, -0) ? this.#structure('-0') : this.#primitive(value);
      case 'boolean':
      case 'undefined':
      case 'bigint':
        return this.#primitive(value);
      case 'symbol':
        return value === HOLE ? this.#primitive(HOLE) : this.#leaf(partsOf(value, this.#budget));
      case 'function':
        return this.#leaf(partsOf(value, this.#budget));
      case 'object':
        return value === null ? this.#primitive(null) : this.#beginObject(value, key, open, jobs);
    }
  }

  #beginObject(value: object, key: string | undefined, open: Map<object, number>, jobs: Job[]): number | undefined {
    const level = open.get(value);
    if (level !== undefined) {
      this.metCycle = true;
      const parent = jobs.at(-1);
      if (parent !== undefined) parent.outermost = Math.min(parent.outermost, level);
      return this.#structure(`cycle ${open.size - level}`);
    }
    const known = this.knownNumber(value, key);
    if (known !== undefined) return known;
    const parts = partsOf(value, this.#budget);
    if (!this.#budget.spend(1)) return undefined;
    if (parts.kind === 'leaf' || parts.kind === 'text') {
      const number = this.#leaf(parts);
      if (number !== undefined) this.#known.set(value, { number, key });
      return number;
    }
    jobs.push({ value, parts, kids: kidsOf(parts), key, level: open.size, numbers: [], outermost: Number.POSITIVE_INFINITY });
    open.set(value, open.size);
    return undefined;
  }

  #describe(job: Job): string {
    const { parts, numbers } = job;
    switch (parts.kind) {
      case 'list':
      case 'map':
      case 'set':
        return `${parts.kind} ${numbers.join()}`;
      case 'wrap':
        return `wrap ${JSON.stringify(parts.type)} ${numbers[0]}`;
      case 'sparse':
        return `sparse ${parts.length} ${parts.names.join()} ${numbers.join()}`;
      case 'fields': {
        const names = JSON.stringify([parts.tag, parts.type, parts.names]);
        let shape = this.#shapes.get(names);
        if (shape === undefined) {
          const sorted = parts.names.map((_, position) => position);
          if (!parts.ordered) sorted.sort((a, b) => ((parts.names[a] as string) < (parts.names[b] as string) ? -1 : 1));
          const head = JSON.stringify([parts.tag, parts.type, sorted.map((position) => parts.names[position])]);
          shape = { head: `fields ${this.#structure(head)}`, sorted };
          this.#shapes.set(names, shape);
        }
        let text = shape.head;
        for (const position of shape.sorted) text += ` ${numbers[position]}`;
        return text;
      }
    }
  }

  #leaf(parts: Parts): number | undefined {
    return parts.kind === 'leaf' ? this.#structure(`leaf ${parts.key}`) : undefined;
  }

  #primitive(value: unknown): number {
    const known = this.#primitives.get(value);
    if (known !== undefined) return known;
    this.#primitives.set(value, ++this.#count);
    return this.#count;
  }

  #structure(description: string): number {
    const known = this.#structures.get(description);
    if (known !== undefined) return known;
    this.#structures.set(description, ++this.#count);
    return this.#count;
  }
}

function kidsOf(parts: Container): readonly unknown[] {
  switch (parts.kind) {
    case 'list':
    case 'map':
    case 'set':
      return parts.items;
    case 'sparse':
    case 'fields':
      return parts.values;
    case 'wrap':
      return [parts.value];
  }
}
