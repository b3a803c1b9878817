// Codecs of users' own classes: how an instance is stored, and how it is built again. They are found by exact class
// while capturing and by name while reading, and live under a global symbol, so that the ESM and the CommonJS build, or
// two installed copies, share them. A codec is code of the user's: it runs guarded here, and never because a recording
// says so alone.

import { types } from 'node:util';
import { ChronicleError } from '../errors.js';
import { isBuiltInClass, isBuiltInCodec } from './web-values.js';
import { VIEW_CLASSES } from './view-classes.js';

/** A codec as it is kept. */
export interface RegisteredCodec {
  readonly name: string;
  readonly prototype: object;
  readonly encode: (instance: never) => unknown;
  readonly decode: (encoded: never) => unknown;
  /** Told of a fault while capturing; the instance is stored as if there were no codec. */
  readonly fault: (error: unknown) => void;
  /** How often the same was registered and not undone. */
  uses: number;
}

interface Codecs {
  readonly version: 1;
  readonly byName: Map<string, RegisteredCodec>;
  readonly byPrototype: Map<object, RegisteredCodec>;
  /** Encoders and decoders that are running. */
  running: number;
  /** Work under way that is to decode without them. */
  inert: number;
}

const CODECS = Symbol.for('chronicle.codecs.v1');

function codecs(): Codecs {
  const holder = globalThis as { [CODECS]?: Codecs };
  return (holder[CODECS] ??= { version: 1, byName: new Map(), byPrototype: new Map(), running: 0, inert: 0 });
}

/** Whether a codec is at work: it says what a value is, and may do nothing else. */
export function isCodecRunning(): boolean {
  return codecs().running > 0;
}

/**
 * Runs work that decodes no value of a user's class: each is the marker that a reader gives who has no codec. For values
 * that are only to be written again, which a decoder that fails must not prevent.
 */
export function withoutCodecs<T>(work: () => T): T {
  const state = codecs();
  state.inert++;
  try {
    return work();
  } finally {
    state.inert--;
  }
}

const CORE_CLASSES: ReadonlySet<object> = new Set<object>(
  [Object, Array, Function, Map, Set, WeakMap, WeakSet, Date, RegExp, Promise, Symbol, Number, String, Boolean, BigInt, ArrayBuffer, SharedArrayBuffer, Buffer]
    .map(({ prototype }) => prototype as object)
    .concat(Object.values(VIEW_CLASSES).map(({ prototype }) => prototype))
    .concat([Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError].map(({ prototype }) => prototype)),
);

/**
 * Keeps a codec; the function that comes back takes it away. The same one may be registered again, and is gone when each
 * was taken away. Fails with `CHRONICLE_OPTION_INVALID` for a class or name that is stored without one, and with
 * `CHRONICLE_CODEC_CONFLICT` where the class or the name has another codec.
 */
export function addCodec(codec: Omit<RegisteredCodec, 'uses'>): () => void {
  const { byName, byPrototype } = codecs();
  const { name, prototype } = codec;
  const quoted = JSON.stringify(name);
  if (isBuiltInCodec(name)) {
    throw invalid(name, `Codec ${quoted} has a name that the stored form uses itself.\nChoose another, such as ${JSON.stringify(`my-${name}`)}.`);
  }
  if (CORE_CLASSES.has(prototype) || isBuiltInClass(prototype))
    throw invalid(name, `Codec ${quoted} is for a built-in class, which is stored without one.\nRegister a class of your own.`);
  const sameName = byName.get(name);
  const known = sameName ?? byPrototype.get(prototype);
  if (known === undefined) {
    const kept: RegisteredCodec = { ...codec, uses: 1 };
    byName.set(name, kept);
    byPrototype.set(prototype, kept);
    return remover(kept);
  }
  if (known.name === name && known.prototype === prototype && known.encode === codec.encode && known.decode === codec.decode) {
    known.uses++;
    return remover(known);
  }
  const what = sameName === undefined ? `its class has the codec ${JSON.stringify(known.name)}` : 'there is another codec of that name';
  throw new ChronicleError(
    'CHRONICLE_CODEC_CONFLICT',
    `Codec ${quoted} cannot be registered: ${what}.\nUndo the other registration first, by calling the function that it returned.`,
    { facts: { codec: name, other: known.name } },
  );
}

