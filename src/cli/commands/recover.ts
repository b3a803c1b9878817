// `chronicle recover`: seals what processes left that were killed.

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ObjectStore, RecoveredJournal } from '../../archive/index.js';
import { readEnvironment } from '../../setup/environment.js';
import type { CliCommand, CommandCall } from '../cli-command.js';
import { EXIT } from '../exit-codes.js';
import { indentFor, jsonText } from '../json-text.js';
import { addTo, isRecovered, journalJson, journalText, noTotals, type RecoverTotals, totalsJson, totalsText } from '../recover-text.js';
import { openStoreOf } from '../store-of.js';
import { usageFault } from '../usage.js';

/** Seals the journals of dead processes. */
export const recover: CliCommand = {
  name: 'recover',
  summary: 'store what killed processes left in their journals',
  description:
    'Seals the journals of processes that were killed, and puts them into the store. Prints one line per journal, with the calls that began and have no recorded end, and a sum. A journal of a process that runs is not touched; a damaged one is set aside under the ending .damaged. Exit codes: 0 all is recovered or nothing was to do, 2 usage, 3 something was set aside or has to wait, or the directory cannot be read.',
  examples: [
    { line: 'chronicle recover --store file:./runs', does: 'the journals of a folder of recordings' },
    { line: 'chronicle recover /var/spool/chronicle', does: 'another directory, into the store in CHRONICLE_STORE' },
    { line: 'chronicle recover --json', does: 'for a program that watches for calls with an unknown outcome' },
  ],
  define(command) {
    command.argument('[dir]', 'directory of the journals (default: CHRONICLE_JOURNAL_DIR, else where a recording process has it)');
  },
  async run(call) {
    const { recoverJournals, toStore } = await import('../../archive/index.js');
    const store = toStore((await openStoreOf(call)).storeUrl);
    const directory = await directoryOf(call, store);
    const totals = noTotals();
    const journals = counted(recoverJournals({ directory, store }), totals);
    if (call.global.json) await printJournalsJson(call, { store: store.url, directory }, journals, totals);
    else await printJournals(call, directory, journals, totals);
    return isRecovered(totals) ? EXIT.ok : EXIT.refused;
  },
};

async function directoryOf({ operands, io }: CommandCall, { url }: ObjectStore): Promise<string> {
  const [given] = operands;
  if (given !== undefined) {
    const path = resolve(io.cwd, given);
    // A default that is not there has nothing in it; a word that names nothing is a slip.
    const isThere = given !== '' && !path.includes('\0') && (await stat(path).catch(() => undefined))?.isDirectory() === true;
    if (isThere) return path;
    throw usageFault(`There is no directory ${path}.\nName the directory that CHRONICLE_JOURNAL_DIR named for the process that recorded.`, { directory: path });
  }
  const { journalDirectory } = readEnvironment(io.env);
  if (journalDirectory !== undefined) return resolve(io.cwd, journalDirectory);
  const { defaultJournalDirectory } = await import('../../setup/journal-directory.js');
  const usual = defaultJournalDirectory(url);
  if (usual !== undefined) return usual;
  throw usageFault(
    `Where the journals for ${url} are is not known.\nName their directory, as in chronicle recover /var/spool/chronicle, or set CHRONICLE_JOURNAL_DIR.`,
    {
      option: 'dir',
      store: url,
    },
  );
}

async function* counted(journals: AsyncIterable<RecoveredJournal>, totals: RecoverTotals): AsyncGenerator<RecoveredJournal> {
  for await (const journal of journals) {
    addTo(totals, journal);
    yield journal;
  }
}

async function printJournals(call: CommandCall, directory: string, journals: AsyncIterable<RecoveredJournal>, totals: RecoverTotals): Promise<void> {
  const { stdout, stderr } = call.io;
  const { safeText } = await import('../../replay/safe-text.js');
  const paint = call.paintFor(stdout);
  let any = false;
  for await (const journal of journals) {
    any = true;
    // All is recovered even when nobody reads the lines.
    stdout.write(`${journalText(journal, paint, safeText)}\n`);
  }
  if (any) stdout.write(`${totalsText(totals, safeText)}\n`);
  else stderr.write(`No journals in ${safeText(directory)}.\n`);
}

async function printJournalsJson(
  { io }: CommandCall,
  places: { readonly store: string; readonly directory: string },
  journals: AsyncIterable<RecoveredJournal>,
  totals: RecoverTotals,
): Promise<void> {
  const { stdout } = io;
  const lineBreak = stdout.isTerminal ? '\n' : '';
  let before = `${jsonText({ ...places }, 0).slice(0, -1)},"journals":[`;
  let first = true;
  for await (const journal of journals) {
    stdout.write(`${before}${first ? '' : ','}${lineBreak}${jsonText(journalJson(journal), indentFor(stdout))}`);
    before = '';
    first = false;
  }
  stdout.write(`${before}${first ? '' : lineBreak}],"recovered":${String(isRecovered(totals))},"totals":${jsonText(totalsJson(totals), 0)}}\n`);
}
