import type { Clock, Timer } from '../kernel/clock.ts';
import { type Follower, follow, unfollow } from './abort-source.ts';

/** What bounds a wait. */
export type Bounds<Late> = Abortable & (Unlimited | Limited<Late>);

interface Abortable {
  /** Ends the wait at once, with its own reason. */
  readonly signal?: AbortSignal | undefined;
}

interface Unlimited {
  readonly ms?: undefined;
}

interface Limited<Late> {
  readonly clock: Clock;
  /** The longest wait, in milliseconds; `Infinity` for none. */
  readonly ms: number;
  /** Called when the time is up; the wait ends with what it returns or throws. */
  readonly late: () => Late | PromiseLike<Late>;
  /** True if no call waits for it: then it does not keep the process alive. */
  readonly unref?: boolean | undefined;
}

/**
 * Waits for a promise, for no longer than the bounds allow; the work behind it continues. Leaves neither timer nor
 * listener, and an error that comes too late is no unhandled rejection.
 */
export function within<T, Late = never>(work: Promise<T>, bounds: Bounds<Late>): Promise<T | Late> {
  const { signal } = bounds;
  const limited = bounds.ms === undefined || bounds.ms === Number.POSITIVE_INFINITY ? undefined : bounds;
  return new Promise((resolve, reject) => {
    let timer: Timer;
    const settled = (): void => {
      if (timer !== undefined) limited?.clock.clearTimer(timer);
      if (signal) unfollow(signal, wait);
    };
    const wait: Follower = {
      handleEvent() {
        settled();
        reject(signal?.reason);
      },
    };
    work.then(
      (value) => {
        settled();
        resolve(value);
      },
      (error: unknown) => {
        settled();
        reject(error);
      },
    );
    if (signal?.aborted) {
      wait.handleEvent();
      return;
    }
    if (signal) follow(signal, wait);
    if (!limited) return;
    const expire = (): void => {
      settled();
      try {
        resolve(limited.late());
      } catch (error) {
        reject(error);
      }
    };
    timer = limited.clock.setTimer(expire, Math.max(0, limited.ms));
    if (limited.unref) limited.clock.unref?.(timer);
  });
}
