import { networkFailureOf, type Step } from '@holdfast/core/testing';
import {
  ApiError,
  AuthenticationError,
  apiKey,
  BadRequestError,
  createResilientClient,
  HTTPError,
  InternalServerError,
  isApiError,
  isHTTPError,
  isResilienceError,
  NetworkError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  ServiceUnavailableError,
  UnprocessableEntityError,
} from 'holdfast';
import { describe, expect, test } from 'vitest';
import { rejection, scripted } from './support/scripted.ts';

const envelope = (code: string, message: string, more = {}) => ({
  error: { code, message, type: `${code}_type`, request_id: 'req_body', ...more },
});

interface Row {
  readonly status: number;
  readonly type: new (...args: never[]) => ApiError;
  readonly headers?: Record<string, string>;
  readonly expected?: Record<string, unknown>;
}

const later = { 'retry-after': '120', 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '0' };
const rows: readonly Row[] = [
  { status: 400, type: BadRequestError, expected: { error: { param: 'field' } } },
  { status: 401, type: AuthenticationError },
  { status: 402, type: ApiError },
  {
    status: 403,
    type: PermissionDeniedError,
    headers: { 'www-authenticate': 'Bearer scope="orders:write"' },
    expected: { requiredScope: 'orders:write' },
  },
  { status: 404, type: NotFoundError },
  { status: 409, type: ApiError },
  { status: 410, type: ApiError },
  { status: 422, type: UnprocessableEntityError },
  {
    status: 429,
    type: RateLimitError,
    headers: later,
    expected: { retryAfterMs: 120_000, quota: { limit: 100, remaining: 0 } },
  },
  { status: 500, type: InternalServerError },
  { status: 501, type: ApiError },
  { status: 503, type: ServiceUnavailableError, headers: later, expected: { retryAfterMs: 120_000 } },
];

describe('an error status that is final', () => {
  test.for(rows)(
    '$status is its own class, with all facts of the answer',
    async ({ status, type, headers, expected = {} }) => {
      const body = envelope('the_code', 'What is wrong', { param: 'field' });
      const { api, clock } = scripted([{ status, json: body, ...(headers && { headers }) }], { retry: 0 });
      const error = await clock.run(rejection<ApiError>(api.get('orders/42')));
      expect(error).toBeInstanceOf(type);
      expect(error.constructor).toBe(type);
      expect(isApiError(error) && isResilienceError(error)).toBe(true);
      expect(error).toMatchObject({ code: 'API_ERROR', status, requestId: 'req_body', data: body, ...expected });
      expect(error.error).toMatchObject({
        code: 'the_code',
        message: 'What is wrong',
        type: 'the_code_type',
        param: 'field',
      });
      expect(error.message).toContain(`${status} `);
      expect(error.message).toContain('GET https://api.example.com/v1/orders/:id — What is wrong (the_code)');
      expect(error.guide.title).not.toBe('');
      expect(error.guide.remedies.length).toBeGreaterThan(0);
      expect(error.retryAt).toBe(headers?.['retry-after'] ? clock.wallNow() + 120_000 : undefined);
      expect(await error.response.json()).toEqual(body);
      expect(error.attempts).toHaveLength(1);
    },
  );

  test('takes the request id from the headers where the body has none', async () => {
    for (const name of ['x-request-id', 'request-id', 'x-amzn-requestid', 'cf-ray', 'traceparent']) {
      const { api, clock } = scripted([{ status: 500, headers: { [name]: 'req_head' } }], { retry: 0 });
      expect(await clock.run(rejection(api.get('x')))).toMatchObject({ requestId: 'req_head' });
    }
  });

  test('lists the issues of the envelope and of problem details', async () => {
    const problem = {
      status: 422,
      headers: { 'content-type': 'application/problem+json' },
      body: JSON.stringify({ title: 'Invalid', errors: [{ pointer: '#/amount', detail: 'must be positive' }] }),
    };
    const own = {
      status: 422,
      json: { error: { message: 'Invalid', issues: [{ path: 'amount', message: 'must be positive', code: 'min' }] } },
    };
    for (const step of [problem, own] satisfies Step[]) {
      const { api, clock } = scripted([step]);
      const error = await clock.run(rejection<ApiError>(api.post('x', { json: {} })));
      expect(error.issues).toEqual([
        expect.objectContaining({ message: 'must be positive', path: expect.stringContaining('amount') }),
      ]);
    }
  });

  test('is made from whatever body there is', async () => {
    const bodies: BodyInit[] = [
      '',
      'not json',
      '{"error":',
      '[]',
      'null',
      '{"error":{"code":{},"message":[1]}}',
      '{"__proto__":{"x":1}}',
      new Uint8Array([255, 254]),
      'x'.repeat(200_000),
    ];
    for (const body of bodies) {
      const { api, clock } = scripted([{ status: 400, body, headers: { 'content-type': 'application/json' } }]);
      const error = await clock.run(rejection(api.get('x')));
      expect(error).toBeInstanceOf(BadRequestError);
    }
    expect({}).not.toHaveProperty('x');
  });

  test.for<[baseUrl: string, path: string, status: number, note: string | undefined]>([
    ['https://api.example.com/v1', 'orders', 404, `; baseUrl's "v1" was left out, since it does not end with a slash`],
    ['https://api.example.com/v1', 'orders', 403, `; baseUrl's "v1" was left out, since it does not end with a slash`],
    [
      'https://api.example.com/v1/',
      '/orders',
      404,
      "; baseUrl's /v1/ was left out, since the path begins with a slash",
    ],
    ['https://api.example.com/v1', '/orders', 405, "; baseUrl's /v1 was left out, since the path begins with a slash"],
    ['https://api.example.com/v1', 'orders', 422, undefined],
    ['https://api.example.com/v1', '', 404, undefined],
    ['https://api.example.com/v1', 'https://api.example.com/orders', 404, undefined],
    ['https://api.example.com/v1/', 'orders', 404, undefined],
    ['https://api.example.com', '/orders', 404, undefined],
  ])('of the join of %s and %s, a %d says what was left out', async ([baseUrl, path, status, note]) => {
    const { api } = scripted([status], { baseUrl });
    const { message } = await rejection(api.get(path));
    expect(message.endsWith(note ?? '')).toBe(true);
    expect(message.includes('was left out')).toBe(note !== undefined);
  });

  test('a prefix loses nothing, and the message calls it a prefix', async () => {
    const { api } = scripted([404], { prefix: 'https://api.example.com/v1' });
    expect((await rejection(api.get('/orders'))).message).toBe(
      '404 Not Found: GET https://api.example.com/v1/orders; joined from prefix https://api.example.com/v1 and path /orders',
    );
  });

  test('a 404 shows how baseUrl and path were joined', async () => {
    const { api, clock } = scripted([404]);
    expect((await clock.run(rejection(api.get('ordrs/42')))).message).toContain(
      'joined from baseUrl https://api.example.com/v1/ and path ordrs/42',
    );
  });

  test('carries the links that the options give, and puts them into its guide', async () => {
    const { api, clock } = scripted([404, 404], {
      docsUrl: (error) => `https://docs.example.com/${error.status}`,
      dashboardUrl: 'https://dash.example.com',
    });
    const error = await clock.run(rejection<ApiError>(api.get('x', { supportUrl: 'https://help.example.com' })));
    expect(error).toMatchObject({
      docsUrl: 'https://docs.example.com/404',
      dashboardUrl: 'https://dash.example.com',
      supportUrl: 'https://help.example.com',
    });
    expect(error.guide.remedies.join()).toContain('https://docs.example.com/404');
    const broken = await clock.run(
      rejection(
        api.get('x', {
          docsUrl: () => {
            throw new Error('no');
          },
        }),
      ),
    );
    expect(broken).toBeInstanceOf(NotFoundError);
  });
});

