// The digest of a value: SHA-256 over the canonical encoding of its node, with the digests of its children. It depends
// on the value alone: not on how or when it was captured, the order of an object's keys, or which equal objects are one
// and the same. docs/format.md, "Digests", is the specification; the vectors hold it still.

import { hash } from 'node:crypto';
import { ByteWriter } from './byte-writer.js';
import { type Digest, type DigestFact, isShadow, NodeKind, type Ref, type Shadow, type Shape } from './shadow.js';

/** Items that one link of a list's chain covers. */
export const LIST_BLOCK = 32;

/** Texts up to this many UTF-8 bytes stand in their parent's encoding themselves, longer ones by digest. */
const INLINE_TEXT_BYTES = 40;

/** Containers whose encoding takes up to this many bytes stand in their parent's encoding themselves too. */
const INLINE_CONTAINER_BYTES = 256;

const Tag = {
  null: 0x01,
  undefined: 0x02,
  true: 0x03,
  false: 0x04,
  hole: 0x05,
  number: 0x06,
  text: 0x07,
  text16: 0x08,
  color: 0x09,
  containerDigest: 0x10,
  textDigest: 0x11,
  text16Digest: 0x12,
  container: 0x13,
} as const;

/** What stands before the first link of a chain, and for a container before anything is known of it. */
export const NOTHING: Digest = '\0'.repeat(32);

/** SHA-256 of some bytes. */
export function sha256(bytes: Uint8Array): Digest {
  return hash('sha256', bytes, 'binary');
}

const scratch = new ByteWriter();
const texts = new ByteWriter();

/** Digest of a text: of its UTF-8 bytes, or of its UTF-16 units where it is not well-formed. */
export function digestText(text: string): Digest {
  // Node turns a string into UTF-8 itself, which saves a copy and a view.
  if (text.isWellFormed()) return hash('sha256', text, 'binary');
  texts.reset();
  texts.utf16(text);
  return sha256(texts.view());
}

function writeText(out: ByteWriter, text: string): void {
  if (!text.isWellFormed()) {
    if (text.length * 2 > INLINE_TEXT_BYTES) {
      out.byte(Tag.text16Digest);
      out.latin1(digestText(text));
    } else {
      out.byte(Tag.text16);
      out.byte(text.length * 2);
      out.utf16(text);
    }
    return;
  }
  if (text.length <= INLINE_TEXT_BYTES) {
    out.byte(Tag.text);
    const lengthAt = out.length;
    out.byte(0);
    const written = out.utf8(text);
    if (written <= INLINE_TEXT_BYTES) {
      out.bytes[lengthAt] = written;
      return;
    }
    out.length = lengthAt - 1;
  }
  out.byte(Tag.textDigest);
  out.latin1(digestText(text));
}

/**
 * Stands in for the canonical form of containers that lead back to each other, while that is being worked out. The
 * holder of a reference is what a cycle is counted from.
 */
export interface Colors {
  /** Color of a container of the knot; undefined for any other. */
  of(shadow: Shadow): Digest | undefined;
  /** Color of the container so many levels above the inside of `holder`. */
  above(holder: Shadow, levels: number): Digest;
}

/** Set only while a knot is worked out, which nothing interrupts. */
let colors: Colors | undefined;

/** The digest that a container would have if others stood in it by their colors. */
export function digestByColors(shadow: Shadow, by: Colors): Digest {
  for (let index = 0; index < shadow.count; index++) {
    const kid = shadow.kids[index];
    const target = isShadow(kid) ? kid : typeof kid === 'object' && kid !== null && kid.mark === 'alias' ? kid.of : undefined;
    if (target !== undefined && by.of(target) === undefined) settle(target);
  }
  colors = by;
  try {
    encodeNode(shadow, []);
    return sha256(scratch.view());
  } finally {
    colors = undefined;
  }
}

