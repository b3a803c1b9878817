import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['src/**/*.test.ts', 'semconv/**/*.test.ts', 'test/{contracts,properties,vectors,boundary,architecture}/**/*.test.ts'], testTimeout: 20_000 } },
      { test: { name: 'servers', include: ['test/servers/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false } },
    ],
  },
});
