// The known name that a mistyped one most likely meant.

/** The known names, those closest to `name` first; equally close ones keep their order. */
export function sortByCloseness(name: string, known: readonly string[]): string[] {
  const ranked = known.map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }));
  ranked.sort((a, b) => a.distance - b.distance);
  return ranked.map(({ candidate }) => candidate);
}

/** The closest known name, if it is close enough to be a slip of the pen. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const [closest] = sortByCloseness(name, known);
  if (closest === undefined) return undefined;
  const distance = editDistance(name.toLowerCase(), closest.toLowerCase());
  return distance <= Math.max(1, Math.floor(Math.max(name.length, closest.length) / 3)) ? closest : undefined;
}

/** Names are cut here before they are compared: the cost is the product of both lengths. */
const MAX_COMPARED_CHARS = 100;

/** Letters to add, drop, replace or swap with their neighbour. */
function editDistance(left: string, right: string): number {
  const a = left.slice(0, MAX_COMPARED_CHARS);
  const b = right.slice(0, MAX_COMPARED_CHARS);
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (before[j - 2] as number) + 1);
      next.push(least);
    }
    before = row;
    row = next;
  }
  return row[b.length] as number;
}
