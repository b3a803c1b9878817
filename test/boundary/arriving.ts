// A stream of Node whose source takes its time.

import { Readable } from 'node:stream';

/** A stream of bytes whose chunks arrive one by one. */
export function arriving(chunks: readonly string[] = ['one', 'two', 'three'], fail?: Error): Readable {
  let at = 0;
  return new Readable({
    read() {
      setImmediate(() => {
        const chunk = chunks[at++];
        if (chunk !== undefined) this.push(chunk);
        else if (fail === undefined) this.push(null);
        else this.destroy(fail);
      });
    },
  });
}
