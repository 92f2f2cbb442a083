import type { RetryHooks, ShouldRetry } from '@holdfast/core/internal';
import type { NormalizedOptions, Options } from './kys-own.ts';
import { retryHooks } from './retry-hooks.ts';

/** ky's `retry.shouldRetry` alone, for a call that was not made through ky and has none of its other hooks. */
export function askShouldRetry(shouldRetry: ShouldRetry): RetryHooks {
  const retry = { shouldRetry } as NonNullable<Options['retry']>;
  const hooks = retryHooks({}, { retry }, { shown: () => ({}) as NormalizedOptions, within: async (work) => work() });
  return hooks as RetryHooks;
}
