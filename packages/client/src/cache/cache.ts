/** A part of its own, which is loaded where `responseCache` is set: `cache-on-demand.ts`. */
export { responseCache } from '@holdfast/cache';
