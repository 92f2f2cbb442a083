import { describe, expect, test } from 'vitest';
import { epoch, iso, nowMs, read } from './read.ts';

/** Where the rules for rarer forms end: what only looks like such a form is not read as one. */

describe('a quota in headers without the words rate limit', () => {
  test('is read by its exact name', () => {
    const headers = { 'x-quota-month-limit': '100', 'x-quota-month-remaining': '0', 'x-quota-month-reset': '60' };
    expect(read(429, headers).quotas).toMatchObject([{ bucket: 'month', limit: 100, remaining: 0 }]);
    expect(read(429, { 'x-quota-remaining': '7' }).quotas).toEqual([{ remaining: 7, counts: 'requests' }]);
  });

  test.each(['x-disk-quota-remaining', 'x-quota-bytes-remaining', 'x-storage-quota-limit', 'x-ms-resource-quota'])(
    '%s is another quota',
    (name) => {
      expect(read(429, { [name]: '0' }).quotas).toEqual([]);
    },
  );
});

describe('the reset of a limit in the body of a 429', () => {
  test.each<[body: object, waitMs: number]>([
    [{ error: 'Too many', limit: 60, remaining: '0', reset_in: 12 }, 12_000],
    [{ error: { message: 'Too many', requests_remaining: 0, resetAt: iso(9) } }, 9000],
    [{ message: 'Too many', data: { remaining: 0, resetAt: iso(9) } }, 9000],
    [{ message: 'Too many', quota: { limit: 60, used: 60, resets_at: iso(7200) } }, 7_200_000],
    [{ message: 'Too many', quota: { limit: 60, resets_at: iso(3600) } }, 3_600_000],
    [{ message: 'Too many', rate_limit: { limit: 60, remaining: 0, reset_seconds: 9 } }, 9000],
    [{ message: 'Too many', rateLimit: { reset: Number(epoch(7)) } }, 7000],
    [{ message: 'Too many', limit: { reset_ms: 1500 } }, 1500],
    [{ message: 'Too many', limit: { reset_ms: '1500' } }, 1500],
    [{ message: 'Too many', limit: { reset_in_ms: '1500.5' } }, 1501],
    [{ message: 'Too many', limit: { reset_ms: nowMs + 1500 } }, 1500],
    [{ message: 'Too many', limit: { reset_ms: String(nowMs + 1500) } }, 1500],
    [{ message: 'Too many', limit: { remaining: 3, reset_in: 600 }, quota: { remaining: 0, reset_in: 5 } }, 5000],
    [{ message: 'Too many', retry_after: 3, reset_in: 12 }, 3000],
  ])('%j', (body, waitMs) => {
    expect(read(429, {}, body)).toMatchObject({ kind: 'rateLimited', waitMs });
  });

  test('comes after one in the headers', () => {
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '4' };
    expect(read(429, headers, { message: 'Too many', limit: { reset_in: 12 } }).waitMs).toBe(4000);
  });

  test('counts beside a limit with something left in the headers only where nothing is left of its own', () => {
    const headers = { 'x-ratelimit-remaining': '5' };
    expect(read(429, headers, { message: 'Too many', limit: { reset_in: 12 } }).waitMs).toBeUndefined();
    expect(read(429, headers, { message: 'Too many', limit: { remaining: 0, reset_in: 12 } }).waitMs).toBe(12_000);
  });

  test('is named as the server has written it', () => {
    const named = (body: object) => read(429, {}, body).waitSource;
    expect(named({ limit: { reset_in_ms: 900 } })).toBe("the body's reset_in_ms");
    expect(named({ retryAfterMs: 900 })).toBe("the body's retryAfterMs");
    expect(named({ 'Retry-After': 9 })).toBe("the body's Retry-After");
    expect(named({ 'retry\nafter': 9 })).toBe("the body's retryafter");
  });

  test.each<[status: number, body: object]>([
    [503, { message: 'Down', reset_in: 12 }],
    [409, { message: 'It was reset', reset_at: iso(9) }],
    [429, { message: 'Too many', rate_limits: [{ remaining: 0, reset_in: 12 }] }],
    [429, { message: 'Too many', job: { reset_at: iso(9) } }],
    [429, { message: 'Too many', limit: { reset: true, reset_time: 'midnight' } }],
    [429, { message: 'Too many concurrent requests', rate_limit: { limit: 5000, used: 12, reset_at: iso(3000) } }],
    [429, { message: 'Max 5 requests per second', quota: { limit: 5000, used: 12, resets_at: iso(1_728_000) } }],
    [429, { message: 'Too many', quota: { limit: 5000, requests_left: 12, reset_in: 60 } }],
    [429, { message: 'Too many', quota: { limit: 5000, remaining: null, reset_in: 60 } }],
    [429, { message: 'Too many', quota: { limit: 5000, resets_at: iso(3601) } }],
    [429, { message: 'Too many', data: { id: 1, reset_at: iso(1_728_000) } }],
    [429, { message: 'Too many', details: { reset_at: iso(9) }, meta: { limit: 3, used: 3, reset_at: iso(9) } }],
    [429, { message: 'Too many', reset_in: 12 }],
    [429, { message: 'Too many', limit: 0, used: 0, reset_in: 12 }],
  ])('is none in a %i with %j', (status, body) => {
    expect(read(status, {}, body).waitMs).toBeUndefined();
  });
});

