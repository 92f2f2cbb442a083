import type { Clock } from '@holdfast/core';
import type { ResolvedOptions } from '../options/options.ts';
import type {
  Cause,
  ChangeReason,
  CircuitFigures,
  CircuitOutcome,
  CircuitState,
  OnChange,
  Pass,
} from '../state/circuit-state.ts';
import { grownOpenMs, spreadMs } from './open-time.ts';
import { Probes } from './probes.ts';
import { Threshold } from './threshold.ts';

/** An attempt's outcome, as it is recorded. */
interface Written {
  readonly failed: boolean;
  readonly slow: boolean;
  readonly asked: () => number;
  readonly cause: Cause | undefined;
}

/**
 * One circuit. Closed, it lets every attempt through and counts it. Open, it lets none through until its time is over.
 * Half-open, it lets probes through, one at a time.
 *
 * Each change of state begins a new era. An outcome belongs to the era in which its attempt began: an attempt that was
 * sent before the outage and ends during it says nothing about the present state of the server, and is not counted.
 */
export class Circuit {
  readonly key: string;
  readonly probes: Probes;
  readonly #options: ResolvedOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #onChange: OnChange;
  readonly #failures: Threshold;
  readonly #slowCalls: Threshold | undefined;
  #era = 0;
  #state: CircuitState = 'closed';
  #openUntil = 0;
  /** How often it has opened without closing in between. */
  #openings = 0;
  #inFlight = 0;
  /** The figures with which it opened; once it is half-open, those of its probes. */
  #seen: CircuitFigures = { failures: 0, successes: 0 };
  /** When an attempt last used it. */
  usedAt: number;

  constructor(key: string, options: ResolvedOptions, clock: Clock, random: () => number, onChange: OnChange) {
    this.key = key;
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
    this.#onChange = onChange;
    this.usedAt = clock.now();
    this.probes = new Probes(options);
    const { failureRatio, slowCallMs, slowCallRatio } = options;
    this.#failures = new Threshold(failureRatio, options, clock);
    if (slowCallMs !== undefined) this.#slowCalls = new Threshold(slowCallRatio, options, clock);
  }

  /** Half-open begins with the first request that could probe; this needs no timer. */
  get state(): CircuitState {
    return this.#state === 'open' && this.#clock.now() >= this.#openUntil ? 'halfOpen' : this.#state;
  }

  /** How often it has opened without closing in between; each time it stays open for longer. */
  get openings(): number {
    return this.#openings;
  }

