// @ts-check
// Finds a Node of a given major version, for the suites that run on several: the one that runs this, one that a variable
// names (CHRONICLE_NODE_24), or one installed once from npm into the tools cache, where Node is a plain binary package.
//
//   node scripts/node-binary.mjs 24     prints the path of its executable
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toolsDirectory } from './tools-directory.mjs';

/** @type {Readonly<Record<number, string>>} */
const VERSIONS = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0' };

/**
 * The path of a Node executable of this major version. Installs it when there is none yet, which takes some seconds
 * and 200 MB; progress goes to stderr.
 * @param {number} major
 */
export function nodeBinary(major) {
  const variable = `CHRONICLE_NODE_${major}`;
  const named = process.env[variable];
  if (named) {
    const said = spawnSync(named, ['--version'], { encoding: 'utf8' }).stdout ?? '';
    if (!said.startsWith(`v${major}.`)) throw new Error(`${variable} names ${named}, which is not Node ${major}: it says ${JSON.stringify(said.trim())}.`);
    return named;
  }
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const version = VERSIONS[major];
  if (version === undefined) throw new Error(`No version of Node ${major} is chosen. Add one to scripts/node-binary.mjs.`);
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const home = join(toolsDirectory(), `${name}-${version}`);
  const binary = join(home, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(binary)) install(name, version, home);
  return binary;
}

/** @param {string} name @param {string} version @param {string} home */
function install(name, version, home) {
  console.error(`node-binary: installing ${name}@${version}`);
  mkdirSync(toolsDirectory(), { recursive: true });
  // Beside the target, so that the rename is atomic: a killed run, or two at once, leave no half of an installation.
  const scratch = mkdtempSync(join(toolsDirectory(), '.node-'));
  try {
    writeFileSync(join(scratch, 'package.json'), '{ "private": true }\n');
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--save=false', `${name}@${version}`], {
      cwd: scratch,
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    });
    try {
      renameSync(scratch, home);
    } catch (error) {
      // Somebody else was faster, and theirs is as good.
      if (!existsSync(home)) throw error;
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const major = Number(process.argv[2]);
  if (!Number.isInteger(major)) {
    console.error('Usage: node scripts/node-binary.mjs MAJOR');
    process.exitCode = 2;
  } else console.log(nodeBinary(major));
}
