// Prints the results of disturbed.test.ts on both lines as one table: set-up by line, recorded, replayed, and replayed as a whole program.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [directory] = process.argv.slice(2);
const runs = readdirSync(directory)
  .sort()
  .map((file) => JSON.parse(readFileSync(join(directory, file), 'utf8')));
if (runs.length === 0) process.exit(0);

const mark = (passed) => (passed === undefined ? '-' : passed ? 'ok' : 'FAILED');
const names = [...new Set(runs.flatMap(({ rows }) => rows.map(([name]) => name)))];
const rows = [
  ['set-up', ...runs.flatMap(({ line }) => [`${line} record`, 'replay', 'program'])],
  ...names.map((name) => [
    name,
    ...runs.flatMap(({ rows }) => {
      const found = rows.find(([known]) => known === name)?.[1];
      return [mark(found?.record), mark(found?.replay), mark(found?.program)];
    }),
  ]),
];
const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
for (const row of rows)
  console.log(
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
console.log(runs.map(({ line, node }) => `${line}: Node ${node}`).join(', '));
