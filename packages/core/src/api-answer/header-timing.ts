import type { ServerTiming } from '../server-timing/wait.ts';
import type { Quota } from './api-answer.ts';
import { quotaWait } from './quota-wait.ts';
import { readQuotas } from './read-quotas.ts';
import { scarcestQuota } from './scarcest.ts';
import { nowOf } from './time-forms.ts';
import { readWaitHeader } from './wait-headers.ts';

/**
 * What the headers of an answer say about waits and quotas, for users who have no client around their request. A client
 * reads its answers by the same functions.
 */

/**
 * Reads the wait that a failed answer asks for: from `retry-after-ms`, `x-ms-retry-after-ms`, `x-amz-retry-after`,
 * `Retry-After`, `X-RateLimit-Retry-After` or `X-RateLimit-Next`, or else from the quotas of `RateLimit`,
 * `X-RateLimit-Reset` and similar headers.
 *
 * @remarks Never throws, whatever the headers contain; a malformed header is ignored, and the next one is read. A quota
 * counts if nothing is left of it; for a 429, also if the server does not say what is left. Of several waits the
 * longest counts, since each of these quotas blocks the request.
 * @param wallNowMs - Milliseconds since 1970 by the wall clock, for moments in answers without a well-formed `Date`;
 * where it is not given, those are ignored.
 * @param status - The answer's status. Default: 429. For a 403 and a 418 a quota counts only if the server says that
 * nothing is left; for any other status but 429 it does not count.
 * @returns `undefined` if the server asks for no wait.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 | RFC 9110 §10.2.3} for `Retry-After`
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-11#section-7 | draft 11 §7} for
 * `RateLimit`, and why `Retry-After` goes first
 */
export function parseServerTiming(
  headers: Headers,
  wallNowMs: number = Number.NaN,
  status = 429,
): ServerTiming | undefined {
  const wait = readWaitHeader(headers, wallNowMs) ?? waitOfQuotas(headers, wallNowMs, status);
  return wait && { retryAfterMs: wait.waitMs, source: wait.source };
}

function waitOfQuotas(headers: Headers, wallNowMs: number, status: number): ReturnType<typeof quotaWait> {
  if (status !== 429 && status !== 403 && status !== 418) return undefined;
  return quotaWait(status, readQuotas(headers, wallNowMs, status), nowOf(wallNowMs));
}

/**
 * Reads the quota that runs out first, from `RateLimit` and `RateLimit-Policy`, `X-RateLimit-Limit`, `-Remaining` and
 * `-Reset`, and every other pair of names with these words.
 *
 * @remarks Never throws, whatever the headers contain; malformed parts are left out.
 * @param wallNowMs - Milliseconds since 1970 by the wall clock, at the answer's arrival.
 * @returns `undefined` if the server sends no quota.
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-11 | draft 11}
 */
export function parseQuota(headers: Headers, wallNowMs: number): Quota | undefined {
  return scarcestQuota(readQuotas(headers, wallNowMs));
}
