// `chronicle replay REF -- COMMAND`, as users start it: the program's output and exit code stay its own.

import { spawn } from 'node:child_process';
import { readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, type Printed, run, type UserFolder, userFolder } from './user-folder.js';

let user: UserFolder;
let before: string;
beforeAll(async () => {
  // A folder whose name a shell and NODE_OPTIONS would split or unquote.
  user = await userFolder(`a user's "own" 100% folder #1`);
}, 60_000);
afterAll(() => user?.remove());
beforeEach(async () => {
  before = await digestOf(user.store);
});
afterEach(async () => {
  expect(await digestOf(user.store)).toBe(before);
});

function replay(words: readonly string[], env?: Readonly<Record<string, string>>, options: readonly string[] = []): Promise<Printed> {
  return user.chronicle(['replay', user.traceId, ...options, '--', ...words], env);
}

function withoutOwnTrace(text: string): string {
  return text.replace(/ as [0-9a-f]{32}/, ' as TRACE');
}

function report(program: string): string {
  return `
same: the run ended as recorded; 3 calls were answered from the recording and none ran live.
replay of ${user.traceId}:${user.spans['trader']} as TRACE

Calls
  trader#0         agent      ran again  exact
    decide#0       model      recorded  exact
    get_quote#0    tool       recorded  exact
    place_order#0  tool       recorded  exact

${program}
`;
}

describe('chronicle replay -- COMMAND', () => {
  it('runs the command with recorded answers, and the report follows on stderr', async () => {
    const { code, stdout, stderr } = await replay(['node', 'app.mjs']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'sold 1000' });
    expect(withoutOwnTrace(stderr)).toBe(`app: done\n${report('Program  node app.mjs ended with exit code 0')}`);
  });

  it('keeps the NODE_OPTIONS that are set', async () => {
    await user.write('before.mjs', `console.error('before');\n`);
    const { code, stderr } = await replay(['node', 'app.mjs'], { NODE_OPTIONS: '--import ./before.mjs --no-warnings' });
    expect(code).toBe(0);
    // Once in the command, which has them too, and once in the program.
    expect(stderr).toMatch(/^before\nbefore\napp: done\n/);
  });

  it('goes through a launcher, which calls no boundary itself', async () => {
    await user.write('package.json', JSON.stringify({ private: true, scripts: { start: 'node app.mjs' } }));
    for (const words of [
      ['npm', 'start', '--silent'],
      ['sh', '-c', 'node app.mjs'],
    ]) {
      const { code, stdout, stderr } = await replay(words);
      expect({ code, stdout }).toEqual({ code: 0, stdout: 'sold 1000' });
      expect(stderr).toMatch(/ended with exit code 0\n$/);
    }
  });

  it('prints one line of JSON last on stdout with --json, with how the program ended', async () => {
    const { code, stdout, stderr } = await replay(['node', 'app.mjs'], { APP_EXIT: '7' }, ['--json']);
    expect({ code, stderr }).toEqual({ code: 4, stderr: 'app: done\n' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toBe('sold 1000');
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ verdict: 'same', live: 0, program: { command: ['node', 'app.mjs'], exitCode: 7, signal: null } });
  });

  it('writes the report into a file, and says the verdict on stderr', async () => {
    const { code, stderr } = await replay(['node', 'app.mjs'], {}, ['--report', 'report.json']);
    expect(code).toBe(0);
    expect(stderr).toBe(
      'app: done\n\nsame: the run ended as recorded; 3 calls were answered from the recording and none ran live.\nThe report is in report.json.\n',
    );
    const path = join(user.folder, 'report.json');
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ verdict: 'same', program: { exitCode: 0 } });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('exits with 1 when the program diverged, whatever the program made of it', async () => {
    const { code, stderr } = await replay(['node', 'app.mjs'], { FIX: '1' });
    expect(code).toBe(1);
    expect(stderr).toContain(
      '\ndiverged: tool "place_order" at trader#0/place_order#0: The recording holds 1 call there; its input differs at $[0].shares: recorded 1000, now 6.\n',
    );
    expect(stderr).toMatch(/Program {2}node app\.mjs ended with exit code 1\n$/);
  });

  it('exits with 4 when all went as recorded and the program failed nonetheless', async () => {
    const { code, stderr } = await replay(['node', 'app.mjs'], { APP_EXIT: '3' });
    expect(code).toBe(4);
    expect(withoutOwnTrace(stderr)).toBe(
      `app: done\n${report('Program  node app.mjs ended with exit code 3\nAll went as recorded, and the program failed nonetheless: in a way the recording did not.')}`,
    );
  });

  it('passes the policies on', async () => {
    const answered = await replay(['node', 'app.mjs'], {}, ['--json', '--answer', 'place_order={"ok":true,"shares":1}']);
    expect(answered.stdout.split('\n', 1)[0]).toBe('sold 1');
    expect(JSON.parse(answered.stdout.trimEnd().split('\n')[1] ?? '')).toMatchObject({ verdict: 'changed' });
    const refused = await replay(['node', 'app.mjs'], {}, ['--live', 'place_order']);
    expect(refused.code).toBe(3);
  });

  it('refuses with --strict before anything starts, where the recording is not complete', async () => {
    const { Codec, fileHead } = await import('../../src/envelope/index.js');
    const { TraceWriter, MemoryJournal } = await import('../../src/archive/index.js');
    const traceId = 'abababababababababababababababab';
    const journal = new MemoryJournal();
    const startUnixNanos = 1_764_025_200_000_000_000n;
    const writer = new TraceWriter({
      traceId,
      writer: 'aaaaaaaa',
      index: 0,
      startUnixNanos,
      writerVersion: '0.0.0',
      journal,
      resource: [],
      protect: undefined,
    });
    writer.begin(
      {
        traceId,
        spanId: '00000000000000aa',
        parent: 0,
        parentSpanId: undefined,
        parentPath: '',
        kind: 'agent',
        name: 'trader',
        effect: 'none',
        ordinal: 0,
        startUnixNanos,
      },
      { value: ['x'], slot: 'a' },
    );
    await user.write('torn.open', Buffer.concat([fileHead(Codec.none), journal.read()]));
    const { code, stdout, stderr } = await user.chronicle(['replay', 'torn.open', '--strict', '--', 'node', 'app.mjs']);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/^refused: The recording is not complete, and --strict asks for one that is: /);
  });

  it('takes a recording file as it takes a run', async () => {
    const shown = JSON.parse((await user.chronicle(['show', user.traceId, '--json'])).stdout) as { segments: string[] };
    const { code } = await user.chronicle(['replay', join(user.store, shown.segments[0] ?? ''), '--', 'node', 'app.mjs'], { CHRONICLE_STORE: '' });
    expect(code).toBe(0);
  });

  it('works through a link to the command, as npm makes one', async () => {
    const link = join(user.folder, 'node_modules', 'linked-chronicle');
    await symlink(user.cli, link);
    const { code } = await run(link, ['replay', user.traceId, '--', 'node', 'app.mjs'], user.folder, { CHRONICLE_STORE: user.store, RECORDED: '1' });
    expect(code).toBe(0);
  });
});

