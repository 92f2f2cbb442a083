export type { ResponseCacheOptions } from './options/options.ts';
export type { InBackground } from './serving/background.ts';
export { type Inside, type ResponseCache, type ResponseCacheParts, responseCache } from './serving/response-cache.ts';
export type { CacheStore } from './store/outer-store.ts';
