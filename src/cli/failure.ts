// From an error to what the user reads and the exit code: a sentence, and a stack trace only where it was asked for.

import { resolve } from 'node:path';
import { ERROR_EXIT_CODES, type ChronicleError, isChronicleError } from '../errors.js';
import { VERSION } from '../version.js';
import { EXIT } from './exit-codes.js';

/** What is printed to stderr, without a newline at its end, and the exit code. */
export interface Failure {
  readonly text: string;
  readonly exitCode: number;
}

/** Describes an error for the user. With `debug`, its stack and those of its causes follow. */
export async function describeFailure(error: unknown, options: { readonly debug: boolean; readonly cwd: string }): Promise<Failure> {
  const { safeText } = await import('../replay/safe-text.js');
  const safeLines = (text: string): string => text.split('\n').map(safeText).join('\n');
  const lines = isChronicleError(error) ? [messageOf(error), ...(await placeLines(error, options.cwd))] : unexpected(error);
  if (options.debug) lines.push('', ...stacks(error));
  return { text: lines.map(safeLines).join('\n'), exitCode: isChronicleError(error) ? exitCodeOf(error) : EXIT.internal };
}

/** A module that failed by an error of ours: that error says what to do, in lines of its own. */
function messageOf({ code, message, cause, facts }: ChronicleError): string {
  return code === 'CHRONICLE_MODULE_FAILED' && isChronicleError(cause) ? `Cannot load ${String(facts['module'])}.\n${cause.message}` : message;
}

function exitCodeOf(error: ChronicleError): number {
  // An error of another copy of the package may have a code that this one does not know.
  return Object.hasOwn(ERROR_EXIT_CODES, error.code) ? ERROR_EXIT_CODES[error.code] : EXIT.internal;
}

function unexpected(error: unknown): string[] {
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return [
    `Unexpected fault in chronicle ${VERSION}: ${said}`,
    'Run it again with --debug for the stack trace, and report it with that. Nothing that is recorded was changed.',
  ];
}

/** Where in the user's file a module threw. */
async function placeLines(error: ChronicleError, cwd: string): Promise<string[]> {
  const { cause } = error;
  if (error.code !== 'CHRONICLE_MODULE_FAILED' || !(cause instanceof Error)) return [];
  const { frameText, syntaxErrorPlace, userFrameOf } = await import('./user-frame.js');
  let frame = userFrameOf(String(cause.stack));
  const module = error.facts['module'];
  if (cause instanceof SyntaxError && typeof module === 'string')
    frame = (isArrow(cause) ? frame : undefined) ?? (await syntaxErrorPlace(resolve(cwd, module)));
  return frame === undefined ? [] : [`  at ${frameText(frame, cwd)}`];
}

/** A syntax error has its place before the message; the frames below are those of the importer. */
function isArrow({ stack, name }: Error): boolean {
  return typeof stack === 'string' && !stack.startsWith(name);
}

const MAX_CAUSES = 10;

function stacks(error: unknown): string[] {
  const found: string[] = [];
  for (let at = error, depth = 0; at !== undefined && depth < MAX_CAUSES; at = at instanceof Error ? at.cause : undefined, depth++) {
    found.push(`${depth === 0 ? '' : 'caused by '}${at instanceof Error ? String(at.stack) : String(at)}`);
  }
  return found;
}
