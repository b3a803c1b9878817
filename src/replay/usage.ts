// Which recorded crossings a replay has used. An envelope answers once.

import type { Envelope } from '../envelope/index.js';
import type { ReplayPlan } from './plan.js';

/** What became of the recorded crossings so far. */
export class Usage {
  /** Crossings that answered a call, were adopted by one that ran, or lie inside one that did not run again. */
  readonly #used = new Set<Envelope>();
  /** How far each list was used up from its beginning, so that a thousand equal calls are not searched a thousand times. */
  readonly #heads = new WeakMap<readonly Envelope[], number>();

  isUsed(envelope: Envelope): boolean {
    return this.#used.has(envelope);
  }

  /** Marks a crossing as used. Those inside it stay open: its function runs again and asks for them. */
  use(envelope: Envelope): void {
    this.#used.add(envelope);
  }

  /** Marks a crossing and all that it enclosed: its function does not run, so nobody will ask for those. */
  useWhole(plan: ReplayPlan, envelope: Envelope): void {
    const pending = [envelope];
    const seen = new Set<Envelope>();
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      this.#used.add(next);
      for (const child of plan.children(next)) pending.push(child);
    }
  }

  /** The first crossing of a list that is not used. */
  firstUnused(list: readonly Envelope[]): Envelope | undefined {
    let head = this.#heads.get(list) ?? 0;
    while (head < list.length && this.#used.has(list[head] as Envelope)) head++;
    this.#heads.set(list, head);
    return list[head];
  }

  /**
   * The crossings of the plan that nobody asked for, in recorded order. What lies inside such a crossing is not listed
   * unless its function would have run again: nobody could have asked for it.
   */
  unused(plan: ReplayPlan, runsAgain: (envelope: Envelope) => boolean): Envelope[] {
    const hidden = new Set<Envelope>();
    const unused: Envelope[] = [];
    for (const envelope of plan.envelopes) {
      if (this.#used.has(envelope)) continue;
      const covered = hidden.has(envelope);
      if (!covered) unused.push(envelope);
      if (covered || !runsAgain(envelope)) for (const child of plan.children(envelope)) hidden.add(child);
    }
    return unused;
  }
}
