/** Failures that have lasted for less, in milliseconds, may be a short interruption. */
export const outageMs = 1_000;

/**
 * A lone call must outlive an interruption of half a second. It waits for no longer: retries that are sent in the last
 * second of an outage delay the recovery of the server, and many clients have only one call under way.
 */
const aloneMs = 520;
const aloneSpreadMs = 130;
/** Where calls wait for the outcome of a retry, it must outlive a longer interruption. */
const waitedForMs = 0.7 * outageMs;
const waitedForSpreadMs = 0.3 * outageMs;
/** After `n` moments of failure such a retry waits for at least `350 ms · 2^n`, up to two seconds, with jitter. */
const floorMs = 350;
const longestFloorMs = 2_000;

/** What the shortest wait of a retry depends on, where a retry has failed already. */
export interface FailedRetries {
  /** At how many moments retries have failed. */
  readonly moments: number;
  /** How long the failures have lasted, in milliseconds. */
  readonly lastedMs: number;
  /** Do other calls wait for the outcome? */
  readonly isWaitedFor: boolean;
  /** Chance in [0, 1). */
  readonly spread: number;
}

/** The shortest wait before the next retry, in milliseconds, where the caller has not chosen a backoff. */
export function leastDelayMs({ moments, lastedMs, isWaitedFor, spread }: FailedRetries): number {
  if (!isWaitedFor) return whole(aloneMs + aloneSpreadMs * spread - lastedMs);
  const grown = Math.min(longestFloorMs, floorMs * 2 ** moments) * (0.5 + 0.5 * spread);
  return whole(Math.max(grown, waitedForMs + waitedForSpreadMs * spread - lastedMs));
}

function whole(ms: number): number {
  return Math.max(0, Math.round(ms));
}
