// Recorded payloads as text for a terminal: bounded, and with nothing in it that the terminal would obey.

import { previewOf } from '../value/index.js';

/** C0 and C1 controls, bidirectional controls, line separators, soft and zero-width marks, BOM and tag characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to escape.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]|[\u{e0000}-\u{e007f}]/gu;

/** Escapes what a terminal would obey or hide: control, bidirectional and invisible characters, lone surrogates. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const point = character.codePointAt(0) as number;
    if (point === 0x0a) return '\\n';
    if (point === 0x0d) return '\\r';
    if (point === 0x09) return '\\t';
    if (point <= 0xff) return `\\x${point.toString(16).padStart(2, '0')}`;
    if (point <= 0xffff) return `\\u${point.toString(16).padStart(4, '0')}`;
    return `\\u{${point.toString(16)}}`;
  });
}

/** Bytes of one value in a message. */
const MAX_SHOWN_BYTES = 160;

/** How previews of what is no text begin: a diff holds them as texts already, and quoting them again hides them. */
const PREVIEW = /^(?:[[{]|(?:returned|threw|streamed) )/;

/** One value of a difference, in a few words: text in quotes, the rest much as in JSON, cut with a mark. */
export function shownValue(value: unknown): string {
  if (typeof value !== 'string' || !PREVIEW.test(value)) return safeText(previewOf(value, MAX_SHOWN_BYTES).text);
  return safeText(value.length <= MAX_SHOWN_BYTES ? value : `${value.slice(0, MAX_SHOWN_BYTES).toWellFormed()}…`);
}
