// A file that a command writes: there is the whole of it under its name, or what was there before.

import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { usageFault } from './usage.js';

/**
 * Writes the pieces to a file and gives its bytes. It is readable by its owner alone, since it holds what a run was
 * asked and answered. A recording is never overwritten. What is no regular file (a pipe, a device) is written directly.
 */
export async function writeWhole(named: string, cwd: string, pieces: AsyncIterable<string>): Promise<number> {
  const given = resolve(cwd, named);
  // A link keeps leading where it leads.
  const path = await realpath(given).catch(() => given);
  if ([given, path].some((each) => /\.(?:chronicle|open)$/i.test(each))) {
    throw usageFault(`Will not write to ${JSON.stringify(named)}: recordings have such names.\nName another file.`, { path });
  }
  let writingTo = path;
  try {
    const facts = await stat(path).catch(() => undefined);
    const direct = facts !== undefined && !facts.isFile();
    if (!direct) writingTo = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
    const bytes = await writePieces(writingTo, direct, pieces);
    if (!direct) await rename(writingTo, path);
    return bytes;
  } catch (error) {
    if (writingTo !== path) await rm(writingTo, { force: true });
    // A fault of the pieces is not one of the file.
    if (typeof (error as NodeJS.ErrnoException).syscall !== 'string') throw error;
    throw usageFault(
      `Cannot write to ${JSON.stringify(named)}: ${(error as Error).message.split(',', 1)[0]}.\nName a file in a folder that is there and that you may write to.`,
      { path },
    );
  }
}

async function writePieces(path: string, direct: boolean, pieces: AsyncIterable<string>): Promise<number> {
  const file = await open(path, direct ? 'w' : 'wx', 0o600);
  let bytes = 0;
  try {
    for await (const piece of pieces) {
      const data = Buffer.from(piece);
      for (let written = 0; written < data.length; ) written += (await file.write(data, written)).bytesWritten;
      bytes += data.length;
    }
  } finally {
    await file.close();
  }
  return bytes;
}
