// JSON as the command prints it: one line for programs, indented for people, and with nothing in it that a terminal
// would obey.

import type { Json } from '../value/index.js';
import type { Output } from './io.js';

/**
 * What JSON allows in a string and a terminal obeys or hides: DEL, C1 controls, bidirectional controls, line
 * separators, zero-width marks, BOM, tag characters. C0 controls are escaped by JSON itself.
 */
const UNSAFE = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** One JSON value as text. It is the same value when it is read back. */
export function jsonText(value: Json, indent: number): string {
  // Such characters stand in strings only, so an escape means the same.
  return JSON.stringify(value, null, indent).replace(UNSAFE, escapeUnits);
}

function escapeUnits(character: string): string {
  let escaped = '';
  for (let index = 0; index < character.length; index++) escaped += `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
  return escaped;
}

/** Spaces of indentation for a stream. */
export function indentFor(output: Output): number {
  return output.isTerminal ? 2 : 0;
}

/** Prints one JSON document. */
export function printJson(output: Output, value: Json): void {
  output.write(`${jsonText(value, indentFor(output))}\n`);
}

/**
 * Prints a list item by item, so that a large one is never one string: `before` opens it, `after` closes it. Ends early
 * when the reader went away.
 */
export async function printJsonList(output: Output, before: string, items: Iterable<Json> | AsyncIterable<Json>, after: string): Promise<void> {
  const lineBreak = output.isTerminal ? '\n' : '';
  output.write(before);
  let first = true;
  for await (const item of items) {
    if (output.closed) return;
    output.write(`${first ? '' : ','}${lineBreak}${jsonText(item, indentFor(output))}`);
    first = false;
  }
  output.write(`${first ? '' : lineBreak}${after}\n`);
}
