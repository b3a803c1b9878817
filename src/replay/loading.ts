// While modules are loaded for a replay no session answers yet. A program that starts when it is imported would run
// live, so every boundary call that loading brings about is refused.

import type { Answer, Answerer, Call, Run } from '../crossing/index.js';
import { quoted } from './divergence.js';
import { ReplayRefusedError } from './errors.js';

/** Refuses every call. What a module leaves running, such as a timer, is refused as well. */
export class LoadingAnswerer implements Answerer {
  readonly run: Run;
  readonly #traceId: string;

  constructor(run: Run, traceId: string) {
    this.run = run;
    this.#traceId = traceId;
  }

  decide({ boundary, crossing }: Call): Answer {
    const { kind, name, effect } = boundary;
    const facts = { kind, name, effect, path: crossing.path, ordinal: crossing.ordinal, parent: crossing.parent?.boundary.name, traceId: this.#traceId };
    const error = new ReplayRefusedError(
      `Not run: ${kind} ${quoted(name)} was called by a module that was being loaded for a replay.\nImport a module that only defines its boundaries, or replay the whole program with: chronicle replay ${this.#traceId} -- node ...`,
      facts,
    );
    return { kind: 'refuse', served: 'blocked', rung: 'none', error, source: undefined, input: undefined };
  }

  finished(): undefined {
    return undefined;
  }
}
