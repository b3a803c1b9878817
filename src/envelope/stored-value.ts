// One value as stored: known by its digest, built only when somebody asks for it.

import { formatDigest } from '../value/index.js';
import type { chronicle } from './generated/chronicle.js';
import { hexOf, type NodeTable, toNumber } from './node-table.js';

/** A value of an envelope. Reading it runs no code of the recording. */
export class StoredValue {
  readonly #table: NodeTable;
  readonly #value: chronicle.v1.Value.$Properties;
  /** `sha256:` and the hex digest of the canonical value. */
  readonly digest: string;
  /** Canonical size in bytes. */
  readonly size: number;
  /** What was cut; empty when the whole value was kept. */
  readonly incomplete: readonly string[];
  /** What cannot be kept at all, such as functions; a marker stands in its place. */
  readonly opaque: readonly string[];

  /** @internal */
  constructor(table: NodeTable, value: chronicle.v1.Value.$Properties, measure: chronicle.v1.Measure.$Properties) {
    this.#table = table;
    this.#value = value;
    this.digest = formatDigest(hexOf(measure.digest));
    this.size = toNumber(measure.size ?? 0);
    this.incomplete = measure.cut ?? [];
    this.opaque = measure.opaque ?? [];
  }

  /** Builds the value: new objects at each call. Fails with `CHRONICLE_SEGMENT_DAMAGED` where it cannot be built. */
  decode(): unknown {
    return this.#table.build(this.#value);
  }
}
