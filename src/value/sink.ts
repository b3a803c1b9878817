// Where the nodes of captured values go. A capture numbers its nodes from 1 in the order in which it hands them over.

import type { NodeKind, Ref, Shape } from './shadow.js';

/** A node that is neither text, shape, object nor list. */
export type OtherNode =
  | { readonly kind: typeof NodeKind.map | typeof NodeKind.set; readonly items: readonly Ref[] }
  | { readonly kind: typeof NodeKind.bytes; readonly type: string; readonly data: Uint8Array }
  | { readonly kind: typeof NodeKind.date; readonly millis: number }
  | { readonly kind: typeof NodeKind.regexp; readonly source: string; readonly flags: string; readonly lastIndex: number }
  | { readonly kind: typeof NodeKind.bigint; readonly text: string }
  | {
      readonly kind: typeof NodeKind.error;
      readonly className: string;
      readonly message: Ref;
      readonly stack: Ref;
      /** `HOLE` where the error has no cause at all. */
      readonly cause: Ref;
      readonly errors: Ref;
      readonly names: readonly string[];
      readonly values: readonly Ref[];
    }
  | { readonly kind: typeof NodeKind.opaque; readonly type: string; readonly detail: string }
  | {
      readonly kind: typeof NodeKind.truncated;
      readonly reason: TruncationReason;
      readonly type: string;
      /** Bytes of a text or buffer, entries of a container. */
      readonly size: number;
      /** Digest of the whole value, where it could be taken. */
      readonly digest: Uint8Array | undefined;
      /** The beginning of a text. */
      readonly head: string;
    }
  | { readonly kind: typeof NodeKind.boxed; readonly value: Ref }
  | { readonly kind: typeof NodeKind.coded; readonly codec: string; readonly value: Ref }
  | { readonly kind: typeof NodeKind.sparse; readonly length: number; readonly entries: readonly Ref[] }
  | {
      readonly kind: typeof NodeKind.extended;
      /** Node of the built-in value. */
      readonly base: number;
      /** Undefined where the value has the built-in's own class. */
      readonly className: string | undefined;
      readonly names: readonly string[];
      readonly values: readonly Ref[];
    };

/** Why a value was cut. */
export type TruncationReason = 'depth' | 'nodes' | 'bytes' | 'time' | 'policy';

/** Takes the nodes of captured values. */
export interface NodeSink {
  /** Where the next node goes, for `rewind`. */
  position(): number;
  /** Forgets the nodes since `position` was asked, when a capture could not be finished. */
  rewind(position: number): void;
  /** Stores a text and returns how many bytes it takes (in UTF-8, or in UTF-16 if `illFormed`). */
  text(text: string, illFormed: boolean): number;
  shape(keys: readonly string[]): void;
  object(shape: Shape, kids: readonly Ref[], className: string | undefined, nullPrototype: boolean): void;
  /** A list: the first `take` items of the list node `base` (0: none), then `items` from position `take`. */
  list(base: number, take: number, kids: readonly Ref[], count: number): void;
  other(node: OtherNode): void;
}

/** A sink that stores nothing: for digests alone. */
export class NullSink implements NodeSink {
  position(): number {
    return 0;
  }
  rewind(): void {}
  text(text: string, illFormed: boolean): number {
    return illFormed ? text.length * 2 : Buffer.byteLength(text);
  }
  shape(): void {}
  object(): void {}
  list(): void {}
  other(): void {}
}
