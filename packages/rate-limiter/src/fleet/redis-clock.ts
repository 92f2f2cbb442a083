/** What Redis calls the time, as seconds and microseconds. */
interface Timekeeper {
  time(): Promise<readonly (string | number)[]>;
}

/**
 * The clock of Redis, computed here. Bottleneck's scripts use the clock of the process that runs them; hosts that share
 * a limit must agree on the time, whatever their own clocks show, and also while those are being set.
 */
export class RedisClock {
  readonly #redis: Timekeeper;
  #aheadMs = 0;
  /** So far off it may be. */
  #errorMs = Number.POSITIVE_INFINITY;

  constructor(redis: Timekeeper) {
    this.#redis = redis;
  }

  /** In milliseconds since 1970. */
  now(): number {
    return Math.round(performance.now() + this.#aheadMs);
  }

  /** Asks Redis; rejects where that fails. An answer that took long tells less than one before it. */
  async adjust(): Promise<void> {
    const askedAt = performance.now();
    const [seconds, microseconds] = await this.#redis.time();
    const errorMs = (performance.now() - askedAt) / 2;
    const aheadMs = Number(seconds) * 1000 + Number(microseconds) / 1000 - (askedAt + errorMs);
    const isOldStillGood = Math.abs(aheadMs - this.#aheadMs) <= errorMs + this.#errorMs && this.#errorMs < errorMs;
    // No two clocks go equally fast.
    this.#errorMs = isOldStillGood ? this.#errorMs + 1 : errorMs;
    if (!isOldStillGood) this.#aheadMs = aheadMs;
  }
}
