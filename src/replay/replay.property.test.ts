// Any recorded run, asked for in any order in which a program could ask: each call gets its own outcome.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BoundaryKind, Crossing } from '../crossing/index.js';
import { ask, recordingOf, reportOf, returned, sessionOf, type Told, valueOf } from './recordings.fixture.js';

const RUNS = { numRuns: 150, seed: 20260101 };
const answered: readonly BoundaryKind[] = ['model', 'tool', 'retrieval', 'guardrail'];

/** A tree of crossings. Names and inputs come from few values, so that equal calls are the rule. */
const tree: fc.Arbitrary<Told[]> = fc.letrec<{ crossing: Told; list: Told[] }>((tie) => ({
  crossing: fc.oneof(
    { maxDepth: 3 },
    fc.record({ kind: fc.constantFrom(...answered), name: fc.constantFrom('a', 'b'), args: fc.constantFrom(['x'], ['y']) }),
    fc.record({
      kind: fc.constantFrom<BoundaryKind>('agent', 'step'),
      name: fc.constantFrom('w', 'v'),
      args: fc.constantFrom(['x'], ['y']),
      inside: tie('list'),
    }),
  ) as fc.Arbitrary<Told>,
  list: fc.array(tie('crossing'), { maxLength: 6 }),
})).list;

/** Gives every crossing an outcome of its own, so that a swapped answer shows. */
function withOutcomes(told: readonly Told[], next = { id: 0 }): Told[] {
  return told.map((each) => {
    const id = next.id++;
    const outcome = id % 3 === 2 && each.inside === undefined ? { throws: new Error(`e${id}`) } : { returns: { id } };
    return { ...each, ...outcome, ...(each.inside === undefined ? {} : { inside: withOutcomes(each.inside, next) }) };
  });
}

interface Waiting {
  readonly told: Told;
  readonly parent: Crossing | undefined;
}

const keyOf = ({ kind, name, args }: Told): string => JSON.stringify([kind, name, args]);

/** Asks for the whole tree. `pick` chooses among what may be asked next: equal calls of one caller keep their order. */
function replayTree(told: readonly Told[], pick: (choices: number) => number) {
  const session = sessionOf(recordingOf(told));
  const wrong: string[] = [];
  const ran: { crossing: Crossing; told: Told }[] = [];
  const waiting: Waiting[][] = [];
  const open = (list: readonly Told[], parent: Crossing | undefined): void => {
    const queues = new Map<string, Waiting[]>();
    for (const each of list) {
      const queue = queues.get(keyOf(each));
      if (queue === undefined) queues.set(keyOf(each), [{ told: each, parent }]);
      else queue.push({ told: each, parent });
    }
    waiting.push(...queues.values());
  };
  open(told, undefined);
  while (waiting.length > 0) {
    const index = pick(waiting.length);
    const queue = waiting[index] as Waiting[];
    const { told: each, parent } = queue.shift() as Waiting;
    if (queue.length === 0) waiting.splice(index, 1);
    const asked = ask(session, each, parent);
    if (each.inside !== undefined) {
      ran.push({ crossing: asked.crossing, told: each });
      open(each.inside, asked.crossing);
      if (asked.answer.kind !== 'run') wrong.push(`${asked.crossing.path} did not run again`);
      continue;
    }
    const value = valueOf(asked);
    const right =
      'throws' in each ? (value as Error).message === (each.throws as Error).message : (value as { id: number }).id === (each.returns as { id: number }).id;
    if (!right) wrong.push(`${asked.crossing.path} got ${JSON.stringify(value)}`);
  }
  for (const { crossing, told: each } of ran) session.finished(crossing, returned(each.returns));
  return { wrong, report: reportOf(session) };
}

describe('replay of any run', () => {
  it('gives each call its own outcome under any interleaving that keeps equal calls in order', () => {
    fc.assert(
      fc.property(tree, fc.infiniteStream(fc.nat()), (shape, choices) => {
        const told = withOutcomes(shape);
        const { wrong, report } = replayTree(told, (count) => (choices.next().value as number) % count);
        expect(wrong).toEqual([]);
        expect(report).toMatchObject({ verdict: 'same', unconsumed: [], divergences: [], live: 0 });
      }),
      RUNS,
    );
  });

  it('never gives an answer to a call whose input was changed, and names it', () => {
    fc.assert(
      fc.property(tree, fc.nat(), (shape, at) => {
        const told = withOutcomes(shape);
        const calls = flatten(told).filter(({ inside }) => inside === undefined);
        const victim = calls[at % Math.max(1, calls.length)];
        fc.pre(victim !== undefined);
        const session = sessionOf(recordingOf(told));
        const changed = askChanged(session, told, victim as Told);
        expect(changed.served).toBe('blocked');
        const report = reportOf(session);
        expect(report.verdict).toBe('diverged');
        expect(report.divergences.map(({ path }) => path)).toContain(changed.path);
      }),
      RUNS,
    );
  });
});

function flatten(told: readonly Told[]): Told[] {
  return told.flatMap((each) => [each, ...flatten(each.inside ?? [])]);
}

/** Runs the tree in recorded order with one call's input changed, and says how that call was served. */
function askChanged(session: ReturnType<typeof sessionOf>, told: readonly Told[], victim: Told): { served: string; path: string } {
  let found = { served: 'never asked', path: '' };
  const walk = (list: readonly Told[], parent: Crossing | undefined): void => {
    for (const each of list) {
      const { answer, crossing } = ask(session, each === victim ? { ...each, args: ['changed'] } : each, parent);
      if (each === victim) found = { served: answer.served, path: crossing.path };
      if (each.inside !== undefined) walk(each.inside, crossing);
    }
  };
  walk(told, undefined);
  return found;
}