/** Writes the reference to a child as its parent's digest sees it. */
function writeRef(out: ByteWriter, ref: Ref, holder: Shadow | undefined): void {
  switch (typeof ref) {
    case 'string':
      writeText(out, ref);
      return;
    case 'number':
      out.byte(Tag.number);
      out.float64BigEndian(ref);
      return;
    case 'boolean':
      out.byte(ref ? Tag.true : Tag.false);
      return;
    case 'undefined':
      out.byte(Tag.undefined);
      return;
    case 'object':
      if (ref === null) {
        out.byte(Tag.null);
        return;
      }
      if (isShadow(ref)) {
        writeShadow(out, ref);
        return;
      }
      switch (ref.mark) {
        case 'hole':
          out.byte(Tag.hole);
          return;
        case 'nan':
          out.byte(Tag.number);
          out.fixed64(CANONICAL_NAN);
          return;
        case 'negative-zero':
          out.byte(Tag.number);
          out.float64BigEndian(-0);
          return;
        case 'cycle':
          if (colors === undefined || holder === undefined) throw new Error('a cycle was met outside of a knot');
          out.byte(Tag.color);
          out.latin1(colors.above(holder, ref.up));
          return;
        case 'alias':
          writeShadow(out, ref.of);
          return;
      }
  }
}

/** 7f f8 00 00 00 00 00 00 in the order in which it is written. */
const CANONICAL_NAN = 0xf87fn;

/** Writes a node that is settled. */
function writeShadow(out: ByteWriter, shadow: Shadow): void {
  if (shadow.kind === NodeKind.text) {
    // Whether a text stands in its own node is the writer's choice; the digest must not depend on it.
    if (shadow.size <= INLINE_TEXT_BYTES) writeText(out, shadow.text);
    else {
      out.byte(shadow.illFormed ? Tag.text16Digest : Tag.textDigest);
      out.latin1(shadow.canonical);
    }
    return;
  }
  const color = colors?.of(shadow);
  if (color !== undefined) {
    out.byte(Tag.color);
    out.latin1(color);
    return;
  }
  const { canonical } = shadow;
  if (shadow.inline) {
    out.byte(Tag.container);
    out.varint(canonical.length);
  } else out.byte(Tag.containerDigest);
  out.latin1(canonical);
}

/** Digest of a whole value, as hex. */
export function digestRef(ref: Ref): string {
  settleRef(ref);
  if (isShadow(ref) && ref.kind !== NodeKind.text) {
    if (!ref.inline) return toHex(ref.canonical);
    scratch.reset();
    scratch.latin1(ref.canonical);
    return hash('sha256', scratch.view(), 'hex');
  }
  scratch.reset();
  writeRef(scratch, ref, undefined);
  return hash('sha256', scratch.view(), 'hex');
}

/** A digest as hex. */
function toHex(digest: Digest): string {
  return Buffer.from(digest, 'latin1').toString('hex');
}

/**
 * Works out the canonical form of a node and of those that it leads to, where that was not done before: nobody needs it
 * while a value is captured. Containers that lead back to each other are settled by knot.ts when they are captured.
 */
export function settle(shadow: Shadow): void {
  if (shadow.canonical !== '') return;
  if (shadow.kind === NodeKind.text) {
    shadow.canonical = digestText(shadow.text);
    return;
  }
  settleKids(shadow);
  encodeNode(shadow, shadow.folds ?? []);
  shadow.inline = scratch.length <= INLINE_CONTAINER_BYTES;
  shadow.canonical = shadow.inline ? scratch.bytes.toString('latin1', 0, scratch.length) : sha256(scratch.view());
}

function settleRef(ref: Ref): void {
  if (typeof ref !== 'object' || ref === null) return;
  if (isShadow(ref)) settle(ref);
  else if (ref.mark === 'alias') settle(ref.of);
}

function settleKids({ kind, kids, count, folds }: Shadow): void {
  // What a list's chain covers was settled when the chain was.
  for (let index = kind === NodeKind.list && folds !== undefined ? folds.length * LIST_BLOCK : 0; index < count; index++) settleRef(kids[index]);
}

