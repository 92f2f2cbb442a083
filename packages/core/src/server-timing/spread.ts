import { longestTimerMs } from '../kernel/clock.ts';

/**
 * A server that names one time for all clients would get them all back at once: so a small wait is added, never less
 * than asked.
 *
 * @param random A random number in [0, 1); 0 for exactly the time that was asked for.
 */
export function spreadServerTime(serverMs: number, random: number): number {
  return Math.min(Math.ceil(serverMs + random * Math.min(serverMs * 0.1, 500)), longestTimerMs);
}

/** A server that says "now" to many callers gets them within a moment, but not in the same millisecond. */
export function spreadNow(random: number): number {
  return Math.round(random * 50);
}
