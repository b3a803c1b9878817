// Facts about this process that a reader of a recording wants: which program, on what, where.

import { hostname } from 'node:os';
import { VERSION } from '../version.js';
import type { ScalarFact } from '../envelope/index.js';

/** Facts about the running process, under the names of OpenTelemetry's resource attributes. */
export function processFacts(): readonly ScalarFact[] {
  const facts: ScalarFact[] = [
    ['process.pid', process.pid],
    ['process.runtime.name', 'nodejs'],
    ['process.runtime.version', process.versions.node],
    ['host.name', hostname()],
    ['host.arch', process.arch],
    ['os.type', process.platform],
    ['chronicle.version', VERSION],
  ];
  const script = process.argv[1];
  if (script !== undefined) facts.push(['process.command', script]);
  return facts;
}
