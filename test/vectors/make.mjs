// Makes the golden segments that do not exist yet, each with its meaning as JSON beside it. One that exists is left as
// it is: what an earlier writer wrote must be read for good.
//
//   node test/vectors/make.mjs          (zstd needs Node 22.15 or newer; an older one leaves those segments out)
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as zlib from 'node:zlib';
import { build } from 'rolldown';

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, 'v1');
const work = mkdtempSync(join(tmpdir(), 'chronicle-vectors-'));
const hasZstd = 'zstdCompress' in zlib;
try {
  await build({
    input: { vectors: join(here, 'vectors.ts'), meaning: join(here, 'meaning.ts') },
    platform: 'node',
    output: { dir: work, format: 'esm', entryFileNames: '[name].mjs' },
    logLevel: 'silent',
  });
  const { vectors, traces } = await import(pathToFileURL(join(work, 'vectors.mjs')).href);
  const { meaningOf, meaningOfTrace } = await import(pathToFileURL(join(work, 'meaning.mjs')).href);
  mkdirSync(target, { recursive: true });
  for (const [name, make] of Object.entries(vectors)) {
    const path = join(target, `${name}.chronicle`);
    if (existsSync(path) || (name.includes('zstd') && !hasZstd)) continue;
    const bytes = await make();
    writeFileSync(path, bytes, { flag: 'wx' });
    writeFileSync(join(target, `${name}.json`), `${JSON.stringify(meaningOf(bytes, `${name}.chronicle`), null, 1)}\n`, { flag: 'wx' });
    console.log(`made ${name}: ${bytes.length} bytes`);
  }
  for (const [name, segments] of Object.entries(traces)) {
    const path = join(target, `${name}.json`);
    if (existsSync(path)) continue;
    const read = segments.map((segment) => ({ name: segment, bytes: readFileSync(join(target, `${segment}.chronicle`)) }));
    writeFileSync(path, `${JSON.stringify(meaningOfTrace(read), null, 1)}\n`, { flag: 'wx' });
    console.log(`made ${name} of ${segments.length} segments`);
  }
} finally {
  rmSync(work, { recursive: true });
}
