import type { Clock } from '@holdfast/core';
import CircuitBreaker from '#opossum';

/**
 * opossum keeps the books: how many of the outcomes in a rolling window were failures, and whether that is too many.
 *
 * It is told a failure when there is one, after the fact, and only those that count; the successes before it are written
 * into its window, since nothing follows from them by themselves. So what misleads it can't happen:
 * calls in flight are not in its percentages, it knows no neutral outcome and needs none, and it never sees an outcome
 * that belongs to an earlier era. Its window is turned by our clock when somebody looks, so that an idle circuit has no
 * timer; its way to half-open is not used, since it lets probes through that it can't take back.
 */
export interface Books {
  /** Writes an outcome down; says whether that was one failure too many. */
  record(failed: boolean): boolean;
  readonly figures: Figures;
  /** Begins anew. */
  clear(): void;
  shutdown(): void;
}

/** How many of each stand in the window. */
export interface Figures {
  readonly failures: number;
  readonly successes: number;
}

const buckets = 10;

export function createBooks(
  limits: { ratio: number; minimumCalls: number; windowMs: number },
  clock: Pick<Clock, 'now'>,
): Books {
  const bucketMs = limits.windowMs / buckets;
  let turnOnce = (): void => undefined;
  /** Which bucket of all time the newest is. */
  let newest = Math.floor(clock.now() / bucketMs);
  const breaker = new CircuitBreaker(fails, {
    timeout: false,
    enableSnapshots: false,
    rollingPercentilesEnabled: false,
    rollingCountTimeout: limits.windowMs,
    rollingCountBuckets: buckets,
    // opossum opens above its threshold, never at it: 100 % could not be reached.
    errorThresholdPercentage: limits.ratio * 100 - 1e-9,
    // It takes what is no integer for 0.
    volumeThreshold: Math.min(limits.minimumCalls, Number.MAX_SAFE_INTEGER),
    resetTimeout: 2 ** 31 - 1,
    // It asks for an event to turn its buckets by, and has a timer otherwise.
    rotateBucketController: {
      listenerCount: () => 0,
      on: (_event: string, turn: () => void) => {
        turnOnce = turn;
      },
      removeListener: () => undefined,
    } as never,
  });
  /** Successes that are not in opossum's window yet. It opens at none of them, and `fire()` costs up to 10 µs. */
  let untold = 0;
  const tellSuccesses = (): void => {
    const [page] = breaker.status.window;
    if (!page || untold === 0) return;
    page.fires += untold;
    page.successes += untold;
    untold = 0;
  };
  const turn = (times: number): void => {
    tellSuccesses();
    for (let due = Math.min(buckets, times); due > 0; due--) turnOnce();
    keepNoLatencies(breaker);
  };
  const catchUp = (): void => {
    const now = Math.floor(clock.now() / bucketMs);
    if (now === newest) return;
    turn(now - newest);
    newest = now;
  };
  keepNoLatencies(breaker);
  return {
    record(failed) {
      // Let go of while an attempt was under way: opossum would reject even a success.
      if (breaker.isShutdown) return false;
      catchUp();
      if (!failed) {
        untold++;
        return false;
      }
      tellSuccesses();
      breaker.fire().catch(expected);
      if (!breaker.opened) return false;
      // Whether it is open is for the circuit to know; the books are ready for the next page.
      breaker.close();
      return true;
    },
    get figures() {
      catchUp();
      tellSuccesses();
      const { failures, successes } = breaker.stats;
      return { failures, successes };
    },
    clear: () => turn(buckets),
    shutdown: () => breaker.shutdown(),
  };
}

/** opossum writes down how long each call took, for percentiles that are switched off: a number per call and window. */
function keepNoLatencies(breaker: CircuitBreaker): void {
  const newest = breaker.status.window[0];
  if (newest) newest.latencyTimes.push = forgotten;
}

function forgotten(): number {
  return 0;
}

/** What opossum is to run: an outcome that is there already. It is told at once, and not a few microtasks later. */
function fails(): Promise<never> {
  return failure as Promise<never>;
}

const failure: unknown = {
  // biome-ignore lint/suspicious/noThenProperty: opossum asks for a promise
  then: () => ({ catch: (onFailure: (error: Error) => void) => onFailure(failed) }),
};
const failed = new Error('the attempt failed');

/** opossum rejects what it was told has failed. */
function expected(): void {}