describe('the cause', () => {
  test("is ky's HTTPError, with the response still to be read and a request", async () => {
    const { api, clock } = scripted([{ status: 404, json: { a: 1 } }]);
    const { cause } = await clock.run(rejection<{ cause: HTTPError }>(api.get('x')));
    expect(isHTTPError(cause)).toBe(true);
    expect(cause).toBeInstanceOf(HTTPError);
    expect(cause.response.status).toBe(404);
    expect(await cause.response.json()).toEqual({ a: 1 });
    expect(cause.data).toEqual({ a: 1 });
    expect(cause.request.url).toBe('https://api.example.com/v1/x');
  });

  test("of no answer is the platform's error", async () => {
    const { api, clock } = scripted([networkFailureOf('ENOTFOUND')], { retry: 0 });
    const error = await clock.run(rejection<NetworkError>(api.get('x')));
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({ code: 'NETWORK', reason: 'ENOTFOUND', applied: 'no' });
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  test("is seen by ky's beforeError hooks, which may not change what is awaited into something untyped", async () => {
    const seen: Error[] = [];
    const beforeError = ({ error }: { error: Error }) => {
      seen.push(error);
      return error;
    };
    const { api, clock } = scripted([404], { hooks: { beforeError: [beforeError] } });
    const error = await clock.run(rejection(api.get('x')));
    expect(seen[0]).toBeInstanceOf(HTTPError);
    expect(isApiError(error)).toBe(true);
  });
});

describe('before anything is sent', () => {
  test('a body that cannot be serialised is refused, with the path to it', () => {
    const order: Record<string, unknown> = { items: [{ price: 1n }] };
    const { api, transport } = scripted([]);
    expect(() => api.post('x', { json: order })).toThrow(
      /json\.items\[0\]\.price can't be serialised as JSON: a BigInt/,
    );
    const loop: { self?: unknown } = {};
    loop.self = loop;
    expect(() => api.post('x', { json: loop })).toThrow(
      /json\.(?:self\.)?self can't be serialised as JSON: it contains itself/,
    );
    expect(transport.requests).toHaveLength(0);
    expect(api.snapshot().callsInFlight).toBe(0);
  });

  test('a key of the other environment is refused', () => {
    expect(() =>
      createResilientClient({ baseUrl: 'https://a.example', auth: apiKey({ key: 'sk_live_1', environment: 'test' }) }),
    ).toThrow(TypeError);
  });
});
