import {
  CallBudget,
  defaultLevels,
  type KyRetryOptions,
  levelsOfFetch,
  type PolicyOptions,
  type RetryBudget,
  type RetryBudgetOptions,
  resolvePolicyLevel,
  retryBudget,
  retryRing,
  translateKyRetry,
} from '@holdfast/core/internal';
import type { Feature } from '../feature/feature.ts';

export type { RetryBudgetOptions };

declare module '../feature/declared.js' {
  interface Brings {
    readonly retries: Declared & {
      readonly retryRing: typeof retryRing;
      readonly CallBudget: typeof CallBudget;
      readonly defaultLevels: typeof defaultLevels;
      readonly levelsOfFetch: typeof levelsOfFetch;
      readonly resolvePolicyLevel: typeof resolvePolicyLevel;
      readonly translateKyRetry: typeof translateKyRetry;
    };
  }

  interface FeatureCallOptions extends PolicyOptions {
    /** ky's `retry`, translated: only the fields that are given count. `0` switches retries off. */
    readonly retry?: number | KyRetryOptions | undefined;
  }

  interface FeatureOptions {
    /** Retries as a share of traffic, for each origin. @defaultValue `{ratio: 0.1, minPerSecond: 0.01}` */
    readonly retryBudget?: RetryBudgetOptions | false | undefined;
  }

  interface FeatureSnapshots {
    readonly budgets: readonly { readonly key: string; readonly tokens: number }[];
  }

  interface SharedParts {
    readonly retryBudget?: RetryBudget | undefined;
  }
}

/** Policies, rules and retries, with their budget: `policies`, `rules`, `retry`, `maxRetryAfter`, `retryBudget`. */
export const retries: Feature = {
  name: 'retries',
  brings: {
    shared: {
      retryBudget: {
        standard: {},
        create: (option: RetryBudgetOptions, { clock, where }) => retryBudget(option, clock, where),
      },
    },
    snapshot: ({ retryBudget: budget }) => (budget ? { budgets: budget.snapshot() } : {}),
    retryRing,
    CallBudget,
    defaultLevels,
    levelsOfFetch,
    resolvePolicyLevel,
    translateKyRetry,
  },
};
