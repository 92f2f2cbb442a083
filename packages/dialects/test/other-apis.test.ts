import { readApiAnswer } from '@holdfast/core';
import type { ApiAnswer } from '@holdfast/core/internal';
import { describe, expect, test } from 'vitest';

/**
 * Answers of APIs that the corpus does not have, in the forms that their documentation shows (2026-11), read with the
 * general rules alone; and answers that resemble a rate limit, a spent quota or a list of issues, but are none.
 */

const wallNowMs = Date.UTC(2026, 10, 29, 12);
const inSeconds = (seconds: number): string => String(wallNowMs / 1000 + seconds);

type Read = Partial<Omit<ApiAnswer, 'quotas'>> & { readonly quotas?: readonly object[] };
type Row = readonly [name: string, status: number, headers: Record<string, string>, body: unknown, expected: Read];

function read(status: number, headers: Record<string, string>, body: unknown): ApiAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return readApiAnswer({ status, headers: new Headers(headers), text, wallNowMs });
}

const refusals: readonly Row[] = [
  [
    'ClickUp',
    429,
    { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': inSeconds(30) },
    { err: 'Rate limit reached', ECODE: 'APP_002' },
    { kind: 'rateLimited', code: 'APP_002', message: 'Rate limit reached', waitMs: 30_000 },
  ],
  [
    'ClickUp, token',
    401,
    {},
    { err: 'Token invalid', ECODE: 'OAUTH_025' },
    { kind: 'unauthenticated', code: 'OAUTH_025', message: 'Token invalid' },
  ],
  [
    'Deepgram',
    400,
    {},
    { err_code: 'Bad Request', err_msg: 'Bad Request: corrupt or unsupported data', request_id: 'uuid-1' },
    { kind: 'invalid', message: 'Bad Request: corrupt or unsupported data', requestId: 'uuid-1' },
  ],
  [
    'QuickBooks',
    400,
    {},
    {
      Fault: {
        Error: [
          { Message: 'Invalid Reference Id', Detail: 'Accounts element id 333 not found', code: '2500', element: '' },
        ],
        type: 'ValidationFault',
      },
      time: '2026-11-29T12:00:00.000-07:00',
    },
    { kind: 'invalid', code: '2500', message: 'Invalid Reference Id', type: 'ValidationFault' },
  ],
  [
    'Mollie',
    422,
    {},
    {
      status: 422,
      title: 'Unprocessable Entity',
      detail: 'The amount is higher than the maximum',
      field: 'amount',
      _links: { documentation: { href: 'https://docs.mollie.com/errors', type: 'text/html' } },
    },
    { message: 'The amount is higher than the maximum', param: 'amount', helpUrl: 'https://docs.mollie.com/errors' },
  ],
  [
    'Bitbucket',
    400,
    {},
    {
      type: 'error',
      error: { message: 'Bad request', fields: { src: ['This field is required.'] }, detail: 'Give a source branch' },
    },
    { message: 'Give a source branch', issues: [{ path: 'src', message: 'This field is required.' }] },
  ],
  [
    'Micronaut',
    400,
    {},
    {
      message: 'Bad Request',
      _links: { self: { href: '/people' } },
      _embedded: { errors: [{ message: 'person.name: must not be blank' }] },
    },
    { issues: [{ path: '', message: 'person.name: must not be blank' }] },
  ],
  [
    'Mistral, validation',
    422,
    { 'mistral-correlation-id': 'm1' },
    {
      object: 'error',
      message: { detail: [{ type: 'missing', loc: ['body', 'model'], msg: 'Field required' }] },
      type: 'invalid_request_error',
      code: null,
    },
    {
      type: 'invalid_request_error',
      requestId: 'm1',
      issues: [{ path: 'body.model', message: 'Field required', code: 'missing' }],
    },
  ],
  [
    'Strava',
    429,
    { 'x-ratelimit-limit': '200,2000', 'x-ratelimit-usage': '201,405' },
    { message: 'Rate Limit Exceeded', errors: [] },
    {
      kind: 'rateLimited',
      quotas: [
        { limit: 200, remaining: 0 },
        { limit: 2000, remaining: 1595 },
      ],
    },
  ],
  [
    'Klaviyo',
    429,
    {
      'retry-after': '5',
      'ratelimit-limit': '10, 10;w=1, 150;w=60',
      'ratelimit-remaining': '0',
      'ratelimit-reset': '5',
    },
    {
      errors: [
        {
          id: '7bb',
          status: 429,
          code: 'throttled',
          title: 'Throttled.',
          detail: 'Available in 5 seconds.',
          links: {},
        },
      ],
    },
    {
      ...{ kind: 'rateLimited', code: 'throttled', message: 'Available in 5 seconds.', waitMs: 5000 },
      issues: [],
    },
  ],
  [
    'Matrix',
    429,
    {},
    { errcode: 'M_LIMIT_EXCEEDED', error: 'Too many requests', retry_after_ms: 2000 },
    { kind: 'rateLimited', code: 'M_LIMIT_EXCEEDED', waitMs: 2000 },
  ],
  [
    'Datadog',
    429,
    {
      'x-ratelimit-limit': '100',
      'x-ratelimit-period': '60',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '12',
      'x-ratelimit-name': 'query_metrics',
    },
    { errors: ['Rate limit of 100 requests in 60 seconds reached.'] },
    {
      waitMs: 12_000,
      message: 'Rate limit of 100 requests in 60 seconds reached.',
      quotas: [{ bucket: 'query_metrics', limit: 100, remaining: 0 }],
    },
  ],
  ['Datadog, forbidden', 403, {}, { errors: ['Forbidden'] }, { kind: 'forbidden', message: 'Forbidden' }],
  [
    'Kong',
    429,
    { 'ratelimit-limit': '5', 'ratelimit-remaining': '0', 'ratelimit-reset': '30', 'x-kong-request-id': 'k1' },
    { message: 'API rate limit exceeded', request_id: 'k1' },
    { kind: 'rateLimited', waitMs: 30_000, requestId: 'k1' },
  ],
  [
    'Apigee',
    429,
    {},
    {
      fault: { faultstring: 'Rate limit quota violation.', detail: { errorcode: 'policies.ratelimit.QuotaViolation' } },
    },
    { kind: 'rateLimited', code: 'policies.ratelimit.QuotaViolation', message: 'Rate limit quota violation.' },
  ],
  [
    'Symfony',
    422,
    { 'content-type': 'application/problem+json' },
    {
      type: 'https://symfony.com/errors/validation',
      title: 'Validation Failed',
      detail: 'email: not valid',
      violations: [{ propertyPath: 'email', title: 'not valid', type: 'urn:uuid:bd79' }],
    },
    {
      message: 'email: not valid',
      type: 'https://symfony.com/errors/validation',
      issues: [{ path: 'email', message: 'not valid', code: 'urn:uuid:bd79' }],
    },
  ],
  [
    'Quarkus',
    400,
    {},
    { title: 'Constraint Violation', status: 400, violations: [{ field: 'create.name', message: 'not blank' }] },
    { message: 'Constraint Violation', issues: [{ path: 'create.name', message: 'not blank' }] },
  ],
  ['Phoenix', 422, {}, { errors: { email: ['is taken'] } }, { issues: [{ path: 'email', message: 'is taken' }] }],
  [
    'Bluesky',
    429,
    { 'ratelimit-limit': '3000', 'ratelimit-remaining': '0', 'ratelimit-reset': inSeconds(200) },
    { error: 'RateLimitExceeded', message: 'Rate Limit Exceeded' },
    { code: 'RateLimitExceeded', waitMs: 200_000, quotas: [{ limit: 3000, remaining: 0 }] },
  ],
  [
    'Webflow',
    400,
    {},
    { message: 'Validation Error', code: 'validation_error', details: [{ param: 'name', description: 'is required' }] },
    { code: 'validation_error', issues: [{ path: 'name', message: 'is required' }] },
  ],
  [
    'Gemini',
    429,
    {},
    {
      error: {
        code: 429,
        message: 'You exceeded your current quota, please check your plan and billing details.',
        status: 'RESOURCE_EXHAUSTED',
        details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '38s' }],
      },
    },
    { kind: 'rateLimited', code: 'RESOURCE_EXHAUSTED', waitMs: 38_000 },
  ],
  [
    'DeepSeek',
    402,
    {},
    { error: { message: 'Insufficient Balance', type: 'unknown_error', code: 'invalid_request_error' } },
    { kind: 'quotaSpent', retry: 'no', message: 'Insufficient Balance' },
  ],
  [
    'ElevenLabs',
    401,
    {},
    { detail: { status: 'quota_exceeded', message: 'This request exceeds your quota.' } },
    { kind: 'quotaSpent', retry: 'no', code: 'quota_exceeded' },
  ],
];

