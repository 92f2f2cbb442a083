/** Failures that last for less time than this, in milliseconds, may be a short interruption. */
export const outageMs = 1_000;

/**
 * An interruption that the server answers, or that resets connections: the last retry is sent 900 ms after the first
 * failure and as much later as an attempt takes, which is when ky's is sent.
 */
const interruptionMs = 905;
const interruptionSpreadMs = 15;
const longestAttemptMs = 1_000;
/**
 * A lone call to a server that may have been silent for long outlives an interruption of half a second, and not more:
 * retries that are sent in the last second of an outage delay the recovery of the server, and many clients have only one
 * call under way.
 */
const aloneMs = 520;
const aloneSpreadMs = 130;
/** After a timeout, where calls wait for the outcome of a retry. */
const waitedForMs = 0.7 * outageMs;
const waitedForSpreadMs = 0.3 * outageMs;
/** After `n` moments of failure such a retry waits for at least `350 ms · 2^n`, up to two seconds, with jitter. */
const floorMs = 350;
const longestFloorMs = 2_000;

/** What the shortest wait of a retry depends on, if a retry has failed already. */
export interface FailedRetries {
  /** The number of moments at which retries have failed. */
  readonly moments: number;
  /** How long the failures have lasted, in milliseconds. */
  readonly lastedMs: number;
  /** How long the last attempt took, in milliseconds; `timeout` where it got no answer in time. */
  readonly took: number | 'timeout';
  /** May the failures have just begun? */
  readonly isNew: boolean;
  /** Do other calls wait for the outcome? */
  readonly isWaitedFor: boolean;
  /** How long the call has waited for a grant beyond its backoff, in milliseconds. @defaultValue 0 */
  readonly waitedMs?: number;
  /** A random number in [0, 1). */
  readonly spread: number;
}

/** The shortest wait before the next retry, in milliseconds, where the caller has not chosen a backoff. */
export function leastDelayMs(failed: FailedRetries): number {
  const { moments, lastedMs, isWaitedFor, spread, waitedMs = 0 } = failed;
  const grownMs = isWaitedFor ? Math.min(longestFloorMs, floorMs * 2 ** moments) * (0.5 + 0.5 * spread) : 0;
  // A call that has waited since before these failures has outlived others.
  return Math.max(0, Math.round(Math.max(grownMs - waitedMs, outlivedMs(failed) - Math.max(lastedMs, waitedMs))));
}

/** How long an interruption may be, from the first failure. */
function outlivedMs({ took, isNew, isWaitedFor, spread }: FailedRetries): number {
  if (took !== 'timeout' && (isNew || isWaitedFor))
    return interruptionMs + interruptionSpreadMs * spread + Math.min(took, longestAttemptMs);
  return isWaitedFor ? waitedForMs + waitedForSpreadMs * spread : aloneMs + aloneSpreadMs * spread;
}
