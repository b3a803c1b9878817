// Codecs as users register them.

import { reportFault } from '../crossing/index.js';
import { ChronicleError } from '../errors.js';
import { addCodec } from '../value/index.js';

/** How instances of one class are stored, and how they are built again. */
export interface ValueCodec<T extends object, E> {
  /** The name by which a recording knows the class. It stays when the class is renamed or minified. */
  readonly name: string;
  /** The class. Instances of exactly this class are meant: a subclass needs a codec of its own. */
  readonly class: abstract new (
    ...args: never[]
  ) => T;
  /**
   * Gives what is stored of an instance: plain data, which may hold further instances. It must be pure, and give the
   * same for an instance and for what `decode` makes of it; it must not wait, nor call a boundary. Where it fails, the
   * instance is stored as if it had no codec.
   */
  readonly encode: (instance: T) => E;
  /**
   * Builds an instance of what `encode` gave. Called when a value of a recording is built. It must not wait, nor call a
   * boundary; what it throws becomes the cause of a `CHRONICLE_CODEC_FAILED` error.
   */
  readonly decode: (encoded: E) => T;
}

const KNOWN: readonly string[] = ['name', 'class', 'encode', 'decode'];

/**
 * Registers a codec for a class, in both directions: instances are stored by what `encode` gives, and come back from a
 * recording by `decode`. Returns a function that undoes it.
 *
 * Register it before the first call that passes an instance, in the program that records and in the one that replays.
 * Where a codec is not registered, a value of it comes back as a marker with the codec's name and the encoding; reading
 * never runs code that nobody registered. Built-in classes are stored without a codec. Fails with
 * `CHRONICLE_OPTION_INVALID` for a definition that means nothing, and with `CHRONICLE_CODEC_CONFLICT` where the class or
 * the name has another codec; the same one may be registered again.
 */
export function registerCodec<T extends object, E>(codec: ValueCodec<T, E>): () => void {
  if (typeof codec !== 'object' || codec === null)
    throw invalid('codec', `registerCodec() needs an object with ${KNOWN.join(', ')}, got ${codec === null ? 'null' : typeof codec}.`);
  const { name, class: target, encode, decode } = codec;
  if (typeof name !== 'string' || name === '') throw invalid('name', `A codec needs a name that is not empty, got ${JSON.stringify(name) ?? typeof name}.`);
  for (const key of Object.keys(codec)) {
    if (!KNOWN.includes(key))
      throw invalid(key, `Codec ${JSON.stringify(name)} has an unknown option ${JSON.stringify(key)}.\nKnown options: ${KNOWN.join(', ')}.`);
  }
  const prototype: unknown = typeof target === 'function' ? Object.getOwnPropertyDescriptor(target, 'prototype')?.value : undefined;
  if (typeof prototype !== 'object' || prototype === null)
    throw invalid('class', `Option class of codec ${JSON.stringify(name)} must be a class, got ${typeof target}.`);
  for (const [option, value] of Object.entries({ encode, decode })) {
    if (typeof value !== 'function') throw invalid(option, `Option ${option} of codec ${JSON.stringify(name)} must be a function, got ${typeof value}.`);
  }
  return addCodec({ name, prototype, encode, decode, fault: (error) => reportFault(`codec ${name}`, error) });
}

function invalid(option: string, message: string): ChronicleError {
  return new ChronicleError('CHRONICLE_OPTION_INVALID', message, { facts: { option } });
}
