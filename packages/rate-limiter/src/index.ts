export { rateLimiter } from '#rate-limiter';
export type { AdaptiveOptions } from './adaptive.ts';
export type { QuotaSnapshot } from './buckets/quota-table.ts';
export type { LimiterSnapshot } from './limiters.ts';
export type { RateLimitOptions } from './options.ts';
export type { RateLimiter, RateLimiterParts } from './rate-limiter.ts';
export type { StoreConnection } from './store.ts';
export type { UnitSnapshot } from './units/unit-limit.ts';
export type { Cost, UnitOptions, Usage } from './units/unit-options.ts';
