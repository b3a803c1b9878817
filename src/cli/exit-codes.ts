// Exit codes of the command. They are documented in docs/cli.md and stay as they are.

/** What each exit code says. */
export const EXIT = {
  /** Done; of a replay: same. */
  ok: 0,
  /** A replay changed or diverged; the report says which. */
  differs: 1,
  /** The command was asked something that it cannot do: an option, a ref, a module or a boundary is wrong. */
  usage: 2,
  /** What is stored, or its store, cannot be read or cannot support a claim. */
  refused: 3,
  /** The replayed program itself failed in a way the recording did not. */
  programFailed: 4,
  /** A fault of ours (EX_SOFTWARE in sysexits.h). */
  internal: 70,
  /** Plus the number of the signal that stopped the command. */
  signalBase: 128,
} as const;
