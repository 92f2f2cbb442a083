import { responseCache as cache } from '../cache/cache-on-demand.ts';
import type { Feature } from '../feature/feature.ts';

/** `responseCache`. */
export const responseCache: Feature = {
  name: 'responseCache',
  brings: { shared: { responseCache: { create: cache } } },
};
