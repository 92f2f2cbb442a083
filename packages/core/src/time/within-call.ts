import type { Call } from '../kernel/call.ts';
import type { CallContext } from '../kernel/call-context.ts';
import { deadlineExceeded, remainingMs } from './deadline.ts';
import { unlessAborted } from './unless-aborted.ts';

/** Of a call's context, what waiting takes. */
export interface WithinCall {
  readonly call: Call;
  readonly settings: { readonly totalTimeout: number | false };
  readonly signal: AbortSignal;
  /** No call waits for it: it does not keep the process alive. */
  readonly unref?: true;
}

/** What {@link withinCall} gives when there was no answer in time. */
export const outOfTime: unique symbol = Symbol('out of time');

/**
 * Waits for a promise no longer than the call may take, nor longer than `limitMs`: for code outside the deadline, which
 * has to limit its own waits. Rejects with the caller's own reason, at once, when the caller aborts.
 */
export async function withinCall<T>(
  promise: Promise<T>,
  { call, settings, signal, unref }: WithinCall,
  limitMs: number = Number.POSITIVE_INFINITY,
): Promise<T | typeof outOfTime> {
  const leftMs = Math.min(limitMs, Math.max(0, remainingMs(call, settings.totalTimeout)));
  if (leftMs === Number.POSITIVE_INFINITY) return unlessAborted(promise, signal);
  let timer: unknown;
  const isUp = new Promise<typeof outOfTime>((resolve) => {
    timer = call.clock.setTimer(() => resolve(outOfTime), leftMs);
    if (unref) call.clock.unref?.(timer);
  });
  try {
    return await unlessAborted(Promise.race([promise, isUp]), signal);
  } finally {
    call.clock.clearTimer(timer);
  }
}

/** What {@link afterFailure} needs of a call. */
export interface AfterFailure extends Pick<CallContext, 'call' | 'emit'> {
  readonly settings: Pick<CallContext['settings'], 'totalTimeout'>;
  /** Ends the wait at once; absent where nothing can. */
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
export async function afterFailure<T>(work: Promise<T>, context: AfterFailure, failure: unknown): Promise<T> {
  const { call, settings, signal } = context;
  const { totalTimeout } = settings;
  const wait = (one: Promise<T | typeof outOfTime>): Promise<T | typeof outOfTime> =>
    signal ? unlessAborted(one, signal) : one;
  if (totalTimeout === false) return (await wait(work)) as T;
  const leftMs = remainingMs(call, totalTimeout);
  let timer: unknown;
  const isUp = new Promise<typeof outOfTime>((resolve) => {
    timer = call.clock.setTimer(() => resolve(outOfTime), leftMs > 0 ? leftMs : graceMs);
  });
  try {
    const result = await wait(Promise.race([work, isUp]));
    if (result !== outOfTime) return result;
  } finally {
    call.clock.clearTimer(timer);
  }
  throw leftMs > 0 ? deadlineExceeded(context, totalTimeout, failure) : failure;
}
