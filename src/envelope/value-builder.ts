// JavaScript values, built from the nodes that were read. Every value is built anew each time: what one caller does to
// it, another never sees. Building runs no code of the recording and touches no prototype.

import {
  defineField,
  HOLE,
  isShadow,
  NodeKind,
  type Ref,
  reviveBoxed,
  reviveBytes,
  reviveClass,
  reviveCoded,
  reviveError,
  reviveOpaque,
  type Shadow,
  type Shape,
  standInPrototype,
  Truncated,
  type TruncationReason,
} from '../value/index.js';
import type { NodeReader } from './node-reader.js';

/** Builds a value; call it inside of `NodeReader.withValue`. */
export function buildValue(nodes: NodeReader, ref: Ref): unknown {
  return new Building(nodes).value(ref);
}

/** One value in the making. */
class Building {
  readonly #nodes: NodeReader;
  /** The containers around the part that is being built, outermost first. */
  readonly #open: unknown[] = [];
  /** What was built for a node, for aliases. */
  readonly #built = new Map<Shadow, unknown>();

  constructor(nodes: NodeReader) {
    this.#nodes = nodes;
  }

  value(ref: Ref): unknown {
    if (typeof ref !== 'object' || ref === null) return ref;
    if (isShadow(ref)) return this.#node(ref);
    switch (ref.mark) {
      case 'hole':
        return undefined;
      case 'nan':
        return Number.NaN;
      case 'negative-zero':
        return -0;
      case 'cycle': {
        const target = this.#open[this.#open.length - ref.up];
        if (target === undefined) throw this.#nodes.damaged(`a cycle goes ${ref.up} levels up, beyond the value`);
        return target;
      }
      case 'alias':
        if (!this.#built.has(ref.of)) throw this.#nodes.damaged(`alias of node ${ref.of.node}, which was not built before`);
        return this.#built.get(ref.of);
    }
  }

  #node(shadow: Shadow): unknown {
    switch (shadow.kind) {
      case NodeKind.text:
        return this.#nodes.textOf(shadow);
      case NodeKind.bigint:
        return BigInt(shadow.facts[0] as string);
      case NodeKind.opaque:
        return reviveOpaque(shadow.facts[0] as string, shadow.facts[1] as string);
      case NodeKind.truncated:
        return truncated(shadow);
    }
    // The writer makes a node of its own for each object, so that an alias has one meaning.
    if (this.#built.has(shadow)) throw this.#nodes.damaged(`node ${shadow.node} stands for two objects of one value`);
    return this.#container(shadow);
  }

  #container(shadow: Shadow): unknown {
    switch (shadow.kind) {
      case NodeKind.object:
        return this.#object(shadow, shadow.nullPrototype ? (Object.create(null) as object) : {});
      case NodeKind.instance:
        return this.#object(shadow, Object.create(standInPrototype(shadow.className)) as object);
      case NodeKind.list:
        return this.#list(shadow);
      case NodeKind.map:
        return this.#map(shadow);
      case NodeKind.set: {
        const target = this.#enter(shadow, new Set<unknown>());
        for (const kid of shadow.kids) target.add(this.value(kid));
        return this.#leave(target);
      }
      case NodeKind.error:
        return this.#error(shadow);
      case NodeKind.extended:
        return this.#extended(shadow);
      case NodeKind.sparse:
        return this.#sparse(shadow);
      case NodeKind.coded: {
        const codec = shadow.facts[0] as string;
        const target = reviveCoded(codec, this.value(shadow.kids[0]), this.#nodes.name);
        if (target === undefined) throw this.#nodes.damaged(`node ${shadow.node} is no ${codec}`);
        return this.#done(shadow, target);
      }
      case NodeKind.boxed:
        return this.#done(shadow, reviveBoxed(this.value(shadow.kids[0])));
      case NodeKind.bytes:
        return this.#done(shadow, this.#bytes(shadow));
      case NodeKind.regexp:
        return this.#done(shadow, this.#regexp(shadow));
      default:
        return this.#done(shadow, new Date(shadow.facts[0] as number));
    }
  }

  #enter<T>(shadow: Shadow, target: T): T {
    this.#built.set(shadow, target);
    this.#open.push(target);
    return target;
  }

