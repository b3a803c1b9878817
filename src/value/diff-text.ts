// Where two texts part: the places that changed, at the boundaries of words, with a little of what stands around them.
// A long text with one changed word is one short place; two texts that have nothing in common are one place too.

import { type AlignWork, alignKeys } from './diff-align.js';

/** One changed place of a text, in UTF-16 units of the two texts. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly nowStart: number;
  readonly nowEnd: number;
}

/** One changed place of a text, as it is shown: all parts are bounded. */
export interface TextHunk {
  /** Where it begins in the recorded text, in UTF-16 units. */
  readonly at: number;
  readonly nowAt: number;
  /** What stands before and after it, on both sides alike. */
  readonly before: string;
  readonly after: string;
  readonly recorded: string;
  readonly now: string;
}

/** Lines or words that are aligned; what has more is one place. */
const MAX_TOKENS = 400_000;
const MIN_LINES = 3;
/** Equal characters between two changes that do not part them. */
const NEGLIGIBLE_CHARS = 3;
/** Equal characters that part two changes however large they are. */
const CLEAR_CHARS = 64;
/** Share of the shorter text that must be left for the changes to be told one by one. */
const MIN_KEPT_SHARE = 0.4;
/** How far a boundary of words is looked for. */
const MAX_WORD_CHARS = 64;

/** The places that two texts differ in, in their order. Outside of them the texts are equal. */
export function findTextEdits(recorded: string, now: string, work: AlignWork): TextEdit[] {
  const middle = trimEnds(recorded, now);
  if (middle === undefined) return [];
  let edits: TextEdit[] = [middle];
  if (countLines(recorded, middle.start, middle.end) >= MIN_LINES || countLines(now, middle.nowStart, middle.nowEnd) >= MIN_LINES) {
    edits = refine(recorded, now, middle, splitLines, work);
  }
  edits = edits.flatMap((edit) => refine(recorded, now, edit, splitWords, work));
  edits = mergeClose(edits).map((edit, index, all) => slideToBoundary(recorded, now, edit, all[index - 1]?.end ?? 0));
  edits = edits.map((edit, index) => widenToWords(recorded, now, edit, edits[index - 1]?.end ?? 0, edits[index + 1]?.start ?? recorded.length));
  return mergeClose(edits);
}

function trimEnds(recorded: string, now: string): TextEdit | undefined {
  const shorter = Math.min(recorded.length, now.length);
  let start = 0;
  while (start < shorter && recorded.charCodeAt(start) === now.charCodeAt(start)) start++;
  if (start === recorded.length && start === now.length) return undefined;
  // Half of a pair of surrogates is no character.
  if (start > 0 && (isInsidePair(recorded, start) || isInsidePair(now, start))) start--;
  let end = 0;
  while (end < shorter - start && recorded.charCodeAt(recorded.length - 1 - end) === now.charCodeAt(now.length - 1 - end)) end++;
  if (end > 0 && (isInsidePair(recorded, recorded.length - end) || isInsidePair(now, now.length - end))) end--;
  return { start, end: recorded.length - end, nowStart: start, nowEnd: now.length - end };
}

function isInsidePair(text: string, at: number): boolean {
  return at > 0 && at < text.length && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800 && (text.charCodeAt(at) & 0xfc00) === 0xdc00;
}

