import { discard } from '../discard.ts';
import type { CallContext } from '../pipeline.ts';

/**
 * Runs what is below within a time limit (`Infinity` for none), and under a signal of its own.
 *
 * The rules: it is our timeout only if our timer fired before anything else happened; a signal that aborts from outside
 * is rethrown with its own reason, at once, even where what is below does not listen; a response that comes too late is
 * discarded; whoever is stopped inside hears of it first, so that the history is whole when the call ends, but nobody is
 * waited for; and when the headers are there, only the timer goes. The link to the outer signal stays, so that a caller
 * who gives up while reading still stops the body. Both ends of that link belong to the same call and go with it.
 */
export function withTimeLimit(
  context: CallContext,
  limitMs: number,
  timeoutError: () => Error,
  run: (context: CallContext) => Promise<Response>,
  turns = 0,
): Promise<Response> {
  const { clock } = context.call;
  const outer = context.signal;
  return new Promise((resolve, reject) => {
    if (outer.aborted) {
      reject(outer.reason);
      return;
    }
    const controller = new AbortController();
    let settled = false;
    const settle = (): boolean => {
      if (settled) return false;
      settled = true;
      if (timer !== undefined) clock.clearTimer(timer);
      return true;
    };
    const stop = (reason: unknown): void => {
      const isFirst = settle();
      controller.abort(reason);
      if (isFirst) afterTurns(turns, () => reject(reason));
    };
    const onOuterAbort = (): void => stop(outer.reason);
    const onTimeout = (): void => {
      outer.removeEventListener('abort', onOuterAbort);
      stop(timeoutError());
    };
    const timer = limitMs === Number.POSITIVE_INFINITY ? undefined : clock.setTimer(onTimeout, limitMs);
    outer.addEventListener('abort', onOuterAbort, { once: true });
    started(run, { ...context, signal: controller.signal }).then(
      (response) => {
        if (settle()) resolve(response);
        else discard(response);
      },
      (error: unknown) => {
        outer.removeEventListener('abort', onOuterAbort);
        if (settle()) reject(error);
      },
    );
  });
}

/** A strategy of the user's may throw before it gives a promise. */
function started(run: (context: CallContext) => Promise<Response>, context: CallContext): Promise<Response> {
  try {
    return run(context);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Calls back when promises that depend on each other, so many at most, have settled. */
function afterTurns(count: number, callback: () => void): void {
  if (count === 0) callback();
  else queueMicrotask(() => afterTurns(count - 1, callback));
}
