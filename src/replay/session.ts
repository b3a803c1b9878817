// One replay in progress: it answers the calls of a run from the plan, remembers what it said, and never lets a call
// go live that the user did not name. `boundary()` asks it; the report is made of what it remembers.

import { randomBytes } from 'node:crypto';
import type { Answer, Answerer, BoundaryDefinition, Call, CapturedValue, Crossing, Outcome, RecordedOutcome, Run, Rung, Served } from '../crossing/index.js';
import type { Envelope, StoredOutcome } from '../envelope/index.js';
import { Fingerprinter, type Protect } from '../value/index.js';
import { asRecorded } from './as-recorded.js';
import { type Claim, describeCall, describeChangedRerun, describeMiss, divergenceOf, type Finding, quoted } from './divergence.js';
import { compareEnd, type EndComparison, type ObservedEnd, type RecordedView } from './end.js';
import { ReplayBlockedError, type ReplayCallFacts, ReplayMissError, ReplayRefusedError } from './errors.js';
import { type LiveCall, type Match, matchCall } from './matcher.js';
import { type Place, placeAtPath, placeInside, type ReplayPlan, ROOT_PLACE } from './plan.js';
import { type Policies, policyOf, runsAgain } from './policy.js';
import { safeText } from './safe-text.js';
import { Usage } from './usage.js';

/** A run for a replay to call its own, under a trace ID that no recording has. */
export function newReplayRun(): Run {
  return { traceId: randomBytes(16).toString('hex'), ordinals: new Map(), active: 0 };
}

/** How a replay begins: with a call of the recorded entry, with a function that is no boundary, or with a whole program. */
export type EntryForm = 'boundary' | 'function' | 'program';

/** What a session needs. */
export interface ReplaySessionOptions {
  readonly plan: ReplayPlan;
  readonly run: Run;
  readonly policies: Policies;
  readonly allowIrreversible: ReadonlySet<string>;
  readonly onChangedInput: 'stop' | 'serve' | 'live';
  readonly pace: 'fast' | 'recorded';
  readonly entryForm: EntryForm;
  /** Whether the entry is called with its recorded input, or with one that the user gave. */
  readonly entryInput: 'recorded' | 'given';
  /** The privacy door that the recording went through, so that digests are taken of the same form. */
  readonly protect?: Protect | undefined;
}

/** A call that the run made, in the order of asking. */
export interface AskedCall {
  readonly path: string;
  readonly kind: string;
  readonly name: string;
  readonly ordinal: number;
  /** Undefined for an entry that is no boundary. */
  readonly crossing: Crossing | undefined;
  readonly rung: Rung;
  readonly served: Served;
  /** The recorded counterpart. */
  readonly source: Envelope | undefined;
  readonly isEntry: boolean;
  /** How its end compares with the recorded one, taken when it ended: what it returned may be changed later. */
  comparison: EndComparison | undefined;
  /** Digests of the chunks that its consumer received. */
  chunkDigests: string[] | undefined;
}

/** What the report is made of. */
export interface SessionState {
  readonly plan: ReplayPlan;
  readonly asked: readonly AskedCall[];
  /** In the order in which they were found; the first decides. */
  readonly findings: readonly Finding[];
  readonly unconsumed: readonly Envelope[];
  /** Ends of the entry, or of each root that ran again, against the recorded ones. */
  readonly ends: readonly { readonly call: AskedCall; readonly comparison: EndComparison }[];
}

/**
 * Answers the calls of one replayed run.
 *
 * It fails closed: a call that has no recorded answer, whose answer cannot be vouched for, or that meets a fault of
 * ours, is refused with an error, and the finding stays even if the program catches that error. Agents and steps run
 * again, also with another input: they cannot give a wrong answer by themselves, and the calls inside them are
 * compared with those of the recorded counterpart that comes nearest. Everything else runs only by the user's policy.
 */
