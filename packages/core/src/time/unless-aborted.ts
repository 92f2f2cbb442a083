import { type Follower, follow, unfollow } from './abort-source.ts';

/**
 * Waits for a promise no longer than the signal allows; the work behind it continues.
 *
 * @param settled Called when the wait is over, and again if the promise settles after that.
 */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, settled?: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const wait: Follower = {
      handleEvent() {
        settled?.();
        reject(signal.reason);
      },
    };
    // Even when no caller waits any more: an unhandled rejection would end the process.
    promise.then(
      (value) => {
        settled?.();
        unfollow(signal, wait);
        resolve(value);
      },
      (error: unknown) => {
        settled?.();
        unfollow(signal, wait);
        reject(error);
      },
    );
    if (signal.aborted) wait.handleEvent();
    else follow(signal, wait);
  });
}
