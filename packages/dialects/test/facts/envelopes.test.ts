import { expect, test } from 'vitest';
import { read } from './read.ts';

/** Answers that hold something under a name that other answers repeat the request under. */

test.each<[status: number, body: object, waitMs: number]>([
  [429, { result: { retry_after: 5 } }, 5_000],
  [429, { message: 'Not now', result: { retry_after: 5 } }, 5_000],
  [429, { body: { error: { code: 'SLOW', message: 'Slow down', retry_after: 5 } } }, 5_000],
  [429, { statusCode: 429, body: { message: 'Slow down', retryAfter: 5 } }, 5_000],
  [429, { error: { message: 'Upstream', response: { status: 429, headers: { 'retry-after': '30' } } } }, 30_000],
  [429, { output: { statusCode: 429, payload: { message: 'Slow down' }, headers: { 'retry-after': 7 } } }, 7_000],
  [429, { violations: [{ description: 'per user', retryDelay: '3s' }] }, 3_000],
  [429, { timestamp: 'x', path: '/v1/x', status: 429, message: 'Not now', data: { retry_after: 4 } }, 4_000],
  [503, { maintenance: { retry_after: 60 } }, 60_000],
  [503, { error: 'Not now', meta: { retry_after: 60 } }, 60_000],
])('the wait of %i %j is read', (status, body, waitMs) => {
  expect(read(status, {}, body).waitMs).toBe(waitMs);
});

test.each<[body: object, code: string | undefined, message: string]>([
  [{ payload: { code: 'GONE', message: 'No such order' } }, 'GONE', 'No such order'],
  [{ body: { error: { code: 'GONE', message: 'No such order' } } }, 'GONE', 'No such order'],
  [{ path: '/orders', message: 'No such order', data: { code: 'GONE' } }, 'GONE', 'No such order'],
  [{ name: 'OrderError', errors: { a: ['no good'] }, description: 'No such order' }, 'OrderError', 'No such order'],
  [{ message: '{"code":"GONE","msg":"No such order"}' }, 'GONE', 'No such order'],
  [{ message: '{"status":"NOT_FOUND","message":"No such order"}' }, 'NOT_FOUND', 'No such order'],
  [{ message: '{"success":false,"error":"No such order"}' }, undefined, 'No such order'],
  [{ message: '{"fault":{"faultstring":"No such order","detail":{"errorcode":"GONE"}}}' }, 'GONE', 'No such order'],
])('the error of %j is read', (body, code, message) => {
  expect(read(404, {}, body)).toMatchObject({ message });
  expect(read(404, {}, body).code).toBe(code);
});

test.each<[body: object, paths: readonly string[]]>([
  [
    { url: [{ message: 'Enter a valid URL.', code: 'invalid' }], name: [{ message: 'Too long', code: 'max' }] },
    ['url', 'name'],
  ],
  [{ errors: { body: { message: 'Path `body` is required.', kind: 'required', path: 'body' } } }, ['body']],
  [{ error: { details: { body: { message: 'is required' } } } }, ['body']],
  [{ email: ['required'] }, ['email']],
  [{ message: 'Not valid', data: { email: ['required'], name: ['taken'] } }, ['email', 'name']],
  [[{ source: { pointer: '/data/a' }, title: 'is bad' }], ['data.a']],
  [{ message: '[{"field":"email","message":"must be an email"}]' }, ['email']],
  [{ message: '[{"instancePath":"/age","keyword":"type","message":"must be integer"}]' }, ['age']],
  [{ message: '{"errors":{"name":["is taken"]}}' }, ['name']],
])('the issues of %j are read', (body, paths) => {
  expect(read(422, {}, body).issues.map(({ path }) => path)).toEqual(paths);
});

test.each([
  '"You exceeded your daily quota."',
  'Your "monthly" quota is exhausted',
  'Exceeded "requests per day".',
  'The limit is 10000 requests /day',
  'Billing hard limit has been reached',
  'Please enable billing',
  'Project spend has reached its budget',
  'You have used all your daily searches',
  'No daily searches left',
  'Out of monthly lookups',
  'Limit (daily): 100',
])('a quota is spent where the message of a 429 is %j', (message) => {
  expect(read(429, {}, { message }).kind).toBe('quotaSpent');
});

test.each([
  'OpenAI error: Rate limit reached',
  '403 Forbidden: Rate limit exceeded',
  'Error 403: rate limit exceeded',
  'Access denied: API rate limit exceeded',
  'GitHub API error (403): API rate limit exceeded',
  'Error code: 403 - rate limit exceeded',
])('a 403 is a throttle where its message is %j', (message) => {
  expect(read(403, {}, { message }).kind).toBe('rateLimited');
});
