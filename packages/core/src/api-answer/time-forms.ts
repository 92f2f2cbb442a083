import type { HeaderLines } from '../server-timing/header-lines.ts';
import { parseDecimal, parseReset, serverNow, toWaitMs } from '../server-timing/wait.ts';

/**
 * How servers write down a moment or a wait: seconds or milliseconds from now, seconds or milliseconds since 1970, an
 * HTTP date, ISO 8601, `Date.prototype.toString()`, or a duration such as `6m0s`. Only the size and the shape tell them
 * apart. A moment is read against the answer's own `Date`, since both stamps come from one clock.
 */

const iso = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z| ?(?:[+-]\d\d:?\d\d|UTC))$/;
const jsDate = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d{4}) (\d\d:\d\d:\d\d) GMT([+-]\d{4})(?: \([^)]{1,60}\))?$/;
const seconds = /^(\d+(?:\.\d+)?) ?s(?:ec(?:onds?)?)?$/;

/** Reads any of these forms as milliseconds from now; `undefined` for anything else. */
export function parseWhen(text: string, headers: HeaderLines, wallNowMs: number): number | undefined {
  const trimmed = text.trim();
  const known = parseReset(trimmed, headers, wallNowMs);
  if (known !== undefined) return known;
  const inSeconds = parseDecimal(seconds.exec(trimmed)?.[1] ?? null);
  if (inSeconds !== undefined) return toWaitMs(inSeconds * 1000);
  const moment = parseMoment(trimmed);
  if (moment === undefined) return undefined;
  const nowMs = serverNow(headers, wallNowMs);
  return Number.isNaN(nowMs) ? undefined : toWaitMs(moment - nowMs);
}

/** Reads a number of seconds from a body, or a text in any form. */
export function parseWaitMember(value: unknown, headers: HeaderLines, wallNowMs: number): number | undefined {
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || value < 0) return undefined;
    // JavaScript writes a number outside this range with an exponent.
    const plain = value < 1e-6 ? 0 : Math.min(value, Number.MAX_SAFE_INTEGER);
    return parseWhen(String(plain), headers, wallNowMs);
  }
  return typeof value === 'string' ? parseWhen(value.slice(0, 100), headers, wallNowMs) : undefined;
}

function parseMoment(text: string): number | undefined {
  const spelled = jsDate.exec(text);
  const ms = spelled
    ? Date.parse(`${spelled[2]} ${spelled[1]} ${spelled[3]} ${spelled[4]} ${spelled[5]}`)
    : iso.test(text)
      ? Date.parse(
          text
            .replace(/^(\S{10}) /, '$1T')
            .replace(' ', '')
            .replace('UTC', 'Z'),
        )
      : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/**
 * The wall clock, or zero where it is not known: then the times of resets are counted from zero, so that a wait keeps
 * its length.
 */
export function nowOf(wallNowMs: number): number {
  return Number.isNaN(wallNowMs) ? 0 : wallNowMs;
}
