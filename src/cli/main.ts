#!/usr/bin/env node
// The command `chronicle`.

import { EXIT } from './exit-codes.js';
import { processIo } from './io.js';
import { runCli } from './run.js';

// Overwritten when the command is done: a command that never ends must not look like one that succeeded.
process.exitCode = EXIT.internal;
void runCli(process.argv.slice(2), processIo()).then((exitCode) => {
  process.exitCode = exitCode;
});
