import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Codec } from './layout.js';
import { unpackBlock, unzstd } from './unpack.js';

const TEXT = 'hello hello hello'.repeat(30);
/** The text as Node 24 packs it, with a checksum and without. */
const FRAMES = [
  'KLUv/WT+ALUCAGBoZWxsbyAgaGVsbG86IODXBgYYGGBggIEBBgYYGGBggIEBBgYYMMDAAAMDDAwwMMDAAAMDDAwwMMDAAAMGGBhgYICBAQYGGBhgYICBAQbsACcDYqQiUtIAeA==',
  'KLUv/WD+ALUCAGBoZWxsbyAgaGVsbG86IODXBgYYGGBggIEBBgYYGGBggIEBBgYYMMDAAAMDDAwwMMDAAAMDDAwwMMDAAAMGGBhgYICBAQYGGBhgYICBAQbsACcDYqQi',
].map((frame) => Buffer.from(frame, 'base64'));
const [frame] = FRAMES as [Buffer, Buffer];
const textOf = (packed: Uint8Array, expected: number): string => Buffer.from(unzstd(packed, expected, 'test')).toString();

describe('unzstd()', () => {
  it('unpacks a frame, with a checksum or without', () => {
    for (const each of FRAMES) expect(textOf(each, TEXT.length)).toBe(TEXT);
  });

  it('gives no more than one byte beyond what is expected where a frame claims another size', () => {
    const claims = Buffer.from(frame);
    claims.writeUInt16LE(0xffff, 5);
    expect(unzstd(claims, TEXT.length, 'test').length).toBe(TEXT.length + 1);
    expect(unzstd(frame, 10, 'test').length).toBe(11);
    expect(unzstd(frame, 1_000, 'test').length).toBe(TEXT.length);
    // A tebibyte, in a field of eight bytes.
    const bomb = Buffer.from('28b52ffde00000000000010000', 'hex');
    expect(unzstd(bomb, 100, 'test').length).toBe(101);
  });

  it('makes no room for the window that a frame claims', () => {
    // A window of a gigabyte, no size, and one block: the last, as it is, of five bytes.
    const packed = Buffer.concat([Buffer.from('28b52ffd00a0290000', 'hex'), Buffer.from('hello')]);
    const before = process.memoryUsage().arrayBuffers;
    expect(textOf(packed, 5)).toBe('hello');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 << 20);
  });

  it.each<[string, Uint8Array]>([
    ['no frame', Buffer.from('this is something else')],
    ['nothing', Buffer.alloc(0)],
    ['a frame that is cut off', frame.subarray(0, 40)],
    ['a header that is cut off', Buffer.from('28b52ffdc0000000', 'hex')],
    ['two frames', Buffer.concat([frame, frame])],
  ])('fails where it is given %s', (_, packed) => {
    expect(() => unzstd(packed, TEXT.length, 'test')).toThrow();
  });

  it('ends soon, with what was expected at most, whatever it is given', () => {
    let state = 20_260_728;
    const next = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % below;
    };
    let slowest = 0;
    for (let round = 0; round < 5_000; round++) {
      const packed = Buffer.from(FRAMES[round & 1] as Buffer);
      for (let changes = 1 + next(3); changes > 0; changes--) packed[next(packed.length)] = next(256);
      const start = performance.now();
      try {
        expect(unzstd(packed, TEXT.length, 'test').length).toBeLessThanOrEqual(TEXT.length + 1);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
      slowest = Math.max(slowest, performance.now() - start);
    }
    expect(slowest).toBeLessThan(2_000);
  });
});

describe('unpackBlock()', () => {
  it('unpacks gzip, and stops at what is expected', () => {
    const packed = gzipSync(Buffer.alloc(1 << 20));
    expect(unpackBlock(packed, Codec.gzip, 1 << 20, 'test').length).toBe(1 << 20);
    expect(() => unpackBlock(packed, Codec.gzip, 1_000, 'test')).toThrow(expect.objectContaining({ code: 'ERR_BUFFER_TOO_LARGE' }));
  });

  it('unpacks zstd on every version of Node', () => {
    expect(Buffer.from(unpackBlock(frame, Codec.zstd, TEXT.length, 'test')).toString()).toBe(TEXT);
  });
});