describe('the general rules read an answer of', () => {
  test.each(refusals)('%s', (_name, status, headers, body, expected) => {
    const { quotas, issues = [], ...facts } = expected;
    const answer = read(status, { 'content-type': 'application/json', ...headers }, body);
    expect(answer).toMatchObject(facts);
    expect(answer.issues).toEqual(issues);
    if (quotas) expect(answer.quotas).toMatchObject(quotas);
  });
});

describe('no wrong guess is made', () => {
  test.each<[string, number, unknown]>([
    ['a rate limit that is to be set', 400, { code: 'invalid_rate_limit', message: 'rate_limit must be positive' }],
    ['a policy of throttling', 403, { code: 'ThrottlingPolicyNotFound', message: 'No such policy' }],
    ['a number of buckets', 400, { Code: 'TooManyBuckets', Message: 'You have too many buckets' }],
    ['a number of recipients', 400, { error: { code: 'too_many_recipients', message: 'At most 50' } }],
    ['an account that is suspended', 403, { code: 'account_suspended', message: 'Suspended' }],
    ['a card that was declined', 402, { error: { code: 'card_declined', message: 'Insufficient funds' } }],
    ['a page', 404, { items: [{ id: 1, name: 'x', message: 'hello' }], total: 1 }],
    ['an object of the user’s', 404, { user: { name: 'Bob', code: 'AB' }, found: false }],
    ['a list that is empty', 400, []],
    ['many requests in one batch', 400, { message: 'Too many requests in one batch: 500 of at most 100' }],
    ['an import without a quota', 403, { code: 'import_quota_missing', message: 'No daily quota is set' }],
    ['a status under another name', 404, { status_code: 404, detail: 'No such page' }],
    ['a list of causes in Java', 500, { message: 'Boom', causes: ['java.io.IOException: x', 'at a.b.C'] }],
    ['an expression', 400, { message: 'Bad', errors: [{ message: 'Bad', expression: 'SELECT 1' }] }],
    ['linked data', 400, { message: 'Bad', details: { '@context': ['https://schema.org'], '@id': ['x'] } }],
    ['a text that begins like JSON', 400, { message: '{"curly" is no JSON' }],
    ['a message that is a list', 400, { message: '[{"name":"Bob"},{"name":"Ann"}]' }],
    ['a number', 500, 5],
  ])('of %s', (_name, status, body) => {
    const { kind, retry, issues, waitMs } = read(status, { 'content-type': 'application/json' }, body);
    expect([kind, retry, issues, waitMs]).toEqual([
      { 400: 'invalid', 402: 'invalid', 403: 'forbidden', 404: 'notFound', 500: 'failed' }[status],
      undefined,
      [],
      undefined,
    ]);
  });

  test('of a short window, though its text speaks of a payment', () => {
    const message =
      'Rate limit reached. Limit: 3 / min. Please try again in 20s. Visit https://llm.example.com/account/billing to add a payment method.';
    const { kind, retry } = read(429, {}, { error: { message, type: 'requests', code: 'rate_limit_exceeded' } });
    expect([kind, retry]).toEqual(['rateLimited', undefined]);
  });
});
