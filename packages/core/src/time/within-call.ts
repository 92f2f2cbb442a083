import type { Call } from '../kernel/call.ts';
import type { CallContext } from '../kernel/call-context.ts';
import { within } from '../waits/within.ts';
import { deadlineExceeded, remainingMs } from './deadline.ts';

/** The part of a call's context that a wait needs. */
export interface WithinCall {
  readonly call: Call;
  readonly settings: { readonly totalTimeout: number | false };
  readonly signal: AbortSignal;
  /** True if no call waits for it: then it does not keep the process alive. */
  readonly unref?: true;
}

/** The result of {@link withinCall} when there was no answer in time. */
export const outOfTime: unique symbol = Symbol('out of time');

const late = (): typeof outOfTime => outOfTime;

/**
 * Waits for a promise no longer than the call may take, nor longer than `limitMs`: for code outside the deadline, which
 * has to limit its own waits. Rejects with the caller's own reason, at once, when the caller aborts.
 */
export function withinCall<T>(
  promise: Promise<T>,
  { call, settings, signal, unref }: WithinCall,
  limitMs: number = Number.POSITIVE_INFINITY,
): Promise<T | typeof outOfTime> {
  const ms = Math.min(limitMs, remainingMs(call, settings.totalTimeout));
  return within(promise, { clock: call.clock, signal, ms, late, unref });
}

/** The part of a call that {@link afterFailure} needs. */
export interface AfterFailure extends Pick<CallContext, 'call' | 'emit'> {
  readonly settings: Pick<CallContext['settings'], 'totalTimeout'>;
  /** Ends the wait at once; absent if nothing can. */
  readonly signal: AbortSignal | undefined;
}

/** How long a user's final function may take if the call's time is already up, in milliseconds. */
const graceMs = 1000;

/**
 * Waits for a user's function that handles a failed call: a fallback, a `beforeError` hook. It has the rest of the
 * call's time. If that is used up, which may be the failure itself, it has a second.
 *
 * @throws DeadlineExceededError when the time is up, with the failure as its `cause`; the failure itself after that second.
 */
export function afterFailure<T>(work: Promise<T>, context: AfterFailure, failure: unknown): Promise<T> {
  const { call, settings, signal } = context;
  const { totalTimeout } = settings;
  if (totalTimeout === false) return within(work, { signal });
  const leftMs = remainingMs(call, totalTimeout);
  const isUp = leftMs <= 0;
  return within(work, {
    clock: call.clock,
    signal,
    ms: isUp ? graceMs : leftMs,
    late: () => {
      throw isUp ? failure : deadlineExceeded(context, totalTimeout, failure);
    },
  });
}
