import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyHeaders } from '../server-timing/any-headers.test-support.ts';
import { rateLimitLines } from '../server-timing/rate-limit-fields.vectors.ts';
import { parseServerTiming } from './header-timing.ts';

/** The client's clock. In answers with a `Date` header, the server's clock is an hour behind. */
const now = Date.UTC(2026, 6, 1, 12);
const serverDate = 'Wed, 01 Jul 2026 11:00:00 GMT';
const serverNow = now - 3_600_000;

type Given = Readonly<Record<string, string>>;
const timing = (given: Given) => parseServerTiming(new Headers(given), now);

describe('parseServerTiming', () => {
  it('asks for no wait if no header does', () => {
    expect(timing({})).toBeUndefined();
    expect(timing({ Date: serverDate, 'Content-Type': 'text/plain' })).toBeUndefined();
  });

  it.each<[header: string, value: string, ms: number]>([
    ['retry-after-ms', '250', 250],
    ['retry-after-ms', '12.25', 13],
    ['retry-after-ms', '0', 0],
    ['x-ms-retry-after-ms', '100', 100],
    ['Retry-After', '0', 0],
    ['Retry-After', '120', 120_000],
    ['Retry-After', '007', 7000],
    ['Retry-After', '1.5', 1500],
    ['Retry-After', '4.03', 4030],
    ['Retry-After', '0.0004', 1],
    ['Retry-After', ' 5 ', 5000],
    ['Retry-After', `${now / 1000 + 7}`, 7000],
    ['Retry-After', '2026-07-01T12:00:07Z', 7000],
    ['Retry-After', '7s', 7000],
    ['Retry-After', '7 seconds', 7000],
    ['Retry-After', '6m0s', 360_000],
    ['Retry-After', '7, 9', 7000],
    ['Retry-After', 'Wed, 01 Jul 2026 12:00:07 GMT, Wed, 01 Jul 2026 12:00:09 GMT', 7000],
    ['x-amz-retry-after', '250', 250],
    ['Retry-After', 'Wed, 01 Jul 2026 12:00:07 GMT', 7000],
    ['Retry-After', 'Wednesday, 01-Jul-26 12:00:07 GMT', 7000],
    ['Retry-After', 'Wed Jul  1 12:00:07 2026', 7000],
    ['Retry-After', 'Wed, 01 Jul 2026 11:59:59 GMT', 0],
    ['RateLimit', '"default";r=0;t=5', 5000],
    ['RateLimit', 'limit=100, remaining=0, reset=5', 5000],
    ['RateLimit-Reset', '30', 30_000],
    ['RateLimit-Reset', `${now / 1000 + 30}`, 30_000],
    ['X-RateLimit-Retry-After', '9', 9000],
    ['X-RateLimit-Retry-After', `${now / 1000 + 9}`, 9000],
    ['X-RateLimit-Next', '2026-07-01T12:00:09Z', 9000],
    ['X-RateLimit-Reset-After', '1.337', 1337],
    ['X-RateLimit-Reset', '60', 60_000],
    ['X-RateLimit-Reset', `${now / 1000 + 60}`, 60_000],
    ['X-RateLimit-Reset', `${now / 1000 + 60}.123`, 60_123],
    ['X-RateLimit-Reset', `${now + 60_001}`, 60_001],
    ['X-RateLimit-Reset', `${now / 1000 - 60}`, 0],
    ['X-RateLimit-Reset', '999999999', 999_999_999_000],
    ['X-RateLimit-Reset', '6m0s', 360_000],
    ['X-RateLimit-Reset', '1s', 1000],
    ['X-RateLimit-Reset', '120ms', 120],
    ['X-RateLimit-Reset', '1h2m3.5s', 3_723_500],
    ['X-RateLimit-Reset', '2m59.56s', 179_560],
    ['X-Rate-Limit-Reset', `${now / 1000 + 60}`, 60_000],
    ['X-Rate-Limit-Reset', 'Wed, 01 Jul 2026 12:01:00 GMT', 60_000],
  ])('reads %s: %s as %d ms', (header, value, ms) => {
    expect(timing({ [header]: value })).toEqual({ retryAfterMs: ms, source: header });
  });

  it.each<Given>([
    { 'Retry-After': 'Wed, 01 Jul 2026 11:00:07 GMT' },
    { 'Retry-After': 'Wednesday, 01-Jul-26 11:00:07 GMT' },
    { 'Retry-After': 'Wed Jul  1 11:00:07 2026' },
    { 'RateLimit-Reset': `${serverNow / 1000 + 7}` },
    { 'X-RateLimit-Reset': `${serverNow / 1000 + 7}` },
    { 'X-RateLimit-Reset': `${serverNow + 7000}` },
    { 'X-Rate-Limit-Reset': 'Wed, 01 Jul 2026 11:00:07 GMT' },
  ])("reads the moment in %j against the answer's own Date", (given) => {
    expect(timing({ ...given, Date: serverDate })?.retryAfterMs).toBe(7000);
    expect(timing({ ...given, Date: 'Wednesday, 01-Jul-26 11:00:00 GMT' })?.retryAfterMs).toBe(7000);
  });

  it('reads a moment against the wall clock if the Date is malformed', () => {
    const given = { 'Retry-After': 'Wed, 01 Jul 2026 12:00:07 GMT' };
    expect(timing({ ...given, Date: '2026-07-01T11:00:00Z' })?.retryAfterMs).toBe(7000);
    expect(timing({ ...given, Date: '' })?.retryAfterMs).toBe(7000);
  });

  it('leaves a wait in seconds alone, whatever the Date', () => {
    expect(timing({ 'Retry-After': '7', Date: serverDate })?.retryAfterMs).toBe(7000);
    expect(timing({ 'X-RateLimit-Reset': '7', Date: serverDate })?.retryAfterMs).toBe(7000);
  });

  it('asks the headers of this request in their order, and goes on past those that are malformed', () => {
    const given: [string, string][] = [
      ['retry-after-ms', '1000'],
      ['x-ms-retry-after-ms', '2000'],
      ['x-amz-retry-after', '3000'],
      ['Retry-After', '4'],
      ['X-RateLimit-Retry-After', '5'],
      ['X-RateLimit-Next', '6'],
      ['RateLimit', '"default";r=0;t=7'],
    ];
    for (const [index, [source]] of given.entries()) {
      expect(timing(Object.fromEntries(given.slice(index)))).toEqual({ retryAfterMs: (index + 1) * 1000, source });
      const spoilt = given.map(([name, value], at): [string, string] => [name, at < index ? 'soon' : value]);
      expect(timing(Object.fromEntries(spoilt))?.source).toBe(source);
    }
  });

  it('waits for the longest of the quotas that are used up, of whatever family', () => {
    const given = {
      RateLimit: '"a";r=0;t=4',
      'RateLimit-Reset': '5',
      'X-RateLimit-Reset': '9',
    };
    expect(timing(given)).toEqual({ retryAfterMs: 9000, source: 'X-RateLimit-Reset' });
  });

  const malformed = ['', '-1', '+1', '1e3', '0x10', '1_000', '1.', '.5', '1 2', 'NaN', 'Infinity', '5 bananas'];
  malformed.push('-0', 'soon', '2026-07-01', 'Wed, 32 Jul 2026 00:00:00 GMT', 's', '5s3m', '1.5.5s', 'ms');
  const plainHeaders = [
    'retry-after-ms',
    'x-ms-retry-after-ms',
    'Retry-After',
    'RateLimit-Reset',
    'X-RateLimit-Retry-After',
    'X-RateLimit-Reset-After',
    'X-RateLimit-Reset',
    'X-Rate-Limit-Reset',
  ];
  it.each(malformed)('ignores %j in every header', (value) => {
    for (const header of plainHeaders) {
      expect(timing({ [header]: value }), header).toBeUndefined();
    }
  });

  it('reads a number of milliseconds only without a unit', () => {
    expect(timing({ 'retry-after-ms': '120ms' })).toBeUndefined();
  });

  it.each(plainHeaders)('keeps absurd numbers in %s finite', (header) => {
    for (const value of ['9'.repeat(20), '9'.repeat(400), `${'9'.repeat(400)}.9`]) {
      const retryAfterMs = timing({ [header]: value })?.retryAfterMs;
      expect(retryAfterMs).toBeGreaterThan(9e15);
      expect(retryAfterMs).toSatisfy(Number.isSafeInteger);
    }
  });

  describe('with a RateLimit field', () => {
    it.each(rateLimitLines)('follows the draft on %s', (text, items) => {
      const exhausted = items.find(([, { r, t }]) => r === 0 && t !== undefined);
      expect(timing({ RateLimit: text })?.retryAfterMs).toBe(exhausted && Number(exhausted[1].t) * 1000);
    });

    it.each([
      ['"a";r=0;t=5, "b";r=0;t=9, "c";r=0;t=7', 9000],
      ['"a";r=1;t=3600, "b";r=0;t=9', 9000],
      ['"a";r=0, "b";r=0;t=9', 9000],
      ['"a";r=0;t=9;qu="content-bytes"', 9000],
      ['"a";r=0;t=9, "a";r=1;t=99;pk=:dHJpYWwxMjEzMjM=:', 9000],
      ['a;r=0;t=9', 9000],
      ['"a";r=0;t=0', 0],
      ['"a";r=0;t=-5, "b";r=0;t=9', 9000],
      ['limit=100, remaining=0, reset=9', 9000],
      ['"a";r=0;t=999999999999999', Number.MAX_SAFE_INTEGER],
    ])('waits for the longest of the exhausted policies in %s', (text, ms) => {
      expect(timing({ RateLimit: text })).toEqual({ retryAfterMs: ms, source: 'RateLimit' });
    });

    it.each([
      '"a";r=1;t=60',
      '"a";r=0',
      '"a";t=60',
      '"a";r=-1;t=60',
      '"a";r=0;t=-60',
      '"a";r=0;t=1.5',
      '"a";r="0";t=60',
      '"a";r=?0;t=60',
      '"a";r=0;t="60"',
      '"a";r=0;t=9999999999999999',
      '("a");r=0;t=60',
      '5;r=0;t=60',
      '"a";r=0;t=60,',
      '"a;r=0;t=60',
      'limit=100, remaining=1, reset=60',
      'limit=100, reset=60',
      'limit=100, remaining=0',
      'limit=100, remaining=0, reset=-1',
      'remaining="0", reset=60',
      '100',
      '',
    ])('asks for no wait by %j', (text) => {
      expect(timing({ RateLimit: text })).toBeUndefined();
    });

    it('adds up the lines of a field sent in pieces', () => {
      const headers = new Headers([
        ['RateLimit', '"a";r=0;t=5'],
        ['RateLimit', '"b";r=0;t=9'],
      ]);
      expect(parseServerTiming(headers, now)?.retryAfterMs).toBe(9000);
    });
  });

  it.each([
    ['RateLimit-Remaining', 'RateLimit-Reset'],
    ['X-RateLimit-Remaining', 'X-RateLimit-Retry-After'],
    ['X-RateLimit-Remaining', 'X-RateLimit-Next'],
    ['X-RateLimit-Remaining', 'X-RateLimit-Reset-After'],
    ['X-RateLimit-Remaining', 'X-RateLimit-Reset'],
    ['X-Rate-Limit-Remaining', 'X-Rate-Limit-Reset'],
  ])('lets %s decide whether %s counts', (remaining, reset) => {
    expect(timing({ [reset]: '60', [remaining]: '4999' })).toBeUndefined();
    expect(timing({ [reset]: '60', [remaining]: '0' })).toEqual({ retryAfterMs: 60_000, source: reset });
    expect(timing({ [reset]: '60', [remaining]: 'many' })).toEqual({ retryAfterMs: 60_000, source: reset });
  });

  it("takes Discord's wait rather than its moment", () => {
    const given = {
      'X-RateLimit-Remaining': '0',
      'X-RateLimit-Reset': '1470173023.123',
      'X-RateLimit-Reset-After': '1',
    };
    expect(timing(given)).toEqual({ retryAfterMs: 1000, source: 'X-RateLimit-Reset-After' });
  });

  it("asks the next family if one's quota is not exhausted", () => {
    const given = { 'RateLimit-Remaining': '5', 'RateLimit-Reset': '60', 'X-Rate-Limit-Reset': '9' };
    expect(timing(given)).toEqual({ retryAfterMs: 9000, source: 'X-Rate-Limit-Reset' });
  });

  describe('with the status of the answer', () => {
    const exhausted = { 'X-RateLimit-Limit': '10', 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': '9' };
    const untold = { 'X-Rate-Limit-Reset': '9' };
    const draft = { RateLimit: '"default";r=0;t=9' };
    const unlimited = { 'RateLimit-Limit': '0', 'RateLimit-Remaining': '0', 'RateLimit-Reset': '9' };
    const left = { 'X-RateLimit-Remaining': '5', 'X-RateLimit-Reset': '9' };

    it.each<[about: string, given: Given, statuses: readonly number[]]>([
      ['a quota of which nothing is left', exhausted, [403, 418, 429]],
      ['a RateLimit field of which nothing is left', draft, [403, 418, 429]],
      ['a reset where the server leaves out what is left', untold, [429]],
      ['a limit of 0, which means that there is none', unlimited, [429]],
      ['a quota with something left', left, []],
      ['Retry-After', { 'Retry-After': '9', ...left }, [403, 413, 418, 429, 500, 502, 503, 504]],
      ['retry-after-ms', { 'retry-after-ms': '9000' }, [403, 413, 418, 429, 500, 502, 503, 504]],
      ['X-RateLimit-Retry-After', { 'X-RateLimit-Retry-After': '9' }, [403, 413, 418, 429, 500, 502, 503, 504]],
    ])('reads %s only where it concerns the failure', (_about, given, expected) => {
      const heard = [403, 413, 418, 429, 500, 502, 503, 504].filter(
        (status) => parseServerTiming(new Headers(given), now, status) !== undefined,
      );
      expect(heard).toEqual(expected);
    });
  });

  it('never throws, and never asks for anything but whole milliseconds from 0 on', () => {
    fc.assert(
      fc.property(anyHeaders, fc.double({ noNaN: true, noDefaultInfinity: true }), (headers, wallNowMs) => {
        const found = parseServerTiming(headers, wallNowMs);
        if (found !== undefined) {
          expect(Number.isSafeInteger(found.retryAfterMs)).toBe(true);
          expect(found.retryAfterMs).toBeGreaterThanOrEqual(0);
          expect(headers.has(found.source)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('never comes back sooner than the server asked', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10 ** 6 }), fc.nat({ max: 999_999 }), (whole, fraction) => {
        const text = `${whole}.${String(fraction).padStart(6, '0')}`;
        const microseconds = whole * 1_000_000 + fraction;
        expect(timing({ 'Retry-After': text })?.retryAfterMs).toBe(Math.ceil(microseconds / 1000));
      }),
    );
  });
});
