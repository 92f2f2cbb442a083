import { type FallbackFunction, fallback, functionOf } from '@holdfast/core/internal';
import type { Feature } from '../feature/feature.ts';

export type { FallbackFunction };

declare module '../feature/declared.js' {
  interface Brings {
    readonly fallbacks: Declared & { readonly fallback: typeof fallback };
  }

  interface FeatureCallOptions {
    /** The last resort, after retries: returns a Response, or `undefined` to let the failure stand. */
    readonly fallback?: FallbackFunction | undefined;
  }
}

/** `fallback`, and the fallbacks of policies. */
export const fallbacks: Feature = {
  name: 'fallbacks',
  brings: {
    settings: { fallback: functionOf('(error, call) => Response | undefined') },
    fallback,
  },
};
