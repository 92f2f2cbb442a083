/** The reply of Redis to `TIME`: seconds and microseconds. */
interface Timekeeper {
  time(): Promise<readonly (string | number)[]>;
}

/**
 * The clock of Redis, computed in this process. Bottleneck's scripts use the clock of the process that runs them; hosts
 * that share a limit must agree on the time, whatever their own clocks show, and even while those are being set.
 */
export class RedisClock {
  readonly #redis: Timekeeper;
  #aheadMs = 0;
  /** How wrong it may be, in milliseconds. */
  #errorMs = Number.POSITIVE_INFINITY;
  /** How late the last answers reached this process, in milliseconds. */
  readonly #delays: number[] = [];

  constructor(redis: Timekeeper) {
    this.#redis = redis;
  }

  /** In milliseconds since 1970. */
  now(): number {
    return Math.round(performance.now() + this.#aheadMs);
  }

  /**
   * How late an answer usually reaches this process, in milliseconds: Redis may be far away, and a process may be busy. A
   * single answer of the last ones that was late changes nothing; for it the process may have been halted.
   */
  get delayMs(): number {
    const [, usual = 0] = this.#delays.toSorted((a, b) => b - a);
    const shortest = this.#errorMs === Number.POSITIVE_INFINITY ? 0 : 2 * this.#errorMs;
    return Math.ceil(Math.max(shortest, Math.min(usual, longestDelayMs)));
  }

  /** An answer came this late. */
  noteDelay(delayMs: number): void {
    if (this.#delays.push(delayMs) > mostDelays) this.#delays.shift();
  }

  /** Asks Redis; rejects where that fails. An answer that took longer than an earlier one is less exact. */
  async adjust(): Promise<void> {
    const askedAt = performance.now();
    const [seconds, microseconds] = await this.#redis.time();
    const errorMs = (performance.now() - askedAt) / 2;
    const aheadMs = Number(seconds) * 1000 + Number(microseconds) / 1000 - (askedAt + errorMs);
    const isOldStillGood = Math.abs(aheadMs - this.#aheadMs) <= errorMs + this.#errorMs && this.#errorMs < errorMs;
    // No two clocks run equally fast.
    this.#errorMs = isOldStillGood ? this.#errorMs + 1 : errorMs;
    if (!isOldStillGood) this.#aheadMs = aheadMs;
  }
}

const mostDelays = 8;
/** A computer that sleeps now and then does not make the window of a limit much longer. */
const longestDelayMs = 5_000;
