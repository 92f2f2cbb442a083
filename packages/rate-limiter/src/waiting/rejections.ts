import type { CallContext } from '@holdfast/core';
import { longestServerWait, remainingMs, show } from '@holdfast/core/internal';
import type { QueueLimits } from './queue-limits.ts';
import { closedError, rejection } from './rejection.ts';
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

/** A pause as it is now. */
export interface PauseNow {
  readonly pausedMs: number;
  /** The header that asked for it, or `quota`. */
  readonly source: string;
  /** The paused bucket, if the server named it. */
  readonly bucket: string | undefined;
}

/** The reason if a call does not wait for the end of a pause: it fails at once, with the time at which to try again. */
export function whyTooLong(
  limits: QueueLimits,
  { context, queuedAt }: Waiting,
  { pausedMs, source, bucket }: PauseNow,
): Refusal | undefined {
  if (pausedMs === 0) return undefined;
  const { clock, maxQueueMs } = limits;
  const { totalTimeout, levels } = context.settings;
  const left = remainingMs(context.call, totalTimeout);
  const allowed = Math.min(longestServerWait(levels), queuedAt + maxQueueMs - clock.now());
  if (pausedMs <= allowed && pausedMs < left) return undefined;
  const words: string[] = [];
  const remedies: string[] = [];
  if (pausedMs > allowed) {
    words.push(`longer than the ${Math.round(allowed)} ms that the call may wait`);
    remedies.push('`maxRetryAfter`', '`rateLimit: { maxQueueMs }`');
  }
  if (pausedMs >= left) {
    words.push(`and the call's time ends in ${Math.round(left)} ms`);
    remedies.push('`totalTimeout`');
  }
  const subject = bucket === undefined ? '' : ` for bucket ${show(bucket)}`;
  const ms = Math.ceil(pausedMs);
  const what = source === 'quota' ? 'the quota is used up for' : 'the server asked for a pause of';
  const why = `${what} another ${ms} ms${subject}, ${words.join(', ')}; try again at \`error.retryAt\`, or see ${remedies.join(', ')}`;
  const retryAt = clock.wallNow() + ms;
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
