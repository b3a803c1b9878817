// From argv to one call of one command. Faults of the command line become sentences with the nearest known word.

import { Command, CommanderError, Option } from 'commander';
import { nearestName, sortByCloseness } from '../replay/nearest-name.js';
import { VERSION } from '../version.js';
import type { CliCommand, CommandCall, GlobalOptions } from './cli-command.js';
import { EXIT } from './exit-codes.js';
import type { Io } from './io.js';
import { paintFor } from './paint.js';
import { usageFault } from './usage.js';

const READ_MORE = `
A REF is any of: a trace ID, a span ID, traceId:spanId, a traceparent, the URL
of a trace in Jaeger or Grafana, an envelope URI from a span, the path of a
.chronicle file.

Example:
  # the newest recorded runs, then one of them again without its side effects
  chronicle ls --store file:./runs
  chronicle replay 4bf92f3577b34da6a3ce929d0e0e4736 --store file:./runs -- node app.js

Exit codes: 0 done (of a replay: same), 1 changed or diverged, 2 usage,
3 cannot be read or vouched for, 4 the replayed program failed,
70 a fault of chronicle.

Read more in docs/cli.md of the package chronicle-otel.`;

/** Parses the words and runs the command. Gives the exit code; errors of the command pass through. */
export async function runCommandLine(words: readonly string[], commands: readonly CliCommand[], io: Io): Promise<number> {
  const dashes = words.indexOf('--');
  const own = dashes < 0 ? words : words.slice(0, dashes);
  const program = dashes < 0 ? undefined : words.slice(dashes + 1);
  let exitCode: number = EXIT.ok;
  const root = rootCommand(io);
  let called: Command | undefined;
  root.hook('preSubcommand', (_root, sub) => {
    called = sub;
  });
  for (const command of commands) {
    const sub = subCommand(command, root, io);
    sub.action(async () => {
      exitCode = await command.run(callOf(command, sub, program, io));
    });
  }
  if (own.length === 0) {
    io.stderr.write(root.helpInformation() + READ_MORE + '\n');
    return EXIT.usage;
  }
  try {
    await root.parseAsync([...own], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.ok;
    throw usageFaultOf(error, root, called, own);
  }
}

function rootCommand(io: Io): Command {
  const root = new Command('chronicle');
  settle(root, io)
    .description('Finds, shows, checks, compares and replays the recorded runs of an AI agent.')
    .usage('COMMAND [options]')
    .version(VERSION, '--version', 'print the version')
    .option('--store <url>', 'where the recordings are, as in file:./runs (default: CHRONICLE_STORE)')
    .option('--json', 'print JSON instead of text')
    .option('--debug', 'print stack traces with errors')
    .addOption(new Option('--no-color', 'print without colours (also: NO_COLOR)'))
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', READ_MORE);
  return root;
}

/** What holds for every command: our own words for faults, and commander never ends the process. */
function settle(command: Command, io: Io): Command {
  return command
    .exitOverride()
    .showSuggestionAfterError(false)
    .allowExcessArguments(false)
    .helpOption('-h, --help', 'print this help')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: () => undefined,
      getOutHelpWidth: () => io.stdout.columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
}

function subCommand(command: CliCommand, root: Command, io: Io): Command {
  const sub = root.command(command.name);
  settle(sub, io)
    .summary(command.summary)
    .description(command.description ?? command.summary);
  command.define(sub);
  const examples = command.examples.map(({ line, does }) => `  # ${does}\n  ${line}`).join('\n');
  return sub.addHelpText('after', `\nExamples:\n${examples}`);
}

function callOf(command: CliCommand, sub: Command, program: readonly string[] | undefined, io: Io): CommandCall {
  if (program !== undefined && command.takesProgram !== true) {
    throw usageFault(`chronicle ${command.name} takes nothing after --.\nLeave out the -- and what follows it. See chronicle ${command.name} --help.`);
  }
  const { store, json, debug, color } = sub.optsWithGlobals<GlobalOptions>();
  return {
    operands: sub.args,
    options: sub.opts(),
    global: { ...(store === undefined ? {} : { store }), json: json === true, debug: debug === true, color },
    program,
    io,
    paintFor: (output) => paintFor(output, io.env, color),
  };
}

/** Rewrites a fault that commander found; `error.message` quotes the word that is at fault. */
function usageFaultOf(error: CommanderError, root: Command, sub: Command | undefined, words: readonly string[]): Error {
  const [, word = ''] = /'([^]*?)'/.exec(error.message) ?? [];
  const at = sub === undefined ? 'chronicle' : `chronicle ${sub.name()}`;
  const help = `See ${at} --help.`;
  switch (error.code) {
    case 'commander.unknownOption': {
      const known = [...(sub?.options ?? []), ...root.options].flatMap(({ long }) => long ?? []).concat('--help');
      return usageFault(`Unknown option ${word} of ${at}.\n${suggestion(word, known)} ${help}`, { option: word, known });
    }
    case 'commander.unknownCommand': {
      const known = root.commands.map((command) => command.name());
      return usageFault(`Unknown command ${word}.\n${suggestion(word, known)} See chronicle --help.`, { command: word, known });
    }
    case 'commander.missingArgument':
      return usageFault(`${at} needs ${word.toUpperCase()}.\n${swallowed(sub, words)}${help}`, { missing: word });
    case 'commander.optionMissingArgument':
      return usageFault(`Option ${word} needs a value.\n${help}`, { option: word });
    case 'commander.excessArguments':
      return usageFault(
        `${at} was given too many words: ${(sub?.args ?? []).slice(sub?.registeredArguments.length ?? 0).join(' ') || words.join(' ')}.\n${help}`,
      );
    default:
      return usageFault(`${error.message.replace(/^error: /, '')}.\n${help}`);
  }
}

/** The nearest known word; where none is near, all of them. */
function suggestion(word: string, known: readonly string[]): string {
  const nearest = nearestName(word.split('=', 1)[0] ?? word, known);
  return nearest === undefined ? `Known are ${sortByCloseness(word, known).join(', ')}.` : `Did you mean ${nearest}?`;
}

/** An option that takes several values takes the REF too, when that stands last. */
function swallowed(sub: Command | undefined, words: readonly string[]): string {
  const last = words[words.length - 1];
  const taker = sub?.options.find((option) => option.variadic && (sub.opts()[option.attributeName()] as string[] | undefined)?.includes(last ?? '') === true);
  return taker === undefined ? '' : `${last} was taken as a value of ${taker.long}: put it before the options. `;
}
