import type { Clock } from '@holdfast/core';
import type CircuitBreaker from 'opossum';
import { opossum } from '#opossum';

/**
 * opossum keeps the books: how many of the outcomes in a rolling window were failures, and whether that is too many.
 *
 * It is told a failure when there is one, after the fact, and only those that count; the successes before it are written
 * into its window, since nothing follows from them by themselves; without a failure there is no opossum. So what misleads it can't happen:
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
  /** Which bucket of all time the newest is. */
  let newest = Math.floor(clock.now() / bucketMs);
  /**
   * What is not in opossum's window yet, the newest bucket first: successes, since it opens at none of them and `fire()`
   * costs up to 10 µs; and the failures before it is there, since as long as nothing fails, there is no opossum.
   */
  let untold: Page[] = emptyPages();
  let window: OpossumWindow | undefined;
  let isShutdown = false;
  const turn = (times: number): void => {
    for (let due = Math.min(buckets, times); due > 0; due--) {
      untold.pop();
      untold.unshift(emptyPage());
      window?.turn();
    }
  };
  const catchUp = (): void => {
    const now = Math.floor(clock.now() / bucketMs);
    if (now === newest) return;
    turn(now - newest);
    newest = now;
  };
  return {
    record(failed) {
      // Let go of while an attempt was under way: opossum would reject even a success.
      if (isShutdown) return false;
      catchUp();
      const [page] = untold as [Page];
      if (!failed) {
        page.successes++;
        return false;
      }
      window ??= opossum.loaded && openWindow(opossum.loaded, limits);
      if (!window) {
        page.failures++;
        return false;
      }
      window.tell(untold);
      untold = emptyPages();
      return window.isFullAfterFailure();
    },
    get figures() {
      catchUp();
      return untold.reduce(sum, window?.figures ?? emptyPage());
    },
    clear: () => turn(buckets),
    shutdown() {
      isShutdown = true;
      window?.shutdown();
    },
  };
}

/** The outcomes of a tenth of the window. */
type Page = { -readonly [key in keyof Figures]: Figures[key] };

function emptyPage(): Page {
  return { failures: 0, successes: 0 };
}

function emptyPages(): Page[] {
  return Array.from({ length: buckets }, emptyPage);
}

function sum(one: Figures, other: Figures): Figures {
  return { failures: one.failures + other.failures, successes: one.successes + other.successes };
}

/** opossum, as far as it is needed. */
interface OpossumWindow {
  turn(): void;
  /** Writes down what was before, the newest page first. */
  tell(pages: readonly Figures[]): void;
  /** Tells one failure, and asks whether that was one too many. */
  isFullAfterFailure(): boolean;
  readonly figures: Figures;
  shutdown(): void;
}

function openWindow(
  Opossum: typeof CircuitBreaker,
  limits: { ratio: number; minimumCalls: number; windowMs: number },
): OpossumWindow {
  let turnOnce = (): void => undefined;
  const breaker = new Opossum(fails, {
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
  keepNoLatencies(breaker);
  return {
    turn() {
      turnOnce();
      keepNoLatencies(breaker);
    },
    tell(pages) {
      for (const [index, page] of breaker.status.window.entries()) {
        const { failures, successes } = pages[index] ?? emptyPage();
        page.fires += failures + successes;
        page.failures += failures;
        page.successes += successes;
      }
    },
    isFullAfterFailure() {
      breaker.fire().catch(expected);
      if (!breaker.opened) return false;
      // Whether it is open is for the circuit to know; the books are ready for the next page.
      breaker.close();
      return true;
    },
    get figures() {
      const { failures, successes } = breaker.stats;
      return { failures, successes };
    },
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
