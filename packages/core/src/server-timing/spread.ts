import { longestTimerMs } from '../kernel/clock.ts';

/**
 * If a server names the same time for all clients, they would all return at once. So a small wait is added; the result
 * is never less than asked.
 *
 * @param random A random number in [0, 1); 0 for exactly the time that was asked for.
 */
export function spreadServerTime(serverMs: number, random: number): number {
  return Math.min(Math.ceil(serverMs + random * Math.min(serverMs * 0.1, 500)), longestTimerMs);
}

/** Callers that a server asks to retry at once do so within a short time, but not in the same millisecond. */
export function spreadNow(random: number): number {
  return Math.round(random * 50);
}
