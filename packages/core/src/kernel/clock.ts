/**
 * Time is injected: nothing else in Holdfast calls `setTimeout`, `Date.now` or `performance.now`. A test that owns the
 * clock owns every wait, and a wall clock that jumps can't stretch a timeout, since durations are read from a
 * monotonic one.
 */

/** What a {@link Clock} returns for a pending timer; opaque to all other code. */
export type Timer = unknown;

/** The only access to timers and dates. */
export interface Clock {
  /** Monotonic milliseconds, for durations. Its zero means nothing. */
  now(): number;
  /** Milliseconds since 1970 by the wall clock, for HTTP dates, token expiry and events. */
  wallNow(): number;
  /** Calls back once, after `delayMs` milliseconds. */
  setTimer(callback: () => void, delayMs: number): Timer;
  /** Lets the process end although the timer waits, where the platform can. */
  unref?(timer: Timer): void;
  /** Clears a timer; clearing one that has fired or was cleared already is not an error. */
  clearTimer(timer: Timer): void;
  /**
   * Called when work begins that no timer ends, such as the loading of a module; the returned function is called when it
   * has ended. Only the clocks of tests need it.
   */
  hold?(): () => void;
}

/** The longest delay that `setTimeout` can hold; a longer one would fire at once. */
export const longestTimerMs: number = 2 ** 31 - 1;

/**
 * A timer that has fired shows the time: its delay has passed. Platforms fire a little too soon, and a test may fake
 * `setTimeout` but no other clock. A wait that read the clock then would find that no time had passed, and wait again,
 * for ever.
 */
let aheadMs = 0;
let leastMs = 0;
/** How much too early a platform may fire a timer. */
const platformsErrorMs = 10;

function monotonicNow(): number {
  const now = performance.now() + aheadMs;
  // An earlier time came from another clock: a test has begun, or stopped, faking all clocks.
  return now < leastMs && leastMs - now <= platformsErrorMs ? leastMs : now;
}

function fire(callback: () => void, setAt: number, delayMs: number): void {
  const now = monotonicNow();
  const earlyMs = setAt + delayMs - now;
  if (now >= setAt && earlyMs > platformsErrorMs) aheadMs += earlyMs;
  else if (earlyMs > 0) leastMs = setAt + delayMs;
  callback();
}

/** The platform's own time. */
export const systemClock: Clock = {
  now: monotonicNow,
  wallNow: () => Date.now(),
  setTimer(callback, delayMs) {
    const ms = Math.min(delayMs, longestTimerMs);
    return setTimeout(fire, ms, callback, monotonicNow(), ms);
  },
  unref: (timer) => (timer as { unref?(): void }).unref?.(),
  clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};

/** The platform's own random numbers, in [0, 1). */
export const systemRandom: () => number = Math.random;
