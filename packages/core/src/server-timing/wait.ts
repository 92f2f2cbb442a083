import type { HeaderLines } from './header-lines.ts';
import { parseHttpDate } from './http-date.ts';

/**
 * How servers write down a wait. The standards want seconds from now; the headers that grew before them also carry the
 * moment itself, in seconds or in milliseconds since 1970, or a duration in Go's spelling, all under the same name
 * (`X-RateLimit-Reset` is seconds from now at one API, an epoch at GitHub and Twitter; GitLab sends an epoch even as
 * `RateLimit-Reset`). Only the size tells them apart: as a wait, the smallest epoch would be 31 years.
 *
 * A moment is read against the answer's own `Date`, not against our clock: the two stamps come from one clock, so their
 * difference is right even where ours is wrong. `Date` is cut to the second, so the wait is rather too long than too
 * short.
 */

/** How long the server asks the client to wait. */
export interface ServerTiming {
  /** Milliseconds from the answer on; whole, finite and at least 0. A moment in the past is 0. */
  readonly retryAfterMs: number;
  /** The header that said so: `Retry-After`, `retry-after-ms`, `RateLimit`, `X-RateLimit-Reset`, … */
  readonly source: string;
}

/** From here on (September 2001) a number is a moment in seconds since 1970. */
const firstEpochSecond = 1e9;
/** From here on (March 1973) a number is a moment in milliseconds since 1970. */
const firstEpochMs = 1e11;

const decimal = /^\d+(?:\.\d+)?$/;
const goDuration =
  /^(?=\d)(?:(?<h>\d+(?:\.\d+)?)h)?(?:(?<m>\d+(?:\.\d+)?)m)?(?:(?<s>\d+(?:\.\d+)?)s)?(?:(?<ms>\d+(?:\.\d+)?)ms)?$/;

/** Reads plain digits with an optional fraction: no sign, no exponent, no `Infinity`. Absent or malformed: `undefined`. */
export function parseDecimal(text: string | null): number | undefined {
  return text !== null && decimal.test(text) ? Math.min(Number(text), Number.MAX_SAFE_INTEGER) : undefined;
}

/** Whole milliseconds, at least 0, finite; rounded up, since a timer cuts fractions off and would fire too soon. */
export function toWaitMs(ms: number): number {
  // Rounding to microseconds first removes the error of binary fractions: 4.03 s is 4030 ms, not 4031.
  return Math.min(Math.max(0, Math.ceil(Math.round(ms * 1000) / 1000)), Number.MAX_SAFE_INTEGER);
}

/** What time it is for the server: the answer's `Date` where it is well-formed, else our own wall clock. */
export function serverNow(headers: HeaderLines, wallNowMs: number): number {
  const date = headers.get('Date');
  return (date === null ? undefined : parseHttpDate(date, wallNowMs)) ?? wallNowMs;
}

/** Reads an HTTP date as milliseconds from now; one in the past is 0. */
function parseDateWait(text: string, headers: HeaderLines, wallNowMs: number): number | undefined {
  const nowMs = serverNow(headers, wallNowMs);
  const dateMs = parseHttpDate(text, nowMs);
  return dateMs === undefined || Number.isNaN(nowMs) ? undefined : toWaitMs(dateMs - nowMs);
}

/** Reads a reset as the unstandardized headers write it: seconds from now, an epoch, an HTTP date, or `6m0s`. */
export function parseReset(text: string, headers: HeaderLines, wallNowMs: number): number | undefined {
  const value = parseDecimal(text);
  if (value === undefined) {
    return parseDateWait(text, headers, wallNowMs) ?? parseGoDuration(text);
  }
  if (value < firstEpochSecond) {
    return toWaitMs(value * 1000);
  }
  const momentMs = value < firstEpochMs ? value * 1000 : value;
  const nowMs = serverNow(headers, wallNowMs);
  return Number.isNaN(nowMs) ? undefined : toWaitMs(momentMs - nowMs);
}

/** Go's `time.Duration` as OpenAI and others print it: `6m0s`, `2m59.56s`, `120ms`. */
function parseGoDuration(text: string): number | undefined {
  const parts = goDuration.exec(text)?.groups;
  if (parts === undefined) {
    return undefined;
  }
  const { h = 0, m = 0, s = 0, ms = 0 } = parts;
  return toWaitMs(Number(h) * 3_600_000 + Number(m) * 60_000 + Number(s) * 1000 + Number(ms));
}