  get figures(): CircuitFigures {
    if (this.#state !== 'closed') return this.#seen;
    return {
      ...this.#failures.figures,
      ...(this.#slowCalls && { slowCalls: this.#slowCalls.figures.failures }),
    };
  }

  /** Milliseconds until it makes sense to try again. */
  get retryAfterMs(): number {
    const left = this.#state === 'open' ? Math.ceil(this.#openUntil - this.#clock.now()) : 0;
    // While a probe is under way, its end is not known: the open time is the estimate.
    return left > 0 ? left : Math.ceil(this.#options.openMs);
  }

  /** True if nothing is under way, nothing waits, and the window is empty. */
  get isIdle(): boolean {
    const { windowMs, maxOpenMs } = this.#options;
    if (this.#inFlight > 0 || this.state === 'open') return false;
    return this.usedAt <= this.#clock.now() - (this.#state === 'closed' ? windowMs : Math.max(windowMs, maxOpenMs));
  }

  /** May a call be sent? */
  get admits(): boolean {
    const { state } = this;
    return state === 'closed' || (state === 'halfOpen' && this.probes.admits(this.#clock.now()));
  }

  /** Is it half-open, with as many probes on their way as it allows? */
  get isProbed(): boolean {
    return this.state === 'halfOpen' && !this.probes.hasRoom(this.#clock.now());
  }

  /** Lets an attempt through now, or returns `undefined`. `began`: when the attempt began, if that was earlier. */
  admit(cause?: Cause, began?: number): Pass | undefined {
    this.usedAt = this.#clock.now();
    if (!this.admits) return undefined;
    this.#inFlight++;
    const startedAt = began ?? this.usedAt;
    if (this.#state === 'closed') return { era: this.#era, startedAt };
    if (this.#state === 'open') this.#change('halfOpen', 'openTimeOver', cause);
    this.probes.started(startedAt);
    return { era: this.#era, startedAt };
  }

  /**
   * Records the outcome of an attempt.
   *
   * @param asked Returns the wait that the server asked for in its failure, in milliseconds.
   */
  settle(pass: Pass, outcome: CircuitOutcome, cause?: Cause, slow = false, asked: () => number = noWait): void {
    this.#inFlight--;
    if (pass.era !== this.#era) return;
    this.usedAt = this.#clock.now();
    const written = { failed: outcome === 'failure', slow, asked, cause };
    if (this.#state === 'halfOpen') {
      if (pass.hasHeaders !== true) this.probes.ended();
      if (outcome !== 'neutral') this.#settleProbe(written);
    } else if (outcome !== 'neutral') this.#write(pass, written);
  }

  /**
   * The headers of a stream have arrived, but not its first event. The attempt's outcome is still open, but that event
   * may take minutes, and another call may find out sooner whether the server works.
   */
  headersCame(pass: Pass): void {
    if (pass.era !== this.#era || this.#state !== 'halfOpen' || pass.hasHeaders === true) return;
    pass.hasHeaders = true;
    this.probes.ended();
  }

  #settleProbe({ failed, slow, asked, cause }: Written): void {
    const { failures, successes, slowCalls = 0 } = this.#seen;
    this.#seen = {
      failures: failures + (failed ? 1 : 0),
      successes: successes + (failed ? 0 : 1),
      ...(this.#slowCalls && { slowCalls: slowCalls + (slow ? 1 : 0) }),
    };
    if (failed || slow) this.#open('probeFailed', asked(), cause);
    else if (this.#seen.successes >= this.#options.probes) this.close('probeSucceeded', cause);
  }

  #write({ startedAt }: Pass, { failed, slow, asked, cause }: Written): void {
    const now = this.usedAt;
    const attempt = { startedAt, now, isRetry: (cause?.attempt ?? 1) > 1 };
    const tooMany = this.#failures.record(failed, attempt);
    // Where retries are answered, failures have not lasted. A quick answer to a retry says nothing like that of slowness, so
    // it is recorded as that of a first attempt.
    const tooSlow = this.#slowCalls?.record(slow, slow ? attempt : { ...attempt, isRetry: false });
    if (tooMany) this.#open('failureRatio', asked(), cause);
    else if (tooSlow) this.#open('slowCallRatio', asked(), cause);
  }

  /** Could one more failure open it? */
  get isDue(): boolean {
    const { failures, successes } = this.figures;
    return this.#state === 'closed' && failures + successes + 1 >= this.#options.minimumCalls;
  }

  /** The open time: longer after each failed probe, within bounds, not shorter than the server asks, and randomised. */
  #open(because: ChangeReason, askedMs: number, cause: Cause | undefined): void {
    const { openMs, maxOpenMs } = this.#options;
    const grown = grownOpenMs({ openMs, maxOpenMs }, this.#openings, this.#random);
    this.#openings++;
    this.#openFor(askedMs > 0 ? Math.max(grown, spreadMs(askedMs, this.#random)) : grown, because, cause);
  }

  /** By hand the time is exact; without a time it is `openMs`, or the rest of the open time if that is longer. */
  openByHand(forMs?: number): void {
    const { openMs } = this.#options;
    if (forMs === undefined && this.#state === 'open' && this.#openUntil - this.#clock.now() >= openMs) return;
    this.#openings = Math.max(1, this.#openings);
    this.#openFor(forMs ?? openMs, 'byHand');
  }

  /**
   * Another process has opened its circuit. A circuit that is half-open here relies on its own probe, and `maxOpenMs`
   * bounds the time that the other process gives.
   */
  openWithFleet(forMs: number): void {
    if (this.#state !== 'closed') return;
    this.#openings = 1;
    this.#openFor(spreadMs(Math.min(forMs, this.#options.maxOpenMs), this.#random), 'fleet');
  }

  #openFor(forMs: number, because: ChangeReason, cause?: Cause): void {
    this.#openUntil = this.#clock.now() + forMs;
    this.#change('open', because, cause);
  }

  /** Restores the state that it had in another process. This emits no event. */
  restore(state: 'open' | 'halfOpen', retryAfterMs: number, openings: number, seen: CircuitFigures): void {
    this.#state = 'open';
    this.#era++;
    this.#openings = openings;
    this.#seen = seen;
    this.#openUntil = this.#clock.now() + (state === 'open' ? retryAfterMs : 0);
  }

  close(because: 'probeSucceeded' | 'byHand', cause?: Cause): void {
    if (this.#state === 'closed') {
      // Begins a new era: earlier outcomes, and attempts under way, belong to the earlier one.
      this.#era++;
      this.#forget();
      return;
    }
    this.#openings = 0;
    this.#change('closed', because, cause);
  }

  #change(state: CircuitState, because: ChangeReason, cause: Cause | undefined): void {
    const { figures } = this;
    this.#state = state;
    this.#era++;
    this.probes.forget(state);
    this.#seen = state === 'open' ? figures : { failures: 0, successes: 0 };
    if (state === 'open') this.#forget();
    const { key, retryAfterMs } = this;
    this.#onChange({ key, state, because, ...figures, ...(state === 'open' && { retryAfterMs }) }, cause);
  }

  #forget(): void {
    this.#failures.clear();
    this.#slowCalls?.clear();
  }

  /** Called when the circuit is removed: late outcomes are ignored. */
  shutdown(): void {
    this.#era++;
    this.#failures.shutdown();
    this.#slowCalls?.shutdown();
  }
}

const noWait = (): number => 0;