describe('a command that calls no boundary', () => {
  const NOTHING = 'Nothing was compared: the command called no boundary, or is no Node program.\n';
  const CHECK = 'Check that it starts node with the environment that it is given, and that its boundaries are called.\n';

  it('exits with 1: nothing can be said to be the same', async () => {
    expect(await replay(['true'])).toEqual({ code: 1, stdout: '', stderr: `${NOTHING}Program  true ended with exit code 0\n${CHECK}` });
    expect(await replay(['node', '-e', '0'], {}, ['--json'])).toEqual({
      code: 1,
      stdout: 'null\n',
      stderr: `${NOTHING}Program  node -e 0 ended with exit code 0\n${CHECK}`,
    });
  });

  it('leaves no report of an earlier replay to be read', async () => {
    await replay(['node', 'app.mjs'], {}, ['--report', 'stale.json']);
    await replay(['true'], {}, ['--report', 'stale.json']);
    expect(await readFile(join(user.folder, 'stale.json'), 'utf8')).toBe('null\n');
  });

  it('exits with 4 when it failed', async () => {
    expect(await replay(['false'])).toEqual({ code: 4, stdout: '', stderr: `${NOTHING}Program  false ended with exit code 1\n${CHECK}` });
  });
});

describe('a signal', () => {
  /** Starts the command, sends a signal when the program is ready, and waits. */
  function interrupted(program: string, signal: NodeJS.Signals): Promise<Printed> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [user.cli, 'replay', user.traceId, '--', 'node', program], {
        cwd: user.folder,
        env: { PATH: process.env['PATH'] ?? '', CHRONICLE_STORE: user.store, RECORDED: '1' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
        if (stdout.includes('ready')) child.kill(signal);
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });
  }

  it('is passed on, and the program is waited for; what it had done is judged', async () => {
    await user.write(
      'server.mjs',
      `import { trader } from './agent.mjs';\nprocess.on('SIGTERM', () => { console.error('closing'); process.exit(0); });\nawait trader('sell $1,000 worth of stock');\nsetInterval(() => {}, 1000);\nconsole.log('ready');\n`,
    );
    const { code, stderr } = await interrupted('server.mjs', 'SIGTERM');
    expect(code).toBe(0);
    expect(withoutOwnTrace(stderr)).toBe(`closing\n${report('Program  node server.mjs ended with exit code 0')}`);
  });

  it('that ends the program before it reported is in the exit code', async () => {
    await user.write('waiting.mjs', `setInterval(() => {}, 1000);\nconsole.log('ready');\n`);
    const { code, stderr } = await interrupted('waiting.mjs', 'SIGINT');
    expect(code).toBe(130);
    expect(stderr).toContain('Program  node waiting.mjs was ended by SIGINT\n');
  });
});
