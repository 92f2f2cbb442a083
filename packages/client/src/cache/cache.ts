/** The part that `cache-on-demand.ts` loads if `responseCache` is set. */
export { responseCache } from '@holdfast/cache';
