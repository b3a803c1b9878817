// Numbers of the format that the writer and the reader share. docs/format.md is the specification.

/** First bytes of every segment; the high bit and the line ends show a file that was damaged as text. */
export const MAGIC = Uint8Array.from([0x89, 0x43, 0x48, 0x52, 0x4e, 0x0d, 0x0a, 0x1a]);

/** Last bytes of a sealed segment. */
export const END_MAGIC = Uint8Array.from([0x1a, 0x0a, 0x0d, 0x4e, 0x52, 0x48, 0x43, 0x89]);

/** Major version of the format. A reader refuses a higher one. */
export const FORMAT_VERSION = 1;

/** Magic, version, codec, two reserved bytes, CRC-32 of the twelve bytes before it. */
export const FILE_HEAD_BYTES = 16;

/** Length, check of the length, check of the body: before each record of a journal. */
export const FRAME_BYTES = 12;

/** Footer length, CRC-32 of the footer, end magic. */
export const FILE_TAIL_BYTES = 16;

/** How the records of a segment are compressed. An open journal is always `none`. */
export const Codec = { none: 0, gzip: 1, zstd: 2 } as const;
export type Codec = (typeof Codec)[keyof typeof Codec];

export const Constant = { undefined: 0, null: 1, false: 2, true: 3, nan: 4, hole: 5 } as const;

export const Ending = { returned: 1, threw: 2, streamed: 3 } as const;

export const StreamForms = { generator: 1, 'async-generator': 2, 'async-iterable': 3, 'readable-stream': 4, 'node-readable': 5 } as const;

export const StreamEnds = { done: 1, error: 2, cancelled: 3, abandoned: 4 } as const;

/** Largest record that a reader accepts; a longer length is an attack. */
export const MAX_RECORD_BYTES = 512 << 20;

/** Largest part of a record beside its nodes. */
export const MAX_BODY_BYTES = 4 << 20;

/** Most nodes of a segment that a reader accepts. */
export const MAX_NODES = 20_000_000;

/** Largest plain size that a reader unpacks. */
export const MAX_PLAIN_BYTES = 1 << 30;

/** A block of a sealed segment ends with the record that makes it this large. */
export const BLOCK_BYTES = 4 << 20;

/** Where attributes and their meaning are published. */
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/gen-ai/1.42.0';
