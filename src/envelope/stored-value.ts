// One value as stored: built, and its digest taken, only when somebody asks for it.

import { hash } from 'node:crypto';
import { Fingerprinter } from '../value/index.js';
import type { chronicle } from './generated/chronicle.js';
import type { NodeTable } from './node-table.js';

/** A value of an envelope. Reading it runs no code of the recording. */
export class StoredValue {
  readonly #table: NodeTable;
  readonly #value: chronicle.v1.Value.$Properties;
  /** Number of the node that would come after the record. */
  readonly #next: number;
  #known: { readonly digest: string; readonly size: number } | undefined;
  /** What was cut; empty when the whole value was kept. */
  readonly incomplete: readonly string[];
  /** What cannot be kept at all, such as functions; a marker stands in its place. */
  readonly opaque: readonly string[];

  /** @internal */
  constructor(table: NodeTable, value: chronicle.v1.Value.$Properties, cut: readonly string[] | null | undefined, opaque: readonly string[] | null | undefined) {
    this.#table = table;
    this.#value = value;
    this.#next = table.size + 1;
    this.incomplete = cut ?? [];
    this.opaque = opaque ?? [];
  }

  #measure(): { readonly digest: string; readonly size: number } {
    return (this.#known ??= new Fingerprinter().fingerprint(this.decode(), ''));
  }

  /** `sha256:` and the hex digest of the canonical value. */
  get digest(): string {
    return this.#measure().digest;
  }

  /** Canonical size in bytes. */
  get size(): number {
    return this.#measure().size;
  }

  /** Builds the value: new objects at each call. Fails with `CHRONICLE_SEGMENT_DAMAGED` where it cannot be built. */
  decode(): unknown {
    return this.#table.build(this.#value, this.#next);
  }
}

/** SHA-256 over the digests of values, as hex: what the last record of a segment says of all that is in it. */
export function digestOfValues(values: readonly StoredValue[]): string {
  return hash('sha256', Buffer.from(values.map(({ digest }) => digest.slice('sha256:'.length)).join(''), 'hex'), 'hex');
}
