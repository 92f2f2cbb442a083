import { describe, expect, test } from 'vitest';
import { epoch, type HeaderLines, iso, nowMs, read } from './read.ts';

/** Each way in which a server asks for a wait, in a header or in the body, read with the general rules alone. */

const seven = 7000;

test.each<[about: string, headers: HeaderLines, waitMs: number]>([
  ['whole seconds', { 'retry-after': '7' }, seven],
  ['seconds with a fraction', { 'retry-after': '2.5' }, 2500],
  ['an HTTP date', { 'retry-after': new Date(nowMs + seven).toUTCString() }, seven],
  ['ISO 8601', { 'retry-after': iso(7) }, seven],
  ['epoch seconds', { 'retry-after': epoch(7) }, seven],
  ['epoch milliseconds', { 'retry-after': String(nowMs + seven) }, seven],
  ['a number with its unit', { 'retry-after': '7s' }, seven],
  ['two lines', { 'retry-after': '7, 7' }, seven],
  ['milliseconds, OpenAI', { 'retry-after-ms': '1500', 'retry-after': '2' }, 1500],
  ['milliseconds, Azure', { 'x-ms-retry-after-ms': '1500', 'retry-after': '2' }, 1500],
  ['milliseconds, AWS', { 'x-amz-retry-after': '1500', 'retry-after': '2' }, 1500],
  ['seconds of a bucket, Discord', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '1.337' }, 1337],
  ['seconds, MailerLite', { 'x-ratelimit-retry-after': '7' }, seven],
  ['a moment, Akamai', { 'x-ratelimit-next': iso(7) }, seven],
])('a header asks for a wait: %s', (_about, headers, waitMs) => {
  expect(read(429, headers).waitMs).toBe(waitMs);
});

test('a moment is read against the clock of the server', () => {
  const anHourSlow = new Date(nowMs - 3_600_000);
  const date = anHourSlow.toUTCString();
  const at = (ms: number): Date => new Date(anHourSlow.getTime() + ms);
  expect(read(503, { date, 'retry-after': at(seven).toUTCString() }).waitMs).toBe(seven);
  expect(read(503, { date, 'retry-after': at(seven).toISOString() }).waitMs).toBe(seven);
  expect(read(503, { date, 'retry-after': String(at(seven).getTime() / 1000) }).waitMs).toBe(seven);
});

test.each<[where: string, body: unknown, waitMs: number]>([
  [
    'google.rpc.RetryInfo',
    { error: { details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '7.2s' }] } },
    7200,
  ],
  ['RetryInfo of Connect', { details: [{ type: 'google.rpc.RetryInfo', debug: { retryDelay: '7.2s' } }] }, 7200],
  ['retry_after', { retry_after: 0.65 }, 650],
  ['parameters.retry_after', { ok: false, parameters: { retry_after: 7 } }, seven],
  ['error.retry_after', { error: { retry_after: 7 } }, seven],
  ['retryAfter', { retryAfter: 7 }, seven],
  ['details.retryAfterSeconds', { details: { retryAfterSeconds: 7 } }, seven],
  ['error_data.retry_in_seconds', { error_data: { retry_in_seconds: 7 } }, seven],
  ['error.data.rate.backoff_seconds', { error: { data: { rate: { backoff_seconds: 7 } } } }, seven],
  ['rateLimitNext', { rateLimitNext: iso(7) }, seven],
  ['retry_after_ms', { retry_after_ms: 1500 }, 1500],
  ['the longest of a batch', [{ error: { retry_after: 2 } }, { result: 1 }, { error: { retry_after: 7 } }], seven],
])('the body asks for a wait: %s', (_where, body, waitMs) => {
  expect(read(429, {}, body).waitMs).toBe(waitMs);
});

test('estimated_time is a wait only of a 503', () => {
  const body = { error: 'Model is loading', estimated_time: 7.5 };
  expect([read(503, {}, body).waitMs, read(400, {}, body).waitMs]).toEqual([7500, undefined]);
});

test('where header and body both tell, the longer wait counts; a header in milliseconds is exact', () => {
  expect(read(429, { 'retry-after': '1' }, { retry_after: 1.2 }).waitMs).toBe(1200);
  expect(read(429, { 'retry-after': '2' }, { retry_after: 1.2 }).waitMs).toBe(2000);
  expect(read(429, { 'retry-after-ms': '900' }, { retry_after: 1 }).waitMs).toBe(900);
});

describe('no wait is read', () => {
  test.each<[about: string, status: number, headers: HeaderLines, body?: unknown]>([
    ['of a negative number', 429, { 'retry-after': '-5' }],
    ['of words', 429, { 'retry-after': 'soon' }],
    ['of an exponent', 429, { 'retry-after': '1e3' }],
    ['of a negative member', 429, {}, { retry_after: -1 }],
    ['of a member that is a list', 429, {}, { retry_after: [5] }],
    ['of a member that is true', 429, {}, { retry_after: true }],
    ['of a quota that stands beside a 503', 503, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '30' }],
    ['of a quota with something left', 429, { 'x-ratelimit-remaining': '5', 'x-ratelimit-reset': '30' }],
    [
      'of a quota’s own wait while some of it is left',
      500,
      { 'x-ratelimit-remaining': '5', 'x-ratelimit-retry-after': '30' },
    ],
    ['of a reset without remaining beside a 500', 500, { 'x-ratelimit-reset': '30' }],
  ])('%s', (_about, status, headers, body) => {
    expect(read(status, headers, body).waitMs).toBeUndefined();
  });
});
