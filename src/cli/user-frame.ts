// The place in a user's file at which an error was thrown, out of its stack. Pure, but for one question to Node about
// a file that it cannot parse.

import { execFile } from 'node:child_process';
import { isAbsolute, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { OWN_CODE } from './own-code.js';

/** A place in a file. */
export interface UserFrame {
  readonly file: string;
  readonly line: number;
  /** Undefined where only the line is known. */
  readonly column: number | undefined;
  /** The function, where it has a name. */
  readonly within: string | undefined;
}

const FRAME = /^\s*at (?:async )?(?:(.+?) \()?((?:file:\/\/\/?|\/|[A-Za-z]:[\\/]).*?):(\d+):(\d+)\)?$/;
/** How Node begins the stack of what it cannot parse or link: the place, the line, a mark below it. */
const ARROW = /^((?:file:\/\/\/?|\/|[A-Za-z]:[\\/]).*?):(\d+)$/;

/** Finds the topmost frame in the user's own code, else in a package of theirs; never in Node or in ours. */
export function userFrameOf(stack: string, ownCode: string = OWN_CODE): UserFrame | undefined {
  const [first = '', ...lines] = stack.split('\n');
  const [, arrowFile, arrowLine] = ARROW.exec(first.trim()) ?? [];
  if (arrowFile !== undefined) return { file: pathOf(arrowFile), line: Number(arrowLine), column: undefined, within: undefined };
  const frames = lines.flatMap((line) => frameOf(line) ?? []).filter(({ file }) => !file.startsWith(ownCode + sep));
  return frames.find(({ file }) => !file.includes(`${sep}node_modules${sep}`)) ?? frames[0];
}

function frameOf(line: string): UserFrame | undefined {
  const [, within, file, at, column] = FRAME.exec(line) ?? [];
  if (file === undefined) return undefined;
  const named = within === undefined || within === 'Object.<anonymous>' || within === 'eval' ? undefined : within;
  return { file: pathOf(file), line: Number(at), column: Number(column), within: named };
}

function pathOf(file: string): string {
  if (!file.startsWith('file:')) return file;
  try {
    // A query makes a module load again; it is no part of the path.
    return fileURLToPath(new URL(file.replace(/[?#].*$/, '')));
  } catch {
    // Something that only looks like a URL is shown as it is.
    return file;
  }
}

/** `src/agent.ts:12:5 (in decide)`, relative to the working directory where it lies below it. */
export function frameText({ file, line, column, within }: UserFrame, cwd: string): string {
  const near = relative(cwd, file);
  const shown = near === '' || near.startsWith('..') || isAbsolute(near) ? file : near;
  return `${shown}:${line}${column === undefined ? '' : `:${column}`}${within === undefined ? '' : ` (in ${within})`}`;
}

const CHECK_TIMEOUT_MILLIS = 5_000;

/**
 * Where an ES module cannot be parsed: Node keeps the place from whoever imports it and says it only to those who run
 * it, so a Node is asked to check the file, without running it.
 */
export async function syntaxErrorPlace(file: string): Promise<UserFrame | undefined> {
  try {
    await promisify(execFile)(process.execPath, ['--check', file], { timeout: CHECK_TIMEOUT_MILLIS, env: { ...process.env, NODE_OPTIONS: '' } });
    return undefined;
  } catch (error) {
    const { stderr } = error as { stderr?: unknown };
    const [first = ''] = String(stderr ?? '').split('\n');
    const [, named, line] = ARROW.exec(first.trim()) ?? [];
    return named === undefined ? undefined : { file: pathOf(named), line: Number(line), column: undefined, within: undefined };
  }
}
