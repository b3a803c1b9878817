// The package as users have it, built into a folder of its own: these tests start the real command, and programs beside
// it import `chronicle-otel` by its name.

import { cp, mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsdown';
import configs from '../../tsdown.config.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
/** What the built files import. */
const DEPENDENCIES = ['commander', 'fzstd', 'picocolors', 'protobufjs', '@opentelemetry'];

/** A folder with the package installed in it. */
export interface BuiltPackage {
  readonly folder: string;
  readonly cli: string;
  remove(): Promise<void>;
}

/** Builds the package. `name` is the name of the folder that it is installed in. */
export async function buildPackage(name = 'user'): Promise<BuiltPackage> {
  const temp = await realpath(await mkdtemp(join(tmpdir(), 'chronicle-cli-test-')));
  const folder = join(temp, name);
  const modules = join(folder, 'node_modules');
  const own = join(modules, 'chronicle-otel');
  await mkdir(own, { recursive: true });
  await cp(join(ROOT, 'package.json'), join(own, 'package.json'));
  for (const dependency of DEPENDENCIES) await symlink(join(ROOT, 'node_modules', dependency), join(modules, dependency));
  for (const config of Array.isArray(configs) ? configs : [configs]) {
    await build({ ...config, config: false, cwd: ROOT, outDir: join(own, 'dist'), dts: false, logLevel: 'error' });
  }
  return { folder, cli: join(own, 'dist', 'cli.cjs'), remove: () => rm(temp, { recursive: true, force: true }) };
}
