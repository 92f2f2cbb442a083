/** A server has the cache at hand; a page loads it where `responseCache` is set: `cache.browser.ts`. */
export { responseCache } from '@holdfast/cache';
