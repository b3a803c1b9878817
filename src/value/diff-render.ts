// Differences as text for people.

import type { ValueChange } from './diff.js';

const DEFAULT_WIDTH = 100;
const MIN_WIDTH = 20;

/**
 * Differences as lines, each of at most `width` characters but for paths, which are never cut. What is put between the
 * values is ASCII; the values keep their characters, with line ends and the like escaped as JSON escapes them, and it
 * is for the caller to escape what its terminal would take for a command.
 *
 * ```
 * $[0].messages[150].content: changed
 *   - "...the order A-17 of last week..."
 *   + "...the order B-99 of last week..."
 * ```
 */
export function diffText(differences: readonly ValueChange[], { width = DEFAULT_WIDTH }: { readonly width?: number } = {}): string {
  return differences.map((difference) => linesOf(difference, Math.max(width, MIN_WIDTH)).join('\n')).join('\n');
}

function linesOf(difference: ValueChange, width: number): string[] {
  const { path, nowPath, kind, recorded, now } = difference;
  const place = nowPath === undefined ? path : `${path} (now ${nowPath})`;
  switch (kind) {
    case 'added':
      return [`${path}: added`, side('+', now, width)];
    case 'removed':
      return [`${path}: removed`, side('-', recorded, width)];
    case 'moved':
      return [`${path}: moved to ${nowPath ?? path}`, side(' ', recorded, width)];
    case 'type':
      return [
        `${place}: was ${difference.types?.recorded ?? 'another type'}, is ${difference.types?.now ?? 'another type'}`,
        side('-', recorded, width),
        side('+', now, width),
      ];
    case 'changed':
      return difference.text === undefined
        ? [`${place}: changed`, side('-', recorded, width), side('+', now, width)]
        : textLines(place, difference.text, width);
  }
}

function textLines(place: string, { hunks, places }: NonNullable<ValueChange['text']>, width: number): string[] {
  const lines = [`${place}: changed${places === 1 ? '' : ` in ${places} places`}`];
  for (const { before, after, recorded, now } of hunks) {
    // What changed is what must be seen, so the text around it gives way.
    const room = Math.max(0, width - 6 - Math.max(quoted(recorded).length, quoted(now).length));
    const head = cutFront(before, Math.floor(room / 2));
    const tail = cutEnd(after, Math.max(0, room - head.length));
    lines.push(line('-', quoted(head + recorded + tail), width), line('+', quoted(head + now + tail), width));
  }
  if (places > hunks.length) lines.push(`  and in ${places - hunks.length} more`);
  return lines;
}

function side(sign: string, value: unknown, width: number): string {
  return line(sign, typeof value === 'string' ? quoted(value) : String(value), width);
}

function line(sign: string, text: string, width: number): string {
  const room = width - 4;
  return `  ${sign} ${text.length <= room ? text : `${text.slice(0, room - 3).replace(/\.+$/, '')}...`}`;
}

function quoted(text: string): string {
  return JSON.stringify(text.replaceAll('…', '...'));
}

function cutFront(text: string, chars: number): string {
  if (text.length <= chars) return text;
  return chars <= 3 ? '...' : `...${text.slice(text.length - chars + 3)}`;
}

function cutEnd(text: string, chars: number): string {
  if (text.length <= chars) return text;
  return chars <= 3 ? '...' : `${text.slice(0, chars - 3)}...`;
}
