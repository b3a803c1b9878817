// The classes that look into a buffer of bytes, on every version of Node.

/** Makes a view of a whole buffer. */
export type ViewClass = { new (bytes: ArrayBuffer): object; readonly prototype: object; readonly BYTES_PER_ELEMENT?: number };

/** By name. */
export const VIEW_CLASSES: Readonly<Record<string, ViewClass>> = {
  DataView,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
};
