import type { Facts } from './facts.ts';

/** ky waits 300 ms before its first retry, and then twice as long each time. */
const kyFirstMs = 300;
/** A little more, so that calls that failed together do not come back together. */
const laterMs = 5;
const spread = 0.1;
/** As the longest default backoff. */
const longestMs = 10_000;

/** The wait before a retry whose policy names no backoff, in milliseconds. */
export function defaultWaitMs(facts: Facts, backoffMs: number, lastMs: number): number {
  const { leastDelayMs = 0, waitedMs = 0, remainingMs } = facts;
  // A call that has less time than that still gets its retry, in the middle of what is left.
  const withinTime = (ms: number): number => Math.min(ms, remainingMs / 2);
  return Math.max(withinTime(leastDelayMs), backoffMs - waitedMs, withinTime(lastMs));
}

/**
 * The shortest wait before the last retry, where the caller's own policy or `retry` says how many there are: with as
 * many retries as ky, a call outlives an interruption that it would outlive with ky.
 */
export function lastWaitMs({ backedOffMs }: Facts, limit: number, random: number): number {
  if (backedOffMs === undefined) return 0;
  const lastKyMs = kyFirstMs * 2 ** (limit - 1);
  const inAllMs = 2 * lastKyMs - kyFirstMs + laterMs + spread * lastKyMs * random;
  return Math.min(longestMs, inAllMs - backedOffMs);
}
