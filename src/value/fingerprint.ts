// The digest of a value without storing it: what replay compares with a recorded one.

import { Capture, type CaptureLimits, type Protect } from './capture.js';
import { formatDigest } from './digest.js';
import { NullSink } from './sink.js';

/** A value's digest, its size, and what could not be taken into account. */
export interface Fingerprint {
  /** `sha256:` and the hex digest of the canonical value. */
  readonly digest: string;
  readonly size: number;
  /** What was cut; a fingerprint of a cut value proves nothing about the part that was cut. */
  readonly incomplete: readonly string[];
  readonly opaque: readonly string[];
}

/** Takes fingerprints of values that resemble each other; what stays the same from one to the next costs little. */
export class Fingerprinter {
  readonly #capture: Capture;

  constructor(options: { readonly protect?: Protect | undefined; readonly limits?: Partial<CaptureLimits> } = {}) {
    this.#capture = new Capture(new NullSink(), options);
  }

  /** The fingerprint of a value as it is now; `slot` names the place whose last value it is compared with. */
  fingerprint(value: unknown, slot: string): Fingerprint {
    const { digestHex, size, incomplete, opaque } = this.#capture.capture(value, slot);
    return { digest: formatDigest(digestHex), size, incomplete, opaque };
  }
}

/** The fingerprint of one value by itself. */
export function fingerprint(value: unknown): Fingerprint {
  return new Fingerprinter().fingerprint(value, '');
}
