import { sameMomentMs, staleMs } from './line-figures.ts';

/** What has failed since the last answer. Times are by the monotonic clock. */
export class Failures {
  /** The first failure. */
  firstAt: number | undefined;
  #lastAt = Number.NEGATIVE_INFINITY;
  /** How many calls have failed for the first time. */
  ofCalls = 0;
  /** Have attempts timed out at a server that had answered? It may have a queue of requests whose callers have left. */
  isStall = false;
  /** When a granted retry failed last. */
  retryFailedAt: number | undefined;
  /** How many calls have failed with a grant. */
  ofGrants = 0;
  /** Has another call been let through, in case the first failed for a reason of its own? */
  hasTriedAnother = false;
  /** Set if a call with a grant has let another one go between its retries: calls after this time fail later than both. */
  laterFrom: number | undefined;
  /** Moments at which granted retries failed; retries under way together count as one. */
  moments = 0;
  #momentKnownAt = Number.NEGATIVE_INFINITY;

  /** Has a granted retry failed? */
  get ofRetries(): boolean {
    return this.retryFailedAt !== undefined;
  }

  /** @returns whether all failures lie before a long pause: then they are forgotten. */
  note(now: number): boolean {
    const isStale = now - this.#lastAt > staleMs;
    if (isStale) this.forget();
    this.firstAt ??= now;
    this.#lastAt = now;
    return isStale;
  }

  /** A granted retry, sent at `startedAt`, has failed. */
  noteRetry(startedAt: number, now: number): void {
    this.retryFailedAt = now;
    if (startedAt <= this.#momentKnownAt) return;
    this.moments++;
    this.#momentKnownAt = now;
  }

  /** Another call tries before the first one has failed for good: there may be one more after that. */
  letGo(now: number): void {
    this.hasTriedAnother = false;
    this.laterFrom = now + sameMomentMs;
  }

  forget(): void {
    this.firstAt = undefined;
    this.ofCalls = 0;
    this.isStall = false;
    this.retryFailedAt = undefined;
    this.ofGrants = 0;
    this.hasTriedAnother = false;
    this.laterFrom = undefined;
    this.moments = 0;
  }
}
