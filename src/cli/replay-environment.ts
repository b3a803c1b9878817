// The environment of a replay: what a program that runs in one is told.

import { resolve } from 'node:path';
import type { Ref } from '../archive/index.js';
import type { Envelope, Recording } from '../envelope/index.js';

/** What is replayed, and where it is kept. */
export interface ReplayTarget {
  readonly ref: Ref;
  readonly recording: Recording;
  /** The crossing that the ref names, if it names one. */
  readonly envelope: Envelope | undefined;
  /** Canonical URL of the store. */
  readonly storeUrl: string;
  /** `--store URL` where a command to copy has to say it, else nothing. */
  readonly storeWords: readonly string[];
}

/** Variables that put a process into the replay of a recording. */
export function replayVariables({ ref, recording, envelope, storeUrl }: ReplayTarget, cwd: string): Record<string, string> {
  return { CHRONICLE_MODE: 'replay', CHRONICLE_STORE: storeUrl, CHRONICLE_REPLAY: refText(ref, recording, envelope, cwd) };
}

/** A ref that means the same in another working directory. */
function refText(ref: Ref, recording: Recording, envelope: Envelope | undefined, cwd: string): string {
  if (ref.kind === 'file') return `${resolve(cwd, ref.path)}${envelope === undefined ? '' : `#${envelope.spanId}`}`;
  return envelope === undefined ? recording.traceId : `${envelope.traceId}:${envelope.spanId}`;
}

/** NODE_OPTIONS that load one more module first. The URL has neither spaces nor quotes: those are percent-encoded. */
export function nodeOptionsWith(existing: string | undefined, moduleUrl: string): string {
  const kept = existing?.trim() ?? '';
  return kept === '' ? `--import ${moduleUrl}` : `${kept} --import ${moduleUrl}`;
}
