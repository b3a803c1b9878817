// The same test files on both lines of the SDK: `#otel` is the line's own fixture, and our code uses the very copy of
// the API that the line's application has. Installed by install.sh; run.sh gives each line a Node that it supports.

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The file that Node gives an ES module that imports the API of that line. */
const API = { sdk2: 'build/src/index.js', sdk3: 'dist/index.mjs' } as const;
const apiOf = (line: keyof typeof API): string => here(`./${line}/node_modules/@opentelemetry/api/${API[line]}`);

const project = (line: keyof typeof API, other: keyof typeof API) => ({
  root: here('../..'),
  resolve: {
    alias: {
      '#otel': here(`./${line}/otel.mjs`),
      '#other-api': apiOf(other),
      '@opentelemetry/api': apiOf(line),
    },
  },
  test: {
    name: `lines-${line}`,
    include: ['test/lines/*.test.ts'],
    testTimeout: 30_000,
    pool: 'forks' as const,
    isolate: true,
    // Imported by Node, so that the SDK and our code meet the same copy of the API.
    server: { deps: { external: [/\/test\/lines\/sdk[23]\//] } },
  },
});

export default defineConfig({ test: { projects: [project('sdk2', 'sdk3'), project('sdk3', 'sdk2')] } });
