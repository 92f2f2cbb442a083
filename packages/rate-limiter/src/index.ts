import { rateLimiter as ofThisPlatform } from '#rate-limiter';
import { type RateLimitOptions, resolveOptions } from './limiter/options.ts';
import type { RateLimiter, RateLimiterParts } from './limiter/rate-limiter.ts';

export type { QuotaSnapshot } from './buckets/quota-table.ts';
export type { StoreConnection } from './fleet/store.ts';
export type { AdaptiveOptions } from './limiter/adaptive.ts';
export type { HoldUp } from './limiter/hold-up.ts';
export type { LimiterSnapshot } from './limiter/limiters.ts';
export type { RateLimitOptions } from './limiter/options.ts';
export type { RateLimiter, RateLimiterParts } from './limiter/rate-limiter.ts';
export type { UnitSnapshot } from './units/unit-limit.ts';
export type { Cost, UnitOptions, Usage } from './units/unit-options.ts';

/**
 * Creates a rate limiter: a ring for the pipeline, with one queue for each key. Without limits, it only keeps the
 * pauses that servers ask for, and lets few calls go at once while a server is in distress.
 *
 * @param options One limit, or several in a list, all of which apply.
 * @throws TypeError or RangeError for options that are invalid, naming path, value and remedy.
 * @example
 * ```ts
 * import { attemptTimeout, compose, fetchTransport, retryRing } from '@holdfast/core';
 * import { rateLimiter } from '@holdfast/rate-limiter';
 *
 * const limiter = rateLimiter({ maxConcurrent: 10, requests: 100, perMs: 1000 });
 * const send = compose([retryRing(), limiter, attemptTimeout()], fetchTransport());
 * ```
 */
export function rateLimiter(
  options: RateLimitOptions | readonly RateLimitOptions[] = {},
  parts: RateLimiterParts = {},
): RateLimiter {
  return ofThisPlatform(resolveOptions(options, parts.where ?? 'rateLimit'), parts);
}
