import { plainFields, readRemaining, readReset, readServiceLimits } from './rate-limit-fields.ts';
import { parseDecimal, parseRetryAfter, toWaitMs } from './wait.ts';

/**
 * When may we come back? Servers answer in a dozen headers, and the order below is the rule: first who speaks of this
 * very answer (`Retry-After` and its kin), then who merely tells when a quota is whole again.
 *
 * The surprise lies in the second kind. Most APIs send their quota with every answer, so a 500 may carry
 * `X-RateLimit-Reset` an hour ahead with 4,999 calls left; to wait for that would be absurd. A quota therefore counts only
 * if nothing remains of it, or if the server leaves out what remains. With several quotas the longest of the exhausted
 * ones decides: each of them alone bars the way.
 *
 * A malformed header is as good as none, and the next one is asked. A number that is absurd but well-formed is kept:
 * to wait an hour at most, or to give up at once, is the caller's decision, and cutting it down here would make the
 * client come back sooner than it was told.
 */

/** How long the server asked us to stay away. */
export interface ServerTiming {
  /** Milliseconds from the answer on; whole, finite and at least 0. A moment in the past is 0. */
  readonly retryAfterMs: number;
  /** The header that said so: `Retry-After`, `retry-after-ms`, `RateLimit`, `X-RateLimit-Reset`, … */
  readonly source: string;
}

const millisecondFields = ['retry-after-ms', 'x-ms-retry-after-ms'] as const;

/**
 * Reads the wait that a failed answer asks for, from the first well-formed header of these: `retry-after-ms`,
 * `x-ms-retry-after-ms`, `Retry-After`, `RateLimit`, `RateLimit-Reset`, `X-RateLimit-Retry-After`,
 * `X-RateLimit-Reset-After`, `X-RateLimit-Reset`, `X-Rate-Limit-Reset`.
 *
 * @remarks Never throws, whatever the headers hold. Those of the `RateLimit` families count only if nothing remains of
 * the quota, or (save in `RateLimit`) if the server does not tell what remains.
 * @param wallNowMs - Milliseconds since 1970 by the wall clock, for moments in answers without a well-formed `Date`;
 * where it is not given, those are ignored.
 * @returns `undefined` if the server asks for no wait.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 | RFC 9110 §10.2.3} for `Retry-After`
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-11#section-7 | draft 11 §7} for
 * `RateLimit`, and why `Retry-After` goes first
 */
export function parseServerTiming(headers: Headers, wallNowMs: number = Number.NaN): ServerTiming | undefined {
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
  return timingOfRateLimit(headers) ?? timingOfPlainFields(headers, wallNowMs);
}

function timingOfRateLimit(headers: Headers): ServerTiming | undefined {
  let longest: number | undefined;
  for (const { remaining, resetSeconds } of readServiceLimits(headers)) {
    if (remaining === 0 && resetSeconds !== undefined) {
      longest = Math.max(longest ?? 0, resetSeconds);
    }
  }
  return longest === undefined ? undefined : { retryAfterMs: toWaitMs(longest * 1000), source: 'RateLimit' };
}

function timingOfPlainFields(headers: Headers, wallNowMs: number): ServerTiming | undefined {
  for (const fields of plainFields) {
    const reset =
      (fields.retryAfter === undefined ? undefined : readReset(headers, [fields.retryAfter], wallNowMs)) ??
      readReset(headers, fields.resets, wallNowMs);
    if (reset !== undefined && (readRemaining(headers, fields) ?? 0) === 0) {
      return { retryAfterMs: reset.waitMs, source: reset.source };
    }
  }
  return undefined;
}
