/** A separate part, which is loaded if `responseCache` is set: `cache-on-demand.ts`. */
export { responseCache } from '@holdfast/cache';
