// Runs small programs as processes of their own, with our package as it is built, and with a stand-in that does nothing:
// what both have in common is what the package must not change.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'tsdown';

/** How a process ended. */
export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  /** The errors and warnings on stderr. */
  readonly stderr: string;
}

/** Programs that may be run. */
export interface Programs {
  /** A folder that is removed with the rest. */
  folder(): string;
  /** Runs a program. It finds `boundary`, `chronicle` (undefined without us), `store` (a folder) and `later(turns)`. */
  run(
    source: string,
    options?: { readonly recorded?: boolean; readonly setUp?: string; readonly store?: string; readonly env?: Record<string, string> },
  ): Promise<End>;
  remove(): void;
}

const root = fileURLToPath(new URL('../../', import.meta.url));

const PLAIN = `
const kinds = ['agent', 'step', 'model', 'tool', 'retrieval', 'embedding', 'guardrail', 'human'];
const boundary = Object.fromEntries(kinds.map((kind) => [kind, (name, fn) => fn]));
const chronicle = undefined;
`;

/** Builds the package into a folder of its own, so that the tests do not depend on what lies in dist. */
export async function buildPrograms(): Promise<Programs> {
  mkdirSync(join(root, '.tmp'), { recursive: true });
  const work = mkdtempSync(join(root, '.tmp', 'boundary-'));
  await build({
    entry: { index: join(root, 'src/index.ts') },
    outDir: join(work, 'built'),
    format: 'esm',
    platform: 'node',
    dts: false,
    clean: false,
    logLevel: 'silent',
    config: false,
    fixedExtension: true,
  });
  const built = pathToFileURL(join(work, 'built', 'index.mjs')).href;
  let count = 0;
  const programs: Programs = {
    folder: () => mkdtempSync(join(work, 'store-')),
    async run(
      source,
      { recorded = true, setUp = 'new chronicle.RecordSpanProcessor({ store, idleMillis: 3_600_000 });', store = programs.folder(), env = {} } = {},
    ) {
      const ours = `import * as chronicle from ${JSON.stringify(built)};\nconst { boundary } = chronicle;\n`;
      const file = join(work, `program-${++count}.mjs`);
      writeFileSync(
        file,
        `${recorded ? ours : PLAIN}
const store = ${JSON.stringify(store)};
const later = async (turns = 3) => { for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate); };
${recorded ? setUp : ''}
${source}
`,
      );
      return endOfProcess(file, env);
    },
    remove: () => rmSync(work, { recursive: true, force: true }),
  };
  return programs;
}

async function endOfProcess(file: string, env: Record<string, string>): Promise<End> {
  const child = spawn(process.execPath, [file], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 15_000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode, exitSignal) => resolve([exitCode, exitSignal]));
  });
  return { code, signal, stdout, stderr: withoutPlaces(stderr) };
}

/** The words of an uncaught error and of warnings, without source lines and stack frames, which differ behind a wrapper. */
function withoutPlaces(text: string): string {
  return text
    .split('\n')
    .filter((line) => /^(?:\w*Error\b|Uncaught|undefined$|\[UnhandledPromiseRejection|\(node:\d+\)|Warning: )/.test(line))
    .map((line) =>
      line
        .replace(/\(node:\d+\)/, '(node)')
        .replace(/ at file:.*$/, '')
        .replace(/id: \d+/, 'id'),
    )
    .join('\n');
}
