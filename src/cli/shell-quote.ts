// Commands to copy from what is printed.

/** One word as a POSIX shell reads it back. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./-][\w@%+=:,./#-]*$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** A command line to copy. */
export function commandLine(words: readonly string[]): string {
  return words.map(shellQuote).join(' ');
}