export class ReplaySession implements Answerer {
  readonly run: Run;
  readonly plan: ReplayPlan;
  readonly #options: ReplaySessionOptions;
  readonly #usage = new Usage();
  readonly #asked: AskedCall[] = [];
  readonly #byCrossing = new WeakMap<Crossing, AskedCall>();
  readonly #findings: Finding[] = [];
  readonly #fingerprinter: Fingerprinter;
  /** The entry: once it was called, or from the start where it is no boundary and nobody will ask for it. */
  #entry: AskedCall | undefined;

  constructor(options: ReplaySessionOptions) {
    this.#options = options;
    this.plan = options.plan;
    this.run = options.run;
    this.#fingerprinter = new Fingerprinter({ protect: options.protect });
    const { entry } = this.plan;
    if (entry !== undefined && options.entryForm === 'function') this.#entry = calledDirectly(entry, options.entryInput);
  }

  /** Decides about one call. Never throws: a fault of ours is a refusal. */
  decide(call: Call): Answer {
    try {
      return this.#decide(call);
    } catch (fault) {
      const facts = this.#factsOf(call);
      const reason = `The recorded answer could not be read: ${safeText(fault instanceof Error ? fault.message : String(fault))}`;
      this.#find('refused', call, reason, 'damaged', undefined);
      const error = new ReplayRefusedError(`No answer for ${describeCall(facts)}.\n${reason}`, facts, undefined, fault);
      return this.#refuse(call, undefined, 'none', error, undefined);
    }
  }

