// `chronicle verify`, as users start it.

import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryJournal, TraceWriter, type TraceWriterOptions } from '../../src/archive/index.js';
import { Cursor } from '../../src/envelope/cursor.js';
import { chronicle } from '../generated/chronicle.js';
import { fileHead } from '../../src/envelope/index.js';
import { SegmentBlocks } from '../../src/envelope/segment-blocks.js';
import { openStore } from '../../src/storage/index.js';
import { seal } from '../vectors/by-hand.js';
import { digestOf, run, type UserFolder, userFolder } from './user-folder.js';

let user: UserFolder;
let segment: string;
beforeAll(async () => {
  user = await userFolder();
  segment = await segmentOf(user.store);
}, 60_000);
afterAll(() => user?.remove());

async function segmentOf(store: string): Promise<string> {
  return (await readdir(store, { recursive: true })).find((name) => name.endsWith('.chronicle')) ?? '';
}

const DAMAGED = 'Restore what is damaged from a copy; a replay refuses what it cannot read.';

/** A copy of the store whose only segment has another content. */
async function storeWith(name: string, change: (bytes: Buffer) => Uint8Array): Promise<string> {
  const store = join(user.folder, name);
  await cp(user.store, store, { recursive: true });
  await writeFile(join(store, segment), change(await readFile(join(store, segment))));
  return store;
}

const TRACE = 'a'.repeat(32);
const START = 1_764_025_200_000_000_000n;

/** A segment with one call, written by the sources. */
function writeCall(options: Partial<TraceWriterOptions>, value: unknown): { writer: TraceWriter; journal: MemoryJournal } {
  const journal = new MemoryJournal();
  const writer = new TraceWriter({
    traceId: TRACE,
    writer: 'w0',
    index: 0,
    startUnixNanos: START,
    writerVersion: '0.0.0',
    journal,
    resource: [],
    protect: undefined,
    ...options,
  });
  const facts = { parent: 0, parentSpanId: undefined, parentPath: '', kind: 'tool', name: 'get', effect: 'read', ordinal: 0, startUnixNanos: START };
  const { crossing } = writer.begin({ ...facts, spanId: 'b'.repeat(16), traceId: TRACE }, { value: ['in'], slot: 'in' });
  const captured = writer.captureOutcome({ value, slot: 'out' });
  writer.end({ crossing, durationNanos: 0, ending: 'returned', async: false, stream: undefined, attributes: [] }, captured);
  return { writer, journal };
}

/** The records of a sealed segment but its last, and one in its place that says another digest of the values. */
async function recordsOf(path: string): Promise<{ bodies: Uint8Array[]; close: (valuesSha256: string) => Uint8Array }> {
  const plain = SegmentBlocks.open(await readFile(path), path).plain(0);
  const bodies: Uint8Array[] = [];
  for (const cursor = new Cursor(plain, 0, plain.length); cursor.at < plain.length; ) {
    const length = cursor.varint();
    bodies.push(plain.subarray(cursor.at, cursor.at + length));
    cursor.at += length;
  }
  const close = (valuesSha256: string) =>
    chronicle.v1.Record.encode({ close: { crossings: 1, open: 0, valuesSha256: Buffer.from(valuesSha256, 'hex') } }).finish();
  return { bodies: bodies.slice(0, -1), close };
}

async function sealInto(name: string, { writer }: { writer: TraceWriter }): Promise<string> {
  const store = join(user.folder, name);
  await mkdir(store, { recursive: true });
  await writer.seal(openStore(store));
  return store;
}

