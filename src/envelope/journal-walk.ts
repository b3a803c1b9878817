// Goes through the frames of a journal that comes in pieces. Who seals one and who recovers one have it from here.

import { readFrame } from './frame.js';
import { FILE_HEAD_BYTES } from './layout.js';

/** How the records of a journal end: at which one, and at which byte of the file. All before that is whole. */
export type JournalEnd =
  | { readonly kind: 'whole'; readonly record: number; readonly byte: number }
  /** In the middle of a record: it was being written. Nothing of it is there, or what is there is wrong. */
  | { readonly kind: 'torn'; readonly record: number; readonly byte: number; readonly rest: 'missing' | 'wrong' }
  | { readonly kind: 'damaged'; readonly record: number; readonly byte: number; readonly what: string };

const WRONG = 'has a wrong checksum';

/** The whole records of a journal, each checked; a body is valid until the next. Says at last how they end. */
export function* journalRecords(pieces: Iterable<Uint8Array>): Generator<Buffer, JournalEnd> {
  const rest = pieces[Symbol.iterator]();
  let view: Buffer = Buffer.alloc(0);
  let at = 0;
  let byte = FILE_HEAD_BYTES;
  let chain = 0;
  let record = 1;
  try {
    for (;;) {
      const frame = readFrame(view, at, chain);
      switch (frame.kind) {
        case 'whole':
          yield view.subarray(frame.start, frame.end);
          byte += frame.end - at;
          record++;
          ({ end: at, chain } = frame);
          break;
        case 'short': {
          const next = rest.next();
          if (next.done === true) return at === view.length ? { kind: 'whole', record, byte } : { kind: 'torn', record, byte, rest: 'missing' };
          const piece = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
          view = at === view.length ? piece : Buffer.concat([view.subarray(at), piece]);
          at = 0;
          break;
        }
        case 'too-large':
          return { kind: 'damaged', record, byte, what: `has ${frame.length} bytes, more than a reader takes` };
        case 'wrong-length':
          // A machine that lost power may leave zeros.
          if (isZero(view.subarray(at)) && every(rest, isZero)) return { kind: 'torn', record, byte, rest: 'missing' };
          return { kind: 'damaged', record, byte, what: WRONG };
        case 'wrong-body':
          if (frame.end === view.length && every(rest, isEmpty)) return { kind: 'torn', record, byte, rest: 'wrong' };
          return { kind: 'damaged', record, byte, what: WRONG };
      }
    }
  } finally {
    rest.return?.();
  }
}

/** Whether nothing but zeros is there. */
export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function isEmpty(bytes: Uint8Array): boolean {
  return bytes.length === 0;
}

function every(rest: Iterator<Uint8Array>, holds: (piece: Uint8Array) => boolean): boolean {
  for (let next = rest.next(); next.done !== true; next = rest.next()) if (!holds(next.value)) return false;
  return true;
}
