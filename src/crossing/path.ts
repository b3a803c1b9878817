// The path of a crossing: the chain of boundary names from the root of the run, each with its ordinal among equal
// siblings, as in `trader#0/decide#1/get_quote#0`. Names are escaped so that two chains never give one path.

/** Appends one step to a path. An empty parent path is the root of the run. */
export function joinPath(parentPath: string, name: string, ordinal: number): string {
  const step = `${escapeName(name)}#${ordinal}`;
  return parentPath === '' ? step : `${parentPath}/${step}`;
}

/** The path one level up, or the empty path for a root. */
export function parentPathOf(path: string): string {
  const cut = path.lastIndexOf('/');
  return cut < 0 ? '' : path.slice(0, cut);
}

const SPECIAL = /[%/#]/;

function escapeName(name: string): string {
  if (!SPECIAL.test(name)) return name;
  return name.replaceAll('%', '%25').replaceAll('/', '%2F').replaceAll('#', '%23');
}
