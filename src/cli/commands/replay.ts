// `chronicle replay REF`: runs a recorded run again with its recorded outcomes, in this process or as a command.

import type { Recording } from '../../envelope/index.js';
import type { CliCommand, CommandCall } from '../cli-command.js';
import { withProgress } from '../progress.js';
import type { ReplayTarget } from '../replay-environment.js';
import { type AskedOptions, namedBoundaries, type ReplayWords, replayOptionsOf } from '../replay-options.js';
import { openStoreFor } from '../store-of.js';
import { usageFault } from '../usage.js';

/** Replays a recorded run. */
export const replay: CliCommand = {
  name: 'replay',
  summary: 'run a recorded run again with its recorded outcomes',
  description:
    'Runs a recorded run again. Every boundary call gets its recorded outcome; nothing runs live that you do not name. ' +
    'With --import, the recorded boundary is called by its name with its recorded input. After --, your own command runs ' +
    'again; its output stays its own, and the report follows on stderr.',
  examples: [
    { line: 'chronicle replay 4bf92f3577b34da6a3ce929d0e0e4736 --import ./agent.js', does: 'call the recorded boundary, which agent.js defines' },
    { line: 'chronicle replay 4bf92f3577b34da6a3ce929d0e0e4736 -- node app.js', does: 'run your own command again' },
    { line: 'chronicle replay 4bf92f3577b34da6a3ce929d0e0e4736 --import ./agent.js --live get_quote', does: 'let one boundary run live' },
  ],
  takesProgram: true,
  define(command) {
    command
      .usage('[options] <ref> --import <module>\n       chronicle replay [options] <ref> -- <command> [args...]')
      .argument('<ref>', 'what to replay: see chronicle --help')
      .option('--import <module...>', 'load this module first: a path or a package, JavaScript or TypeScript')
      .option('--input <json>', 'call it with this instead of the recorded input: a list of arguments, or the only one')
      .option('--live <name...>', 'let this boundary run live')
      .option('--block <name...>', 'refuse the calls of this boundary')
      .option('--answer <name=json...>', 'give this answer to the calls of a boundary')
      .option('--policy <key=value...>', 'recorded, live or block by name, kind:tool or effect:read')
      .option('--allow-irreversible <name...>', 'let this irreversible boundary run where it is live')
      .option('--on-changed-input <what>', 'a call with another input than recorded: stop, serve or live (default: stop)')
      .option('--pace <pace>', 'recorded streams at once, or with their pauses: fast or recorded (default: fast)')
      .option('--strict', 'refuse a recording that is not complete')
      .option('--report <file>', 'write the report to this file, as JSON');
  },
  async run(call) {
    const options = replayOptionsOf(call.options as ReplayWords);
    checkForm(call, options);
    // The program would find a policy that cannot be meant too, but only once it runs.
    (await import('../../replay/index.js')).resolveReplayOptions(options);
    await (await import('../replay-output.js')).prepareReportFile(call);
    const target = await findTarget(call);
    await noteUnknownNames(call, target.recording, options);
    if (call.program === undefined) return (await import('../replay-modules.js')).replayModules(call, target, options);
    return (await import('../replay-program.js')).replayProgram(call, call.program, target, options);
  },
};

function checkForm({ program }: CommandCall, options: AskedOptions): void {
  if (program === undefined) {
    if (options.import !== undefined) return;
    throw usageFault(
      'Nothing says what to run again.\nName the module that defines the recorded boundary with --import ./agent.js, or your own command after --, as in -- node app.js.',
    );
  }
  if (program.length === 0) throw usageFault('No command follows after --.\nWrite it as in a shell, for example: chronicle replay REF -- node app.js');
  for (const name of ['import', 'input'] as const) {
    if (options[name] !== undefined)
      throw usageFault(`Option --${name} does not go with a command after --, which runs as it is.\nLeave out one of them.`, { option: `--${name}` });
  }
}

async function findTarget(call: CommandCall): Promise<ReplayTarget> {
  const [given = ''] = call.operands;
  const { archive, storeUrl, storeWords, ref } = await openStoreFor(given, call);
  const { recording, envelope } = await withProgress(call.io.stderr, `Looking through ${archive.url} ...`, () => archive.find(ref));
  return { ref, recording, envelope, storeUrl, storeWords };
}

/** A mistyped name would be a call that silently is not live. It is no fault: new code may have new boundaries. */
async function noteUnknownNames({ io }: CommandCall, { envelopes }: Recording, options: AskedOptions): Promise<void> {
  const names = namedBoundaries(options);
  if (names.length === 0) return;
  const recorded = new Set(envelopes.map(({ name }) => name));
  const { nearestName, safeText } = await import('../../replay/index.js');
  for (const name of names.filter((each) => !recorded.has(each))) {
    const nearest = nearestName(name, [...recorded]);
    io.stderr.write(
      safeText(
        `Note: no boundary ${JSON.stringify(name)} is recorded in this run.${nearest === undefined ? '' : ` Did you mean ${JSON.stringify(nearest)}?`}`,
      ) + '\n',
    );
  }
}
