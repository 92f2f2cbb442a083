import { Limiter, type LimiterParts } from './limiter.ts';

/** One limiter in `snapshot()`: plain JSON. */
export interface LimiterSnapshot {
  readonly key: string;
  /** Permits that are held. */
  readonly running: number;
  /** Calls that wait. */
  readonly queued: number;
  /** Wall clock, in milliseconds since 1970; absent where nothing is paused. */
  readonly pausedUntil?: number;
  /** So many may be on their way at once, since the server is in distress, or slow after a pause. */
  readonly limitedTo?: number;
}

/** What the server said last of a quota. */
export interface QuotaSnapshot {
  readonly key: string;
  readonly limit?: number;
  readonly remaining?: number;
  /** Wall clock, in milliseconds since 1970. */
  readonly resetAt?: number;
}

/** Where all meet that find no room; no URL, no route and hardly a user's key looks like it. */
const others = '(others)';
const sweepMs = 10_000;
/** While there is no room, it is looked for more often, but not for each call. */
const fullSweepMs = 100;

/** The limiters of one client, by key: a bounded number, of which the idle go. */
export class Limiters {
  readonly #maxKeys: number;
  readonly #parts: LimiterParts;
  readonly #byKey = new Map<string, Limiter>();
  #sweepAt = Number.NEGATIVE_INFINITY;

  constructor(maxKeys: number, parts: LimiterParts) {
    this.#maxKeys = maxKeys;
    this.#parts = parts;
  }

  get(key: string): Limiter {
    return this.#byKey.get(key) ?? this.#create(key);
  }

  #create(key: string): Limiter {
    this.#sweep();
    // Whoever is busy keeps its limiter, or a limit would be broken: those beyond share one.
    if (key !== others && this.#isFull()) return this.get(others);
    // What one of the others does to its calls must not be felt by all.
    const parts = key === others ? { ...this.#parts, adaptive: () => undefined } : this.#parts;
    const limiter = new Limiter(key, parts);
    this.#byKey.set(key, limiter);
    return limiter;
  }

  #isFull(): boolean {
    return this.#byKey.size - Number(this.#byKey.has(others)) >= this.#maxKeys;
  }

  #sweep(): void {
    const now = this.#parts.clock.now();
    if (now < this.#sweepAt && !(this.#isFull() && now >= this.#sweepAt - sweepMs + fullSweepMs)) return;
    this.#sweepAt = now + sweepMs;
    for (const limiter of this.#byKey.values()) {
      if (!limiter.isIdle) continue;
      limiter.close();
      this.#byKey.delete(limiter.key);
    }
  }

  all(): readonly Limiter[] {
    return [...this.#byKey.values()];
  }

  snapshot(): readonly LimiterSnapshot[] {
    const now = this.#parts.clock.wallNow();
    return this.all().map(({ key, running, queued, pausedMs, limitedTo }) => ({
      ...{ key, running, queued },
      ...(pausedMs > 0 && { pausedUntil: Math.ceil(now + pausedMs) }),
      ...(limitedTo !== undefined && { limitedTo }),
    }));
  }

  quotas(): readonly QuotaSnapshot[] {
    return this.all().flatMap(({ key, quota }) => (quota ? [{ key, ...quota }] : []));
  }

  close(): void {
    for (const limiter of this.#byKey.values()) limiter.close();
    this.#byKey.clear();
  }
}