  /** Takes note of one chunk that the consumer of a crossing that ran received. */
  chunk(crossing: Crossing, value: unknown): void {
    const asked = this.#byCrossing.get(crossing);
    if (asked?.source === undefined) return;
    (asked.chunkDigests ??= []).push(this.#fingerprinter.fingerprint(value, crossing.boundary.slots.chunk).digest);
  }

  /** Takes note of how a crossing that ran ended. */
  finished(crossing: Crossing, outcome: Outcome): CapturedValue | undefined {
    const { slots } = crossing.boundary;
    const last = outcome.kind === 'threw' ? outcome.error : outcome.value;
    const captured = this.#fingerprinter.fingerprint(last, outcome.kind === 'threw' ? slots.error : slots.output);
    const asked = this.#byCrossing.get(crossing);
    if (asked?.source !== undefined && isExamined(asked)) {
      const digestOf = (value: unknown): string => (Object.is(value, last) ? captured.digest : this.#view.digestOf(value));
      asked.comparison = compareEnd(asked.source, observedEnd(outcome, asked.chunkDigests), { ...this.#view, digestOf });
    }
    return captured;
  }

  /** The entry's end as its caller saw it: with the chunks of a stream, and also where the entry is no boundary. */
  endEntry(end: ObservedEnd): void {
    const entry = this.#entry;
    if (entry?.source === undefined) return;
    // What was seen when it ended is kept, unless more is known now: the values of a stream's chunks.
    if (entry.comparison === undefined || (end.kind === 'streamed' && entry.comparison.kind !== 'equal')) {
      entry.comparison = compareEnd(entry.source, end, this.#view);
    }
  }

  readonly #view: RecordedView = {
    digestOf: (value) => this.#fingerprinter.fingerprint(value, 'compared').digest,
    asRecorded: (value) => asRecorded(value, this.#options.protect),
  };

  /** Whether a recorded call is still to be asked for. */
  get hasUnconsumed(): boolean {
    return this.#usage.unused(this.plan, runsAgain).length > 0;
  }

  /** How many calls were asked so far. */
  get callCount(): number {
    return this.#asked.length;
  }

  /** The trace that the replay makes: the run's own until a tracer gave the first call another. */
  get traceId(): string {
    for (const { crossing } of this.#asked) if (crossing !== undefined && crossing.traceId !== '') return crossing.traceId;
    return this.run.traceId;
  }

  /** Adds a finding that no call brought up. */
  addFinding(finding: Finding): void {
    this.#findings.push(finding);
  }

  /** What the report is made of, as of now. */
  state(): SessionState {
    const entry = this.#entry;
    const ran = entry === undefined || this.#asked.includes(entry) ? this.#asked : [entry, ...this.#asked];
    const ends = ran.flatMap((call) => {
      if (call.source === undefined || !isExamined(call)) return [];
      return [{ call, comparison: call.comparison ?? compareEnd(call.source, { kind: 'pending' }, this.#view) }];
    });
    return { plan: this.plan, asked: this.#asked, findings: this.#findings, unconsumed: this.#usage.unused(this.plan, runsAgain), ends };
  }

  #decide(call: Call): Answer {
    const { boundary, crossing } = call;
    const input = this.#fingerprinter.fingerprint(call.args, boundary.slots.input);
    if (this.#isEntry(call)) return this.#enter(call, input);
    const policy = policyOf(this.#options.policies, boundary);
    const reruns = policy === undefined && runsAgain(boundary);
    const wantsOutcome = !reruns && (policy === undefined || policy === 'recorded');
    const match = matchCall(this.plan, this.#usage, this.#liveCall(call, this.#placeOf(crossing), input.digest, wantsOutcome));
    if (reruns) return this.#rerun(call, input, match);
    if (policy === undefined || policy === 'recorded') return this.#recorded(call, input, match);
    if (policy === 'live') return this.#live(call, input, match);
    if (policy === 'block') return this.#block(call, input, match);
    return this.#answer(call, input, match, policy.answer);
  }

  /** The first call at the root of the session is the entry, unless the replay began with a function of its own. */
  #isEntry({ boundary, crossing }: Call): boolean {
    const { entry } = this.plan;
    if (entry === undefined || crossing.parent !== undefined) return false;
    switch (this.#options.entryForm) {
      case 'boundary':
        return this.#entry === undefined;
      case 'function':
        return boundary.kind === entry.kind && boundary.name === entry.name && this.#asked.length === 0;
      case 'program':
        return false;
    }
  }

  #enter(call: Call, input: CapturedValue): Answer {
    const entry = this.plan.entry as Envelope;
    const equal = input.digest === entry.input.digest;
    if (!equal && this.#options.entryInput === 'recorded') {
      const reason = `The recorded input of ${entry.kind} ${quoted(entry.name)} could not be built again as it was, so this is a run with another input. Give it with the option input.`;
      this.#find('refused', call, reason, 'incomplete', entry);
    }
    // Its function was asked for by the user, with the ref. What it does beyond computing is live all the same.
    const served = call.boundary.effect === 'none' ? 'rerun' : 'live';
    return this.#runs(call, input, served, equal ? 'exact' : 'changed-input', entry, true);
  }

  #rerun(call: Call, input: CapturedValue, match: Match): Answer {
    if (match.kind === 'answered') {
      this.#usage.use(match.envelope);
      return this.#runs(call, input, 'rerun', 'exact', match.envelope);
    }
    const counterpart = unusedHere(match);
    if (counterpart === undefined) return this.#miss(call, input, match);
    this.#usage.use(counterpart);
    this.#findings.push(describeChangedRerun(this.#factsOf(call), match));
    return this.#runs(call, input, 'rerun', 'changed-input', counterpart);
  }

  #recorded(call: Call, input: CapturedValue, match: Match): Answer {
    if (match.kind === 'answered') {
      this.#usage.useWhole(this.plan, match.envelope);
      return this.#serve(call, input, 'exact', match.envelope);
    }
    if (match.reason !== 'changed-input') return this.#miss(call, input, match);
    const counterpart = unusedHere(match);
    switch (this.#options.onChangedInput) {
      case 'stop':
        return this.#miss(call, input, match);
      case 'serve': {
        if (counterpart === undefined) return this.#miss(call, input, match);
        // The same questions are asked of it as of an exact match: it may be unknown, or cut.
        const itself = matchCall(this.plan, this.#usage, this.#liveCall(call, this.plan.placeOf(counterpart), counterpart.input.digest, true));
        if (itself.kind === 'missed') return this.#miss(call, input, itself);
        this.#findings.push(describeMiss(this.#factsOf(call), match, false).finding);
        this.#usage.useWhole(this.plan, itself.envelope);
        return this.#serve(call, input, 'changed-input', itself.envelope);
      }
      case 'live':
        this.#findings.push(describeMiss(this.#factsOf(call), match, false).finding);
        return this.#live(call, input, match);
    }
  }

  #live(call: Call, input: CapturedValue, match: Match): Answer {
    const { boundary } = call;
    const counterpart = match.kind === 'answered' ? match.envelope : unusedHere(match);
    const rung = rungOf(match);
    if (boundary.effect === 'irreversible' && !this.#options.allowIrreversible.has(boundary.name)) {
      const facts = this.#factsOf(call);
      const reason = `Its effect is irreversible, and a policy of live is not enough to run it.`;
      const message = `Not run: ${describeCall(facts)}.\n${reason}\nName ${quoted(boundary.name)} in allowIrreversible (--allow-irreversible) to run it, or set its policy to { answer: ... }.`;
      this.#find('refused', call, reason, 'policy', counterpart);
      if (counterpart !== undefined) this.#usage.useWhole(this.plan, counterpart);
      return this.#refuse(call, input, rung, new ReplayRefusedError(message, facts), counterpart);
    }
    if (counterpart !== undefined) this.#usage.use(counterpart);
    return this.#runs(call, input, 'live', rung, counterpart);
  }

  #block(call: Call, input: CapturedValue, match: Match): Answer {
    const facts = this.#factsOf(call);
    const counterpart = match.kind === 'answered' ? match.envelope : unusedHere(match);
    if (counterpart !== undefined) this.#usage.useWhole(this.plan, counterpart);
    const message = `Blocked: ${describeCall(facts)}.\nThe policy of this replay blocks it.\nSet the policy of ${quoted(call.boundary.name)} to recorded to serve what was recorded.`;
    return this.#refuse(call, input, rungOf(match), new ReplayBlockedError(message, facts), counterpart);
  }

  #answer(call: Call, input: CapturedValue, match: Match, answer: unknown): Answer {
    const counterpart = match.kind === 'answered' ? match.envelope : unusedHere(match);
    if (counterpart !== undefined) this.#usage.useWhole(this.plan, counterpart);
    const recorded = counterpart ?? this.plan.named(call.boundary.kind, call.boundary.name)[0];
    const outcome = answeredOutcome(call, answer, isAsync(call.boundary, recorded));
    const rung = rungOf(match);
    this.#note(call, rung, 'answered', counterpart);
    return { kind: 'outcome', outcome, served: 'answered', rung, source: sourceOf(counterpart), input };
  }

  #serve(call: Call, input: CapturedValue, rung: Rung, envelope: Envelope): Answer {
    const outcome = this.#decoded(call, envelope);
    this.#note(call, rung, 'recorded', envelope);
    return { kind: 'outcome', outcome, served: 'recorded', rung, source: sourceOf(envelope), input };
  }

  #runs(call: Call, input: CapturedValue, served: 'rerun' | 'live', rung: Rung, envelope: Envelope | undefined, isEntry = false): Answer {
    this.#note(call, rung, served, envelope, isEntry);
    return { kind: 'run', served, rung, source: sourceOf(envelope), recordedPath: envelope?.path, input };
  }

  #refuse(call: Call, input: CapturedValue | undefined, rung: Rung, error: Error, envelope: Envelope | undefined): Answer {
    this.#note(call, rung, 'blocked', envelope);
    return { kind: 'refuse', served: 'blocked', rung, error, source: sourceOf(envelope), input };
  }

  #miss(call: Call, input: CapturedValue, match: Extract<Match, { kind: 'missed' }>): Answer {
    const facts = this.#factsOf(call);
    const { finding, message, miss } = describeMiss(facts, match, this.#isOpenEnded(call.crossing));
    this.#findings.push(finding);
    // A recorded attempt that cannot be served was asked for nonetheless: the next attempt meets the next one.
    const refused = finding.claim === 'refused' && match.nearest !== undefined && match.nearest.samePlace && !match.nearest.used;
    if (refused) this.#usage.useWhole(this.plan, match.nearest.envelope);
    const error = finding.claim === 'refused' ? new ReplayRefusedError(message, facts, miss) : new ReplayMissError(message, facts, miss);
    return this.#refuse(call, input, 'none', error, refused ? match.nearest.envelope : undefined);
  }

  /** Whether the recording breaks off around this call: what lies beyond is unknown, so a miss there proves nothing. */
  #isOpenEnded({ parent }: Crossing): boolean {
    const { entry, roots } = this.plan;
    if (parent === undefined) return (entry === undefined ? roots : [entry]).some(({ outcome }) => outcome.kind === 'unknown');
    return this.#byCrossing.get(parent)?.source?.outcome.kind === 'unknown';
  }

  #placeOf(crossing: Crossing): Place {
    const { parent } = crossing;
    if (parent === undefined) {
      const { entry } = this.plan;
      return entry !== undefined && this.#options.entryForm === 'function' && this.#entry?.crossing === undefined ? placeInside(entry) : ROOT_PLACE;
    }
    const source = this.#byCrossing.get(parent)?.source;
    return source === undefined ? placeAtPath(parent.recordedPath ?? parent.path) : placeInside(source);
  }

  #decoded(call: Call, envelope: Envelope): RecordedOutcome {
    const outcome = decodedOutcome(envelope.outcome, this.#options.pace);
    if (outcome.kind !== 'streamed' || (outcome.end !== 'cancelled' && outcome.end !== 'abandoned')) return outcome;
    const { startUnixNanos, endUnixNanos } = envelope;
    const endOffsetMillis = endUnixNanos === undefined ? 0 : Number(endUnixNanos - startUnixNanos) / NANOS_PER_MILLI;
    return { ...outcome, endOffsetMillis, onOverrun: () => this.#overrun(call, envelope, outcome.chunks.length) };
  }

  /** The recorded consumer stopped reading; what would have come next is unknown. */
  #overrun(call: Call, envelope: Envelope, chunks: number): Error {
    const facts = this.#factsOf(call);
    const reason = `The recorded stream was left by its reader after ${chunks} chunk${chunks === 1 ? '' : 's'}, and another was asked for.`;
    const finding: Finding = { claim: 'diverged', divergence: divergenceOf(facts, reason, 'stream', envelope) };
    this.#findings.push(finding);
    return new ReplayMissError(
      `No recorded chunk ${chunks + 1} for ${describeCall(facts)}.\n${reason}\nStop where the recorded run stopped, or set the policy of ${quoted(facts.name)} to live.`,
      facts,
      { reason: 'used-up', cause: 'stream', nearest: envelope.spanId, recordedThere: 1, diff: [] },
    );
  }

  #note(call: Call, rung: Rung, served: Served, source: Envelope | undefined, isEntry = false): void {
    const { boundary, crossing } = call;
    const { path, ordinal } = crossing;
    const asked: AskedCall = {
      path,
      kind: boundary.kind,
      name: boundary.name,
      ordinal,
      crossing,
      rung,
      served,
      source,
      isEntry,
      comparison: undefined,
      chunkDigests: undefined,
    };
    this.#asked.push(asked);
    if (isEntry) this.#entry = asked;
    this.#byCrossing.set(crossing, asked);
  }

