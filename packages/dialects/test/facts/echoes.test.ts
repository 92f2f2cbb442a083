import { describe, expect, test } from 'vitest';
import { read } from './read.ts';

/**
 * Many answers repeat what the caller has sent. Whatever stands in it, it is no code, no wait, no issue, and no reason to
 * take the answer for a rate limit or a spent quota: the answer is read as it would be without it.
 */

/** What a caller may have sent. */
const sent = {
  ...{ retry_after: 30, retryDelay: '9s', backoff_ms: 5, code: 'PROMO_10', message: 'Rate limit exceeded' },
  ...{ name: 'daily', status: 'ACTIVE', type: 'monthly', reason: 'quota_exceeded', policyName: 'DAILY' },
  ...{ is_transient: true, errors: [{ field: 'a', message: 'is not good', code: 'x' }], details: { b: ['is bad'] } },
  error: { code: 'rate_limit_exceeded', message: 'You exceeded your daily quota', retry_after: 5 },
  fields: [{ field: 'c', message: 'is too long' }],
};
const forms: readonly unknown[] = [sent, [sent], { json: sent }, JSON.stringify(sent), { tags: ['a b', 'c d'] }];

const names = [
  ...['url', 'input', 'received', 'value', 'body', 'request', 'payload', 'query', 'variables', 'args', 'uri'],
  ...['_original', 'originalValue', 'submitted', 'rejectedValue', 'attemptedValue', 'requestBody', 'request_payload'],
  ...['invalidValue', 'provided', 'given', 'target', 'instance', 'sent', 'echo', 'raw_body', 'form', 'headers'],
];

const bodies: Readonly<Record<string, (echoed: object) => object>> = {
  'beside the message': (echoed) => ({ message: 'No such order', ...echoed }),
  'in the error': (echoed) => ({ error: { code: 'NOT_HERE', message: 'No such order', ...echoed } }),
  'beside the error': (echoed) => ({ error: { code: 'NOT_HERE', message: 'No such order' }, ...echoed }),
  'in the details': (echoed) => ({ code: 'NOT_HERE', message: 'No such order', details: { ...echoed } }),
  'in an issue': (echoed) => ({ message: 'No', errors: [{ path: 'name', message: 'is bad', ...echoed }] }),
  'in an issue of FastAPI': (echoed) => ({ detail: [{ loc: ['body', 'a'], msg: 'is bad', type: 'bad', ...echoed }] }),
  'in the context of an issue': (echoed) => ({
    message: 'No',
    details: [{ path: ['a'], message: 'x y', context: echoed }],
  }),
  'in the data of an error': (echoed) => ({ error: { code: -32_602, message: 'Bad', data: { ...echoed } } }),
  'in extensions': (echoed) => ({ errors: [{ message: 'No', extensions: { code: 'BAD', ...echoed } }] }),
  'in a problem': (echoed) => ({ type: 'https://example.com/p', title: 'Gone', detail: 'No such order', ...echoed }),
};

function factsOf(status: number, body: object): string {
  return JSON.stringify({ ...read(status, {}, body), data: undefined });
}

describe('what the caller has sent is not read', () => {
  test.each(Object.keys(bodies))('%s', (place) => {
    const body = bodies[place] as (echoed: object) => object;
    for (const status of [403, 429, 503]) {
      const plain = factsOf(status, body({}));
      const read = names.flatMap((name) =>
        forms.map((form) => [name, factsOf(status, body({ [name]: form }))] as const),
      );
      expect(read.filter(([, facts]) => facts !== plain)).toEqual([]);
    }
  });

  test.each<[about: string, body: unknown]>([
    ['that is the whole body', { request: sent }],
    ['that is a list of the caller’s', [{ name: 'a', description: 'b c' }]],
    ['that is a body of lists', { tags: ['red', 'blue'], sizes: ['s'] }],
    ['in data beside the message', { message: 'It exists', data: { tags: ['red', 'blue'] } }],
    ['in a job of the caller’s', { message: 'Not yours', job: { retry_after: 60, retryDelay: '5s', backoff_ms: 7 } }],
    ...['meta', 'context', 'retry_policy', 'limits', 'on_error'].map((name): [string, object] => [
      `in ${name} of a refusal`,
      { message: 'Not yours', [name]: { retry_after: 60, wait_seconds: 5 } },
    ]),
    ['as the data at a path', { errors: [{ instancePath: '/a', message: 'must be b', data: { ...sent } }] }],
  ])('%s', (_about, body) => {
    const { kind, code, waitMs, retry, issues } = read(403, {}, body);
    expect([kind, code, waitMs, retry]).toEqual(['forbidden', undefined, undefined, undefined]);
    expect(issues.filter(({ path }) => path !== 'a')).toEqual([]);
  });

  test('of XML', () => {
    const echoed =
      '<Request><Code>PROMO</Code><Message>Hello</Message><Type>x</Type><RequestId>mine</RequestId></Request>';
    const fault = (inner: string): string =>
      `<Fault>${inner}<faultcode>Client</faultcode><faultstring>No such order</faultstring>${inner}</Fault>`;
    const { data: _, ...got } = read(500, {}, fault(echoed));
    const { data: __, ...plain } = read(500, {}, fault(''));
    expect(got).toEqual(plain);
    expect(plain).toMatchObject({ code: 'Client', message: 'No such order' });
  });
});

