// What a diff may spend. Comparisons and bytes are counted so that the same two values give the same answer on every
// machine; the clock is the last guard, for values that are worse than anything that was thought of.

/** Bounds of a diff. */
export interface DiffLimits {
  /** Differences that are listed; more are counted only. Default: 50. */
  readonly maxDifferences?: number;
  /** Pairs of fields and containers that are looked at before the diff gives up. Default: 200,000. */
  readonly maxComparisons?: number;
  /** Characters of text and bytes of buffers that are looked at. Default: 64 Mi. */
  readonly maxBytes?: number;
  /** Milliseconds. Default: 2,000. */
  readonly maxMillis?: number;
}

const DEFAULT_LIMITS: Required<DiffLimits> = { maxDifferences: 50, maxComparisons: 200_000, maxBytes: 64 << 20, maxMillis: 2_000 };

/** Comparisons between two looks at the clock. */
const CLOCK_INTERVAL = 512;

/** Counts what a diff spends, and says when it has to end. */
export class Budget {
  readonly maxDifferences: number;
  readonly #maxComparisons: number;
  readonly #maxMillis: number;
  readonly #startedAt = performance.now();
  #bytesLeft: number;
  #nextLook = CLOCK_INTERVAL;
  #compared = 0;
  #exhausted = false;

  constructor(limits: DiffLimits) {
    this.maxDifferences = limits.maxDifferences ?? DEFAULT_LIMITS.maxDifferences;
    this.#maxComparisons = limits.maxComparisons ?? DEFAULT_LIMITS.maxComparisons;
    this.#maxMillis = limits.maxMillis ?? DEFAULT_LIMITS.maxMillis;
    this.#bytesLeft = limits.maxBytes ?? DEFAULT_LIMITS.maxBytes;
  }

  get compared(): number {
    return this.#compared;
  }

  get exhausted(): boolean {
    return this.#exhausted;
  }

  /** Pays for so many comparisons. False when there is nothing left, and from then on. */
  spend(comparisons: number): boolean {
    if (this.#exhausted) return false;
    if (this.#compared + comparisons > this.#maxComparisons) return this.#end();
    this.#compared += comparisons;
    if (this.#compared < this.#nextLook) return true;
    this.#nextLook = this.#compared + CLOCK_INTERVAL;
    return this.#look();
  }

  /** Pays for so many characters or bytes. */
  spendBytes(bytes: number): boolean {
    if (this.#exhausted) return false;
    this.#bytesLeft -= bytes;
    if (this.#bytesLeft < 0) return this.#end();
    // A long text takes longer than many comparisons of short ones.
    return bytes < 65_536 || this.#look();
  }

  #look(): boolean {
    return performance.now() - this.#startedAt <= this.#maxMillis || this.#end();
  }

  #end(): false {
    this.#exhausted = true;
    return false;
  }
}
