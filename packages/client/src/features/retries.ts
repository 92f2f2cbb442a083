import {
  CallBudget,
  defaultLevels,
  levelsOfFetch,
  type RetryBudgetOptions,
  resolvePolicyLevel,
  retryBudget,
  retryRing,
  translateKyRetry,
} from '@holdfast/core/internal';
import type { Feature } from '../feature/feature.ts';

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
    retryRing,
    CallBudget,
    defaultLevels,
    levelsOfFetch,
    resolvePolicyLevel,
    translateKyRetry,
  },
};
