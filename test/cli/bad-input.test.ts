// Bad input to the command: what is printed to stderr, word for word, and the exit code. Nothing recorded is changed.

import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, type Printed, run, type UserFolder, userFolder } from './user-folder.js';

let user: UserFolder;
let before: string;
beforeAll(async () => {
  user = await userFolder();
}, 60_000);
afterAll(() => user?.remove());
beforeEach(async () => {
  before = await digestOf(user.store);
});
afterEach(async () => {
  expect(await digestOf(user.store)).toBe(before);
});

/** A failure prints nothing but its sentence. */
function failure(code: number, ...lines: string[]): Printed {
  return { code, stdout: '', stderr: `${lines.join('\n')}\n` };
}

const UNKNOWN_TRACE = '0af7651916cd43dd8448eb211c80319c';
const CHECK = 'Check that the run was recorded into this store and not into another, and that its process has ended or called flush().';

describe('a ref', () => {
  it('of nothing says in which store it looked, and what to do', async () => {
    const expected = failure(2, `No trace ${UNKNOWN_TRACE} in file://${user.store}, which holds 1 trace.`, CHECK);
    expect(await user.chronicle(['show', UNKNOWN_TRACE])).toEqual(expected);
    expect(await user.chronicle(['replay', UNKNOWN_TRACE, '--import', './agent.mjs'])).toEqual(expected);
    expect(await user.chronicle(['replay', UNKNOWN_TRACE, '--', 'node', 'app.mjs'])).toEqual(expected);
  });

  it('of a span that is not recorded says what is', async () => {
    const { traceId, spans, store } = user;
    const listed = `agent "trader" ${spans['trader']}, model "decide" ${spans['decide']}, tool "get_quote" ${spans['get_quote']}, tool "place_order" ${spans['place_order']}`;
    expect(await user.chronicle(['show', `${traceId}:b7ad6b7169203331`])).toEqual(
      failure(
        2,
        `No span b7ad6b7169203331 in trace ${traceId} in file://${store}.`,
        `Only boundaries have envelopes: the span may be one of another library. There are: ${listed}.`,
      ),
    );
  });

  it('in no known form says which forms there are', async () => {
    expect(await user.chronicle(['show', '4bf92f'])).toEqual(
      failure(
        2,
        '"4bf92f" is no ref: it is 6 hex digits, and a trace ID has 32 and a span ID 16.',
        'A ref is a trace ID (32 hex digits), a span ID (16), traceId:spanId, a traceparent, the URL of a trace in Jaeger or Grafana,',
        'an envelope URI from a span, or the path of a .chronicle or .open file (with #spanId for one span).',
      ),
    );
  });

  it('of more than one run lists them', async () => {
    const { spans, traceId } = user;
    const twins = join(user.folder, 'twins');
    await cp(user.store, twins, { recursive: true });
    // The same spans in a second trace, as when two exports of one run are put into one store.
    const other = await recordTwin(twins);
    const { code, stdout, stderr } = await user.chronicle(['show', spans['trader'] ?? '', '--store', twins]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const refs = [`${other}:${spans['trader']}`, `${traceId}:${spans['trader']}`];
    expect(stderr).toBe(`Span ${spans['trader']} is in 2 traces of file://${twins}.\nName one of them: ${refs.join(', ')}.\n`);
  });

  it('of a run with two roots lists them, since replay calls one', async () => {
    await user.write(
      'two-roots.mjs',
      `import { boundary, flush, RecordSpanProcessor } from 'chronicle-otel';
import { context, trace, TraceFlags } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
new RecordSpanProcessor({ store: process.env.STORE });
const one = boundary.agent('one', () => 1);
const two = boundary.agent('two', () => 2);
const parent = { traceId: '${UNKNOWN_TRACE}', spanId: '00f067aa0ba902b7', traceFlags: TraceFlags.SAMPLED, isRemote: true };
context.with(trace.setSpanContext(context.active(), parent), () => { one(); two(); });
await flush();
`,
    );
    const store = join(user.folder, 'two-roots');
    await run(process.execPath, ['two-roots.mjs'], user.folder, { STORE: store });
    const shown = JSON.parse((await user.chronicle(['show', UNKNOWN_TRACE, '--json', '--store', store])).stdout) as { envelopes: { spanId: string }[] };
    const [one, two] = shown.envelopes.map(({ spanId }) => `${UNKNOWN_TRACE}:${spanId}`);
    expect(await user.chronicle(['replay', UNKNOWN_TRACE, '--import', './agent.mjs', '--store', store])).toEqual(
      failure(
        2,
        `Trace ${UNKNOWN_TRACE} holds 2 crossings that no other encloses, and replay calls one.`,
        'Name one of them:',
        `  ${one}  one`,
        `  ${two}  two`,
      ),
    );
  });

  it('that names another span than --span is refused', async () => {
    const { traceId, spans } = user;
    expect(await user.chronicle(['show', `${traceId}:${spans['trader']}`, '--span', spans['decide'] ?? ''])).toEqual(
      failure(2, `The ref names span ${spans['trader']}, and --span names "${spans['decide']}".`, 'Leave out one of them.'),
    );
  });
});

/** Writes the run again under another trace ID, with its span IDs. */
async function recordTwin(store: string): Promise<string> {
  const { TraceWriter, MemoryJournal } = await import('../../src/archive/index.js');
  const { openStore } = await import('../../src/storage/index.js');
  const traceId = 'ffffffffffffffffffffffffffffffff';
  // Later than any run, so that it is listed first.
  const startUnixNanos = 4_000_000_000_000_000_000n;
  const writer = new TraceWriter({
    traceId,
    writer: 'aaaaaaaa',
    index: 0,
    startUnixNanos,
    writerVersion: '0.0.0',
    journal: new MemoryJournal(),
    resource: [],
    protect: undefined,
  });
  const begun = writer.begin(
    {
      spanId: user.spans['trader'] ?? '',
      traceId,
      parent: 0,
      parentSpanId: undefined,
      parentPath: '',
      kind: 'agent',
      name: 'trader',
      effect: 'none',
      ordinal: 0,
      startUnixNanos,
    },
    { value: [], slot: 'in' },
  );
  writer.end(
    { crossing: begun.crossing, durationNanos: 0, ending: 'returned', async: false, stream: undefined, attributes: [] },
    writer.captureOutcome({ value: 1, slot: 'out' }),
  );
  await writer.seal(openStore(store));
  return traceId;
}

describe('a store', () => {
  it('that is not named', async () => {
    expect(await user.chronicle(['ls'], { CHRONICLE_STORE: '' })).toEqual(
      failure(2, 'No store is named.', 'Pass --store URL, or set CHRONICLE_STORE, for example to file:./chronicle-runs.'),
    );
  });

  it('that is not there', async () => {
    expect(await user.chronicle(['ls', '--store', 'nowhere'])).toEqual(
      failure(
        3,
        `There is no store at file://${user.folder}/nowhere: the folder does not exist.`,
        'Check the path and the working directory; the folder is made by the first run that is recorded into it.',
      ),
    );
  });

  it('that is a file', async () => {
    expect(await user.chronicle(['ls', '--store', 'app.mjs'])).toEqual(
      failure(
        3,
        `Cannot open the store file://${user.folder}/app.mjs: it is a file, not a folder.`,
        'Name the folder that holds the recordings. To read one recording file, give its path as the ref.',
      ),
    );
  });

  it('that cannot be read', async () => {
    expect(await user.chronicle(['show', user.traceId, '--store', 'app.mjs/below'])).toEqual(
      failure(
        3,
        `Cannot list journal/${user.traceId}. in file://${user.folder}/app.mjs/below: a folder on the way to it is a file (ENOTDIR).`,
        `Check ${user.folder}/app.mjs/below and the disk that holds it.`,
      ),
    );
  });

  it('of a kind whose client is not installed', async () => {
    expect(await user.chronicle(['ls', '--store', 's3://agent-runs/prod'])).toEqual(
      failure(
        2,
        'Cannot open s3://agent-runs/prod: the package @aws-sdk/client-s3 is not installed.',
        'Install it beside chronicle-otel: npm install @aws-sdk/client-s3',
      ),
    );
  });

  it('with a parameter that there is not, whose value is not shown', async () => {
    expect(await user.chronicle(['ls', '--store', 's3://agent-runs/prod?secretKey=abc'])).toEqual(
      failure(
        2,
        '"s3://agent-runs/prod?secretKey=***" names no store: there is no parameter "secretKey" of s3:.',
        'Known are endpoint, region, pathStyle, timeoutMillis. Supported are folders (file:./runs, file:///var/lib/runs, or a plain path), s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, azblob://ACCOUNT/CONTAINER/PREFIX and memory:NAME.',
      ),
    );
  });

  it('that lives in one process is none for a program of its own', async () => {
    const { code, stderr } = await user.chronicle(['replay', user.traceId, '--store', 'memory:here', '--', 'node', 'app.mjs']);
    expect(code).toBe(2);
    expect(stderr).toBe(`No trace ${user.traceId} in memory:here, which holds no traces.\n${CHECK}\n`);
  });
});

describe('a module', () => {
  const replay = (module: string, ...more: string[]): Promise<Printed> => user.chronicle(['replay', user.traceId, '--import', module, ...more]);

  it('that throws: the message and the place in it', async () => {
    await user.write('throws.mjs', 'function connect() {\n  throw new TypeError("no key");\n}\nconnect();\n');
    expect(await replay('./throws.mjs')).toEqual(
      failure(
        2,
        'Cannot load ./throws.mjs: TypeError: no key.',
        'Make it load by itself first, as with node ./throws.mjs.',
        '  at throws.mjs:2:9 (in connect)',
      ),
    );
  });

  it('that cannot be parsed: the message and the line', async () => {
    await user.write('broken.mjs', 'const a = 1;\nconst b = ;\n');
    expect(await replay('./broken.mjs')).toEqual(
      failure(
        2,
        "Cannot load ./broken.mjs: SyntaxError: Unexpected token ';'.",
        'Make it load by itself first, as with node ./broken.mjs.',
        '  at broken.mjs:2',
      ),
    );
  });

  it('with --debug: the stack trace as well', async () => {
    await user.write('throws.mjs', 'function connect() {\n  throw new TypeError("no key");\n}\nconnect();\n');
    const { code, stderr } = await replay('./throws.mjs', '--debug');
    expect(code).toBe(2);
    expect(stderr).toContain('caused by TypeError: no key\n    at connect (file://');
  });

  it('that is not there', async () => {
    expect(await replay('./agent.cjs')).toEqual(
      failure(2, 'Cannot load ./agent.cjs: there is no such file.', `The path is taken from the working directory, ${user.folder}.`),
    );
  });

  it('that defines no such boundary: the names that it does define', async () => {
    await user.write('others.mjs', `import { boundary } from 'chronicle-otel';\nboundary.agent('trade', () => 1);\nboundary.tool('quote', () => 2);\n`);
    expect(await replay('./others.mjs')).toEqual(
      failure(
        2,
        'No boundary is defined for the recorded agent "trader". Defined are "trade", "quote".',
        'Name the module that defines it with --import (option import), or pass the function with the option entry.',
      ),
    );
  });

  it('that defines no boundary at all', async () => {
    await user.write('none.mjs', 'export {};\n');
    expect(await replay('./none.mjs')).toEqual(
      failure(
        2,
        'No boundary is defined for the recorded agent "trader": the modules that were loaded define none at all.',
        'Name the module that defines it with --import (option import).',
      ),
    );
  });

  it('in which two different functions carry the name', async () => {
    await user.write('twice.mjs', `import { boundary } from 'chronicle-otel';\nboundary.agent('trader', () => 1);\nboundary.agent('trader', () => 2);\n`);
    expect(await replay('./twice.mjs')).toEqual(
      failure(
        2,
        '2 different functions are defined as agent "trader", and replay has to call one.',
        'Give them names of their own, or pass the function with the option entry.',
      ),
    );
  });

  it('that makes the boundary afresh is no error', async () => {
    await user.write(
      'fresh.mjs',
      `import { boundary } from 'chronicle-otel';
import { decide, quote, sell } from './agent.mjs';
const run = async (task) => {
  const { shares } = await decide({ messages: [{ role: 'user', content: task }] });
  await quote('AAPL');
  return sell({ symbol: 'AAPL', shares });
};
export const perRequest = () => boundary.step('trade', run);
perRequest();
perRequest();
`,
    );
    // The entry is the step, so it has to be recorded as one.
    const store = join(user.folder, 'fresh');
    await user.write(
      'fresh-app.mjs',
      `import { flush, RecordSpanProcessor } from 'chronicle-otel';\nimport { perRequest } from './fresh.mjs';\nnew RecordSpanProcessor({ store: process.env.STORE });\nawait perRequest()('sell');\nawait flush();\n`,
    );
    await run(process.execPath, ['fresh-app.mjs'], user.folder, { STORE: store });
    const [{ traceId }] = JSON.parse((await user.chronicle(['ls', '--json', '--store', store])).stdout) as [{ traceId: string }];
    const replayed = await user.chronicle(['replay', traceId, '--import', './fresh.mjs', '--store', store]);
    expect({ code: replayed.code, stderr: replayed.stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('that runs the agent when it is loaded: nothing runs live', async () => {
    await user.write('runs.mjs', `import { trader } from './agent.mjs';\nawait trader('sell');\n`);
    expect(await replay('./runs.mjs')).toEqual(
      failure(
        2,
        'Cannot load ./runs.mjs.',
        'Not run: agent "trader" was called by a module that was being loaded for a replay.',
        `Import a module that only defines its boundaries, or replay the whole program with: chronicle replay ${user.traceId} -- node ...`,
        '  at runs.mjs:2:7',
      ),
    );
  });
});

describe('a recording', () => {
  async function storeWith(folder: string, place: (store: string, sealed: Uint8Array, name: string) => Promise<void>): Promise<string> {
    const store = join(user.folder, folder);
    const traces = join(user.store, 'v1/traces', user.traceId);
    const [name = ''] = await readdir(traces);
    await place(store, await readFile(join(traces, name)), name);
    return store;
  }

  it('that is cut in the middle is refused, whoever asks', async () => {
    const key = (name: string): string => `v1/traces/${user.traceId}/${name}`;
    let segment = '';
    const store = await storeWith('cut', async (root, sealed, name) => {
      segment = key(name);
      await mkdir(join(root, 'v1/traces', user.traceId), { recursive: true });
      await writeFile(join(root, segment), sealed.subarray(0, sealed.length >> 1));
    });
    const whole = await digestOf(store);
    const expected = failure(
      3,
      `Cannot read ${segment}: its end is missing, so it was cut off.`,
      'The file is damaged or no recording; restore it from a copy, or use another run.',
    );
    expect(await user.chronicle(['show', user.traceId, '--store', store])).toEqual(expected);
    expect(await user.chronicle(['replay', user.traceId, '--store', store, '--import', './agent.mjs'])).toEqual(expected);
    expect(await user.chronicle(['replay', user.traceId, '--store', store, '--', 'node', 'app.mjs'])).toEqual(expected);
    const listed = await user.chronicle(['ls', '--store', store]);
    expect(listed.code).toBe(0);
    expect(listed.stdout).toContain(`  -  not complete: Cannot read ${segment}: its end is missing, so it was cut off.`);
    expect(await digestOf(store)).toBe(whole);
  });

  const JOURNAL_TRACE = 'abababababababababababababababab';

  /** A journal of two calls, of which none has ended. */
  async function openJournal(): Promise<Buffer> {
    const { Codec, fileHead } = await import('../../src/envelope/index.js');
    const { TraceWriter, MemoryJournal } = await import('../../src/archive/index.js');
    const journal = new MemoryJournal();
    const startUnixNanos = 1_764_025_200_000_000_000n;
    const traceId = JOURNAL_TRACE;
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
    const facts = { traceId, parentSpanId: undefined, parentPath: '', ordinal: 0, startUnixNanos };
    const { crossing } = writer.begin(
      { ...facts, spanId: '00000000000000aa', parent: 0, kind: 'agent', name: 'trader', effect: 'none' },
      { value: ['sell $1,000 worth of stock'], slot: 'a' },
    );
    writer.begin(
      { ...facts, spanId: '00000000000000ab', parent: crossing, kind: 'tool', name: 'place_order', effect: 'irreversible' },
      { value: [{ shares: 1000 }], slot: 'b' },
    );
    return Buffer.concat([fileHead(Codec.none), journal.read()]);
  }

  it.each<[string, string, (bytes: Buffer) => Uint8Array]>([
    ['cut in the middle', 'ends in the middle of record 4; what came before it is whole', (bytes) => bytes.subarray(0, bytes.length - 3)],
    [
      'damaged',
      'is damaged: record 4 at byte N has a wrong checksum; what came before it is whole, and what follows cannot be trusted',
      (bytes) => {
        const at = bytes.lastIndexOf('place_order');
        return Buffer.concat([bytes.fill('P', at, at + 1), bytes.subarray(-30)]);
      },
    ],
  ])('whose journal is %s is shown as far as it goes, and replayed as refused', async (how, reason, change) => {
    const store = join(user.folder, `journal ${how}`);
    const name = `${JOURNAL_TRACE}.1764025200000-aaaaaaaa-0.open`;
    await mkdir(join(store, 'journal'), { recursive: true });
    await writeFile(join(store, 'journal', name), change(await openJournal()));
    const whole = await digestOf(store);

    const shown = await user.chronicle(['show', JOURNAL_TRACE, '--store', store]);
    expect(shown.code).toBe(0);
    expect(shown.stderr).toBe('');
    expect(shown.stdout.replaceAll(/at byte \d+/g, 'at byte N')).toContain(`The recording is not complete\n  journal/${name} ${reason}\n`);
    expect(shown.stdout).toContain('outcome unknown: it began and no end was recorded (effect none)');

    const replayed = await user.chronicle(['replay', JOURNAL_TRACE, '--store', store, '--import', './agent.mjs']);
    expect(replayed.code).toBe(3);
    expect(replayed.stdout).toMatch(/^refused: /);
    const strict = await user.chronicle(['replay', JOURNAL_TRACE, '--store', store, '--strict', '--', 'node', 'app.mjs']);
    expect(strict.code).toBe(3);
    expect(await digestOf(store)).toBe(whole);
  });

  it('that is a file of something else', async () => {
    await user.write('notes.chronicle', 'these are no recorded calls');
    expect(await user.chronicle(['show', 'notes.chronicle'])).toEqual(
      failure(
        3,
        'Cannot read notes.chronicle: it does not begin as a segment does.',
        'The file is damaged or no recording; restore it from a copy, or use another run.',
      ),
    );
    expect(await user.chronicle(['show', 'missing.chronicle'])).toEqual(
      failure(2, `There is no recording file ${user.folder}/missing.chronicle.`, 'Check the path and the working directory.'),
    );
  });
});

describe('words', () => {
  it.each<[string[], ...string[]]>([
    [['lst'], 'Unknown command lst.', 'Did you mean ls? See chronicle --help.'],
    [['frobnicate'], 'Unknown command frobnicate.', 'Known are replay, recover, show, diff, verify, export, ls. See chronicle --help.'],
    [['ls', '--jsn'], 'Unknown option --jsn of chronicle ls.', 'Did you mean --json? See chronicle ls --help.'],
    [['ls', '--limt=3'], 'Unknown option --limt=3 of chronicle ls.', 'Did you mean --limit? See chronicle ls --help.'],
    [['--stor', 'x', 'ls'], 'Unknown option --stor of chronicle.', 'Did you mean --store? See chronicle --help.'],
    [
      ['replay', 'R', '--allow-ireversible', 'x'],
      'Unknown option --allow-ireversible of chronicle replay.',
      'Did you mean --allow-irreversible? See chronicle replay --help.',
    ],
    [['show'], 'chronicle show needs REF.', 'See chronicle show --help.'],
    [['show', 'a', 'b'], 'chronicle show was given too many words: b.', 'See chronicle show --help.'],
    [['ls', '--limit'], 'Option --limit <n> needs a value.', 'See chronicle ls --help.'],
    [['ls', '--limit', 'ten'], 'Option --limit must be a whole number from 0 to 1000000000, got "ten".'],
    [
      ['replay', '--live', 'place_order', 'REF'],
      'chronicle replay needs REF.',
      'REF was taken as a value of --live: put it before the options. See chronicle replay --help.',
    ],
    [['show', '--', 'x'], 'chronicle show needs REF.', 'See chronicle show --help.'],
    [['ls', '--', 'x'], 'chronicle ls takes nothing after --.', 'Leave out the -- and what follows it. See chronicle ls --help.'],
    [
      ['replay', 'R'],
      'Nothing says what to run again.',
      'Name the module that defines the recorded boundary with --import ./agent.js, or your own command after --, as in -- node app.js.',
    ],
    [['replay', 'R', '--'], 'No command follows after --.', 'Write it as in a shell, for example: chronicle replay REF -- node app.js'],
    [['replay', 'R', '--import', 'a', '--', 'node'], 'Option --import does not go with a command after --, which runs as it is.', 'Leave out one of them.'],
    [['replay', 'R', '--import', 'a', '--policy', 'kind:tol=live'], 'Unknown option policy["kind:tol"] of a replay.', 'Did you mean kind:tool?'],
  ])('%j', async (words, ...lines) => {
    expect(await user.chronicle(words)).toEqual(failure(2, ...lines));
  });

  it('that name no command print the help to stderr', async () => {
    const { code, stdout, stderr } = await user.chronicle([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Usage: chronicle COMMAND \[options\]\n[^]*Read more in docs\/cli\.md of the package chronicle-otel\.\n$/);
  });

  it('that name a command which is not there', async () => {
    expect(await user.chronicle(['replay', user.traceId, '--', 'no-such-command'])).toEqual(
      failure(
        2,
        'Cannot run "no-such-command": there is no such command.',
        'Write the command after -- as in a shell, for example: chronicle replay REF -- node app.js',
      ),
    );
  });

  it('that name a report file where none can be', async () => {
    const { code, stderr } = await user.chronicle(['replay', user.traceId, '--import', './agent.mjs', '--report', 'nowhere/report.json']);
    expect(code).toBe(2);
    expect(stderr).toBe(
      `Cannot write the report to "nowhere/report.json": ENOENT: no such file or directory, open '${user.folder}/nowhere/report.json'.\nName a file in a folder that is there and that you may write to.\n`,
    );
  });
});