describe('chronicle verify', () => {
  it('reads a store, a run, a span, a folder and a file, and changes nothing', async () => {
    const before = await digestOf(user.store);
    const sound = { code: 0, stdout: `sound         ${segment}  4 calls, 8 values\n1 segment: 1 sound. 4 calls, 8 values.\n`, stderr: '' };
    expect(await user.chronicle(['verify'])).toEqual(sound);
    expect(await user.chronicle(['verify', user.traceId])).toEqual(sound);
    expect(await user.chronicle(['verify', `${user.traceId}:${user.spans['decide']}`])).toEqual(sound);
    expect(await user.chronicle(['verify', user.spans['decide'] ?? ''])).toEqual(sound);
    expect(await user.chronicle(['verify', './runs'], { CHRONICLE_STORE: '' })).toEqual(sound);
    const file = join('runs', segment);
    const ofFile = { ...sound, stdout: sound.stdout.replace(segment, file) };
    expect(await user.chronicle(['verify', file], { CHRONICLE_STORE: '' })).toEqual(ofFile);
    await cp(join(user.folder, file), join(user.folder, 'backup.bin'));
    expect(await user.chronicle(['verify', 'backup.bin'])).toEqual({ ...sound, stdout: sound.stdout.replace(segment, join(user.folder, 'backup.bin')) });
    expect(await digestOf(user.store)).toBe(before);
  });

  it('prints JSON with --json', async () => {
    const { code, stdout } = await user.chronicle(['verify', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      store: `file://${user.store}`,
      segments: [{ segment, state: 'sound', calls: 4, values: 8, cut: 0, opaque: 0, problems: [], notes: [] }],
      sound: true,
      totals: { segments: { sound: 1, incomplete: 0, damaged: 0, unverifiable: 0 }, calls: 4, values: 8, cut: 0, opaque: 0 },
    });
  });

  it('finds any damaged byte', async () => {
    const store = await storeWith('flipped', (bytes) => bytes.fill((bytes[bytes.length >> 1] as number) ^ 1, bytes.length >> 1, (bytes.length >> 1) + 1));
    const { code, stdout } = await user.chronicle(['verify', user.traceId, '--store', store]);
    expect(code).toBe(3);
    expect(stdout).toMatch(
      /^damaged {7}v1\/traces\/\S+ {2}(?:block 1 of 1 cannot be unpacked|the SHA-256 of block 1 of 1 is wrong|block 1 of 1 unpacks to \d+ bytes instead of \d+)\n/,
    );
    expect(stdout.endsWith(`\n1 segment: 1 damaged. 0 calls, 0 values.\n${DAMAGED}\n`)).toBe(true);
    const cut = await storeWith('cut', (bytes) => bytes.subarray(0, bytes.length - 5));
    expect(await user.chronicle(['verify', '--store', cut])).toEqual({
      code: 3,
      stdout: `damaged       ${segment}  its end is missing, so it was cut off\n1 segment: 1 damaged. 0 calls, 0 values.\n${DAMAGED}\n`,
      stderr: '',
    });
  });

  it('says of values that are others than those that were recorded that they are', async () => {
    const store = await sealInto('lie', writeCall({}, { price: 150.25 }));
    const name = await segmentOf(store);
    const { bodies, close } = await recordsOf(join(store, name));
    await writeFile(join(store, name), seal([...bodies, close('f'.repeat(64))], { crossings: 1, open: 0 }));
    const { code, stdout } = await user.chronicle(['verify', '--store', store]);
    expect(code).toBe(3);
    const line =
      /^damaged {7}(\S+) {2}1 call, 2 values; the digest of its values is another than the one that was recorded \(recorded (f+), read ([0-9a-f]{64})\)\n/.exec(
        stdout,
      );
    expect(line?.slice(1, 3)).toEqual([name, 'f'.repeat(64)]);
    expect(stdout.endsWith(`\n1 segment: 1 damaged. 1 call, 2 values.\n${DAMAGED}\n`)).toBe(true);
    const json = JSON.parse((await user.chronicle(['verify', '--store', store, '--json'])).stdout) as { segments: [{ problems: unknown[] }] };
    expect(json).toMatchObject({ sound: false });
    expect(json.segments[0].problems).toEqual([
      { what: 'the digest of its values is another than the one that was recorded', recorded: 'f'.repeat(64), taken: line?.[3] },
    ]);
    // Whoever asks for a value of it is told the same.
    const shown = await user.chronicle(['show', TRACE, '--span', 'b'.repeat(16), '--store', store]);
    expect(shown.code).toBe(3);
    const why = `Cannot read ${name}: the digest of its values is ${line?.[3] ?? ''}, and ${'f'.repeat(64)} was recorded.`;
    expect(shown.stdout).toContain(`\nInput\n  cannot be read: ${why}`);
    await user.write('get.mjs', "import { boundary } from 'chronicle-otel';\nexport const get = boundary.tool('get', () => 1, { effect: 'read' });\n");
    const replayed = await user.chronicle(['replay', TRACE, '--store', store, '--import', './get.mjs']);
    expect(replayed.code).toBe(3);
    expect(replayed.stdout.startsWith(`refused: tool "get" at get#0: The recorded input cannot be read: ${why}`)).toBe(true);
  });

  it('names the record of a journal that is damaged, and says what can be read', async () => {
    const { journal } = writeCall({}, { price: 150.25 });
    const bytes = Buffer.concat([fileHead(0), journal.read()]);
    const at = bytes.lastIndexOf('price');
    bytes[at] = 'P'.charCodeAt(0);
    await user.write('damaged.open', Buffer.concat([bytes, bytes.subarray(-40)]));
    const { code, stdout } = await user.chronicle(['verify', 'damaged.open']);
    expect(code).toBe(3);
    const place = /record 4 at byte \d+/.exec(stdout)?.[0] ?? '';
    expect(stdout).toBe(
      `damaged       damaged.open  1 call, 1 value; ${place} has a wrong checksum; what comes before that can be read; the outcome of 1 call is unknown\n1 segment: 1 damaged. 1 call, 1 value.\n${DAMAGED}\n`,
    );
    const shown = await user.chronicle(['show', 'damaged.open']);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain(
      `The recording is not complete\n  damaged.open is damaged: ${place} has a wrong checksum; what came before it is whole, and what follows cannot be trusted\n`,
    );
  });

  it('says of a segment in the place of another that it is', async () => {
    const store = join(user.folder, 'moved');
    const other = `v1/traces/${'c'.repeat(32)}/1764025200000-w0-0.chronicle`;
    await mkdir(join(store, 'v1/traces', 'c'.repeat(32)), { recursive: true });
    await cp(join(user.store, segment), join(store, other));
    expect((await user.chronicle(['verify', '--store', store])).stdout).toBe(
      `damaged       ${other}  4 calls, 8 values; it holds trace ${user.traceId} and lies in the place of another\n1 segment: 1 damaged. 4 calls, 8 values.\n${DAMAGED}\n`,
    );
  });

  it('says of a journal with a torn end that it is incomplete, and of a whole one that it is open', async () => {
    const { journal } = writeCall({}, 'out');
    const bytes = Buffer.concat([fileHead(0), journal.read()]);
    await user.write('whole.open', bytes);
    expect(await user.chronicle(['verify', 'whole.open'])).toEqual({
      code: 0,
      stdout: 'sound         whole.open  1 call, 2 values; not closed: its process still runs, or was killed\n1 segment: 1 sound. 1 call, 2 values.\n',
      stderr: '',
    });
    const store = join(user.folder, 'torn');
    const key = `journal/${TRACE}.1764025200000-w0-0.open`;
    await mkdir(join(store, 'journal'), { recursive: true });
    await writeFile(join(store, key), bytes.subarray(0, bytes.length - 3));
    expect(await user.chronicle(['verify', '--store', store])).toEqual({
      code: 3,
      stdout: `incomplete    ${key}  1 call, 1 value; ends in the middle of record 4; what came before it is whole; the outcome of 1 call is unknown\n1 segment: 1 incomplete. 1 call, 1 value.\n`,
      stderr: '',
    });
  });

  it('counts what was cut and what cannot be stored, and fails neither', async () => {
    const store = await sealInto('odd', writeCall({}, { fn() {}, when: new Date(NaN), map: new Map([[{}, new Set([-0])]]), error: new RangeError('no') }));
    await sealInto('odd', writeCall({ capture: 'digest', index: 1 }, { secret: 1 }));
    await sealInto('odd', writeCall({ capture: 'off', index: 2 }, { secret: 1 }));
    const name = (index: number): string => `v1/traces/${TRACE}/1764025200000-w0-${index}.chronicle`;
    expect(await user.chronicle(['verify', TRACE, '--store', store])).toEqual({
      code: 0,
      stdout: [
        `sound         ${name(0)}  1 call, 2 values, 1 with parts that cannot be stored`,
        `sound         ${name(1)}  1 call, 2 values, 2 of them cut when recorded`,
        `sound         ${name(2)}  1 call, 2 values, 2 of them cut when recorded`,
        '3 segments: 3 sound. 3 calls, 6 values, 4 of them cut when recorded, 1 with parts that cannot be stored.',
        '',
      ].join('\n'),
      stderr: '',
    });
  });

  it('verifies streams, and what a newer version wrote is unverifiable', async () => {
    await user.write(
      'stream.mjs',
      `import { boundary, flush, RecordSpanProcessor } from 'chronicle-otel';
new RecordSpanProcessor({ store: process.env.STORE });
const tell = boundary.model('tell', function* () { yield { text: 'a' }; yield { text: 'ab' }; return 2; });
for (const chunk of tell()) void chunk;
await flush();
`,
    );
    const store = join(user.folder, 'stream');
    await run(process.execPath, ['stream.mjs'], user.folder, { STORE: store });
    const name = await segmentOf(store);
    expect((await user.chronicle(['verify', '--store', store])).stdout).toBe(
      `sound         ${name}  1 call, 4 values\n1 segment: 1 sound. 1 call, 4 values.\n`,
    );
    const bytes = await readFile(join(store, name));
    bytes[8] = 9;
    bytes.writeUInt32LE((await import('node:zlib')).crc32(bytes.subarray(0, 12)), 12);
    await writeFile(join(store, name), bytes);
    expect(await user.chronicle(['verify', '--store', store])).toEqual({
      code: 3,
      stdout: `unverifiable  ${name}  format 9, and this version reads 1 to 1\n1 segment: 1 unverifiable. 0 calls, 0 values.\n`,
      stderr: '',
    });
  });

  it('says what is not there', async () => {
    const empty = join(user.folder, 'empty');
    await mkdir(empty);
    expect(await user.chronicle(['verify', '--store', empty])).toEqual({ code: 0, stdout: '', stderr: `No segments in file://${empty}.\n` });
    expect(await user.chronicle(['verify', 'missing.chronicle'])).toEqual({
      code: 2,
      stdout: '',
      stderr: `There is no recording file ${user.folder}/missing.chronicle.\nCheck the path and the working directory.\n`,
    });
    const { code, stderr } = await user.chronicle(['verify', 'c'.repeat(32)]);
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`^No trace ${'c'.repeat(32)} in file://\\S+, which holds 1 trace\\.\\n`));
    expect((await user.chronicle(['verify', 'nothing'])).stderr).toMatch(/^"nothing" is no ref: it looks like none of the forms below\.\n/);
  });
});
