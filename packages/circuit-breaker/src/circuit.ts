import type { Clock } from '@holdfast/core';
import { type Books, createBooks } from './books.ts';
import type { ResolvedOptions } from './options.ts';

export type CircuitState = 'closed' | 'open' | 'halfOpen';

/** What one attempt came to, for the circuit: a neutral one is as if it had never been. */
export type CircuitOutcome = 'success' | 'failure' | 'neutral';

/** An attempt's leave to go out. */
export interface Permit {
  readonly era: number;
  readonly probe: boolean;
}

/** Why a circuit changed its state. */
export type ChangeReason = 'failureRatio' | 'slowCallRatio' | 'probeFailed' | 'probeSucceeded' | 'openTimeOver' | 'byHand' | 'fleet';

/** A change of state, with the figures that made it so. */
export interface StateChange {
  readonly key: string;
  readonly state: CircuitState;
  readonly because: ChangeReason;
  readonly failures: number;
  readonly successes: number;
  /** Milliseconds until a probe is let through, where it opened. */
  readonly retryAfterMs?: number;
}

/**
 * One circuit. Closed, it lets everything through and has it written into the books. Open, it lets nothing through,
 * until its time is over. Half-open, it lets probes through, one at a time.
 *
 * Each change of state begins a new era. An outcome belongs to the era that its attempt began in: what was sent before
 * the outage and comes back during it says nothing of the server now, and is not counted.
 */
export class Circuit {
  readonly key: string;
  readonly #options: ResolvedOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #books: Books;
  readonly #slowBooks: Books | undefined;
  #era = 0;
  #state: CircuitState = 'closed';
  #openUntil = 0;
  /** How often it has opened without having closed in between. */
  #openings = 0;
  #probesInFlight = 0;
  #probesSucceeded = 0;
  /** When it was last asked for anything. */
  usedAt: number;

  constructor(key: string, options: ResolvedOptions, clock: Clock, random: () => number) {
    this.key = key;
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
    this.usedAt = clock.now();
    const { minimumCalls, windowMs, failureRatio, slowCallMs, slowCallRatio } = options;
    this.#books = createBooks({ ratio: failureRatio, minimumCalls, windowMs }, clock);
    this.#slowBooks =
      slowCallMs === undefined ? undefined : createBooks({ ratio: slowCallRatio, minimumCalls, windowMs }, clock);
  }

  /** Half-open begins when somebody could probe; no timer is needed for it. */
  get state(): CircuitState {
    return this.#state === 'open' && this.#clock.now() >= this.#openUntil ? 'halfOpen' : this.#state;
  }

  get figures(): { readonly failures: number; readonly successes: number } {
    return { failures: this.#books.failures, successes: this.#books.successes };
  }

  /** Milliseconds until it makes sense to ask again; 0 where it does now. */
  get retryAfterMs(): number {
    if (this.#state !== 'open') return 0;
    return Math.max(0, Math.ceil(this.#openUntil - this.#clock.now()));
  }

  /** May a call go on towards the wire? Takes no probe's place yet: it may have to queue first. */
  get admits(): boolean {
    const { state } = this;
    return state === 'closed' || (state === 'halfOpen' && this.#probesInFlight < this.#options.probes);
  }

  /** Leave to go out now, or nothing. */
  acquire(tell: (change: StateChange) => void): Permit | undefined {
    this.usedAt = this.#clock.now();
    if (this.#state === 'closed') return { era: this.#era, probe: false };
    if (!this.admits) return undefined;
    if (this.#state === 'open') this.#change('halfOpen', 'openTimeOver', tell);
    this.#probesInFlight++;
    return { era: this.#era, probe: true };
  }

  /**
   * What became of it.
   *
   * @param retryAfterMs What the server asked for in its failure.
   */
  settle(
    permit: Permit,
    outcome: CircuitOutcome,
    durationMs: number,
    retryAfterMs: number,
    tell: (change: StateChange) => void,
  ): void {
    if (permit.era !== this.#era) return;
    if (permit.probe) this.#settleProbe(outcome, retryAfterMs, tell);
    else if (outcome !== 'neutral') this.#write(outcome === 'failure', durationMs, retryAfterMs, tell);
  }

  #settleProbe(outcome: CircuitOutcome, retryAfterMs: number, tell: (change: StateChange) => void): void {
    this.#probesInFlight--;
    if (outcome === 'failure') this.#open('probeFailed', retryAfterMs, tell);
    else if (outcome === 'success' && ++this.#probesSucceeded >= this.#options.probes) {
      this.close('probeSucceeded', tell);
    }
  }

  #write(failed: boolean, durationMs: number, retryAfterMs: number, tell: (change: StateChange) => void): void {
    const { slowCallMs } = this.#options;
    const tooMany = this.#books.record(failed);
    const tooSlow = slowCallMs !== undefined && this.#slowBooks?.record(durationMs >= slowCallMs);
    if (tooMany) this.#open('failureRatio', retryAfterMs, tell);
    else if (tooSlow) this.#open('slowCallRatio', retryAfterMs, tell);
  }

  /** Opens by hand, or since another process did. */
  open(because: 'byHand' | 'fleet', forMs: number | undefined, tell: (change: StateChange) => void): void {
    if (this.state === 'open') return;
    this.#open(because, forMs ?? 0, tell);
  }

  /** Stands where it stood before, in another process. */
  restore(state: 'open' | 'halfOpen', retryAfterMs: number): void {
    this.#state = 'open';
    this.#era++;
    this.#openings = 1;
    this.#openUntil = this.#clock.now() + (state === 'open' ? Math.min(retryAfterMs, longestAskedMs) : 0);
  }

  /** Longer each time that a probe fails, within bounds, and never the same for a whole fleet. */
  #open(because: ChangeReason, atLeastMs: number, tell: (change: StateChange) => void): void {
    const { openMs, maxOpenMs } = this.#options;
    const grown = Math.min(openMs * 2 ** this.#openings, maxOpenMs);
    const forMs = Math.max(grown * (1 + 0.2 * this.#random()), Math.min(atLeastMs, longestAskedMs));
    this.#openings++;
    this.#openUntil = this.#clock.now() + forMs;
    this.#change('open', because, tell);
  }

  close(because: 'probeSucceeded' | 'byHand', tell: (change: StateChange) => void): void {
    if (this.#state === 'closed') return;
    this.#openings = 0;
    this.#change('closed', because, tell);
    this.#books.clear();
    this.#slowBooks?.clear();
  }

  #change(state: CircuitState, because: ChangeReason, tell: (change: StateChange) => void): void {
    this.#state = state;
    this.#era++;
    this.#probesInFlight = 0;
    this.#probesSucceeded = 0;
    const retryAfterMs = this.retryAfterMs;
    tell({ key: this.key, state, because, ...this.figures, ...(state === 'open' && { retryAfterMs }) });
  }

  shutdown(): void {
    this.#books.shutdown();
    this.#slowBooks?.shutdown();
  }
}

/** However long a server asks to be left alone, somebody looks once an hour. */
const longestAskedMs = 3_600_000;
