// Nodes by what they hold, so that a container which moved, or came back inside another value, is stored once.
//
// The table is filled only when somebody looks: in a conversation that grows at its end nothing moves, and then no node
// is ever described.

import { type DigestFact, NodeKind, Shadow } from './shadow.js';

/** Containers of at most so many children are found again. */
const MAX_KIDS = 32;

/** Size of the table in characters; above it the table starts anew, and what it held is stored again when it comes. */
const MAX_CHARS = 8 << 20;

/** Nodes that wait to be described; above it they are forgotten. */
const MAX_WAITING = 10_000;

/** The nodes of one segment by content. */
export class ContentTable {
  #known = new Map<string, Shadow>();
  #chars = 0;
  #waiting: Shadow[] = [];

  clear(): void {
    this.#known = new Map();
    this.#chars = 0;
    this.#waiting = [];
  }

  /**
   * The node of an earlier capture that is stored like this one would be, and stands for nothing in the running one yet.
   * `newest` is the last node of earlier captures: what holds a newer one was not stored before.
   */
  find(shadow: Shadow, newest: number, epoch: number): Shadow | undefined {
    if (!canMove(shadow) || !isOld(shadow, newest)) return undefined;
    for (const each of this.#waiting) this.#set(describe(each), each);
    this.#waiting = [];
    const found = this.#known.get(describe(shadow));
    return found === undefined || found.epoch === epoch ? undefined : found;
  }

  add(shadow: Shadow): void {
    if (!canMove(shadow)) return;
    if (this.#waiting.length >= MAX_WAITING) this.#waiting = [];
    this.#waiting.push(shadow);
  }

  /** The same for a node without children, of which `describeLeaf` says what it holds. */
  findLeaf(content: string, epoch: number): Shadow | undefined {
    const found = this.#known.get(content);
    return found === undefined || found.epoch === epoch ? undefined : found;
  }

  addLeaf(content: string, shadow: Shadow): void {
    this.#set(content, shadow);
  }

  #set(content: string, shadow: Shadow): void {
    this.#chars += content.length;
    if (this.#chars > MAX_CHARS) {
      this.#known = new Map();
      this.#chars = content.length;
    }
    this.#known.set(content, shadow);
  }
}

/** Whether it is worth the search: what holds nothing but short values is stored anew sooner than it is found. */
function canMove({ kids, count }: Shadow): boolean {
  if (count > MAX_KIDS) return false;
  for (let index = 0; index < count; index++) if (kids[index] instanceof Shadow) return true;
  return false;
}

function isOld({ kids, count, shape, raw }: Shadow, newest: number): boolean {
  if (shape !== undefined && shape.node > newest) return false;
  if (raw instanceof Shadow && raw.node > newest) return false;
  for (let index = 0; index < count; index++) {
    const kid = kids[index];
    if (typeof kid !== 'object' || kid === null) continue;
    if (kid instanceof Shadow ? kid.node > newest : kid.mark === 'alias' && kid.of.node > newest) return false;
  }
  return true;
}

/** A text that is equal for two containers exactly when they are stored alike. */
function describe(shadow: Shadow): string {
  const { kind, shape, className, nullPrototype, facts, kids, count, raw } = shadow;
  let content = `${kind} ${nullPrototype ? 1 : 0}${kind === NodeKind.instance ? textFact(className) : ''}${describeFacts(facts)}`;
  if (shape !== undefined) content += shape.node > 0 ? `k${shape.node}` : `K${shape.keys.map(textFact).join('')}`;
  // The stack of an error, which is stored beside its children.
  if (kind === NodeKind.error) content += raw instanceof Shadow ? `#${raw.node},` : textFact(String(raw));
  for (let index = 0; index < count; index++) {
    const kid = kids[index];
    switch (typeof kid) {
      case 'string':
        content += textFact(kid);
        break;
      case 'number':
        content += `n${kid},`;
        break;
      case 'boolean':
        content += kid ? 't' : 'f';
        break;
      case 'undefined':
        content += 'u';
        break;
      case 'object':
        if (kid === null) content += '0';
        else if (kid instanceof Shadow) content += `#${kid.node},`;
        else if (kid.mark === 'cycle') content += `c${kid.up},`;
        else if (kid.mark === 'alias') content += `a${kid.of.node},${kid.settled ?? ''};`;
        else content += kid.mark;
    }
  }
  return content;
}

/** The same for a node without children. `head` is stored beside what is in its digest. */
export function describeLeaf(kind: NodeKind, facts: readonly DigestFact[], head: string): string {
  return `${kind}${textFact(head)}${describeFacts(facts)}`;
}

function describeFacts(facts: readonly DigestFact[]): string {
  let content = '';
  for (const fact of facts) {
    if (typeof fact === 'string') content += textFact(fact);
    else if (typeof fact === 'number') content += `n${Object.is(fact, -0) ? '-0' : fact},`;
    else content += `b${Buffer.from(fact).toString('hex')},`;
  }
  return content;
}

function textFact(text: string): string {
  return `s${text.length}:${text}`;
}
