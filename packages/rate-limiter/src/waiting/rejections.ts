import type { CallContext } from '@holdfast/core';
import { longestServerWait, remainingMs, show } from '@holdfast/core/internal';
import { closedError, type QueueLimits, rejection } from './rejection.ts';
import type { Patience, Refusal, Waiting } from './waiting-call.ts';

/** The reason if a call leaves the line since it has to wait for a pause. It is never thrown out of this package. */
export const heldUp: unique symbol = Symbol('heldUp');

/**
 * The reason if one more call may not wait.
 *
 * @param waiting How many calls would wait, this one included.
 */
export function whyFull(limits: QueueLimits, context: CallContext, waiting: number): Refusal | undefined {
  if (waiting <= limits.maxQueue) return undefined;
  const queued = waiting - 1;
  const why = `${queued} calls are waiting already, which is the maximum; see \`rateLimit: { maxQueue }\``;
  return () => rejection(limits, context, { code: 'QUEUE_FULL', why, queued });
}

/**
 * The reason if a call does not wait for the end of a pause: it fails at once, with the time at which to try again.
 *
 * @param bucket The paused bucket, if the server named it.
 */
export function whyTooLong(
  limits: QueueLimits,
  { context, queuedAt }: Waiting,
  pausedMs: number,
  bucket: string | undefined,
): Refusal | undefined {
  if (pausedMs === 0) return undefined;
  const { clock, maxQueueMs } = limits;
  const { totalTimeout, levels } = context.settings;
  const left = remainingMs(context.call, totalTimeout);
  const allowed = Math.min(longestServerWait(levels), queuedAt + maxQueueMs - clock.now());
  if (pausedMs <= allowed && pausedMs < left) return undefined;
  const words =
    pausedMs < left
      ? `longer than the ${Math.round(allowed)} ms that it may wait; see \`maxRetryAfter\` and \`rateLimit: { maxQueueMs }\``
      : `and its time ends in ${Math.round(left)} ms; see \`totalTimeout\``;
  const subject = bucket === undefined ? '' : ` for bucket ${show(bucket)}`;
  const why = `the server asked for a pause of another ${Math.ceil(pausedMs)} ms${subject}, ${words}`;
  const retryAt = clock.wallNow() + Math.ceil(pausedMs);
  return () => rejection(limits, context, { code: 'QUEUE_TIMEOUT', why, retryAt, bucket });
}

/** The reason if a call waits no longer, since the limiter was closed. */
export function whyClosed({ context }: Pick<Waiting, 'context'>): Refusal {
  return () => closedError(context, 'was rejected in the queue, since its limiter was closed');
}

/**
 * A call waits for as long as `maxQueueMs` allows.
 *
 * @param what What it waits for in vain, and the bucket that delays it.
 */
export function plainPatience(
  limits: QueueLimits,
  { context, queuedAt }: Waiting,
  { what = 'no permit became free', bucket }: { readonly what?: string; readonly bucket?: string | undefined } = {},
): Patience {
  const { maxQueueMs, clock } = limits;
  const name = bucket === undefined ? '' : ` (${bucket})`;
  const why = `${what} within ${maxQueueMs} ms${name}; see \`rateLimit: { maxQueueMs }\``;
  return {
    ms: Math.max(0, queuedAt + maxQueueMs - clock.now()),
    isOver: () => () => rejection(limits, context, { code: 'QUEUE_TIMEOUT', why, bucket }),
  };
}
