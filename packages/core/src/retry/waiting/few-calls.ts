import type { Failures } from './failures.ts';
import { nextCallMs, outageCalls, sameMomentMs } from './line-figures.ts';
import type { WaitingRetry } from './waiting-retry.ts';

/**
 * The waiting calls that may retry although no retry was answered. A few calls may each fail for a reason of its own, so
 * those that failed at the first moment all have their retries. Calls that failed later show that it was not a single
 * moment.
 */
export function fewCalls(waiting: Iterable<WaitingRetry>, failures: Failures): readonly WaitingRetry[] {
  const { ofCalls, ofRetries, isStall, firstAt = 0 } = failures;
  if (ofCalls >= outageCalls || !ofRetries || isStall) return [];
  return [...waiting].filter(({ demand }) => demand.failedAt - firstAt <= sameMomentMs);
}

/**
 * The call that retries once although no retry was answered: one that began when the last granted retry had just failed, as
 * the next call of a sequence does. The earlier call may have failed for a reason of its own.
 */
export function nextCall(waiting: Iterable<WaitingRetry>, failures: Failures): WaitingRetry | undefined {
  const { ofCalls, hasTriedAnother, isStall, retryFailedAt = Number.NEGATIVE_INFINITY } = failures;
  if (ofCalls >= outageCalls || hasTriedAnother || isStall) return undefined;
  return [...waiting].find(({ demand: { startedAt, isAfterTimeout } }) => {
    return !isAfterTimeout && startedAt >= retryFailedAt && startedAt - retryFailedAt <= nextCallMs;
  });
}
