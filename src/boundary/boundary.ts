// `boundary`: marks a function whose calls are recorded and can be replayed.

import { ChronicleError } from '../errors.js';
import { BOUNDARY_KINDS, type BoundaryDefinition, type BoundaryKind, engine } from '../crossing/index.js';
import { cross } from './cross.js';
import { type BoundaryOptions, resolveBoundaryOptions } from './options.js';

// biome-ignore lint/suspicious/noExplicitAny: a wrapper must accept any function and give it back as it is typed.
type AnyFunction = (this: any, ...args: any[]) => any;

/** A method decorator of the standard kind. */
export type BoundaryDecorator = <F extends AnyFunction>(method: F, context: ClassMethodDecoratorContext) => F;

/** Marks a function as a boundary of one kind. */
export interface BoundaryOfKind {
  /** Wraps a function. The result has its signature, `this`, name and sync-ness, and hands on what it returns or throws. */
  <F extends AnyFunction>(name: string, fn: F, options?: BoundaryOptions): F;
  /** Decorates a method: `@boundary.tool('get_quote')`. */
  (name: string, options?: BoundaryOptions): BoundaryDecorator;
}

/** Marks functions as boundaries, by kind or in general. */
export interface Boundary {
  /** The general form. */
  <F extends AnyFunction>(definition: { kind: BoundaryKind; name: string } & BoundaryOptions, fn: F): F;
  /** The agent itself. Runs again in replay, its inner calls are answered. */
  readonly agent: BoundaryOfKind;
  /** A part of an agent. Runs again in replay. */
  readonly step: BoundaryOfKind;
  /** A call of a model. */
  readonly model: BoundaryOfKind;
  /** A call of a tool. `irreversible` unless its author says otherwise. */
  readonly tool: BoundaryOfKind;
  /** A search in a store. */
  readonly retrieval: BoundaryOfKind;
  /** A call of an embedding model. */
  readonly embedding: BoundaryOfKind;
  /** A check that may stop the agent. */
  readonly guardrail: BoundaryOfKind;
  /** A question to a person. */
  readonly human: BoundaryOfKind;
}

/** Boundaries of one name that are remembered; functions made afresh per request would fill the registry else. */
const MAX_DEFINITIONS_PER_NAME = 64;

function wrap<F extends AnyFunction>(kind: BoundaryKind, name: string, fn: F, options: BoundaryOptions): F {
  const { effect } = resolveBoundaryOptions(kind, name, options);
  if (typeof fn !== 'function') {
    throw new ChronicleError(
      'CHRONICLE_OPTION_INVALID',
      `Boundary "${name}" needs a function to wrap, got ${fn === null ? 'null' : typeof fn}.\nCall boundary.${kind}(${JSON.stringify(name)}, fn).`,
      {
        facts: { name },
      },
    );
  }
  const slot = `${kind}:${name}`;
  const definition: BoundaryDefinition = {
    kind,
    name,
    effect,
    target: fn,
    call: wrapper as never,
    slots: { input: `${slot}>`, output: `${slot}<`, error: `${slot}!`, chunk: `${slot}~` },
  };
  function wrapper(this: unknown, ...args: unknown[]): unknown {
    return cross(definition, this, args);
  }
  imitate(wrapper, fn);
  register(definition);
  return wrapper as unknown as F;
}

/** Makes a wrapper look like its function: name, length, properties such as a schema, and class (`AsyncFunction`). */
function imitate(wrapper: object, fn: object): void {
  const { prototype, arguments: _arguments, caller: _caller, ...own } = Object.getOwnPropertyDescriptors(fn) as Record<string, PropertyDescriptor>;
  Object.defineProperties(wrapper, own);
  const made = Object.getOwnPropertyDescriptor(wrapper, 'prototype');
  // So that a generator is an instance of the wrapper as well.
  if (prototype !== undefined && made?.writable === true) (wrapper as { prototype: unknown }).prototype = prototype.value;
  if (Object.getPrototypeOf(wrapper) !== Object.getPrototypeOf(fn)) Object.setPrototypeOf(wrapper, Object.getPrototypeOf(fn) as object | null);
}

function register(definition: BoundaryDefinition): void {
  const { boundaries } = engine();
  let known = boundaries.get(definition.name);
  if (known === undefined) {
    known = new Set();
    boundaries.set(definition.name, known);
  }
  if (known.size >= MAX_DEFINITIONS_PER_NAME) {
    const [oldest] = known;
    if (oldest !== undefined) known.delete(oldest);
  }
  known.add(definition);
}

function ofKind(kind: BoundaryKind): BoundaryOfKind {
  function mark(name: string, second?: unknown, third?: BoundaryOptions): unknown {
    if (typeof second === 'function') return wrap(kind, name, second as AnyFunction, third ?? {});
    const options = (second ?? {}) as BoundaryOptions;
    resolveBoundaryOptions(kind, name, options);
    return <F extends AnyFunction>(method: F): F => wrap(kind, name, method, options);
  }
  return mark as BoundaryOfKind;
}

function general<F extends AnyFunction>(definition: { kind: BoundaryKind; name: string } & BoundaryOptions, fn: F): F {
  const { kind, name, ...options } = definition;
  if (!BOUNDARY_KINDS.includes(kind)) {
    throw new ChronicleError(
      'CHRONICLE_OPTION_INVALID',
      `Option kind of boundary ${JSON.stringify(name)} must be one of ${BOUNDARY_KINDS.join(', ')}, got ${JSON.stringify(kind)}.`,
      {
        facts: { option: 'kind', name },
      },
    );
  }
  return wrap(kind, name, fn, options);
}

/**
 * Marks a function as a boundary of the agent: each call becomes a span and an envelope, and replay can answer it.
 *
 * `boundary.tool('get_quote', fn, { effect: 'read' })`, `@boundary.tool('get_quote')` on a method, or the general form
 * `boundary({ kind: 'tool', name: 'get_quote' }, fn)`. Fails with `CHRONICLE_OPTION_INVALID` for a wrong definition;
 * after that no fault of recording reaches the caller.
 */
export const boundary: Boundary = Object.assign(general, {
  agent: ofKind('agent'),
  step: ofKind('step'),
  model: ofKind('model'),
  tool: ofKind('tool'),
  retrieval: ofKind('retrieval'),
  embedding: ofKind('embedding'),
  guardrail: ofKind('guardrail'),
  human: ofKind('human'),
});
