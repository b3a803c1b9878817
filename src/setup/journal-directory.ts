// Where journals lie when nobody says so.

import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reportFault } from '../crossing/index.js';

/**
 * The directory of the journals of a store: in the store where it is a folder, else a folder of this user among the
 * temporary files. Undefined, so that journals stay in memory, for a store in memory, or where somebody else has taken
 * the place.
 */
export function defaultJournalDirectory(storeUrl: string): string | undefined {
  if (storeUrl.startsWith('file:')) return join(fileURLToPath(storeUrl), 'journal');
  if (storeUrl.startsWith('memory:')) return undefined;
  const user = process.getuid?.();
  const own = join(tmpdir(), user === undefined ? 'chronicle-journal' : `chronicle-journal-${user}`);
  try {
    mkdirSync(own, { recursive: true, mode: 0o700 });
    const found = lstatSync(own);
    // Temporary files are everybody's: who made a folder of this name could read what users said.
    if (!found.isDirectory() || (user !== undefined && (found.uid !== user || (found.mode & 0o077) !== 0)))
      throw new Error(`${own} belongs to somebody else or is open to others; set CHRONICLE_JOURNAL_DIR. Until then a killed process loses its open runs`);
  } catch (error) {
    reportFault('journal directory', error);
    return undefined;
  }
  return join(own, createHash('sha256').update(storeUrl).digest('hex').slice(0, 16));
}
