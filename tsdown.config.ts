import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    register: 'src/register.ts',
    semconv: 'src/semconv/index.ts',
    envelope: 'src/envelope/index.ts',
    cli: 'src/cli/main.ts',
  },
  format: ['esm', 'cjs'],
  platform: 'node',
  target: 'node20.19',
  dts: true,
  clean: true,
  fixedExtension: true,
  sourcemap: true,
  outDir: 'dist',
});
