import {
  type LimiterSnapshot,
  type QuotaSnapshot,
  type RateLimiter,
  type RateLimitOptions,
  rateLimiter,
} from '@holdfast/rate-limiter';
import type { Feature } from '../feature/feature.ts';

export type { RateLimitOptions };

declare module '../feature/declared.js' {
  interface Brings {
    readonly limits: Declared;
  }

  interface FeatureOptions {
    /**
     * Limits, several of which may apply at once; `false` also ignores the pauses that a server asks for.
     *
     * @defaultValue no limits, except the pauses that servers ask for, and few calls at once while a server is in
     * distress
     */
    readonly rateLimit?: RateLimitOptions | readonly RateLimitOptions[] | false | undefined;
  }

  interface FeatureSnapshots {
    readonly limiters: readonly LimiterSnapshot[];
    readonly quotas: readonly QuotaSnapshot[];
  }

  interface SharedParts {
    readonly rateLimit?: RateLimiter | undefined;
  }
}

/** The pauses that servers ask for, and your own limits: `rateLimit`. */
export const limits: Feature = {
  name: 'limits',
  brings: {
    shared: { rateLimit: { standard: {}, create: rateLimiter } },
    snapshot: ({ rateLimit }) => (rateLimit ? { limiters: rateLimit.snapshot(), quotas: rateLimit.quotas() } : {}),
  },
};
