// What a command is. Each lives in a file of its own under commands/, and commands.ts lists them.

import type { Command } from 'commander';
import type { Paint } from '../replay/index.js';
import type { Io, Output } from './io.js';

/** Options that every command has. */
export interface GlobalOptions {
  readonly store?: string;
  readonly json: boolean;
  readonly debug: boolean;
  readonly color: boolean;
}

/** One call of a command, parsed. */
export interface CommandCall {
  /** What stands at the places that `define` named. */
  readonly operands: readonly string[];
  /** The command's own options, by commander's names for them. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly global: GlobalOptions;
  /** The words after `--`; undefined where there is none. */
  readonly program: readonly string[] | undefined;
  readonly io: Io;
  /** Colours for one of the two streams. */
  paintFor(output: Output): Paint;
}

/** One command of `chronicle`. */
export interface CliCommand {
  readonly name: string;
  /** One line of the general help. */
  readonly summary: string;
  /** More for its own help. */
  readonly description?: string;
  /** Lines to copy, with what each does. */
  readonly examples: readonly { readonly line: string; readonly does: string }[];
  /** Whether words may follow after `--`. */
  readonly takesProgram?: boolean;
  /** Names operands and options. */
  define(command: Command): void;
  /** Does it, and gives the exit code. Heavy rooms are imported in here, so that help stays quick. */
  run(call: CommandCall): Promise<number>;
}
