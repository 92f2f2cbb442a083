import type { Call } from './call.ts';
import { remainingMs } from './strategies/deadline.ts';
import { unlessAborted } from './unless-aborted.ts';

/** Of a call's context, what waiting takes. */
export interface WithinCall {
  readonly call: Call;
  readonly settings: { readonly totalTimeout: number | false };
  readonly signal: AbortSignal;
  /** Nobody waits: it keeps no process alive. */
  readonly unref?: true;
}

/** What {@link withinCall} gives when there was no answer in time. */
export const outOfTime: unique symbol = Symbol('out of time');

/**
 * Waits for a promise no longer than the call may take, nor longer than `limitMs`: for what stands outside the deadline,
 * and has to mind the time by itself. Rejects with the caller's own reason, at once, when the caller leaves.
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
