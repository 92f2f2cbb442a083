import type { Opossum as OpossumClass } from './opossum.ts';
import type { Figures, WindowLimits } from './window-figures.ts';

/** The buckets of the window. */
export const buckets = 10;
/**
 * How many of the buckets count as the newest: in the simulation of overload, fewer would harm the clients of a short
 * outage (H7).
 */
const newerBuckets = 6;

/**
 * The part of opossum that is needed. Its weaknesses have no effect here: it gets no calls in flight, no neutral
 * outcomes, and no outcome of an earlier era. Our clock advances its window when the window is read, so an idle circuit
 * has no timer. Its own half-open state is not used, since a probe that it has let through cannot be taken back.
 */
export interface OpossumWindow {
  turn(): void;
  /** Records the earlier outcomes, the newest bucket first. */
  recordEarlier(pages: readonly Figures[]): void;
  /** Records one failure, and returns whether the circuit must open. */
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
    // opossum opens above its threshold, never at it, so 100 % could not be reached.
    errorThresholdPercentage: limits.ratio * 100 - 1e-9,
    // opossum takes a number that is not an integer as 0.
    volumeThreshold: Math.min(limits.minimumCalls, Number.MAX_SAFE_INTEGER),
    resetTimeout: 2 ** 31 - 1,
    // opossum advances its buckets on this event; without it, it would use a timer.
    rotateBucketController: turns,
  });
  return {
    turn() {
      turns.emit('rotate');
    },
    recordEarlier(pages) {
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
 * True if the newest buckets contain only failures: a server may fail completely after a healthy period, and its
 * callers should not have to wait until all successes have left the window.
 */
function isDead(newer: readonly Figures[], minimumCalls: number): boolean {
  const failures = newer.reduce((sum, page) => sum + page.failures, 0);
  return failures >= minimumCalls && newer.every(({ successes }) => successes === 0);
}

/**
 * The function that opossum runs returns an outcome that exists already. opossum records a thrown error at once, and a
 * rejection some microtasks later.
 */
function fails(): never {
  throw failed;
}

const failed = new Error('the attempt failed');

/** opossum rejects with the failure that it was given. */
function expected(): void {}
