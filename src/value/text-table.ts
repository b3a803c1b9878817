// Texts by content. A table by the text itself would hash all of it, which costs more than all else that is done with a
// text; this one looks at some of its characters, and compares texts as wholes only where those are equal.

import type { Shadow } from './shadow.js';

/** Texts that are looked up, in characters; above it the table starts anew and texts may be stored twice. */
const MAX_CHARS = 32 << 20;

/** Texts that look alike and are told apart; more of them are not found again. */
const MAX_ALIKE = 16;

/** Characters that are looked at, at either end and in between. */
const SAMPLES = 16;

/** The texts of one segment. */
export class TextTable {
  #known = new Map<number, Shadow | Shadow[]>();
  #chars = 0;

  clear(): void {
    this.#known = new Map();
    this.#chars = 0;
  }

  find(text: string): Shadow | undefined {
    const found = this.#known.get(signatureOf(text));
    if (found === undefined) return undefined;
    if (Array.isArray(found)) return found.find((each) => each.text === text);
    return found.text === text ? found : undefined;
  }

  /** Adds a text that is not there yet. */
  add(shadow: Shadow): void {
    const { text } = shadow;
    this.#chars += text.length;
    if (this.#chars > MAX_CHARS) {
      this.clear();
      this.#chars = text.length;
    }
    const signature = signatureOf(text);
    const alike = this.#known.get(signature);
    if (alike === undefined) this.#known.set(signature, shadow);
    else if (!Array.isArray(alike)) this.#known.set(signature, [alike, shadow]);
    else if (alike.length < MAX_ALIKE) alike.push(shadow);
  }
}

/** Mixes the length of a text and some of its characters into a small whole number. */
function signatureOf(text: string): number {
  const { length } = text;
  let mixed = length;
  if (length <= SAMPLES * 3) {
    for (let at = 0; at < length; at++) mixed = (Math.imul(mixed, 31) + text.charCodeAt(at)) | 0;
    return mixed & 0x3fff_ffff;
  }
  const step = Math.floor(length / SAMPLES);
  for (let at = 0; at < SAMPLES; at++) {
    mixed = (Math.imul(mixed, 31) + text.charCodeAt(at)) | 0;
    mixed = (Math.imul(mixed, 31) + text.charCodeAt(at * step + (step >> 1))) | 0;
    mixed = (Math.imul(mixed, 31) + text.charCodeAt(length - 1 - at)) | 0;
  }
  return mixed & 0x3fff_ffff;
}