function countLines(text: string, start: number, end: number): number {
  let lines = 0;
  for (let at = text.indexOf('\n', start); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}

/** Splits one place into smaller ones by aligning its tokens. */
function refine(recorded: string, now: string, edit: TextEdit, split: (text: string, start: number, end: number) => number[], work: AlignWork): TextEdit[] {
  if (edit.start === edit.end || edit.nowStart === edit.nowEnd || work.left <= 0) return [edit];
  const bounds = split(recorded, edit.start, edit.end);
  const nowBounds = split(now, edit.nowStart, edit.nowEnd);
  if (bounds.length <= 2 || nowBounds.length <= 2 || bounds.length + nowBounds.length > MAX_TOKENS) return [edit];
  const numbers = new Map<string, number>();
  const { partners } = alignKeys(numberTokens(recorded, bounds, numbers), numberTokens(now, nowBounds, numbers), work);
  const edits: TextEdit[] = [];
  let kept = 0;
  let from = 0;
  let nowFrom = 0;
  for (let index = 0; index <= partners.length; index++) {
    const partner = index === partners.length ? nowBounds.length - 1 : (partners[index] as number);
    if (partner === -1) continue;
    if (index > from || partner > nowFrom) {
      edits.push({ start: bounds[from] as number, end: bounds[index] as number, nowStart: nowBounds[nowFrom] as number, nowEnd: nowBounds[partner] as number });
    }
    if (index < partners.length) kept += (bounds[index + 1] as number) - (bounds[index] as number);
    from = index + 1;
    nowFrom = partner + 1;
  }
  // Any two texts share some words: a few of them in a row of changes are chance, not what was kept.
  return kept < MIN_KEPT_SHARE * Math.min(edit.end - edit.start, edit.nowEnd - edit.nowStart) ? [edit] : edits;
}

function numberTokens(text: string, bounds: readonly number[], numbers: Map<string, number>): Int32Array {
  const keys = new Int32Array(bounds.length - 1);
  for (let index = 0; index < keys.length; index++) {
    const token = text.slice(bounds[index], bounds[index + 1]);
    let number = numbers.get(token);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(token, number);
    }
    keys[index] = number;
  }
  return keys;
}

/** The bounds of the lines, each with its line end. */
function splitLines(text: string, start: number, end: number): number[] {
  const bounds = [start];
  for (let at = text.indexOf('\n', start); at !== -1 && at + 1 < end; at = text.indexOf('\n', at + 1)) bounds.push(at + 1);
  bounds.push(end);
  return bounds;
}

/** The bounds of the words, of the spaces between them, and of each other character. */
function splitWords(text: string, start: number, end: number): number[] {
  const bounds: number[] = [];
  let last = -1;
  for (let at = start; at < end; at++) {
    const form = formOf(text.charCodeAt(at));
    if (at === start || form === OTHER || form !== last) {
      if (!isInsidePair(text, at) || at === start) bounds.push(at);
    }
    last = form;
  }
  bounds.push(end);
  return bounds;
}

const OTHER = 0;
const LETTER = 1;
const SPACE = 2;

function formOf(code: number): number {
  if (code <= 32 || code === 0xa0) return SPACE;
  if (code < 128) return (code > 47 && code < 58) || (code > 64 && code < 91) || (code > 96 && code < 123) || code === 95 ? LETTER : OTHER;
  // Scripts without spaces have no words that could be told without a dictionary: each character is one.
  return code < 0x2e80 ? LETTER : OTHER;
}

/** Makes one place of two that are parted by next to nothing, compared with what changed around it. */
function mergeClose(edits: readonly TextEdit[]): TextEdit[] {
  const merged: TextEdit[] = [];
  for (const edit of edits) {
    let current = edit;
    for (let last = merged.at(-1); last !== undefined; last = merged.at(-1)) {
      const between = current.start - last.end;
      const changed = Math.min(sizeOf(last), sizeOf(current));
      if (between > NEGLIGIBLE_CHARS && (between > changed / 2 || between > CLEAR_CHARS)) break;
      merged.pop();
      current = { start: last.start, end: current.end, nowStart: last.nowStart, nowEnd: current.nowEnd };
    }
    merged.push(current);
  }
  return merged;
}

function sizeOf({ start, end, nowStart, nowEnd }: TextEdit): number {
  return Math.max(end - start, nowEnd - nowStart);
}

/** Moves what was put in or taken out to the start of a line or word, where it can stand there as well. */
function slideToBoundary(recorded: string, now: string, edit: TextEdit, previousEnd: number): TextEdit {
  const added = edit.start === edit.end;
  if (!added && edit.nowStart !== edit.nowEnd) return edit;
  const text = added ? now : recorded;
  const start = added ? edit.nowStart : edit.start;
  const end = added ? edit.nowEnd : edit.end;
  const most = Math.min(edit.start - previousEnd, MAX_SLIDE_CHARS);
  let best = 0;
  let bestRank = boundaryRank(text, start);
  for (let by = 1; by <= most && bestRank < 2 && text.charCodeAt(start - by) === text.charCodeAt(end - by); by++) {
    const rank = boundaryRank(text, start - by);
    if (rank <= bestRank) continue;
    best = by;
    bestRank = rank;
  }
  return { start: edit.start - best, end: edit.end - best, nowStart: edit.nowStart - best, nowEnd: edit.nowEnd - best };
}

