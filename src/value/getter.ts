const lookupGetter: (this: object, key: PropertyKey) => unknown = (Object.prototype as unknown as { __lookupGetter__: never }).__lookupGetter__;

/**
 * Whether reading a property would run a getter, which is user code. Nothing is read, and no descriptor is made, which
 * would cost twice as much. Not for proxies: their traps would be called.
 */
export function isGetter(target: object, key: PropertyKey): boolean {
  return lookupGetter.call(target, key) !== undefined;
}