/** Leaves the encoding of a node in the scratch buffer. */
function encodeNode(shadow: Shadow, folds: Digest[]): void {
  switch (shadow.kind) {
    case NodeKind.object:
    case NodeKind.instance:
      encodeObject(shadow);
      return;
    case NodeKind.list:
      encodeList(shadow, folds);
      return;
    default:
      encodeParts(shadow);
  }
}

function encodeObject(shadow: Shadow): void {
  scratch.reset();
  scratch.byte(shadow.kind);
  scratch.byte(shadow.nullPrototype ? 1 : 0);
  if (shadow.kind === NodeKind.instance) writeText(scratch, shadow.className);
  writeFields(shadow, shadow.shape as Shape, 0);
}

/** Names and values in the order of the names; the values begin at `from` in `kids`. */
function writeFields(shadow: Shadow, shape: Shape, from: number): void {
  const { keys, sorted } = shape;
  scratch.varint(keys.length);
  for (const position of sorted) {
    writeText(scratch, keys[position] as string);
    writeRef(scratch, shadow.kids[from + position], shadow);
  }
}

/**
 * Full blocks of a list's items form a chain, so that a longer list continues a shorter one's chain and a conversation
 * that grows by two messages costs two messages. `folds` holds the chain as far as it is known.
 */
function encodeList(shadow: Shadow, folds: Digest[]): void {
  const { kids, count } = shadow;
  const blocks = Math.floor(count / LIST_BLOCK);
  for (let block = folds.length; block < blocks; block++) {
    scratch.reset();
    scratch.byte(NodeKind.listBlock);
    scratch.latin1(block === 0 ? NOTHING : (folds[block - 1] as Digest));
    for (let index = block * LIST_BLOCK; index < (block + 1) * LIST_BLOCK; index++) writeRef(scratch, kids[index], shadow);
    folds.push(sha256(scratch.view()));
  }
  scratch.reset();
  scratch.byte(NodeKind.list);
  scratch.varint(count);
  if (blocks > 0) scratch.latin1(folds[blocks - 1] as Digest);
  for (let index = blocks * LIST_BLOCK; index < count; index++) writeRef(scratch, kids[index], shadow);
}

/** Any other node: its kind, some texts and numbers, and the references it holds. */
function encodeParts(shadow: Shadow): void {
  const { kids, count, shape } = shadow;
  scratch.reset();
  scratch.byte(shadow.kind);
  for (const fact of shadow.facts) writeFact(fact);
  const fixed = shape === undefined ? count : count - shape.keys.length;
  scratch.varint(fixed);
  for (let index = 0; index < fixed; index++) writeRef(scratch, kids[index], shadow);
  if (shape !== undefined) writeFields(shadow, shape, fixed);
}

function writeFact(fact: DigestFact): void {
  if (typeof fact === 'string') writeText(scratch, fact);
  else if (typeof fact === 'number') {
    scratch.byte(Tag.number);
    if (fact === fact) scratch.float64BigEndian(fact);
    else scratch.fixed64(CANONICAL_NAN);
  } else {
    scratch.varint(fact.length);
    scratch.raw(fact);
  }
}

/** What a reference adds to the size of its parent. */
export function sizeOfRef(ref: Ref): number {
  if (typeof ref === 'string') return sizeOfText(ref);
  if (typeof ref === 'number') return 8;
  if (ref === null || ref === undefined || typeof ref === 'boolean') return 1;
  if (isShadow(ref)) return ref.size;
  return ref.mark === 'alias' ? ref.of.size : 1;
}

/** Bytes of a text: of UTF-8, or of UTF-16 where it is not well-formed. */
function sizeOfText(text: string): number {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 0x7f) return text.isWellFormed() ? Buffer.byteLength(text) : text.length * 2;
  }
  return text.length;
}

/** The form in which digests are shown and compared: the algorithm, and the digest as hex. */
export function formatDigest(hex: string): string {
  return `sha256:${hex}`;
}
