import CircuitBreaker from '#opossum';
import type { Clock } from '@holdfast/core';

/**
 * opossum keeps the books: how many of the outcomes in a rolling window were failures, and whether that is too many.
 *
 * It is told an outcome when there is one, after the fact, and only those that count. So what misleads it can't happen:
 * calls in flight are not in its percentages, it knows no neutral outcome and needs none, and it never sees an outcome
 * that belongs to an earlier era. Its window is turned by our clock when somebody looks, so that an idle circuit has no
 * timer; its way to half-open is not used, since it lets probes through that it can't take back.
 */
export interface Books {
  /** Writes an outcome down; says whether that was one failure too many. */
  record(failed: boolean): boolean;
  readonly failures: number;
  readonly successes: number;
  /** Begins anew. */
  clear(): void;
  shutdown(): void;
}

const buckets = 10;

export function createBooks(limits: { ratio: number; minimumCalls: number; windowMs: number }, clock: Clock): Books {
  const bucketMs = limits.windowMs / buckets;
  let rotate = (): void => undefined;
  /** Which bucket of all time the newest is. */
  let newest = Math.floor(clock.now() / bucketMs);
  const breaker = new CircuitBreaker(settledAs, {
    timeout: false,
    enableSnapshots: false,
    rollingPercentilesEnabled: false,
    rollingCountTimeout: limits.windowMs,
    rollingCountBuckets: buckets,
    // opossum opens above its threshold, never at it: 100 % could not be reached.
    errorThresholdPercentage: limits.ratio * 100 - 1e-9,
    volumeThreshold: limits.minimumCalls,
    resetTimeout: 2 ** 31 - 1,
    rotateBucketController: {
      listenerCount: () => 0,
      on: (_event: string, turn: () => void) => {
        rotate = turn;
      },
      removeListener: () => undefined,
    } as never,
  });
  const turn = (): void => {
    const now = Math.floor(clock.now() / bucketMs);
    for (let due = Math.min(buckets, now - newest); due > 0; due--) rotate();
    newest = now;
  };
  return {
    record(failed) {
      turn();
      breaker.fire(failed).catch(expected);
      if (!breaker.opened) return false;
      // Whether it is open is for the circuit to know; the books are ready for the next page.
      breaker.close();
      return true;
    },
    get failures() {
      turn();
      return breaker.stats.failures;
    },
    get successes() {
      turn();
      return breaker.stats.successes;
    },
    clear() {
      for (let turned = 0; turned < buckets; turned++) rotate();
    },
    shutdown: () => breaker.shutdown(),
  };
}

/** What opossum is to run: an outcome that is there already. It is told at once, and not a few microtasks later. */
function settledAs(failed: boolean): Promise<void> {
  const settled = {
    then(onSuccess: () => void) {
      if (!failed) onSuccess();
      return { catch: (onFailure: (error: Error) => void) => failed && onFailure(failure) };
    },
  };
  return settled as unknown as Promise<void>;
}

const failure = new Error('the attempt failed');

/** opossum rejects what it was told has failed. */
function expected(): void {}
