// @ts-check
// Makes the Python that the suites run readers/python with: a virtual environment in the tools cache, with `protobuf` and,
// for segments packed with zstd, `zstandard`, in pinned versions.
//
//   node scripts/python-environment.mjs     prints the path of its executable
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toolsDirectory } from './tools-directory.mjs';

const PACKAGES = ['protobuf==6.33.6', 'zstandard==0.25.0'];

/**
 * The path of a Python that has what readers/python needs. Installs it when there is none yet, which takes some seconds;
 * progress goes to stderr. `CHRONICLE_PYTHON` names the Python that it is made from, `python3` by default.
 */
export function pythonWithProtobuf() {
  const python = process.env['CHRONICLE_PYTHON'] || (process.platform === 'win32' ? 'python' : 'python3');
  const said = spawnSync(python, ['-c', 'import sys; print(sys.version, sys.prefix)'], { encoding: 'utf8' });
  if (said.status !== 0) throw new Error(`Cannot run ${python}. Install Python 3.9 or newer, or name one in CHRONICLE_PYTHON.`);
  // An environment belongs to the Python that it was made from.
  const name = createHash('sha256')
    .update(JSON.stringify([said.stdout, PACKAGES]))
    .digest('hex')
    .slice(0, 12);
  const home = join(toolsDirectory(), `python-${name}`);
  if (!existsSync(join(home, 'complete'))) install(python, home);
  return join(home, 'venv', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
}

/** @param {string} python @param {string} home */
function install(python, home) {
  console.error(`python-environment: installing ${PACKAGES.join(', ')}`);
  mkdirSync(toolsDirectory(), { recursive: true });
  // Beside the target, so that the rename is atomic: a killed run, or two at once, leave no half of an installation. The
  // scripts of an environment hold its path and so do not survive that; its Python, which is all that is used, does.
  const scratch = mkdtempSync(join(toolsDirectory(), '.python-'));
  const venv = join(scratch, 'venv');
  try {
    execFileSync(python, ['-m', 'venv', venv], { stdio: ['ignore', 2, 2] });
    const own = join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
    execFileSync(own, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary', ':all:', ...PACKAGES], { stdio: ['ignore', 2, 2] });
    writeFileSync(join(scratch, 'complete'), '');
    try {
      renameSync(scratch, home);
    } catch (error) {
      // Somebody else was faster, and theirs is as good.
      if (!existsSync(join(home, 'complete'))) throw error;
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) console.log(pythonWithProtobuf());
