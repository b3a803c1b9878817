// Options of recording, and what they become.

import { type CaptureMode, type Durability, type StoreLike, toStore } from '../archive/index.js';
import { ChronicleError } from '../errors.js';
import type { SpanContent } from '../crossing/index.js';
import type { ObjectStore } from '../storage/index.js';
import type { Protect } from '../value/index.js';
import { readEnvironment, showsContent } from './environment.js';
import { defaultJournalDirectory } from './journal-directory.js';

/** Options of `RecordSpanProcessor` and `EnvelopeExporter`. */
export interface RecordOptions {
  /** Where recordings are kept: a store URL such as `file:./runs`, or an object store. Default: `CHRONICLE_STORE`. */
  store?: StoreLike;
  /**
   * Directory for the journals of open traces, and of those that wait for the store. A journal survives the end of the
   * process, and the next start in the same directory stores it. Default: `CHRONICLE_JOURNAL_DIR`, else `journal` in a
   * `file:` store, else a folder of this user and store among the temporary files of the machine; set it where those do
   * not outlive a container.
   */
  journalDir?: string;
  /**
   * Changes each text before it is stored, hashed or put on a span. `key` is the name of the nearest property. It must
   * be pure and idempotent, or replay will not recognise its own recording. Default: none.
   */
  redact?: Protect;
  /** Bytes of UTF-8 of one preview on a span; 0 for no previews. Default: 2,048, where Tempo cuts. */
  maxPreviewBytes?: number;
  /**
   * What a finished boundary survives: `process` the end of the process, `kill -9` included; `disk` the loss of power as
   * well, at the cost of one to a few milliseconds a call. Default: `CHRONICLE_DURABILITY`, else `process`.
   */
  durability?: Durability;
  /** Bytes of finished runs that may wait on disk while the store takes nothing; beyond it the oldest is dropped, and said. Default: 1 GiB. */
  maxSpoolBytes?: number;
  /** How many milliseconds they may wait. Default: 604,800,000, a week. */
  maxSpoolMillis?: number;
  /** A trace in which nothing happened for so many milliseconds is sealed and stored. Default: 500. */
  idleMillis?: number;
  /**
   * A stream that a boundary gave, and from which nobody has read for so many milliseconds, ends its call as abandoned,
   * so that its run can be stored. Who reads on after that gets all there is, and it is not recorded. Default: 3,600,000, an hour.
   */
  streamIdleMillis?: number;
}

/** Options of recording with nothing left open. */
export interface ResolvedRecordOptions {
  readonly mode: 'record' | 'replay' | 'off';
  readonly store: ObjectStore;
  readonly journalDirectory: string | undefined;
  readonly redact: Protect | undefined;
  readonly capture: CaptureMode;
  readonly idleMillis: number;
  readonly durability: Durability;
  readonly maxSpoolBytes: number;
  readonly maxSpoolMillis: number;
  readonly streamIdleMillis: number;
  readonly spanContent: SpanContent;
}

const DEFAULTS = { maxPreviewBytes: 2_048, idleMillis: 500, maxSpoolBytes: 1 << 30, maxSpoolMillis: 604_800_000, streamIdleMillis: 3_600_000 } as const;
/** Timers take no more; it is 24 days. */
const MAX_TIMER_MILLIS = 2_147_483_647;
const KNOWN: ReadonlySet<string> = new Set([
  'store',
  'journalDir',
  'redact',
  'maxPreviewBytes',
  'durability',
  'maxSpoolBytes',
  'maxSpoolMillis',
  'idleMillis',
  'streamIdleMillis',
]);

/** Resolves options and environment. Fails with `CHRONICLE_OPTION_INVALID`, naming the option. */
export function resolveRecordOptions(options: RecordOptions): ResolvedRecordOptions {
  for (const key of Object.keys(options)) {
    if (!KNOWN.has(key)) throw invalid(key, `Unknown option ${JSON.stringify(key)}. Known options: ${[...KNOWN].join(', ')}.`);
  }
  const environment = readEnvironment();
  const named = options.store ?? environment.store;
  if (named === undefined)
    throw invalid('store', 'Option store is missing: say where recordings are kept, as in { store: "file:./runs" }, or set CHRONICLE_STORE.');
  const durability = oneOf(options.durability, 'durability', ['process', 'disk']) ?? environment.durability;
  const store = toStore(named, { durability });
  if (options.redact !== undefined && typeof options.redact !== 'function')
    throw invalid('redact', `Option redact must be a function, got ${typeof options.redact}.`);
  const maxPreviewBytes = whole(options.maxPreviewBytes, 'maxPreviewBytes', 0, 65_536) ?? DEFAULTS.maxPreviewBytes;
  return {
    mode: environment.mode,
    store,
    journalDirectory: options.journalDir ?? environment.journalDirectory ?? defaultJournalDirectory(store.url),
    redact: options.redact,
    capture: environment.capture,
    durability,
    maxSpoolBytes: whole(options.maxSpoolBytes, 'maxSpoolBytes', 0, Number.MAX_SAFE_INTEGER) ?? DEFAULTS.maxSpoolBytes,
    maxSpoolMillis: whole(options.maxSpoolMillis, 'maxSpoolMillis', 0, Number.MAX_SAFE_INTEGER) ?? DEFAULTS.maxSpoolMillis,
    idleMillis: whole(options.idleMillis, 'idleMillis', 0, 3_600_000) ?? DEFAULTS.idleMillis,
    streamIdleMillis: whole(options.streamIdleMillis, 'streamIdleMillis', 1, MAX_TIMER_MILLIS) ?? DEFAULTS.streamIdleMillis,
    spanContent: {
      maxPreviewBytes: showsContent(environment) ? maxPreviewBytes : 0,
      messages: environment.spanContent === 'messages',
      protect: options.redact,
    },
  };
}

function whole(value: number | undefined, name: string, least: number, most: number): number | undefined {
  if (value === undefined) return undefined;
  if (!Number.isInteger(value) || value < least || value > most)
    throw invalid(name, `Option ${name} must be a whole number from ${least} to ${most}, got ${String(value)}.`);
  return value;
}

function oneOf<T extends string>(value: T | undefined, name: string, known: readonly T[]): T | undefined {
  if (value !== undefined && !known.includes(value)) throw invalid(name, `Option ${name} must be one of ${known.join(', ')}, got ${JSON.stringify(value)}.`);
  return value;
}

function invalid(option: string, message: string): ChronicleError {
  return new ChronicleError('CHRONICLE_OPTION_INVALID', message, { facts: { option } });
}
