import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHttpDate } from './http-date.ts';
import { badDates, goodDates } from './http-date.vectors.ts';

const now = Date.UTC(2026, 0, 1);
const shortDays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const longDays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const two = (value: number): string => String(value).padStart(2, '0');
const timeOf = (date: Date): string =>
  `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
const yearOf = (date: Date): string => String(date.getUTCFullYear()).padStart(4, '0');
const monthOf = (date: Date): string => months[date.getUTCMonth()] ?? '';

/** The three spellings of a date, built without the parser. */
const spell = {
  'IMF-fixdate': (date: Date): string =>
    `${shortDays[date.getUTCDay()]}, ${two(date.getUTCDate())} ${monthOf(date)} ${yearOf(date)} ${timeOf(date)} GMT`,
  rfc850: (date: Date): string =>
    `${longDays[date.getUTCDay()]}, ${two(date.getUTCDate())}-${monthOf(date)}-${yearOf(date).slice(2)} ${timeOf(date)} GMT`,
  asctime: (date: Date): string =>
    `${shortDays[date.getUTCDay()]} ${monthOf(date)} ${String(date.getUTCDate()).padStart(2)} ${timeOf(date)} ${yearOf(date)}`,
};

const secondsBetween = (from: string, to: string): fc.Arbitrary<Date> =>
  fc.integer({ min: Date.parse(from) / 1000, max: Date.parse(to) / 1000 }).map((seconds) => new Date(seconds * 1000));

describe('parseHttpDate', () => {
  it.each(goodDates)('reads %j', (text, moment) => {
    expect(parseHttpDate(text, now)).toBe(Date.parse(moment));
  });

  it.each(badDates)('refuses %j', (text) => {
    expect(parseHttpDate(text, now)).toBeUndefined();
  });

  it('reads every hour of a day and refuses hour 24', () => {
    for (let hour = 0; hour < 24; hour++) {
      expect(parseHttpDate(`Mon Jan  1 ${two(hour)}:20:57 2024`, now)).toBe(Date.UTC(2024, 0, 1, hour, 20, 57));
    }
    expect(parseHttpDate('Mon Jan  1 24:20:57 2024', now)).toBeUndefined();
  });

  it('reads every minute of an hour and refuses minute 60', () => {
    for (let minute = 0; minute < 60; minute++) {
      expect(parseHttpDate(`Mon Jan  1 01:${two(minute)}:57 2024`, now)).toBe(Date.UTC(2024, 0, 1, 1, minute, 57));
    }
    expect(parseHttpDate('Mon Jan  1 01:60:57 2024', now)).toBeUndefined();
  });

  it('reads every second of a minute and refuses second 60', () => {
    for (let second = 0; second < 60; second++) {
      expect(parseHttpDate(`Mon Jan  1 02:00:${two(second)} 2024`, now)).toBe(Date.UTC(2024, 0, 1, 2, 0, second));
    }
    expect(parseHttpDate('Mon Jan  1 02:00:60 2024', now)).toBeUndefined();
  });

  it('reads the leap second, which exists only at the end of a day', () => {
    expect(parseHttpDate('Sat, 31 Dec 2016 23:59:60 GMT', now)).toBe(Date.UTC(2017, 0, 1));
    expect(parseHttpDate('Sat, 31 Dec 2016 23:59:61 GMT', now)).toBeUndefined();
    expect(parseHttpDate('Sat, 31 Dec 2016 22:59:60 GMT', now)).toBeUndefined();
  });

  it('knows the length of every month', () => {
    for (const [index, month] of months.entries()) {
      const days = new Date(Date.UTC(2023, index + 1, 0)).getUTCDate();
      expect(parseHttpDate(`Mon, ${days} ${month} 2023 00:00:00 GMT`, now)).toBe(Date.UTC(2023, index, days));
      expect(parseHttpDate(`Mon, ${days + 1} ${month} 2023 00:00:00 GMT`, now)).toBeUndefined();
    }
    expect(parseHttpDate('Mon, 00 Jan 2023 00:00:00 GMT', now)).toBeUndefined();
  });

  it.each([
    ['2000', true],
    ['2024', true],
    ['1900', false],
    ['2100', false],
    ['2023', false],
  ])('knows whether %s has a 29 February', (year, leap) => {
    expect(parseHttpDate(`Tue, 29 Feb ${year} 00:00:00 GMT`, now) !== undefined).toBe(leap);
  });

  it('does not take the years 0 to 99 as 1900 to 1999', () => {
    expect(new Date(parseHttpDate('Sat, 01 Jan 0099 00:00:00 GMT', now) ?? Number.NaN).toISOString()).toBe(
      '0099-01-01T00:00:00.000Z',
    );
  });

  it.each([
    'sun, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 gmt',
    ' Sun, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 GMT\n',
    'Sun, 06 Nov 1994 08:49:37 +0000',
    'Sunday, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06-Nov-94 08:49:37 GMT',
    'Sun Nov 6 08:49:37 1994',
    'Sun Nov  6 08:49:37 1994 GMT',
    '1994-11-06T08:49:37Z',
    '784111777',
    '',
  ])('refuses %j, although its meaning is clear', (text) => {
    expect(parseHttpDate(text, now)).toBeUndefined();
  });

  it.each([
    { today: '2026-01-01', text: 'Wednesday, 01-Jan-76 00:00:00 GMT', means: '2076-01-01T00:00:00Z' },
    { today: '2026-01-01', text: 'Thursday, 01-Jan-76 00:00:01 GMT', means: '1976-01-01T00:00:01Z' },
    { today: '1999-12-31', text: 'Saturday, 01-Jan-00 00:00:00 GMT', means: '2000-01-01T00:00:00Z' },
    { today: '2049-06-01', text: 'Friday, 01-Jan-99 00:00:00 GMT', means: '2099-01-01T00:00:00Z' },
    { today: '2060-06-01', text: 'Thursday, 01-Jan-09 00:00:00 GMT', means: '2109-01-01T00:00:00Z' },
    { today: '2026-01-01', text: 'Tuesday, 29-Feb-00 00:00:00 GMT', means: '2000-02-29T00:00:00Z' },
  ])('on $today, reads $text as $means', ({ today, text, means }) => {
    expect(parseHttpDate(text, Date.parse(today))).toBe(Date.parse(means));
  });

  it.each(['IMF-fixdate', 'asctime'] as const)('reads back any moment spelt as %s', (form) => {
    fc.assert(
      fc.property(secondsBetween('0000-01-01', '9999-12-31'), (date) => {
        expect(parseHttpDate(spell[form](date), now)).toBe(date.getTime());
      }),
    );
  });

  it('reads back any moment of 50 years either way spelt as rfc850', () => {
    fc.assert(
      fc.property(secondsBetween('1976-01-02', '2076-01-01'), (date) => {
        expect(parseHttpDate(spell.rfc850(date), now)).toBe(date.getTime());
      }),
    );
  });

  it('gives a finite number or nothing, whatever the text', () => {
    const text = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[A-Z][a-z]{2,8},? \d\d[ -][A-Z][a-z]{2}[ -]\d{2,4} \d\d:\d\d:\d\d GMT$/),
      fc.stringMatching(/^(Mon|Sun), \d\d (Jan|Feb) \d{4} \d\d:\d\d:\d\d GMT$/),
    );
    fc.assert(
      fc.property(text, fc.integer(), (text, nowMs) => {
        const moment = parseHttpDate(text, nowMs);
        expect(moment === undefined || Number.isSafeInteger(moment)).toBe(true);
      }),
    );
  });
});
