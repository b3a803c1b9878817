// Turns what the client of a service threw into an error of ours: what happened, to which object, what to do, and
// whether trying again can help. The client's own error is not kept, since some hold the request with its credentials.

import { ChronicleError } from '../errors.js';
import type { BucketWords, ErrorSigns, Operation } from './bucket-client.js';

/**
 * Why an operation failed. With `retryable` it is what a program branches on:
 * `absent` (no such bucket), `denied`, `credentials` (none were found), `refused` (the request is wrong), `busy` (429, 503),
 * `failed` (another 5xx), `timeout`, `unreachable`, `damaged` (what came is not what was sent).
 */
export type StoreFaultReason = 'absent' | 'denied' | 'credentials' | 'refused' | 'busy' | 'failed' | 'timeout' | 'unreachable' | 'damaged';

/** Whether trying the same again can help. */
const RETRYABLE: Readonly<Record<StoreFaultReason, boolean>> = {
  absent: false,
  denied: false,
  credentials: false,
  refused: false,
  busy: true,
  failed: true,
  timeout: true,
  unreachable: true,
  damaged: true,
};

/** Faults of the network that Node names; any other system code is not one. */
const NETWORK =
  /^(?:ECONN|EHOST|ENET|ENOTFOUND|EAI_|EPIPE|ETIMEDOUT|EPROTO|ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_STREAM_PREMATURE_CLOSE|REQUEST_SEND_ERROR|UND_ERR)/;

/** Service codes that say more than their status. */
const BY_SERVICE_CODE: Readonly<Record<string, StoreFaultReason>> = {
  RequestTimeout: 'timeout',
  OperationTimedOut: 'timeout',
  SlowDown: 'busy',
  ServerBusy: 'busy',
  ConditionalRequestConflict: 'busy',
  OperationAborted: 'busy',
  BadDigest: 'damaged',
  XAmzContentChecksumMismatch: 'damaged',
  Md5Mismatch: 'damaged',
  Crc64Mismatch: 'damaged',
};

/** Which of the reasons it is. */
export function reasonOf(signs: ErrorSigns): StoreFaultReason {
  if (signs.reason !== undefined) return signs.reason;
  const known = BY_SERVICE_CODE[signs.serviceCode ?? ''];
  if (known !== undefined) return known;
  const { status, systemCode } = signs;
  if (status !== undefined) {
    if (status === 401 || status === 403) return 'denied';
    if (status === 404) return 'absent';
    if (status === 408 || status === 504) return 'timeout';
    if (status === 429 || status === 503) return 'busy';
    if (status >= 500) return 'failed';
    if (status >= 300) return 'refused';
  }
  if (systemCode === 'ETIMEDOUT' || systemCode === 'ESOCKETTIMEDOUT') return 'timeout';
  if (systemCode !== undefined && NETWORK.test(systemCode)) return 'unreachable';
  return 'refused';
}

/** What failed, and where. */
export interface FailedOperation {
  readonly operation: Operation;
  /** The key, or the prefix of a listing; undefined for the store as a whole. */
  readonly key: string | undefined;
  readonly store: string;
  readonly endpoint: string | undefined;
  readonly words: BucketWords;
}

/** The error for a failed operation. */
export function bucketFailure(failed: FailedOperation, signs: ErrorSigns): ChronicleError {
  const reason = reasonOf(signs);
  const { operation, key, store, endpoint } = failed;
  const object = key === undefined || key === '' ? store : `${key} ${operation === 'write' ? 'to' : 'in'} ${store}`;
  const said = scrub(signs.message);
  const status = [signs.status, signs.serviceCode ?? signs.systemCode].filter((part) => part !== undefined).join(' ');
  // Many services repeat their code as the message.
  const what = [status, said === signs.serviceCode ? '' : said].filter((part) => part !== '').join(': ');
  const facts = {
    store,
    ...(key === undefined ? {} : { key }),
    ...(endpoint === undefined ? {} : { endpoint }),
    operation,
    reason,
    retryable: RETRYABLE[reason],
    ...(signs.status === undefined ? {} : { status: signs.status }),
    ...(signs.serviceCode === undefined ? {} : { serviceCode: signs.serviceCode }),
    ...(signs.systemCode === undefined ? {} : { systemCode: signs.systemCode }),
  };
  return new ChronicleError('CHRONICLE_STORE_UNAVAILABLE', `Cannot ${operation} ${object}: ${withoutStop(what)}.\n${adviceFor(reason, failed)}`, { facts });
}

function adviceFor(reason: StoreFaultReason, { operation, endpoint, words, store }: FailedOperation): string {
  switch (reason) {
    case 'absent':
      return `Create the ${words.bucket}, or correct the URL of the store; it is not made by itself.`;
    case 'denied':
      return `Allow ${words.rights[operation]} on it, or use other credentials: ${words.credentials}.`;
    case 'credentials':
      return `Credentials are looked for in ${words.credentials}.`;
    case 'refused':
      return `The request itself was refused, and trying again will not help. Check ${store} and how it is reached.`;
    case 'busy':
      return 'The service asks for fewer requests. It can be tried again later.';
    case 'failed':
      return 'The service has a fault. It can be tried again later.';
    case 'timeout':
      return 'It can be tried again; timeoutMillis in the URL of the store gives it longer.';
    case 'unreachable':
      return `Check the network${endpoint === undefined ? '' : ` and ${endpoint}`}. It can be tried again later.`;
    case 'damaged':
      return 'Something between here and the service changes bytes. It can be tried again.';
  }
}

/** Takes out what a service or a client may have put into its message and nobody should read. */
export function scrub(message: string): string {
  return message
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^/\s@]*@/gi, '$1***@')
    .replace(/([?&;\s](?:sig|signature|x-amz-[a-z-]+|x-goog-[a-z-]+|accountkey|sharedaccesssignature|token|access_token)=)[^&;\s"']+/gi, '$1***')
    .replace(/\b(Bearer|SharedKey|AWS4-HMAC-SHA256|Basic)\s+[^\s,"']+/g, '$1 ***')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 500);
}

function withoutStop(text: string): string {
  return text.replace(/[.\s]+$/, '');
}
