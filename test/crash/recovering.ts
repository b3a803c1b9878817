// A process that recovers, and kills itself where it is told to: before or after the n-th segment is put into the store,
// or after the n-th journal is done with. Prints the outcomes.

import { recoverJournals } from '../../src/archive/index.js';
import { type ObjectStore, openStore } from '../../src/storage/index.js';

const [directory = '', url = '', when = 'never', count = '1'] = process.argv.slice(2);
const real = openStore(url);
let puts = 0;

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

const store: ObjectStore = {
  url: real.url,
  async put(key, bytes) {
    puts++;
    if (when === 'before-put' && puts === Number(count)) die();
    const put = await real.put(key, bytes);
    if (when === 'after-put' && puts === Number(count)) die();
    return put;
  },
  get: (key) => real.get(key),
  list: (prefix) => real.list(prefix),
  delete: (key) => real.delete(key),
  check: () => real.check(),
};

const outcomes: string[] = [];
for await (const { outcome } of recoverJournals({ directory, store })) {
  outcomes.push(outcome);
  if (when === 'after' && outcomes.length === Number(count)) die();
}
process.stdout.write(JSON.stringify(outcomes));
