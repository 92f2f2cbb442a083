export type { InBackground } from './background.ts';
export type { ResponseCacheOptions } from './options.ts';
export type { CacheStore } from './outer-store.ts';
export { type Inside, type ResponseCache, type ResponseCacheParts, responseCache } from './response-cache.ts';