const MAX_SLIDE_CHARS = 1_000;

function boundaryRank(text: string, at: number): number {
  if (at === 0 || text.charCodeAt(at - 1) === 10) return 2;
  return !isWordChar(text, at - 1) && isWordChar(text, at) ? 1 : 0;
}

/** Takes in the rest of the words at both ends, so that an id is shown whole. */
function widenToWords(recorded: string, now: string, edit: TextEdit, previousEnd: number, nextStart: number): TextEdit {
  let back = 0;
  const mostBack = edit.start - previousEnd;
  if (isWordChar(recorded, edit.start) || isWordChar(now, edit.nowStart)) {
    while (back < mostBack && back <= MAX_WORD_CHARS && isWordChar(recorded, edit.start - back - 1)) back++;
  }
  let on = 0;
  const mostOn = nextStart - edit.end;
  if (isWordChar(recorded, edit.end - 1) || isWordChar(now, edit.nowEnd - 1)) {
    while (on < mostOn && on <= MAX_WORD_CHARS && isWordChar(recorded, edit.end + on)) on++;
  }
  // A longer run is no word: the change is shown where it is.
  if (back > MAX_WORD_CHARS) back = 0;
  if (on > MAX_WORD_CHARS) on = 0;
  return { start: edit.start - back, end: edit.end + on, nowStart: edit.nowStart - back, nowEnd: edit.nowEnd + on };
}

/** Characters of words and of ids, as in `ord_17-b`. */
function isWordChar(text: string, at: number): boolean {
  if (at < 0 || at >= text.length) return false;
  const code = text.charCodeAt(at);
  return formOf(code) === LETTER || code === 45;
}

const CONTEXT_CHARS = 40;
const MAX_SIDE_CHARS = 160;

/** Shows some places, each with what stands around it. */
export function showTextEdits(recorded: string, now: string, edits: readonly TextEdit[], maxHunks: number): TextHunk[] {
  return edits.slice(0, maxHunks).map((edit, index) => {
    const from = edits[index - 1]?.end ?? 0;
    const to = edits[index + 1]?.start ?? recorded.length;
    return {
      at: edit.start,
      nowAt: edit.nowStart,
      before: contextBefore(recorded, from, edit.start),
      after: contextAfter(recorded, edit.end, to),
      recorded: cutMiddle(recorded, edit.start, edit.end),
      now: cutMiddle(now, edit.nowStart, edit.nowEnd),
    };
  });
}

function contextBefore(text: string, from: number, end: number): string {
  let start = Math.max(from, end - CONTEXT_CHARS);
  if (isInsidePair(text, start)) start++;
  const context = text.slice(start, end);
  if (start === 0) return readable(context);
  const space = start === from ? -1 : context.search(/\s/);
  return `…${readable(space >= 0 && space < context.length / 2 ? context.slice(space + 1) : context)}`;
}

function contextAfter(text: string, start: number, to: number): string {
  let end = Math.min(to, start + CONTEXT_CHARS);
  if (isInsidePair(text, end)) end--;
  const context = text.slice(start, end);
  if (end === text.length) return readable(context);
  const space = end === to ? -1 : context.search(/\s\S*$/);
  return `${readable(space > context.length / 2 ? context.slice(0, space) : context)}…`;
}

function cutMiddle(text: string, start: number, end: number): string {
  if (end - start <= MAX_SIDE_CHARS) return readable(text.slice(start, end));
  let headEnd = start + Math.floor((MAX_SIDE_CHARS * 2) / 3);
  let tailStart = end - Math.floor(MAX_SIDE_CHARS / 4);
  if (isInsidePair(text, headEnd)) headEnd--;
  if (isInsidePair(text, tailStart)) tailStart++;
  return `${readable(text.slice(start, headEnd))}… ${tailStart - headEnd} more …${readable(text.slice(tailStart, end))}`;
}

/** A lone surrogate as its escape: shown as it is, it would look like any other. */
export function readable(text: string): string {
  return text.isWellFormed() ? text : text.replace(/\p{Surrogate}/gu, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);
}
