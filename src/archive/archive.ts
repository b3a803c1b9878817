// The door to stored traces: resolves what people paste to a recording and an envelope, or says why it cannot.

import { ChronicleError } from '../errors.js';
import type { Envelope, Recording } from '../envelope/index.js';
import type { ObjectStore } from '../storage/index.js';
import { locateSpan } from './locate.js';
import { isAboutEnvelope, labelOf } from './merge-segments.js';
import { readRecordingFile, readTrace } from './read-trace.js';
import { normalizeSpanId, normalizeTraceId, parseRef } from './ref.js';
import { countTraces, listRuns } from './runs.js';
import { toStore } from './to-store.js';
import type { Archive, Ref, RunSummary, StoreLike } from './types.js';

export { readRecordingFile };

/** Traces are counted up to here for the message that says how many a store holds. */
const MAX_COUNTED_TRACES = 1000;
/** Refs or boundaries that a message lists. */
const MAX_LISTED = 10;

/** What `Archive.find` gives. */
interface Found {
  readonly recording: Recording;
  readonly envelope: Envelope | undefined;
}

/** Opens the traces of a store. Nothing is read yet, so a store that is not there is found out by the first question. */
export async function openArchive(store?: StoreLike): Promise<Archive> {
  return new StoreArchive(toStore(store));
}

class StoreArchive implements Archive {
  constructor(private readonly store: ObjectStore) {}

  get url(): string {
    return this.store.url;
  }

  async find(ref: string | Ref): Promise<Found> {
    const wanted = typeof ref === 'string' ? parseRef(ref) : ref;
    switch (wanted.kind) {
      case 'trace':
        return { recording: await this.requireTrace(normalizeTraceId(wanted.traceId)), envelope: undefined };
      case 'span':
        return wanted.traceId === undefined
          ? this.findSpan(normalizeSpanId(wanted.spanId))
          : this.findSpanOfTrace(normalizeTraceId(wanted.traceId), normalizeSpanId(wanted.spanId));
      case 'file':
        return findInFile(wanted.path, wanted.spanId === undefined ? undefined : normalizeSpanId(wanted.spanId));
    }
  }

  readTrace(traceId: string): Promise<Recording | undefined> {
    return readTrace(this.store, normalizeTraceId(traceId));
  }

  runs(options: { readonly limit?: number } = {}): AsyncIterable<RunSummary> {
    return listRuns(this.store, { limit: options.limit });
  }

  private async requireTrace(traceId: string): Promise<Recording> {
    const recording = await readTrace(this.store, traceId);
    if (recording !== undefined) return recording;
    throw new ChronicleError('CHRONICLE_REF_NOT_FOUND', `No trace ${traceId} in ${this.url}, which holds ${await this.countedTraces()}.\n${CHECK_STORE}`, {
      facts: { store: this.url, traceId },
    });
  }

  private async findSpanOfTrace(traceId: string, spanId: string): Promise<Found> {
    const recording = await readTrace(this.store, traceId);
    const envelope = recording === undefined ? undefined : envelopeOf(recording, spanId);
    if (recording !== undefined && envelope !== undefined) return { recording, envelope };
    // A span that starts a trace of its own is stored with the run that called it.
    const { traceIds } = await locateSpan(this.store, spanId);
    for (const other of traceIds) {
      const elsewhere = await readTrace(this.store, other);
      const found = elsewhere?.envelopes.find((candidate) => candidate.spanId === spanId && candidate.traceId === traceId);
      if (elsewhere !== undefined && found !== undefined) return { recording: elsewhere, envelope: found };
    }
    if (recording === undefined) return { recording: await this.requireTrace(traceId), envelope };
    throw spanNotInRecording(recording, spanId, `trace ${traceId} in ${this.url}`, traceIds[0]);
  }

  private async findSpan(spanId: string): Promise<Found> {
    const { traceIds, unreadable } = await locateSpan(this.store, spanId);
    if (traceIds.length > 1) throw ambiguous(spanId, traceIds, this.url);
    const [traceId] = traceIds;
    const recording = traceId === undefined ? undefined : await readTrace(this.store, traceId);
    const envelope = recording === undefined ? undefined : envelopeOf(recording, spanId);
    if (recording !== undefined && envelope !== undefined) return { recording, envelope };
    const damage =
      unreadable.length === 0 ? '' : ` ${unreadable.length === 1 ? '1 segment' : `${unreadable.length} segments`} could not be read: ${listed(unreadable)}.`;
    throw new ChronicleError(
      'CHRONICLE_REF_NOT_FOUND',
      `No span ${spanId} in ${this.url}, which holds ${await this.countedTraces()}.${damage}\nOnly boundaries have envelopes: the span may be one of another library. ${CHECK_STORE}`,
      { facts: { store: this.url, spanId, unreadable } },
    );
  }

  private async countedTraces(): Promise<string> {
    const count = await countTraces(this.store, MAX_COUNTED_TRACES);
    if (count === 0) return 'no traces';
    if (count === 1) return '1 trace';
    return count >= MAX_COUNTED_TRACES ? `at least ${MAX_COUNTED_TRACES} traces` : `${count} traces`;
  }
}

const CHECK_STORE = 'Check that the run was recorded into this store and not into another, and that its process has ended or called flush().';

async function findInFile(path: string, spanId: string | undefined): Promise<Found> {
  const recording = await readRecordingFile(path);
  if (spanId === undefined) return { recording, envelope: undefined };
  const envelope = envelopeOf(recording, spanId);
  if (envelope === undefined) throw spanNotInRecording(recording, spanId, path, undefined);
  return { recording, envelope };
}

/** The envelope of a span; of two writers that have it, the one that knows the outcome. */
function envelopeOf({ envelopes }: Recording, spanId: string): Envelope | undefined {
  const candidates = envelopes.filter((envelope) => envelope.spanId === spanId);
  return candidates.find(({ outcome }) => outcome.kind !== 'unknown') ?? candidates[0];
}

function spanNotInRecording({ traceId, envelopes, reasons }: Recording, spanId: string, place: string, elsewhere: string | undefined): ChronicleError {
  const boundaries = envelopes.map((envelope) => `${labelOf(envelope)} ${envelope.spanId}`);
  const advice =
    elsewhere === undefined
      ? `Only boundaries have envelopes: the span may be one of another library. ${boundaries.length === 0 ? 'No envelope is there at all.' : `There are: ${listed(boundaries)}.`}`
      : `The span is in another trace: ${elsewhere}:${spanId}.`;
  // What is missing may have been just that. An unknown outcome, or a value that was cut, hides no call.
  const reason = reasons.find((each) => !isAboutEnvelope(each));
  const missing = reason === undefined ? '' : `\nThe recording is not complete: ${reason}.`;
  return new ChronicleError('CHRONICLE_REF_NOT_FOUND', `No span ${spanId} in ${place}.\n${advice}${missing}`, { facts: { traceId, spanId, elsewhere } });
}

function ambiguous(spanId: string, traceIds: readonly string[], url: string): ChronicleError {
  const refs = traceIds.map((traceId) => `${traceId}:${spanId}`);
  return new ChronicleError('CHRONICLE_REF_AMBIGUOUS', `Span ${spanId} is in ${traceIds.length} traces of ${url}.\nName one of them: ${listed(refs)}.`, {
    facts: { store: url, spanId, refs },
  });
}

function listed(items: readonly string[]): string {
  const shown = items.slice(0, MAX_LISTED).join(', ');
  return items.length <= MAX_LISTED ? shown : `${shown} and ${items.length - MAX_LISTED} more`;
}
