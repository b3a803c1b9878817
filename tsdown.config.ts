import { defineConfig, type UserConfig } from 'tsdown';

// Two whole builds, ESM and CommonJS, rather than an ESM door in front of the CommonJS build: importing a large
// CommonJS file from ESM cost 11 to 20 ms more on Node 20 and 22 (Node scans it for export names first), and a door of
// `createRequire` cannot be bundled. A process that loads both has two copies of the classes, and that is safe: they
// share the engine under `Symbol.for('chronicle.v1')`, errors are told by a brand, and test/package holds both to it.
const entry = { index: 'src/index.ts', semconv: 'src/semconv/index.ts', envelope: 'src/envelope/index.ts' };
// `register.ts` waits at its top level, which a required module cannot.
const register = { esm: 'src/register.ts', cjs: 'src/register-require.ts' };

const shared = {
  platform: 'node',
  target: 'node20.19',
  fixedExtension: true,
  outDir: 'dist',
  // The output is not minified and reads well as it is; maps would be more than half of the package.
  sourcemap: false,
  // Docstrings are in the declarations, where editors read them.
  outputOptions: { comments: { legal: true, annotation: true, jsdoc: false } },
  // How long the declarations took is of no interest to whoever builds.
  inputOptions: { checks: { pluginTimings: false } },
} satisfies UserConfig;

/** What `@internal` marks is for our own folders. The entries are named, or the command would get declarations too. */
const declarations = (of: keyof typeof register) => ({ compilerOptions: { stripInternal: true }, entry: [...Object.values(entry), register[of]] });

export default defineConfig([
  { ...shared, format: 'esm', clean: true, entry: { ...entry, register: register.esm }, dts: declarations('esm') },
  // Nothing imports the command, so one build of it is enough, and commander loads fastest when it is required.
  { ...shared, format: 'cjs', clean: false, entry: { ...entry, register: register.cjs, cli: 'src/cli/main.ts' }, dts: declarations('cjs') },
]);
