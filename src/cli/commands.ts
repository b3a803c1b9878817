// The table of commands. A new command is one file and one line here.

import type { CliCommand } from './cli-command.js';
import { diff } from './commands/diff.js';
import { exportRun } from './commands/export.js';
import { ls } from './commands/ls.js';
import { recover } from './commands/recover.js';
import { replay } from './commands/replay.js';
import { show } from './commands/show.js';
import { verify } from './commands/verify.js';

/** All commands, in the order of the help. */
export const COMMANDS: readonly CliCommand[] = [ls, show, replay, diff, verify, recover, exportRun];
