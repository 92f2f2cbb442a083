import {
  plainFields,
  readLimit,
  readQuotaPolicies,
  readRemaining,
  readReset,
  readServiceLimits,
  type ServiceLimit,
} from './rate-limit-fields.ts';
import { toWaitMs } from './wait.ts';

/**
 * What the server says about our quota, with every answer and not just with failures: this allows slowing down before
 * the 429.
 *
 * Of several policies the one with the least left is reported, since it runs out first. Policies that count something
 * other than requests are left out: 300 MB of content and 2 requests can't be compared, and a limiter that paces
 * requests could do nothing with the bytes. (A wait is another matter: an exhausted quota of bytes blocks calls like
 * any other.)
 */

/** The quota of one answer; each member only if the server sent it. */
export interface Quota {
  /** Requests per window. */
  readonly limit?: number;
  /** Requests left in this window. No promise: the server may refuse all the same. */
  readonly remaining?: number;
  /** When the window ends, in milliseconds since 1970 by *our* wall clock, however the server wrote it. */
  readonly resetAt?: number;
}

/**
 * Reads the quota from `RateLimit` and `RateLimit-Policy`, else from `RateLimit-Limit`, `-Remaining` and `-Reset`, else
 * from their `X-RateLimit-` and `X-Rate-Limit-` variants; the families are not mixed.
 *
 * @remarks Never throws, whatever the headers hold; malformed parts are left out.
 * @param wallNowMs - Milliseconds since 1970 by the wall clock, at the answer's arrival.
 * @returns `undefined` if the server sends no quota.
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-11 | draft 11}
 */
export function parseQuota(headers: Headers, wallNowMs: number): Quota | undefined {
  return quotaOfRateLimit(headers, wallNowMs) ?? quotaOfPlainFields(headers, wallNowMs);
}

function quotaOfRateLimit(headers: Headers, wallNowMs: number): Quota | undefined {
  const all = readServiceLimits(headers);
  if (all.length === 0) {
    return undefined;
  }
  const policies = readQuotaPolicies(headers);
  let scarcest: ServiceLimit | undefined;
  for (const item of all) {
    const countsRequests = (policies.get(item.policy)?.unit ?? 'requests') === 'requests';
    if (countsRequests && (scarcest === undefined || isScarcer(item, scarcest))) {
      scarcest = item;
    }
  }
  if (scarcest === undefined) {
    return undefined;
  }
  const { policy, limit, remaining, resetSeconds } = scarcest;
  const waitMs = resetSeconds === undefined ? undefined : toWaitMs(resetSeconds * 1000);
  return quota(limit ?? policies.get(policy)?.limit, remaining, waitMs, wallNowMs);
}

/** Of two that have equally little left, the one that stays so for longer. */
function isScarcer(a: ServiceLimit, b: ServiceLimit): boolean {
  return a.remaining === b.remaining ? (a.resetSeconds ?? 0) > (b.resetSeconds ?? 0) : a.remaining < b.remaining;
}

function quotaOfPlainFields(headers: Headers, wallNowMs: number): Quota | undefined {
  for (const fields of plainFields) {
    const limit = readLimit(headers, fields);
    const remaining = readRemaining(headers, fields);
    const waitMs = readReset(headers, fields.resets, wallNowMs)?.waitMs;
    if (limit !== undefined || remaining !== undefined || waitMs !== undefined) {
      return quota(limit, remaining, waitMs, wallNowMs);
    }
  }
  return undefined;
}

function quota(
  limit: number | undefined,
  remaining: number | undefined,
  waitMs: number | undefined,
  wallNowMs: number,
): Quota {
  return {
    ...(limit !== undefined && { limit }),
    ...(remaining !== undefined && { remaining }),
    ...(waitMs !== undefined && { resetAt: wallNowMs + waitMs }),
  };
}
