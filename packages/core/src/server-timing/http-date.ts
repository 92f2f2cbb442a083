/**
 * An HTTP date has three spellings, of which two are obsolete and all must be understood (RFC 9110 §5.6.7).
 * `Date.parse` is no help: it accepts many malformed dates (`32 Dec` in one engine, `2024-12-11` in all), and it reads
 * asctime, which names no zone, in the local zone: correct on a server in UTC, and wrong by hours in New York.
 *
 * Two rules are surprising. The rfc850 form has two digits for the year, so the same text means another year to a
 * reader in another decade. And second 60 exists, but only as 23:59:60, since the grammar ends the day there.
 *
 * The name of the weekday must be one of the seven. Whether it fits the date is not checked, since the rest of the date
 * is clear without it.
 */

const imfFixdate =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d\d:\d\d:\d\d) GMT$/;
const rfc850 =
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<time>\d\d:\d\d:\d\d) GMT$/;
const asctime =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?<month>[A-Z][a-z]{2}) (?<day>\d\d| \d) (?<time>\d\d:\d\d:\d\d) (?<year>\d{4})$/;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * Reads an HTTP date in any of its three forms.
 *
 * @remarks Strict and case-sensitive: what the grammar does not allow, and days and times that do not exist, give
 * `undefined`. The time zone of the process has no influence.
 * @param nowMs - Milliseconds since 1970; it settles the century of the rfc850 form, whose year is the latest one with
 * these two digits that is not more than 50 years ahead.
 * @returns Milliseconds since 1970, or `undefined` for anything malformed.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 | RFC 9110 §5.6.7}
 */
export function parseHttpDate(text: string, nowMs: number): number | undefined {
  const parts = (imfFixdate.exec(text) ?? rfc850.exec(text) ?? asctime.exec(text))?.groups;
  if (parts === undefined) {
    return undefined;
  }
  const { year = '', month = '', day = '', time = '' } = parts;
  const timeMs = timeOfDay(time);
  const monthIndex = months.indexOf(month);
  if (timeMs === undefined || monthIndex < 0) {
    return undefined;
  }
  const dayNumber = Number(day);
  const fullYear = year.length === 4 ? Number(year) : closestYear(Number(year), monthIndex, dayNumber, timeMs, nowMs);
  const date = midnight(fullYear, monthIndex, dayNumber);
  // A day that the month does not have has become a day of the next month.
  return date.getUTCDate() === dayNumber ? date.getTime() + timeMs : undefined;
}

/** The latest year ending in these two digits whose date lies no more than 50 years ahead. */
function closestYear(twoDigits: number, monthIndex: number, day: number, timeMs: number, nowMs: number): number {
  const now = new Date(nowMs);
  const limitYear = now.getUTCFullYear() + 50;
  const limitMs = now.setUTCFullYear(limitYear);
  const year = limitYear - (limitYear % 100) + twoDigits;
  return midnight(year, monthIndex, day).getTime() + timeMs > limitMs ? year - 100 : year;
}

/** Unlike `Date.UTC`, this does not take the years 0 to 99 as 1900 to 1999. */
function midnight(year: number, monthIndex: number, day: number): Date {
  const date = new Date(0);
  date.setUTCFullYear(year, monthIndex, day);
  return date;
}

function timeOfDay(text: string): number | undefined {
  const hour = Number(text.slice(0, 2));
  const minute = Number(text.slice(3, 5));
  const second = Number(text.slice(6));
  const exists = (hour < 24 && minute < 60 && second < 60) || text === '23:59:60';
  return exists ? ((hour * 60 + minute) * 60 + second) * 1000 : undefined;
}