function invalid(codec: string, message: string): ChronicleError {
  return new ChronicleError('CHRONICLE_OPTION_INVALID', message, { facts: { codec } });
}

function remover(codec: RegisteredCodec): () => void {
  let removed = false;
  return () => {
    if (removed) return;
    removed = true;
    codec.uses--;
    if (codec.uses > 0) return;
    const { byName, byPrototype } = codecs();
    byName.delete(codec.name);
    byPrototype.delete(codec.prototype);
  };
}

/** The codec of instances of exactly a class. */
export function codecOf(prototype: object): RegisteredCodec | undefined {
  return codecs().byPrototype.get(prototype);
}

/** What a codec made of an instance. */
export interface Encoded {
  readonly codec: RegisteredCodec;
  readonly value: unknown;
}

/** Encodes an instance of exactly a registered class. Undefined for any other, and where its encoder fails. Never throws. */
export function encodeByCodec(value: object, prototype: object | null): Encoded | undefined {
  const state = codecs();
  if (state.byPrototype.size === 0 || prototype === null) return undefined;
  const codec = state.byPrototype.get(prototype);
  if (codec === undefined) return undefined;
  state.running++;
  try {
    const encoded = codec.encode(value as never);
    const wrong = whyUnusable(encoded, value, codec);
    if (wrong === undefined) return { codec, value: encoded };
    reportCodecFault(codec, new TypeError(`encode() ${wrong}`));
  } catch (error) {
    reportCodecFault(codec, error);
  } finally {
    state.running--;
  }
  return undefined;
}

/** Tells of a fault; whoever is told must not hurt the host either. */
export function reportCodecFault(codec: RegisteredCodec, error: unknown): void {
  try {
    codec.fault(error);
  } catch {
    // There is nowhere left to say it.
  }
}

function whyUnusable(encoded: unknown, instance: object, codec: RegisteredCodec): string | undefined {
  if (encoded === instance) return 'returned the instance itself';
  if (typeof encoded !== 'object' || encoded === null || types.isProxy(encoded)) return undefined;
  if (types.isPromise(encoded)) {
    // A rejection that nobody waits for would end the program.
    void Promise.prototype.then.call(encoded, ignore, ignore);
    return 'returned a promise';
  }
  return Object.getPrototypeOf(encoded) === codec.prototype ? 'returned another instance of the class' : undefined;
}

function ignore(): void {}

/**
 * Decodes what the codec of that name encoded. Undefined where no such codec is registered: then nothing runs. Fails
 * with `CHRONICLE_CODEC_FAILED` where the decoder throws or gives anything but an instance of the class.
 */
export function decodeByCodec(name: string, encoded: unknown, segment: string): { readonly value: object } | undefined {
  const state = codecs();
  const codec = state.byName.get(name);
  if (codec === undefined || state.inert > 0) return undefined;
  let value: unknown;
  state.running++;
  try {
    value = codec.decode(encoded as never);
  } catch (error) {
    throw failed(name, segment, `it threw ${error instanceof Error ? `${error.name}: ${error.message}` : typeof error}`, error);
  } finally {
    state.running--;
  }
  // Anything else would be another value when it is captured again, and replay would not know it.
  if (typeof value !== 'object' || value === null || types.isProxy(value) || Object.getPrototypeOf(value) !== codec.prototype) {
    if (types.isPromise(value)) void Promise.prototype.then.call(value, ignore, ignore);
    throw failed(name, segment, 'it returned no instance of its class');
  }
  return { value };
}

function failed(codec: string, segment: string, what: string, cause?: unknown): ChronicleError {
  return new ChronicleError(
    'CHRONICLE_CODEC_FAILED',
    `Cannot decode a value of codec ${JSON.stringify(codec)} in ${segment}: ${what}.\nRegister a decode() that takes what the recording holds, or undo the registration to get the encoding as it is.`,
    { cause, facts: { codec, segment } },
  );
}
