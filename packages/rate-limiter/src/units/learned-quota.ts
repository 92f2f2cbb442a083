import type { Clock } from '@holdfast/core';
import type { ApiQuota } from '@holdfast/core/internal';

/** A quota that says how much is left. */
export type KnownQuota = ApiQuota & { readonly remaining: number };

/** The quota of a unit; of several, the one with the least left. */
export function quotaOf(unit: string, quotas: readonly ApiQuota[]): KnownQuota | undefined {
  const name = unit.toLowerCase();
  let found: KnownQuota | undefined;
  for (const quota of quotas) {
    const bucket = quota.bucket?.toLowerCase();
    const { remaining } = quota;
    // `input-tokens` is another unit than `tokens`.
    const isMeant = bucket === name || (quota.counts === name && !bucket?.includes(name));
    if (!isMeant || remaining === undefined) continue;
    if (found === undefined || remaining < found.remaining) found = { ...quota, remaining };
  }
  return found;
}

/** A call's share of what is left. */
export interface Share {
  readonly cost: number;
  readonly ms: number;
}

/**
 * A quota that the server sends with its answers. What is left of it is spread over the time that is left: a request
 * that costs a tenth of what is left takes a tenth of the time, and the next one is sent after that. So the whole quota is
 * used, and no request is refused.
 */
export class LearnedQuota {
  readonly #clock: Clock;
  /** What a window grants, by the server's last report. */
  amount: number | undefined;
  #remaining = Number.POSITIVE_INFINITY;
  /** By the monotonic clock. */
  #resetAt = Number.NEGATIVE_INFINITY;
  #nextAt = Number.NEGATIVE_INFINITY;
  /** The last request that was sent. */
  #sentAt = Number.NEGATIVE_INFINITY;
  #sentCost = 0;
  #sentShare: Share | undefined;
  /** Until when its share of the time lasts. */
  #pacedUntil = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note({ limit, remaining, resetAt }: KnownQuota, wallNow: number): void {
    if (limit !== undefined) this.amount = limit;
    this.#remaining = remaining;
    if (resetAt === undefined) return;
    const leftMs = Math.max(0, resetAt - wallNow);
    this.#resetAt = this.#clock.now() + leftMs;
    // If nothing is left, no request goes before the window ends. If there is more than before, none waits for less.
    const paceMs = (this.#sentCost / (remaining + this.#sentCost)) * leftMs;
    this.#pacedUntil = this.#sentAt + paceMs;
    this.#nextAt = remaining === 0 ? this.#resetAt : Math.min(this.#nextAt, this.#pacedUntil);
  }

  /** A request of this cost is sent. @param share What it has taken, if anything is known. */
  sent(cost: number, share: Share | undefined): void {
    this.#sentAt = this.#clock.now();
    this.#sentCost = cost;
    this.#sentShare = share;
    this.#pacedUntil = this.#sentAt + (share?.ms ?? 0);
  }

  /** Does the pace allow a request now? */
  admits(): boolean {
    return this.againInMs() === 0;
  }

  againInMs(): number {
    const now = this.#clock.now();
    // A new window has begun; the next answer reports it.
    return now >= this.#resetAt ? 0 : Math.max(0, Math.min(this.#nextAt, this.#resetAt) - now);
  }

  /** Nothing is taken while nothing is known, or by a request that costs nothing. */
  take(cost: number): Share | undefined {
    const now = this.#clock.now();
    const leftMs = this.#resetAt - now;
    if (leftMs <= 0 || cost === 0) return undefined;
    const ms = this.#remaining > 0 ? Math.min(leftMs, (cost / this.#remaining) * leftMs) : leftMs;
    const share: Share = { cost: Math.min(cost, this.#remaining), ms };
    this.#nextAt = Math.max(now, this.#nextAt) + ms;
    this.#remaining -= share.cost;
    return share;
  }

  /** The request of this share was not sent. The time of the last one that was is not given away. */
  giveBack(share: Share): void {
    if (share === this.#sentShare) {
      this.#sentCost = 0;
      this.#pacedUntil = Number.NEGATIVE_INFINITY;
    }
    this.#nextAt = Math.min(this.#nextAt, Math.max(this.#nextAt - share.ms, this.#pacedUntil));
    this.#remaining += share.cost;
  }

  isIdle(): boolean {
    return this.#clock.now() >= this.#resetAt;
  }
}
