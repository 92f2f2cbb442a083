import { plainFields, readLimit, readRemaining, readReset, readServiceLimits } from './rate-limit-fields.ts';
import { parseDecimal, parseRetryAfter, toWaitMs } from './wait.ts';

/**
 * When may the client come back? Servers answer in a dozen headers, of two kinds. `Retry-After` and similar headers
 * concern this request: it was refused, and may be sent again at that time. The quota headers only say when a quota is
 * full again, and most APIs send them with every answer.
 *
 * So a quota says nothing of a 500 or a 503: with 4,999 calls left, and even with none, the server failed for another
 * reason, and may have acted on the request. A quota counts for a 429, where nothing remains of it or the server leaves
 * out what remains; and for a 403 or a 418 where the server says that nothing remains. Of several quotas the longest of
 * the exhausted ones decides: each of them alone bars the way.
 *
 * A malformed header is ignored, and the next one is read. A number that is absurd but well-formed is kept: the caller
 * decides whether to wait an hour at most or to fail at once, and shortening it here would make the client come back
 * too early.
 */

/** How long the server asks the client to wait. */
export interface ServerTiming {
  /** Milliseconds from the answer on; whole, finite and at least 0. A moment in the past is 0. */
  readonly retryAfterMs: number;
  /** The header that said so: `Retry-After`, `retry-after-ms`, `RateLimit`, `X-RateLimit-Reset`, … */
  readonly source: string;
}

const millisecondFields = ['retry-after-ms', 'x-ms-retry-after-ms'] as const;

/** What a quota in the same answer says about the failure. */
type QuotaWeight = 'none' | 'whereExhausted' | 'unlessLeft';

/**
 * Reads the wait that a failed answer asks for, from the first well-formed header of these: `retry-after-ms`,
 * `x-ms-retry-after-ms`, `Retry-After`, `RateLimit`, `RateLimit-Reset`, `X-RateLimit-Retry-After`,
 * `X-RateLimit-Reset-After`, `X-RateLimit-Reset`, `X-Rate-Limit-Reset`.
 *
 * @remarks Never throws, whatever the headers hold. Those of the `RateLimit` families count only if nothing remains of
 * the quota, or (save in `RateLimit`) if the server does not tell what remains.
 * @param wallNowMs - Milliseconds since 1970 by the wall clock, for moments in answers without a well-formed `Date`;
 * where it is not given, those are ignored.
 * @param status - The answer's status. For a 403 and a 418 a quota counts only where the server says that nothing
 * remains of it; for any other status but 429 it does not count. Default: as for 429.
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
  for (const source of millisecondFields) {
    const ms = parseDecimal(headers.get(source));
    if (ms !== undefined) {
      return { retryAfterMs: toWaitMs(ms), source };
    }
  }
  const retryAfter = headers.get('Retry-After');
  const retryAfterMs = retryAfter === null ? undefined : parseRetryAfter(retryAfter, headers, wallNowMs);
  if (retryAfterMs !== undefined) {
    return { retryAfterMs, source: 'Retry-After' };
  }
  const weight = weightOf(status);
  return timingOfRateLimit(headers, weight) ?? timingOfPlainFields(headers, wallNowMs, weight);
}

function weightOf(status: number): QuotaWeight {
  if (status === 429) return 'unlessLeft';
  return status === 403 || status === 418 ? 'whereExhausted' : 'none';
}

function timingOfRateLimit(headers: Headers, weight: QuotaWeight): ServerTiming | undefined {
  if (weight === 'none') return undefined;
  let longest: number | undefined;
  for (const { remaining, limit, resetSeconds } of readServiceLimits(headers)) {
    const counts = remaining === 0 && (weight === 'unlessLeft' || limit !== 0);
    if (counts && resetSeconds !== undefined) {
      longest = Math.max(longest ?? 0, resetSeconds);
    }
  }
  return longest === undefined ? undefined : { retryAfterMs: toWaitMs(longest * 1000), source: 'RateLimit' };
}

function timingOfPlainFields(headers: Headers, wallNowMs: number, weight: QuotaWeight): ServerTiming | undefined {
  for (const fields of plainFields) {
    const remaining = readRemaining(headers, fields);
    if ((remaining ?? 0) !== 0) continue;
    const isExhausted = remaining === 0 && readLimit(headers, fields) !== 0;
    const counts = weight === 'unlessLeft' || (weight === 'whereExhausted' && isExhausted);
    const reset =
      (fields.retryAfter === undefined ? undefined : readReset(headers, [fields.retryAfter], wallNowMs)) ??
      (counts ? readReset(headers, fields.resets, wallNowMs) : undefined);
    if (reset !== undefined) {
      return { retryAfterMs: reset.waitMs, source: reset.source };
    }
  }
  return undefined;
}
