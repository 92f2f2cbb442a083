import type { Clock } from '../kernel/clock.ts';

/** The tokens that a client has at first, that an answer restores, and that stay for a client that seldom calls. */
export const reserve = 2;
const capacity = 100;
/** How long earned tokens are kept, in milliseconds. */
const keptMs = 10_000;
/** The tokens are counted again only after this much was earned, since counting costs more than earning. */
const muchEarned = 10;
/** An answer of this long ago, in milliseconds, says that failures have just begun. */
const recentMs = 5_000;
/** An answer of longer ago, in milliseconds, says nothing about the server. */
const longAgoMs = 60_000;

/** The rates at which a stock earns. */
export interface StockRates {
  readonly ratio: number;
  readonly minPerSecond: number;
}

/** The tokens of one origin. It is plain data and has no timer. */
export class Stock {
  readonly #rates: StockRates;
  readonly #clock: Pick<Clock, 'now'>;
  /** The tokens at the time of `#at`. */
  #tokens = reserve;
  #at: number;
  /** Earned by the calls that were answered since then. */
  #earned = 0;
  /** When a call was last answered; `NaN` if none was. */
  #answeredAt = Number.NaN;
  /** When retries that the server had asked for at once were last in vain; cleared by the next answer. */
  #inVainAt = Number.NEGATIVE_INFINITY;

  constructor(rates: StockRates, clock: Pick<Clock, 'now'>) {
    this.#rates = rates;
    this.#clock = clock;
    this.#at = clock.now();
  }

  get tokens(): number {
    return this.#held(this.#clock.now());
  }

  /** Has the server ever answered? */
  get wasAnswered(): boolean {
    return !Number.isNaN(this.#answeredAt);
  }

  /** May failures since this time have just begun? Not where the server did not answer for a while before. */
  mayHaveBegunAt(firstAt: number): boolean {
    const sinceMs = firstAt - this.#answeredAt;
    return !(sinceMs > recentMs && sinceMs < longAgoMs);
  }

  /** A call was answered. */
  earn(): void {
    this.#earned += this.#rates.ratio;
    this.#answeredAt = this.#clock.now();
    this.#inVainAt = Number.NEGATIVE_INFINITY;
    if (this.#earned >= muchEarned) this.spend(0);
  }

  spend(tokens: number): void {
    const now = this.#clock.now();
    this.#tokens = Math.max(0, this.#held(now) - tokens);
    this.#at = now;
    this.#earned = 0;
  }

  /** A call has failed although the server had said "now" to these retries, which were free. */
  spendInVain(retries: number): void {
    this.spend(retries);
    this.#inVainAt = this.#at;
  }

  get isNowInVain(): boolean {
    return this.#clock.now() - this.#inVainAt <= keptMs;
  }

  #held(now: number): number {
    const ms = now - this.#at;
    // The time at which each token was earned is not recorded, so they count as earned evenly.
    const kept = this.#tokens * Math.max(0, 1 - ms / keptMs) + this.#earned * Math.min(1, keptMs / ms);
    const least = this.#earned > 0 ? reserve : Math.min(reserve, this.#tokens + (ms / 1000) * this.#rates.minPerSecond);
    return exact(Math.min(capacity, Math.max(kept, least)));
  }
}

/** Rounds: in binary fractions ten times a tenth is not exactly one. */
export function exact(tokens: number): number {
  return Math.round(tokens * 1e6) / 1e6;
}