  #find(claim: Claim, call: Call, reason: string, cause: string, nearest: Envelope | undefined): void {
    this.#findings.push({ claim, divergence: divergenceOf(this.#factsOf(call), reason, cause, nearest) });
  }

  #liveCall({ boundary, crossing, args }: Call, place: Place, inputDigest: string, wantsOutcome: boolean): LiveCall {
    const { kind, name } = boundary;
    return { place, kind, name, ordinal: crossing.ordinal, args: () => asRecorded(args, this.#options.protect), inputDigest, wantsOutcome };
  }

  #factsOf({ boundary, crossing }: Call): ReplayCallFacts {
    return {
      kind: boundary.kind,
      name: boundary.name,
      effect: boundary.effect,
      path: crossing.path,
      ordinal: crossing.ordinal,
      parent: crossing.parent?.boundary.name,
      traceId: this.plan.recording.traceId,
    };
  }
}

/** Whether the end of a call counts: it ran again as recorded code, or it is what was replayed. */
function isExamined({ served, isEntry }: AskedCall): boolean {
  return served === 'rerun' || isEntry;
}

/** The recorded call that takes this one's place although its input differs: the nearest unused one recorded here. */
function unusedHere(match: Extract<Match, { kind: 'missed' }>): Envelope | undefined {
  const { nearest } = match;
  return nearest !== undefined && nearest.samePlace && !nearest.used ? nearest.envelope : undefined;
}

