// Loading the users' modules, so that the boundaries in them are registered.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ChronicleError } from '../errors.js';
import { safeText } from './safe-text.js';

const TYPESCRIPT = /\.[cm]?tsx?$/;

/**
 * Loads modules one after the other, in the order given. Each is a path relative to `cwd`, a `file:` URL or the name
 * of a package that is installed there. Fails with `CHRONICLE_MODULE_FAILED`, which names the module and the reason.
 *
 * TypeScript is left to Node where it strips types, else to the `tsx` that is installed in `cwd`, if any.
 */
export async function loadModules(specifiers: readonly string[], cwd: string): Promise<void> {
  for (const specifier of specifiers) {
    const url = moduleUrl(specifier, cwd);
    try {
      if (TYPESCRIPT.test(url) && !loadsTypeScript()) await startTsx(cwd);
      await import(url);
    } catch (error) {
      throw moduleFailure(specifier, error, process.versions.node);
    }
  }
}

function isUnreadTypeScript(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === 'ERR_UNKNOWN_FILE_EXTENSION' && typeof message === 'string' && /\.[cm]?tsx?\b/.test(message);
}

function moduleUrl(specifier: string, cwd: string): string {
  const path = specifier.startsWith('file:') ? fileURLToPath(specifier) : resolve(cwd, specifier);
  if (existsSync(path)) return pathToFileURL(path).href;
  const isPath = specifier.startsWith('.') || specifier.startsWith('file:') || isAbsolute(specifier);
  if (!isPath) {
    try {
      return pathToFileURL(createRequire(join(cwd, 'chronicle.js')).resolve(specifier)).href;
    } catch {
      // Neither a file nor a package; the error below says both.
    }
  }
  const what = isPath ? 'there is no such file' : 'there is no such file, and no package of that name is installed there';
  throw new ChronicleError(
    'CHRONICLE_MODULE_FAILED',
    `Cannot load ${safeText(specifier)}: ${what}.\nThe path is taken from the working directory, ${safeText(cwd)}.`,
    {
      facts: { module: specifier, path },
    },
  );
}

/** Whether Node strips types itself, or a loader that the process was started with does. */
function loadsTypeScript(): boolean {
  const features = process.features as { readonly typescript?: unknown };
  if (features.typescript !== undefined && features.typescript !== false) return true;
  return [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].some((argument) => /\b(?:tsx|ts-node|esbuild-register)\b/.test(argument));
}

async function startTsx(cwd: string): Promise<void> {
  let tsx: string;
  try {
    tsx = createRequire(join(cwd, 'chronicle.js')).resolve('tsx');
  } catch {
    // Not installed: the import goes ahead, and its failure says what is missing.
    return;
  }
  await import(pathToFileURL(tsx).href);
}

/** Says why a module could not be loaded. Exported for its tests. */
export function moduleFailure(specifier: string, error: unknown, nodeVersion: string): ChronicleError {
  const facts = { module: specifier };
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
  const name = safeText(specifier);
  const said = safeText(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  if (isUnreadTypeScript(error)) {
    return new ChronicleError(
      'CHRONICLE_MODULE_FAILED',
      `Cannot load ${name}: Node ${nodeVersion} does not read TypeScript.\nInstall tsx (npm install --save-dev tsx) and start with NODE_OPTIONS="--import tsx", or use Node 22.18 or newer.`,
      { cause: error, facts },
    );
  }
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    return new ChronicleError(
      'CHRONICLE_MODULE_FAILED',
      `Cannot load ${name}: it holds TypeScript that Node ${nodeVersion} cannot strip (${said}).\nStart with NODE_OPTIONS="--import tsx", or write it without enums, namespaces and parameter properties.`,
      { cause: error, facts },
    );
  }
  if (code === 'ERR_MODULE_NOT_FOUND' && TYPESCRIPT.test(specifier)) {
    return new ChronicleError(
      'CHRONICLE_MODULE_FAILED',
      `Cannot load ${name}: ${said}.\nIf it imports TypeScript under a .js name, which Node does not resolve, start with NODE_OPTIONS="--import tsx".`,
      { cause: error, facts },
    );
  }
  return new ChronicleError('CHRONICLE_MODULE_FAILED', `Cannot load ${name}: ${said}.\nMake it load by itself first, as with node ${name}.`, {
    cause: error,
    facts,
  });
}