  #leave<T>(target: T): T {
    this.#open.pop();
    return target;
  }

  #done<T>(shadow: Shadow, target: T): T {
    this.#built.set(shadow, target);
    return target;
  }

  #object(shadow: Shadow, target: object): object {
    this.#enter(shadow, target);
    this.#fields(shadow, target, 0);
    return this.#leave(target);
  }

  /** Defines what stands from a place on among the children. */
  #fields({ shape, kids }: Shadow, target: object, from: number): void {
    const { keys } = shape as Shape;
    for (let index = 0; index < keys.length; index++) defineField(target, keys[index] as string, this.value(kids[from + index]));
  }

  #list(shadow: Shadow): unknown[] {
    const { kids, count } = shadow;
    const target = this.#enter(shadow, new Array<unknown>(count));
    for (let index = 0; index < count; index++) {
      const kid = kids[index];
      if (kid !== HOLE) target[index] = this.value(kid);
    }
    return this.#leave(target);
  }

  #map(shadow: Shadow): Map<unknown, unknown> {
    const target = this.#enter(shadow, new Map<unknown, unknown>());
    const { kids } = shadow;
    for (let index = 0; index < kids.length; index += 2) {
      const key = this.value(kids[index]);
      target.set(key, this.value(kids[index + 1]));
    }
    return this.#leave(target);
  }

  #sparse(shadow: Shadow): unknown[] {
    const target: unknown[] = [];
    target.length = shadow.facts[0] as number;
    this.#enter(shadow, target);
    const { kids } = shadow;
    for (let index = 0; index < kids.length; index += 2) target[kids[index] as number] = this.value(kids[index + 1]);
    return this.#leave(target);
  }

  #bytes(shadow: Shadow): object {
    const data = this.#nodes.bytesOf(shadow);
    const target = reviveBytes(shadow.className, data);
    if (target === undefined) throw this.#nodes.damaged(`node ${shadow.node} has ${data.length} bytes, which no ${shadow.className} has`);
    return target;
  }

  #regexp({ facts }: Shadow): RegExp {
    try {
      // Making a regular expression runs nothing; only matching with it does.
      const target = new RegExp(facts[0] as string, facts[1] as string);
      target.lastIndex = facts[2] as number;
      return target;
    } catch (error) {
      throw this.#nodes.damaged(`a regular expression is malformed (${String(error)})`, error);
    }
  }

  #error(shadow: Shadow): Error {
    const { kids, className, raw } = shadow;
    const [message, cause, errors] = kids;
    // A DOMException is told its message and name when it is made.
    const named = (shadow.shape as Shape).keys.indexOf('name');
    const name = named < 0 ? undefined : this.#nodes.textOf(kids[3 + named]);
    const target = this.#enter(shadow, reviveError(className, this.#nodes.textOf(message), name));
    const said = this.value(message);
    if (target.message !== said) defineField(target, 'message', said, false);
    defineField(target, 'stack', this.value(raw as Ref), false);
    if (cause !== HOLE) defineField(target, 'cause', this.value(cause), false);
    if (errors !== HOLE) defineField(target, 'errors', this.value(errors), false);
    for (const [index, key] of (shadow.shape as Shape).keys.entries()) {
      const value = this.value(kids[3 + index]);
      // A DOMException has its name since it was made.
      if (key !== 'name' || className !== 'DOMException' || target.name !== value) defineField(target, key, value);
    }
    return this.#leave(target);
  }

  #extended(shadow: Shadow): object {
    const target = this.value(shadow.kids[0]) as object;
    if (shadow.facts[0] === 1) reviveClass(target, shadow.facts[1] as string);
    // Inside and outside are one level: the inside is done before the properties are entered.
    this.#enter(shadow, target);
    this.#fields(shadow, target, 1);
    return this.#leave(target);
  }
}

function truncated({ facts, raw }: Shadow): Truncated {
  const [reason, type, size, digest] = facts as readonly [TruncationReason, string, number, Uint8Array];
  return new Truncated({ reason, type, size, digest: digest.length === 0 ? undefined : Buffer.from(digest).toString('hex'), head: raw as string });
}
