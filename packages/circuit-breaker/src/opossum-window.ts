import type { Opossum as OpossumClass } from './opossum.ts';
import type { Figures, WindowLimits } from './window-figures.ts';

/** The pages of the window. */
export const buckets = 10;
/** How many of them are the newest: in the simulation of overload, fewer harm the clients of a short outage (H7). */
const newerBuckets = 6;

/**
 * opossum, as far as it is needed. Its weaknesses cannot show: calls in flight are not in its percentages, it gets no
 * neutral outcomes, and it never sees an outcome that belongs to an earlier era. Our clock advances its window when it
 * is read, so an idle circuit has no timer; its own half-open state is not used, since it admits probes that it can't
 * take back.
 */
export interface OpossumWindow {
  turn(): void;
  /** Writes down what was before, the newest page first. */
  tell(pages: readonly Figures[]): void;
  /** Reports one failure, and returns whether it was one too many. */
  isFullAfterFailure(): boolean;
  readonly figures: Figures;
  shutdown(): void;
}

type Emitter = NonNullable<NonNullable<ConstructorParameters<OpossumClass>[1]>['rotateBucketController']>;

export function openWindow(Opossum: OpossumClass, limits: WindowLimits): OpossumWindow {
  // opossum's class extends the event emitter that it is built on.
  const turns = new (Object.getPrototypeOf(Opossum) as new () => Emitter)();
  const breaker = new Opossum(fails, {
    timeout: false,
    enableSnapshots: false,
    rollingPercentilesEnabled: false,
    rollingCountTimeout: limits.windowMs,
    rollingCountBuckets: buckets,
    // opossum opens above its threshold, never at it: 100 % could not be reached.
    errorThresholdPercentage: limits.ratio * 100 - 1e-9,
    // It takes a number that is not an integer for 0.
    volumeThreshold: Math.min(limits.minimumCalls, Number.MAX_SAFE_INTEGER),
    resetTimeout: 2 ** 31 - 1,
    // It turns its buckets by this event, and has a timer otherwise.
    rotateBucketController: turns,
  });
  return {
    turn() {
      turns.emit('rotate');
    },
    tell(pages) {
      const { window } = breaker.status;
      for (const [index, { failures, successes }] of pages.entries()) {
        const page = window[index];
        if (!page) continue;
        page.fires += failures + successes;
        page.failures += failures;
        page.successes += successes;
      }
    },
    isFullAfterFailure() {
      breaker.fire().catch(expected);
      if (!breaker.opened) return isDead(breaker.status.window.slice(0, newerBuckets), limits.minimumCalls);
      // The circuit decides whether it is open; the window is ready for the next counts.
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

/**
 * Only failures in the newest buckets: a server that died after a healthy period is as dead as one that never worked,
 * and its callers should not have to wait until all of its successes have left the window.
 */
function isDead(newer: readonly Figures[], minimumCalls: number): boolean {
  const failures = newer.reduce((sum, page) => sum + page.failures, 0);
  return failures >= minimumCalls && newer.every(({ successes }) => successes === 0);
}

/** What opossum runs: an outcome that exists already. What is thrown is recorded at once, a rejection microtasks later. */
function fails(): never {
  throw failed;
}

const failed = new Error('the attempt failed');

/** opossum rejects with the failure that it was given. */
function expected(): void {}
