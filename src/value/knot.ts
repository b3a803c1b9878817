// Containers that lead back to each other, and what digest they have. The digest of any other container is made of those
// of its children; here that would never end.
//
// Two containers are alike when no walk through them tells them apart, however often one goes round. That is what a
// digest must say: which of them was reached first, or how often an equal one stands in for itself, is not part of the
// value. Likeness is found in rounds, by colors: in each round the color of a container is the digest that it would have
// if the colors of the round before were those of the others. When a round tells no more apart than the one before, its
// colors say all there is.

import { ByteWriter } from './byte-writer.js';
import { digestByColors, NOTHING, sha256 } from './digest.js';
import { type Digest, NodeKind, type Shadow } from './shadow.js';

/** A knot that was worked out. */
export interface Knot {
  /** Colors after each round, the first being those before any. */
  readonly rounds: readonly ReadonlyMap<Shadow, Digest>[];
  /** For each color of the last round, a container that has it. */
  readonly finals: ReadonlyMap<Digest, Shadow>;
}

/** How a node is tied into a knot. */
export interface Tie {
  /** Number of the capture in which this was said. */
  epoch: number;
  /** When the earliest container that the node leads back to was entered; -1 once that is settled. */
  low: number;
  /** The container around it. */
  parent: Shadow | undefined;
  /** Whether it is the inside of an extended value, and so of one level with its parent. */
  readonly inside: boolean;
  /** The container that it was last settled with. */
  root: Shadow | undefined;
  /** The knot that it is part of, or that it is like a part of; and that part. */
  knot: Knot | undefined;
  like: Shadow | undefined;
  /** Other knots that it leads to. */
  readonly near: readonly Knot[];
}

/** Rounds times containers that a knot may take before its digest is given up. Few need more than three rounds. */
const MAX_KNOT_WORK = 200_000;
const MIN_KNOT_ROUNDS = 8;

const scratch = new ByteWriter();

/**
 * Settles containers that lead back to each other. Returns whether that was reached; a knot too intricate for it gets
 * digests that prove nothing.
 */
export function settleKnot(members: readonly Shadow[]): boolean {
  const rounds: ReadonlyMap<Shadow, Digest>[] = [new Map(members.map((member) => [member, NOTHING]))];
  let distinct = 1;
  let whole = true;
  for (;;) {
    const next = nextRound(members, rounds.at(-1) as ReadonlyMap<Shadow, Digest>, undefined, 0);
    rounds.push(next);
    const { size } = new Set(next.values());
    if (size === distinct) break;
    distinct = size;
    if (rounds.length > MIN_KNOT_ROUNDS && rounds.length * members.length > MAX_KNOT_WORK) {
      whole = false;
      break;
    }
  }
  const finals = new Map<Digest, Shadow>();
  for (const [member, color] of rounds.at(-1) as ReadonlyMap<Shadow, Digest>) if (!finals.has(color)) finals.set(color, member);
  // One character a byte: such texts sort as the bytes do.
  const sorted = [...finals.keys()].sort();
  scratch.reset();
  scratch.byte(NodeKind.knot);
  scratch.varint(sorted.length);
  for (const color of sorted) scratch.latin1(color);
  const digest = sha256(scratch.view());
  const knot: Knot = { rounds, finals };
  for (const [member, color] of rounds.at(-1) as ReadonlyMap<Shadow, Digest>) {
    scratch.reset();
    scratch.byte(NodeKind.knotted);
    scratch.latin1(digest);
    scratch.latin1(color);
    become(member, sha256(scratch.view()), knot, member);
  }
  return whole;
}

/**
 * Settles containers that lead to a knot and are like parts of it, such as one that holds a list holding itself in the
 * way in which that list does. Returns whether they are.
 *
 * They are when they go through the knot's rounds beside its parts and end with colors that those have: its last round
 * told no more apart than the one before, so what is alike so far is alike for good.
 */
export function joinKnot(members: readonly Shadow[], knots: readonly Knot[]): boolean {
  for (const knot of knots) {
    let colors: ReadonlyMap<Shadow, Digest> = new Map(members.map((member) => [member, NOTHING]));
    for (let round = 1; round < knot.rounds.length; round++) colors = nextRound(members, colors, knot, round - 1);
    if (![...colors.values()].every((color) => knot.finals.has(color))) continue;
    for (const [member, color] of colors) {
      const like = knot.finals.get(color) as Shadow;
      become(member, like.canonical, knot, like);
    }
    return true;
  }
  return false;
}

function become(member: Shadow, canonical: Digest, knot: Knot, like: Shadow): void {
  member.folds = undefined;
  member.inline = false;
  member.canonical = canonical;
  if (member.tie === undefined) return;
  member.tie.low = -1;
  member.tie.knot = knot;
  member.tie.like = like;
}

function nextRound(members: readonly Shadow[], known: ReadonlyMap<Shadow, Digest>, beside: Knot | undefined, round: number): ReadonlyMap<Shadow, Digest> {
  const of = (shadow: Shadow): Digest | undefined => {
    const own = known.get(shadow);
    if (own !== undefined || beside === undefined || shadow.tie?.knot !== beside || shadow.tie.like === undefined) return own;
    return beside.rounds[round]?.get(shadow.tie.like);
  };
  const by = { of, above: (holder: Shadow, levels: number) => of(containerAbove(holder, levels)) ?? NOTHING };
  return new Map(members.map((member) => [member, digestByColors(member, by)]));
}

/** The container that is so many levels above the inside of another. */
function containerAbove(holder: Shadow, levels: number): Shadow {
  let at = holder;
  for (let left = levels; ; left--) {
    // The inside of an extended value is of one level with it.
    while (at.tie?.inside === true && at.tie.parent !== undefined) at = at.tie.parent;
    if (left === 1 || at.tie?.parent === undefined) return at;
    at = at.tie.parent;
  }
}
