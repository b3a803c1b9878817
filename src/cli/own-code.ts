// Where our own code lies on disk: stack frames in it say nothing to users, and register.mjs is beside it.

import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** The folder of our code: `dist` as published, `src` where the sources run as they are. */
export const OWN_CODE = basename(here) === 'cli' ? dirname(here) : here;

/** The module that a replayed program loads first, as a URL: in it no character needs quoting. */
export function registerModuleUrl(): string {
  return pathToFileURL(join(OWN_CODE, 'register.mjs')).href;
}
