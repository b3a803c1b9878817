// Alignment of two sequences of keys: which item of the one is which item of the other, in the same order. It is used
// for the items of lists and for the lines and words of texts, and it is bounded: two sequences that have little in
// common cost little more than reading them.

/** Steps that alignments may still take. Shared by all alignments of one diff. */
export interface AlignWork {
  left: number;
}

/** What an alignment found. */
export interface Alignment {
  /** For each item of the first sequence its partner in the second, or -1. Partners rise. */
  readonly partners: Int32Array;
  /** Whether some part was too different to be aligned, so that equal items in it may have no partner. */
  readonly gaveUp: boolean;
}

/** Edits that are looked for at first. Most changes are a few of them. */
const FEW_EDITS = 128;
/** Edits that are looked for where no key is unique, so that there is no other way in. */
const MANY_EDITS = 1_000;

interface Region {
  readonly aLow: number;
  readonly aHigh: number;
  readonly bLow: number;
  readonly bHigh: number;
}

/**
 * Aligns two sequences. Small changes are found exactly (the shortest script, by Myers); larger ones by the keys that
 * occur once on both sides, the longest rising series of them, and so on between these.
 */
export function alignKeys(a: ArrayLike<number>, b: ArrayLike<number>, work: AlignWork): Alignment {
  const partners = new Int32Array(a.length).fill(-1);
  const regions: Region[] = [{ aLow: 0, aHigh: a.length, bLow: 0, bHigh: b.length }];
  let gaveUp = false;
  for (let region = regions.pop(); region !== undefined; region = regions.pop()) {
    const rest = trim(a, b, region, partners);
    if (rest.aLow === rest.aHigh || rest.bLow === rest.bHigh) continue;
    work.left -= rest.aHigh - rest.aLow + rest.bHigh - rest.bLow;
    if (work.left < 0) {
      gaveUp = true;
      continue;
    }
    if (findShortest(a, b, rest, FEW_EDITS, partners, work)) continue;
    const unique = findUnique(a, b, rest);
    if (unique === 'nothing in common') continue;
    if (unique.length === 0) {
      if (!findShortest(a, b, rest, MANY_EDITS, partners, work)) gaveUp = true;
      continue;
    }
    let { aLow, bLow } = rest;
    for (const [at, partner] of unique) {
      partners[at] = partner;
      regions.push({ aLow, aHigh: at, bLow, bHigh: partner });
      aLow = at + 1;
      bLow = partner + 1;
    }
    regions.push({ aLow, aHigh: rest.aHigh, bLow, bHigh: rest.bHigh });
  }
  return { partners, gaveUp };
}

function trim(a: ArrayLike<number>, b: ArrayLike<number>, region: Region, partners: Int32Array): Region {
  let { aLow, aHigh, bLow, bHigh } = region;
  while (aLow < aHigh && bLow < bHigh && a[aLow] === b[bLow]) partners[aLow++] = bLow++;
  while (aLow < aHigh && bLow < bHigh && a[aHigh - 1] === b[bHigh - 1]) partners[--aHigh] = --bHigh;
  return { aLow, aHigh, bLow, bHigh };
}

/** Myers' algorithm (An O(ND) Difference Algorithm, 1986), given up above `maxEdits`. */
function findShortest(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { aLow, aHigh, bLow, bHigh }: Region,
  maxEdits: number,
  partners: Int32Array,
  work: AlignWork,
): boolean {
  const aCount = aHigh - aLow;
  const bCount = bHigh - bLow;
  const limit = Math.min(maxEdits, aCount + bCount);
  if (Math.abs(aCount - bCount) > limit) return false;
  const middle = limit + 1;
  // How far each diagonal (a's position minus b's) reaches with the edits so far.
  const reach = new Int32Array(2 * limit + 3);
  const before: Int32Array[] = [];
  for (let edits = 0; edits <= limit; edits++) {
    work.left -= edits + 1;
    if (work.left < 0) return false;
    before.push(reach.slice(middle - edits - 1, middle + edits + 2));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = fromBelow(reach, middle, diagonal, edits) ? (reach[middle + diagonal + 1] as number) : (reach[middle + diagonal - 1] as number) + 1;
      let y = x - diagonal;
      const start = x;
      while (x < aCount && y < bCount && a[aLow + x] === b[bLow + y]) {
        x++;
        y++;
      }
      work.left -= x - start;
      reach[middle + diagonal] = x;
      if (x >= aCount && y >= bCount) {
        trace(before, edits, diagonal, x, aLow, bLow, partners);
        return true;
      }
    }
  }
  return false;
}

/** Whether a diagonal is reached by leaving out an item of b, rather than one of a. */
function fromBelow(reach: Int32Array, middle: number, diagonal: number, edits: number): boolean {
  if (diagonal === -edits) return true;
  return diagonal !== edits && (reach[middle + diagonal - 1] as number) < (reach[middle + diagonal + 1] as number);
}

function trace(before: readonly Int32Array[], edits: number, endDiagonal: number, endX: number, aLow: number, bLow: number, partners: Int32Array): void {
  let x = endX;
  let diagonal = endDiagonal;
  for (let edit = edits; edit >= 0; edit--) {
    const reach = before[edit] as Int32Array;
    const middle = edit + 1;
    const below = fromBelow(reach, middle, diagonal, edit);
    const previous = below ? diagonal + 1 : diagonal - 1;
    const start = below ? (reach[middle + previous] as number) : (reach[middle + previous] as number) + 1;
    while (x > start) {
      x--;
      partners[aLow + x] = bLow + x - diagonal;
    }
    if (edit === 0) return;
    x = reach[middle + previous] as number;
    diagonal = previous;
  }
}

interface Occurrence {
  inA: number;
  inB: number;
  at: number;
  partner: number;
}

/** The longest rising series of keys that occur once in each part. */
function findUnique(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { aLow, aHigh, bLow, bHigh }: Region,
): readonly (readonly [number, number])[] | 'nothing in common' {
  const occurrences = new Map<number, Occurrence>();
  for (let at = aLow; at < aHigh; at++) {
    const known = occurrences.get(a[at] as number);
    if (known === undefined) occurrences.set(a[at] as number, { inA: 1, inB: 0, at, partner: -1 });
    else known.inA++;
  }
  let common = false;
  for (let at = bLow; at < bHigh; at++) {
    const known = occurrences.get(b[at] as number);
    if (known === undefined) continue;
    common = true;
    known.inB++;
    known.partner = at;
  }
  if (!common) return 'nothing in common';
  const unique: Occurrence[] = [];
  for (const each of occurrences.values()) if (each.inA === 1 && each.inB === 1) unique.push(each);
  return longestRising(unique.map(({ partner }) => partner)).map((index) => {
    const { at, partner } = unique[index] as Occurrence;
    return [at, partner] as const;
  });
}

/** Positions of a longest strictly rising series. */
export function longestRising(numbers: readonly number[]): number[] {
  /** `ends[length]` is the position of the smallest number that ends a rising series of that length plus one. */
  const ends: number[] = [];
  const before = new Int32Array(numbers.length);
  for (let at = 0; at < numbers.length; at++) {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const half = (low + high) >> 1;
      if ((numbers[ends[half] as number] as number) < (numbers[at] as number)) low = half + 1;
      else high = half;
    }
    before[at] = low === 0 ? -1 : (ends[low - 1] as number);
    ends[low] = at;
  }
  const series: number[] = [];
  for (let at = ends.at(-1) ?? -1; at >= 0; at = before[at] as number) series.push(at);
  return series.reverse();
}
