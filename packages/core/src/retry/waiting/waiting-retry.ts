import type { Clock, Timer } from '../../kernel/clock.ts';
import { requestsAreApart } from '../../platform/requests-apart.ts';
import { type Follower, follow, unfollow } from '../../waits/abort-source.ts';
import type { Grant } from './grant.ts';

/** How the wait ended. `refused`: the retries under way have failed; `late`: no time is left; `left`: the signal aborted. */
export type WaitEnd = Grant | 'refused' | 'late' | 'left';

/** What a call brings to the line. */
export interface RetryDemand {
  readonly signal: AbortSignal;
  /** When the call began, by the monotonic clock. */
  readonly startedAt: number;
  /** When the call failed for the first time, by the monotonic clock. */
  readonly failedAt: number;
  /** The wait that this retry needs in any case, in milliseconds. */
  readonly delayMs: number;
  /** Milliseconds after which it is too late for a retry; `Infinity` without a deadline. */
  readonly lateMs: number;
  readonly isAfterTimeout: boolean;
  /**
   * The caller's own policy orders the retry: it is refused in an outage only, and not because it has waited too long.
   */
  readonly isOrdered: boolean;
}

/** Where calls cannot wake one another, each polls at this interval, in milliseconds. */
const lookMs = 25;

/**
 * A call that waits for a grant.
 *
 * Its end is a promise of its own: the call that decides on it only settles the promise, and the waiting call continues
 * after its own `await`, in its own async context. On Cloudflare Workers one request cannot settle the promise of
 * another, so there each call polls whether its wait has ended.
 */
export class WaitingRetry implements Follower {
  readonly demand: RetryDemand;
  readonly joinedAt: number;
  readonly end: Promise<WaitEnd>;
  /** When the call last polled, where calls cannot wake one another. */
  lookedAt: number;
  readonly #clock: Clock;
  readonly #look: () => void;
  readonly #lateTimer: Timer;
  #lookTimer: Timer;
  #lookAt = 0;
  #known: WaitEnd | undefined;
  #resolve!: (end: WaitEnd) => void;

  /** @param look Called after a time that may end the wait. */
  constructor(demand: RetryDemand, clock: Clock, look: (waiting: WaitingRetry) => void) {
    this.demand = demand;
    this.joinedAt = clock.now();
    this.lookedAt = this.joinedAt;
    this.#clock = clock;
    this.#look = () => look(this);
    this.end = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    if (demand.lateMs < Number.POSITIVE_INFINITY)
      this.#lateTimer = clock.setTimer(() => this.#leave('late'), Math.max(0, demand.lateMs));
    if (requestsAreApart()) this.#lookAgain(lookMs);
    follow(demand.signal, this);
  }

  get isSettled(): boolean {
    return this.#known !== undefined;
  }

  /** Polls again after this time at the latest, unless the wait is over by then. */
  lookIn(ms: number): void {
    const isSooner = this.#lookTimer === undefined || this.#clock.now() + ms < this.#lookAt;
    if (isSooner && !requestsAreApart()) this.#lookAgain(ms);
  }

  /** Ends the wait; only the first end counts. */
  settle(end: WaitEnd): void {
    if (this.#known !== undefined) return;
    this.#known = end;
    if (requestsAreApart() && end !== 'left') return;
    this.#wake(end);
  }

  /** The signal has aborted. */
  handleEvent(): void {
    this.#leave('left');
  }

  /** The call ends its own wait, and then the line is looked over again. */
  #leave(end: 'late' | 'left'): void {
    this.settle(end);
    this.#look();
  }

  #lookAgain(ms: number): void {
    this.#clear(this.#lookTimer);
    this.#lookAt = this.#clock.now() + ms;
    this.#lookTimer = this.#clock.setTimer(() => {
      this.#lookTimer = undefined;
      this.lookedAt = this.#clock.now();
      if (this.#known === undefined) this.#look();
      if (!requestsAreApart()) return;
      if (this.#known === undefined) this.#lookAgain(lookMs);
      else this.#wake(this.#known);
    }, ms);
  }

  #wake(end: WaitEnd): void {
    unfollow(this.demand.signal, this);
    this.#clear(this.#lateTimer);
    this.#clear(this.#lookTimer);
    this.#resolve(end);
  }

  #clear(timer: Timer): void {
    if (timer !== undefined) this.#clock.clearTimer(timer);
  }
}
