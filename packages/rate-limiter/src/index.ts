export type { AdaptiveOptions } from './adaptive.ts';
export type { LimiterSnapshot, QuotaSnapshot } from './limiters.ts';
export type { RateLimitOptions } from './options.ts';
export { type RateLimiter, type RateLimiterParts, rateLimiter } from './rate-limiter.ts';
export type { StoreConnection } from './store.ts';
