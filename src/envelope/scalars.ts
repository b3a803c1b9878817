// Numbers and bytes as generated code hands them over.

/** A number of at most 53 bits, which protobufjs may hand over as a Long. */
export function toNumber(value: number | { toNumber(): number }): number {
  return typeof value === 'number' ? value : value.toNumber();
}

/** A whole number of 64 bits without sign; absent ones are 0. */
export function toBigInt(value: number | { low: number; high: number } | null | undefined): bigint {
  if (value === null || value === undefined) return 0n;
  if (typeof value === 'number') return BigInt(value);
  return (BigInt(value.high >>> 0) << 32n) | BigInt(value.low >>> 0);
}

/** Microseconds as nanoseconds. */
export function nanosOf(micros: number | { toNumber(): number } | null | undefined): bigint {
  return BigInt(toNumber(micros ?? 0)) * 1_000n;
}

/** Bytes as hex; absent bytes are the empty text. */
export function hexOf(bytes: Uint8Array | null | undefined): string {
  return bytes === null || bytes === undefined ? '' : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
