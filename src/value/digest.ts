// The digest of a value: SHA-256 over the canonical encoding of its node, with the digests of its children. It depends
// on the value alone: not on how or when it was captured, the order of an object's keys, or which equal objects are one
// and the same. docs/format.md, "Digests", is the specification; the vectors hold it still.

import { hash } from 'node:crypto';
import { ByteWriter } from './byte-writer.js';
import { type Digest, isShadow, NodeKind, type Ref, type Shadow, type Shape } from './shadow.js';

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
  cycle: 0x09,
  containerDigest: 0x10,
  container: 0x13,
  textDigest: 0x11,
  text16Digest: 0x12,
} as const;

const CHAIN_START: Digest = '\0'.repeat(32);

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

/** Writes the reference to a child as its parent's digest sees it. */
function writeRef(out: ByteWriter, ref: Ref): void {
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
          out.float64BigEndian(Number.NaN);
          return;
        case 'negative-zero':
          out.byte(Tag.number);
          out.float64BigEndian(-0);
          return;
        case 'cycle':
          out.byte(Tag.cycle);
          out.varint(ref.up);
          return;
        case 'alias':
          writeShadow(out, ref.of);
          return;
      }
  }
}

function writeShadow(out: ByteWriter, shadow: Shadow): void {
  if (shadow.kind === NodeKind.text) {
    // Whether a text stands in its own node is the writer's choice; the digest must not depend on it.
    if (shadow.size <= INLINE_TEXT_BYTES) writeText(out, shadow.text);
    else {
      out.byte(shadow.illFormed ? Tag.text16Digest : Tag.textDigest);
      out.latin1(shadow.canonical as Digest);
    }
    return;
  }
  const { canonical } = shadow;
  if (shadow.inline) {
    out.byte(Tag.container);
    out.varint(canonical.length);
  } else out.byte(Tag.containerDigest);
  out.latin1(canonical);
}

/** Sets what the scratch buffer holds as a container's encoding. */
function settle(shadow: Shadow): void {
  shadow.inline = scratch.length <= INLINE_CONTAINER_BYTES;
  shadow.canonical = shadow.inline ? scratch.bytes.toString('latin1', 0, scratch.length) : sha256(scratch.view());
}

/** Digest of a whole value, as hex. */
export function digestRef(ref: Ref): string {
  if (isShadow(ref) && ref.kind !== NodeKind.text) {
    if (!ref.inline) return toHex(ref.canonical);
    scratch.reset();
    scratch.latin1(ref.canonical);
    return hash('sha256', scratch.view(), 'hex');
  }
  scratch.reset();
  writeRef(scratch, ref);
  return hash('sha256', scratch.view(), 'hex');
}

/** A digest as hex. */
export function toHex(digest: Digest): string {
  return Buffer.from(digest, 'latin1').toString('hex');
}

/** Settles the canonical form of an object or class instance from its keys in sorted order. */
export function digestObject(shadow: Shadow, shape: Shape): void {
  const { kids } = shadow;
  scratch.reset();
  scratch.byte(shadow.kind);
  scratch.byte(shadow.nullPrototype ? 1 : 0);
  if (shadow.kind === NodeKind.instance) writeText(scratch, shadow.className);
  scratch.varint(shape.keys.length);
  for (const position of shape.sorted) {
    writeText(scratch, shape.keys[position] as string);
    writeRef(scratch, kids[position]);
  }
  settle(shadow);
}

/**
 * Settles the canonical form of a list. Full blocks of items form a chain, so that a longer list continues a shorter one's chain and a
 * conversation that grows by two messages costs two messages. `folds` holds the chain as far as it is known.
 */
export function digestList(shadow: Shadow, folds: Digest[]): void {
  const { kids, count } = shadow;
  const blocks = Math.floor(count / LIST_BLOCK);
  for (let block = folds.length; block < blocks; block++) {
    scratch.reset();
    scratch.byte(NodeKind.listBlock);
    scratch.latin1(block === 0 ? CHAIN_START : (folds[block - 1] as Digest));
    for (let index = block * LIST_BLOCK; index < (block + 1) * LIST_BLOCK; index++) writeRef(scratch, kids[index]);
    folds.push(sha256(scratch.view()));
  }
  scratch.reset();
  scratch.byte(NodeKind.list);
  scratch.varint(count);
  if (blocks > 0) scratch.latin1(folds[blocks - 1] as Digest);
  for (let index = blocks * LIST_BLOCK; index < count; index++) writeRef(scratch, kids[index]);
  settle(shadow);
}

/** Settles any other container: its kind, some texts and numbers, and the references it holds. */
export function digestParts(shadow: Shadow, facts: readonly (string | number | Uint8Array)[], kids: readonly Ref[]): void {
  scratch.reset();
  scratch.byte(shadow.kind);
  for (const fact of facts) {
    if (typeof fact === 'string') writeText(scratch, fact);
    else if (typeof fact === 'number') {
      scratch.byte(Tag.number);
      scratch.float64BigEndian(fact);
    } else {
      scratch.varint(fact.length);
      scratch.raw(fact);
    }
  }
  scratch.varint(kids.length);
  for (const kid of kids) writeRef(scratch, kid);
  settle(shadow);
}

/** Canonical size of a reference: what it adds to the size of its parent. */
export function sizeOfRef(ref: Ref): number {
  if (typeof ref === 'string') return ref.length;
  if (typeof ref === 'number') return 8;
  if (ref === null || ref === undefined || typeof ref === 'boolean') return 1;
  if (isShadow(ref)) return ref.size;
  return ref.mark === 'alias' ? ref.of.size : 1;
}

/** The form in which digests are shown and compared: the algorithm, and the digest as hex. */
export function formatDigest(hex: string): string {
  return `sha256:${hex}`;
}