function rungOf(match: Match): Rung {
  if (match.kind === 'answered') return match.rung;
  return unusedHere(match) === undefined ? 'none' : 'changed-input';
}

function sourceOf(envelope: Envelope | undefined): { traceId: string; spanId: string } | undefined {
  return envelope === undefined ? undefined : { traceId: envelope.traceId, spanId: envelope.spanId };
}

const NANOS_PER_MILLI = 1e6;

function decodedOutcome(outcome: StoredOutcome, pace: 'fast' | 'recorded'): RecordedOutcome {
  switch (outcome.kind) {
    case 'returned':
      return { kind: 'returned', async: outcome.async, value: outcome.value.decode() };
    case 'threw':
      return { kind: 'threw', async: outcome.async, error: outcome.value.decode() };
    case 'streamed': {
      const { async, form, end } = outcome;
      const chunks = outcome.chunks.map((chunk) => ({ offsetMillis: Number(chunk.offsetNanos) / NANOS_PER_MILLI, value: chunk.value.decode() }));
      const head = outcome.head?.decode();
      return { kind: 'streamed', async, form, end, value: outcome.value.decode(), chunks, pace, ...(head === undefined ? {} : { head }) };
    }
    case 'unknown':
      throw new Error('an unknown outcome has no value');
  }
}

