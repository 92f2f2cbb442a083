import type { ResponseCache, ResponseCacheOptions } from '@holdfast/cache';
import { responseCache as cache } from '../cache/cache-on-demand.ts';
import type { Feature } from '../feature/feature.ts';

export type { ResponseCacheOptions };

declare module '../feature/declared.js' {
  interface Brings {
    readonly responseCache: Declared;
  }

  interface FeatureOptions {
    /** A private HTTP cache (RFC 9111): `true`, or its options. @defaultValue false */
    readonly responseCache?: ResponseCacheOptions | boolean | undefined;
  }

  interface SharedParts {
    readonly responseCache?: ResponseCache | undefined;
  }
}

/** `responseCache`. */
export const responseCache: Feature = {
  name: 'responseCache',
  brings: { shared: { responseCache: { create: cache } } },
};
