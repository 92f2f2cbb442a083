import { createResilientClient } from 'holdfast';
import { describe, expect, test } from 'vitest';
import type { HeaderLines } from './read.ts';

/** Whether an answer is retried: the statuses and codes that decide, with default options and no dialect. */

const client = createResilientClient({ baseUrl: 'https://api.example.com/', random: () => 0.5 });

interface Answered {
  readonly method?: string;
  readonly headers?: HeaderLines;
  readonly body?: unknown;
  readonly key?: boolean;
}

function decide(status: number, { method = 'GET', headers = {}, body }: Answered = {}) {
  return client.explain({ method, status, headers, ...(body !== undefined && { body: body as object }) });
}

const code = (name: string): Answered => ({ body: { code: name, message: 'No' } });

test.each([408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 527, 529, 530, 598])(
  'a GET is sent again after a %i',
  (status) => {
    expect(decide(status).action).toBe('retry');
  },
);

test.each([400, 401, 403, 404, 409, 410, 413, 418, 422, 423, 424, 451, 501, 505, 511, 526, 561])(
  'and not after a %i',
  (status) => {
    expect(decide(status).action).not.toBe('retry');
  },
);

test('a POST is sent again only where the server did nothing', () => {
  const post = (status: number, headers: HeaderLines = {}): string =>
    decide(status, { method: 'POST', headers }).action;
  expect([500, 502, 504, 520, 524, 503, 529, 530].map((status) => post(status))).toEqual(Array(8).fill('fail'));
  expect([429, 503, 529, 530].map((status) => post(status, { 'retry-after': '1' }))).toEqual(Array(4).fill('retry'));
  const quota = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' };
  expect(post(503, quota)).toBe('fail');
});

test.each<[about: string, status: number, answered: Answered]>([
  ['a 403 with a wait', 403, { headers: { 'retry-after': '1' } }],
  ['a 418 with a wait', 418, { headers: { 'retry-after': '1' } }],
  ['a 413 with a wait', 413, { headers: { 'retry-after': '1' } }],
  [
    'a 403 with a used-up quota',
    403,
    { headers: { 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' } },
  ],
  ['a 449', 449, {}],
  ['a word of the server, OpenAI', 400, { headers: { 'x-should-retry': 'true' } }],
  ['a word of the server, Stripe', 409, { headers: { 'stripe-should-retry': 'true' } }],
  ...['rateLimitExceeded', 'userRateLimitExceeded'].map((name): [string, number, Answered] => [name, 403, code(name)]),
  ...[
    ...[
      'Throttling',
      'ThrottlingException',
      'ThrottledException',
      'ProvisionedThroughputExceededException',
      'RequestThrottled',
    ],
    ...[
      'RequestThrottledException',
      'SlowDown',
      'TooManyRequestsException',
      'PriorRequestNotComplete',
      'BandwidthLimitExceeded',
    ],
    ...[
      'EC2ThrottledException',
      'LimitExceededException',
      'TransactionInProgressException',
      'RequestTimeout',
      'RequestTimeoutException',
    ],
    ...['RequestLimitExceeded'],
  ].map((name): [string, number, Answered] => [name, 400, { body: { __type: `com.amazon#${name}`, message: 'No' } }]),
  ...['Too many requests for GET /v1/forecast/day', 'Rate limit exceeded for route /reports/month, try again'].map(
    (message): [string, number, Answered] => [message, 429, { body: { message } }],
  ),
  ...['billing_service_throttled', 'billing_rate_limit'].map((name): [string, number, Answered] => [
    `${name}, which asks for a wait`,
    429,
    { headers: { 'retry-after': '3' }, body: { code: name, message: 'Too many calls of the billing API' } },
  ]),
  ['Linear', 400, { body: { errors: [{ message: 'Rate limit exceeded', extensions: { code: 'RATELIMITED' } }] } }],
  ['Meta, 4', 400, { body: { error: { code: 4, message: 'Application request limit reached', is_transient: true } } }],
])('it is sent again: %s', (_about, status, answered) => {
  expect(decide(status, answered).action).toBe('retry');
});

test.each<[about: string, status: number, answered: Answered, because?: string]>([
  ['a word of the server', 503, { headers: { 'x-should-retry': 'false' } }, 'serverSaysNo'],
  ['a word of the server, Stripe', 500, { headers: { 'stripe-should-retry': 'false' } }, 'serverSaysNo'],
  ...['dailyLimitExceeded', 'quotaExceeded'].map((name): [string, number, Answered, string] => [
    name,
    403,
    code(name),
    'quotaSpent',
  ]),
  ['insufficientPermissions', 403, code('insufficientPermissions')],
  [
    'Salesforce',
    403,
    { body: [{ errorCode: 'REQUEST_LIMIT_EXCEEDED', message: 'TotalRequests Limit exceeded.' }] },
    'quotaSpent',
  ],
  ...['insufficient_quota', 'enforced_spend_limit_reached', 'usage-capped'].map(
    (name): [string, number, Answered, string] => [
      name,
      429,
      { body: { error: { code: name, message: 'No' } } },
      'quotaSpent',
    ],
  ),
  [
    'insufficient_quota, although a wait is asked for',
    429,
    { headers: { 'retry-after': '1' }, body: { error: { code: 'insufficient_quota', message: 'No' } } },
    'quotaSpent',
  ],
  [
    'HubSpot, day',
    429,
    { body: { status: 'error', policyName: 'DAILY', message: 'You have reached your daily limit.' } },
    'quotaSpent',
  ],
  [
    'a used-up quota whose reset is not known',
    403,
    { headers: { 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '0' } },
  ],
  ['a 409 of no keyed request', 409, { body: { error: { code: 'conflict', message: 'It is still being processed' } } }],
  ...['100/day', '"100/day"', '1,000 requests / month', 'emails/day', '5 per day', '5 per 1 day'].map(
    (text): [string, number, Answered, string] => [
      `a limit of ${text}`,
      429,
      { body: { message: `Limit reached: ${text}` } },
      'quotaSpent',
    ],
  ),
])('it is not sent again: %s', (_about, status, answered, because = 'policy') => {
  const decision = decide(status, answered);
  expect([decision.action, decision.because]).toEqual(['fail', because]);
});

describe('words that only look like a throttle', () => {
  test.each<[status: number, body: object]>([
    [400, { code: 'bad_request', message: 'Please retry later with a valid date' }],
    [400, { error: { message: 'Too many requests in one batch: 500 of at most 100', code: 'batch_too_large' } }],
    [400, { code: 'invalid_rate_limit', message: 'rate_limit must be positive' }],
    [400, { code: 'throttle_rule_missing', message: 'No such rule' }],
    [400, { code: 'too_many_results', message: 'Narrow your search' }],
    [400, { error: 'limit_exceeded', message: 'limit must be at most 100' }],
    [400, { error: { code: 'max_connections_exceeded', message: 'A workspace has at most 5 connections' } }],
    [403, { code: 'plan_limit_exceeded', message: 'Your plan has 3 seats' }],
    [403, { code: 'forbidden', message: 'Try again later' }],
    [404, { code: 'rate_limit_not_found', message: 'No such rate limit' }],
    [409, { code: 'already_exists', message: 'Try again with another name' }],
    [422, { code: 'throttled', message: 'must not be throttled' }],
    [
      422,
      { message: 'Validation failed', errors: [{ field: 'rate', code: 'too_many_requests', message: 'is too high' }] },
    ],
    [501, { code: 'not_implemented', message: 'Try again later' }],
  ])('are not sent again: %i %o', (status, body) => {
    expect(decide(status, { body }).action).toBe('fail');
  });
});
