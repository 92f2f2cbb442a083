import type { CallContext } from '@holdfast/core';
import type { QueueLimits } from '../waiting/queue-limits.ts';
import { rejection } from '../waiting/rejection.ts';
import type { Patience } from '../waiting/waiting-call.ts';
import type { Permits } from './permits.ts';

/**
 * The longest wait while the server is in distress, in milliseconds: otherwise later calls would wait for all earlier
 * ones. If answers usually take long, it is twice their usual time; otherwise hardly any call would wait until an earlier
 * one has ended.
 */
const inDistressMs = 10_000;
/** The same, once the server has answered nothing for `silentMs`. */
const inSilenceMs = 2_000;
const silentMs = 5_000;
const inDistress =
  'nearly all of the last calls got no answer, and only a few go at once until the server recovers; ' +
  '`rateLimit: { maxQueueMs }` allows longer waits, `{ adaptive: false }` removes the limit';

/**
 * How long a call may wait: without `maxQueueMs`, as long as its own time allows, except while the server is in
 * distress.
 */
export function patienceOf(context: CallContext, queuedAt: number, permits: Permits, limits: QueueLimits): Patience {
  const { maxQueueMs, clock } = limits;
  // A retry has waited for its grant already: there are few retries, and the calls in line depend on their outcome.
  const isImpatient = maxQueueMs === Number.POSITIVE_INFINITY && permits.isInDistress && context.attempt === 1;
  const begunAt = clock.now();
  return {
    ms: isImpatient ? leftMs(permits, 0) : Math.max(0, queuedAt + maxQueueMs - begunAt),
    isOver() {
      const holds = permits.isInDistress && permits.isDistressAlone;
      // True if the distress for which this wait would be too long is over.
      if (isImpatient && !holds) return undefined;
      const waitedMs = clock.now() - begunAt;
      const moreMs = isImpatient ? leftMs(permits, waitedMs) : 0;
      // By less than a millisecond the clock may not move at all.
      if (moreMs >= 1) return moreMs;
      const within = `${isImpatient ? Math.round(waitedMs) : maxQueueMs} ms`;
      const why = `no permit became free within ${within}${holds ? `, since ${inDistress}` : '; see `rateLimit: { maxQueueMs }`'}`;
      return () => rejection(limits, context, { code: 'QUEUE_TIMEOUT', why });
    },
  };
}

/** How long a call that has waited for `waitedMs` may still wait, as far as is known now. */
function leftMs(permits: Permits, waitedMs: number): number {
  const untilSilentMs = silentMs - permits.unansweredMs;
  const twiceMs = Math.ceil(2 * permits.usualMs);
  const inSilence = Math.max(inSilenceMs, twiceMs) - waitedMs;
  if (untilSilentMs <= 0) return inSilence;
  return Math.min(Math.max(inDistressMs, twiceMs) - waitedMs, Math.max(untilSilentMs, inSilence));
}
