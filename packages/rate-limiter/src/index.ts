export { rateLimiter } from '#rate-limiter';
export type { QuotaSnapshot } from './buckets/quota-table.ts';
export type { StoreConnection } from './fleet/store.ts';
export type { AdaptiveOptions } from './limiter/adaptive.ts';
export type { LimiterSnapshot } from './limiter/limiters.ts';
export type { RateLimitOptions } from './limiter/options.ts';
export type { RateLimiter, RateLimiterParts } from './limiter/rate-limiter.ts';
export type { UnitSnapshot } from './units/unit-limit.ts';
export type { Cost, UnitOptions, Usage } from './units/unit-options.ts';
