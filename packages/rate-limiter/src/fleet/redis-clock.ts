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

  constructor(redis: Timekeeper) {
    this.#redis = redis;
  }

  /** In milliseconds since 1970. */
  now(): number {
    return Math.round(performance.now() + this.#aheadMs);
  }

  /** How long Redis takes to answer where nothing delays it, in milliseconds. */
  get delayMs(): number {
    return this.#errorMs === Number.POSITIVE_INFINITY ? 0 : Math.ceil(2 * this.#errorMs);
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