describe('a message that is JSON', () => {
  test.each<[about: string, message: string]>([
    ['is the body that the caller has sent', JSON.stringify({ name: 'x', code: 'PROMO', message: 'hello' })],
    ['quotes it', '{"a":1} is not valid'],
    ['is a value', '{"a":1}'],
    ['is a job of the caller’s', JSON.stringify({ retry_after: 30, status: 'ACTIVE', errors: ['a b'] })],
    [
      'is a list of the caller’s',
      JSON.stringify([
        { message: 'hello', path: '/x' },
        { message: 'you', path: '/y' },
      ]),
    ],
    ['is a chat', JSON.stringify([{ role: 'user', content: 'rate limit exceeded', code: 'x' }])],
    ['is an order', JSON.stringify({ status: 5, message: 'Ring twice', items: [{ field: 'a', message: 'b c' }] })],
  ])('is a text where it %s', (_about, message) => {
    for (const status of [400, 403, 422, 429]) {
      const wanted = read(status, {}, { error: { message: 'That is no order' } });
      const got = read(status, {}, { error: { message } });
      expect({ ...got, data: 0 }).toEqual({ ...wanted, message, data: 0 });
    }
  });

  test.each<[about: string, inner: unknown, says: object]>([
    [
      'an error',
      { error: { code: 429, message: 'Slow down', status: 'RESOURCE_EXHAUSTED' } },
      { message: 'Slow down', code: 'RESOURCE_EXHAUSTED' },
    ],
    [
      'an error by its status',
      { statusCode: 404, message: 'Not here', code: 'NOT_HERE' },
      { message: 'Not here', code: 'NOT_HERE' },
    ],
    ['an error by its names', { errorCode: 'E5', errorMessage: 'Not here' }, { message: 'Not here', code: 'E5' }],
    [
      'issues',
      [{ code: 'too_small', path: ['a', 0], message: 'Too small' }],
      { issues: [{ path: 'a.0', message: 'Too small', code: 'too_small' }] },
    ],
    [
      'constraints',
      [{ property: 'a', constraints: { isInt: 'a must be an integer' } }],
      { issues: [{ path: 'a', message: 'a must be an integer', code: 'isInt' }] },
    ],
  ])('is read where it is %s', (_about, inner, says) => {
    expect(read(429, {}, { error: { message: JSON.stringify(inner, null, 2) } })).toMatchObject(says);
  });
});

test.each<[status: number, body: object, kind: string]>([
  [429, { message: 'Too many requests to /reports/daily' }, 'rateLimited'],
  [429, { message: 'Too many requests for report "monthly"' }, 'rateLimited'],
  [429, { message: 'Too many requests for the daily report' }, 'rateLimited'],
  [429, { message: 'Too many requests for page "The daily limit"' }, 'rateLimited'],
  [429, { message: 'Too many requests to /daily-limit/1' }, 'rateLimited'],
  [429, { message: 'Too many calls of the billing service' }, 'rateLimited'],
  [429, { type: 'https://billing.example.com/errors/too-many-requests', title: 'Too many' }, 'rateLimited'],
  [429, { message: "Quota exceeded for quota metric 'Reads' and limit 'Reads per day'" }, 'quotaSpent'],
  [429, { message: "You've used all of your daily requests, and can't send more" }, 'quotaSpent'],
  [429, { message: 'You have reached your monthly plan limit.' }, 'quotaSpent'],
  [429, { message: 'Limit of 100 requests daily reached' }, 'quotaSpent'],
  [429, { type: 'https://example.com/errors/daily-quota-exceeded', title: 'Too many' }, 'quotaSpent'],
  [400, { message: 'Invalid name: rate limit exceeded' }, 'invalid'],
  [400, { message: 'No such name. "Rate limit exceeded"' }, 'invalid'],
  [400, { message: 'Error: rate limit exceeded' }, 'rateLimited'],
  [403, { type: 'https://example.com/rate-limits/pages#not-yours', title: 'Not yours' }, 'forbidden'],
  [403, { type: 'https://example.com/pages#rate-limited', title: 'Slow down' }, 'rateLimited'],
])('what a message quotes is no reason: %i %o', (status, body, kind) => {
  expect(read(status, {}, body).kind).toBe(kind);
});

test('the address of the request is no page of help', () => {
  expect(read(404, {}, { message: 'No', url: 'https://api.example.com/orders/1' }).helpUrl).toBeUndefined();
  expect(read(404, {}, { message: 'No', url: 'https://docs.example.com/orders' }).helpUrl).toBe(
    'https://docs.example.com/orders',
  );
});
