// @ts-check
// Where the suites keep what they build or install once for all checkouts of this machine: outside of the checkout, and
// the same folder that test/servers/install.sh uses.
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder of the tools cache. It need not exist yet. */
export function toolsDirectory() {
  const { CHRONICLE_TOOLS_DIR, XDG_CACHE_HOME } = process.env;
  return CHRONICLE_TOOLS_DIR || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'chronicle-otel-tools');
}