function observedEnd(outcome: Outcome, digests: readonly string[] | undefined): ObservedEnd {
  switch (outcome.kind) {
    case 'returned':
      return { kind: 'returned', value: outcome.value };
    case 'threw':
      return { kind: 'threw', error: outcome.error };
    case 'streamed': {
      const chunks = digests === undefined ? ({ seen: 'count', count: outcome.chunks } as const) : ({ seen: 'digests', digests } as const);
      return { kind: 'streamed', end: outcome.end, value: outcome.value, chunks };
    }
  }
}

/** The outcome that a policy gives: a value, or what a function makes of the call. */
function answeredOutcome(call: Call, answer: unknown, async: boolean): RecordedOutcome {
  if (typeof answer !== 'function') return { kind: 'returned', async, value: answer };
  try {
    return { kind: 'returned', async, value: (answer as (call: Call) => unknown)(call) };
  } catch (error) {
    return { kind: 'threw', async, error };
  }
}

/** Whether a boundary gives a promise: as it was recorded, else as its function says, else by what it does. */
function isAsync(boundary: BoundaryDefinition, recorded: Envelope | undefined): boolean {
  if (recorded !== undefined && recorded.outcome.kind !== 'unknown') return recorded.outcome.async;
  // A plain function may return a promise as well, and one that reaches outside almost always does.
  return boundary.target.constructor.name === 'AsyncFunction' || boundary.effect !== 'none';
}

/** The entry as it stands when a function of the user's is called in its place. */
function calledDirectly(entry: Envelope, input: 'recorded' | 'given'): AskedCall {
  const { path, kind, name, ordinal } = entry;
  const rung = input === 'recorded' ? 'exact' : 'changed-input';
  return {
    path,
    kind,
    name,
    ordinal,
    crossing: undefined,
    rung,
    served: 'rerun',
    source: entry,
    isEntry: true,
    comparison: undefined,
    chunkDigests: undefined,
  };
}