describe('issues', () => {
  test('are not the messages of the error itself', () => {
    expect(read(400, {}, { errorMessages: ['Field a is bad', 'Field b is bad'] }).issues).toEqual([]);
  });

  test('are not the caller’s entries in a list', () => {
    expect(read(400, {}, [{ tags: ['red', 'dark blue'] }, { tags: ['blue'] }]).issues).toEqual([]);
    expect(read(400, {}, [{ name: ['is too long'] }, { id: 7 }]).issues).toEqual([]);
    expect(read(404, {}, [{ comments: ['This field is nice.'] }, {}]).issues).toEqual([]);
    expect(read(400, {}, [{ tags: ['I like this one.'] }, { notes: ['Call me back tomorrow.'] }]).issues).toEqual([]);
  });

  test.each([400, 422])('of a batch are those of its entries, in a %i where an entry has none', (status) => {
    expect(read(status, {}, [{}, { name: ['is too long'] }]).issues).toEqual([
      { path: '1.name', message: 'is too long' },
    ]);
  });

  test('of an envelope in XML’s manner are those of its list', () => {
    const error = { Code: 'BAD_FIELD', Field: 'name', Description: 'is too long' };
    const issue = { path: 'name', message: 'is too long', code: 'BAD_FIELD' };
    expect(read(400, {}, { Errors: { Error: [error] } }).issues).toEqual([issue]);
    expect(read(400, {}, { errors: { error: ['is too long'] } }).issues).toEqual([
      { path: 'error', message: 'is too long' },
    ]);
  });
});

test('the message of the first of several problems may be the text beside its codings', () => {
  const issue = [
    { severity: 'error', code: 'throttled', details: { text: 'Too many searches' } },
    { severity: 'error', code: 'business-rule', details: { text: 'And no consent' } },
  ];
  expect(read(429, {}, { resourceType: 'OperationOutcome', issue }).message).toBe('Too many searches');
});

describe('a code in an attribute of XML', () => {
  test.each<[xml: string, code: string | undefined]>([
    ['<rsp><err code="100" msg="x">Bad key</err></rsp>', '100'],
    ['<rsp><error code="400">Bad key</error></rsp>', undefined],
    ['<rsp><country code="DE">Bad key</country></rsp>', undefined],
    ['<rsp><error code="7">Bad key</error><Code>BAD_KEY</Code></rsp>', 'BAD_KEY'],
    ['<error><code>400</code><message>Bad key</message></error>', undefined],
    ['<rsp stat="fail"><err code="105" msg="Bad key" /></rsp>', '105'],
    ['<status code="7" message="Bad key"/>', '7'],
    ['<?xml version="1.0"?><rsp><id/><at>1</at><status code="7" message="Bad key"/></rsp>', '7'],
    [
      '<r><order><status code="shipped" message="On its way"/></order><description>Bad key</description></r>',
      undefined,
    ],
    ['<r><order><status code="shipped"/></order><status code="7" message="Bad key"/></r>', '7'],
  ])('%s', (xml, code) => {
    expect(read(400, { 'content-type': 'text/xml' }, xml).code).toBe(code);
    if (!xml.includes('country')) expect(read(400, {}, xml).message).toBe('Bad key');
  });
});

describe('a quota of money or of a month', () => {
  test('stays spent although a 402 says when it is there again', () => {
    const headers = { 'x-quota-limit': '100', 'x-quota-remaining': '0', 'x-quota-reset': epoch(864_000) };
    expect(read(402, headers, { code: 'monthly_quota_exhausted', message: 'Used up' })).toMatchObject({
      kind: 'quotaSpent',
      retry: 'no',
    });
  });

  test.each([
    ['You have run out of credits for the day. Wait for the next day.', 'quotaSpent'],
    ['You are out of your 1,000 requests for the month', 'quotaSpent'],
    ['You have run out of credits for the current minute.', 'rateLimited'],
    ['The office is out of reach for the month, sorry.', 'rateLimited'],
    ['Out of places for the day report, wait', 'rateLimited'],
  ])('%s', (message, kind) => {
    expect(read(429, {}, { message }).kind).toBe(kind);
  });
});
