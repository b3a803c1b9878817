import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Folders of test/ that need nothing but the checkout and run in seconds. */
const QUICK = ['architecture', 'boundary', 'cli', 'contracts', 'crash', 'privacy', 'properties', 'recordings', 'vectors'];

/** Tests of other folders that need a real server. */
const WITH_SERVERS = 'test/**/*.server.test.ts';

/** The file that Node gives an ES module that imports the API of that line of the SDK. */
const API = { sdk2: 'build/src/index.js', sdk3: 'dist/index.mjs' } as const;

/** Real runs on one line of the SDK, as test/lines/vitest.config.ts sets up its own. */
const runs = (line: keyof typeof API) => ({
  resolve: {
    alias: {
      '#otel': here(`./test/lines/${line}/otel.mjs`),
      // The examples import the package by its name; beside these tests they are to meet the sources.
      'chronicle-otel': here('./src/index.ts'),
      '@opentelemetry/api': here(`./test/lines/${line}/node_modules/@opentelemetry/api/${API[line]}`),
    },
  },
  test: {
    name: `runs-${line}`,
    include: ['test/runs/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 300_000,
    pool: 'forks' as const,
    // Imported by Node, so that the SDK and our code meet the same copy of the API.
    server: { deps: { external: [/\/test\/lines\/sdk[23]\//] } },
  },
});

// test/lines has a configuration of its own. test/architecture/suites.test.ts holds that every test is in some suite.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'semconv/**/*.test.ts', ...QUICK.map((folder) => `test/${folder}/**/*.test.ts`)],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          globalSetup: ['test/package/install.ts'],
          // Each test of a consumer starts processes of its own.
          maxConcurrency: 3,
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      { test: { name: 'demo', include: ['test/demo/**/*.test.ts'], exclude: [WITH_SERVERS], testTimeout: 120_000, hookTimeout: 300_000 } },
      // Starts Python, and may install what it needs.
      { test: { name: 'python', include: ['test/readers/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 300_000 } },
      runs('sdk2'),
      runs('sdk3'),
      { test: { name: 'servers', include: ['test/servers/**/*.test.ts', WITH_SERVERS], testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false } },
    ],
  },
});
