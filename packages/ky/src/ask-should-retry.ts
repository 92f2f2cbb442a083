import type { ForcedRetry, KyRetryOptions, Outcome, RetryHooks, ShouldRetry } from '@holdfast/core/internal';
import { bareOptions } from './redacted-http-error.ts';
import { kyError } from './retry-hooks.ts';

/**
 * ky's `retry.shouldRetry` alone, for a call that was not made through ky and has none of its other hooks.
 *
 * @param retry The caller's whole `retry`, for the options of the error that is shown.
 */
export function askShouldRetry(shouldRetry: ShouldRetry, retry: KyRetryOptions = {}): RetryHooks {
  const describe = async (failure: Outcome | ForcedRetry, request: Request): Promise<Error> => {
    if (failure.kind === 'forcedRetry') return failure.error;
    const { method, credentials, headers } = request;
    return kyError(failure, request, bareOptions({ method, credentials, headers, retry: { limit: 2, ...retry } }), {});
  };
  return {
    describe,
    async shouldRetry(outcome, request, retryCount) {
      const answer: unknown = await shouldRetry({ error: await describe(outcome, request), retryCount });
      return typeof answer === 'boolean' ? answer : undefined;
    },
  };
}
