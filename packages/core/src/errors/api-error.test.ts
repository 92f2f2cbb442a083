import { inspect } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { ApiError, type ApiErrorInit } from './api-error.ts';
import { createApiError } from './create-api-error.ts';
import { isApiError } from './is-api-error.ts';
import { NetworkError } from './network-error.ts';
import {
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  ServiceUnavailableError,
  UnprocessableEntityError,
} from './status-errors.ts';
import { decision, errorBody, testCall, wallStart } from './test-call.test-support.ts';

const missing = {
  error: { code: 'order_missing', message: 'No such order.', type: 'not_found', param: 'id', request_id: 'req_abc123' },
};

interface Case extends Partial<Omit<ApiErrorInit, 'body'>> {
  readonly headers?: Record<string, string>;
  readonly content?: unknown;
}

function make(status: number, { headers = {}, content = '', ...init }: Case = {}) {
  const response = new Response('', { status, headers: { 'content-type': 'application/json', ...headers } });
  return createApiError({ call: testCall(), response, body: errorBody(content), ...init });
}

describe('createApiError', () => {
  test.each([
    [400, 'BadRequestError', BadRequestError],
    [401, 'AuthenticationError', AuthenticationError],
    [403, 'PermissionDeniedError', PermissionDeniedError],
    [404, 'NotFoundError', NotFoundError],
    [422, 'UnprocessableEntityError', UnprocessableEntityError],
    [429, 'RateLimitError', RateLimitError],
    [500, 'InternalServerError', InternalServerError],
    [503, 'ServiceUnavailableError', ServiceUnavailableError],
    [410, 'ApiError', ApiError],
    [418, 'ApiError', ApiError],
    [502, 'ApiError', ApiError],
    [520, 'InternalServerError', InternalServerError],
    [529, 'InternalServerError', InternalServerError],
    [530, 'InternalServerError', InternalServerError],
    [501, 'ApiError', ApiError],
    [526, 'ApiError', ApiError],
  ] as const)('makes of %i a %s', (status, name, type) => {
    const error = make(status);
    expect(error.constructor).toBe(type);
    expect(error).toBeInstanceOf(ApiError);
    expect(error.name).toBe(name);
    expect(error.code).toBe('API_ERROR');
    expect(error.status).toBe(status);
    expect(isApiError(error)).toBe(true);
  });

  test('reads the envelope', () => {
    const error = make(404, { content: { error: { ...missing.error, issues: [{ path: 'id', message: 'unknown' }] } } });
    expect(error.error).toEqual({
      code: 'order_missing',
      message: 'No such order.',
      type: 'not_found',
      param: 'id',
      requestId: 'req_abc123',
    });
    expect(error.issues).toEqual([{ path: 'id', message: 'unknown' }]);
    expect(error.data).toMatchObject(missing);
  });

  test('reads problem details', () => {
    const headers = { 'content-type': 'application/problem+json' };
    const content = {
      type: 'https://x/no-stock',
      title: 'No stock',
      errors: [{ detail: 'too many', pointer: '#/count' }],
    };
    const error = make(422, { headers, content });
    expect(error.error).toEqual({ type: 'https://x/no-stock', message: 'No stock' });
    expect(error.issues).toEqual([{ path: 'count', message: 'too many' }]);
  });

  test('is made of any body whatever', () => {
    const error = make(502, { content: '<html>Bad Gateway</html>', headers: { 'content-type': 'text/html' } });
    expect(error.message).toBe(
      '502 Bad Gateway: GET https://api.example.com/orders/:id [GET https://api.example.com/orders/42]',
    );
    expect(error.error).toEqual({});
    expect(error.data).toBe('<html>Bad Gateway</html>');
  });
});

describe('the message', () => {
  test('begins with the status, and contains the message of the server', () => {
    expect(make(404, { content: missing }).message).toBe(
      '404 Not Found: GET https://api.example.com/orders/:id — No such order (order_missing) [GET https://api.example.com/orders/42]',
    );
  });

  test('of a 404 shows how the URL was joined, without secrets', () => {
    const base = { baseUrl: 'https://u:p@api.example.com/v1/', path: 'orders/42?next=%2Fa%3Ftoken%3Dabc' };
    expect(make(404, { base, content: missing }).message).toBe(
      '404 Not Found: GET https://api.example.com/orders/:id — No such order (order_missing)' +
        '; joined from baseUrl https://api.example.com/v1/ and path orders/42?next=%2Fa%3Ftoken%3D***' +
        ' [GET https://api.example.com/orders/42]',
    );
    expect(make(404, { base: { baseUrl: 'https://api.example.com' } }).message).not.toContain('joined');
    expect(make(400, { base }).message).not.toContain('joined');
  });

  test('distinguishes a 410 from a 404', () => {
    expect(make(410).message).toMatch(/^410 Gone: /);
    expect(make(410).guide.title).not.toBe(make(404).guide.title);
  });

  test('is one line of bounded length, whatever the server sends', () => {
    const { message } = make(500, { content: { error: { message: `a\nb\u2028c\u001b[31m${'x'.repeat(5000)}` } } });
    expect(message).toMatch(/ — a b c \[31mx+… \[GET /);
    expect(message.length).toBeLessThan(420);
  });

  test('falls back to the first issue, and to the name that the server gave', () => {
    expect(make(422, { content: { errors: ['Name is taken'] } }).message).toMatch(/ — Name is taken \[GET /);
    const response = new Response('', { status: 499, statusText: 'Client Closed Request' });
    const error = createApiError({ call: testCall(), response, body: errorBody('') });
    expect(error.message).toBe(
      '499 Client Closed Request: GET https://api.example.com/orders/:id [GET https://api.example.com/orders/42]',
    );
    expect(make(499).message).toBe(
      '499: GET https://api.example.com/orders/:id [GET https://api.example.com/orders/42]',
    );
  });
});

describe('the request id', () => {
  const order = ['x-request-id', 'request-id', 'x-amzn-requestid', 'cf-ray', 'traceparent'];

  test('is the one of the body, before any header', () => {
    expect(make(500, { content: missing, headers: { 'x-request-id': 'other' } }).requestId).toBe('req_abc123');
  });

  test.each(order.map((name, index) => [name, order.slice(index)] as const))('is read from %s', (name, names) => {
    const headers = Object.fromEntries(names.map((each) => [each, `id-of-${each}`]));
    expect(make(500, { headers }).requestId).toBe(`id-of-${name}`);
  });

  test('is absent where none was given', () => {
    expect('requestId' in make(500)).toBe(false);
  });
});

describe('timing and quota', () => {
  test('come from the headers, and say when to try again', () => {
    const headers = { 'retry-after': '3', 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '0' };
    const error = make(429, { headers });
    expect(error.retryAfterMs).toBe(3000);
    expect(error.retryAt).toBe(wallStart + 3000);
    expect(error.quota).toMatchObject({ limit: 100, remaining: 0 });
    expect(error.toJSON()).toMatchObject({ retryAfterMs: 3000, quota: { limit: 100 } });
  });

  test('are absent if the server sends none', () => {
    const error = make(429);
    expect([error.retryAfterMs, error.retryAt, error.quota]).toEqual([undefined, undefined, undefined]);
  });

  test('may come from the decision', () => {
    const call = testCall();
    call.decision = decision({ retryAfterMs: 500 });
    expect(make(503, { call }).retryAt).toBe(wallStart + 500);
  });
});

describe('the scope asked for', () => {
  test.each([
    [403, 'Bearer realm="a", error="insufficient_scope", scope="orders.write"', 'orders.write'],
    [401, 'Bearer error="insufficient_scope", scope="orders.write"', 'orders.write'],
    [403, 'Basic realm="a", Bearer scope="orders.write"', 'orders.write'],
    [401, 'Bearer error="invalid_token", scope="orders.write"', undefined],
    [401, 'Bearer scope="orders.write"', 'orders.write'],
    [403, 'Bearer error="insufficient_scope"', undefined],
    [404, 'Bearer error="insufficient_scope", scope="orders.write"', 'orders.write'],
    [400, 'Bearer error="insufficient_scope", scope="orders.write"', undefined],
  ])('of a %i with %s', (status, header, scope) => {
    const error = make(status, { headers: { 'www-authenticate': header } });
    expect(error.requiredScope).toBe(scope);
    expect(error.guide.remedies.includes(`Ask for the scope ${scope}`)).toBe(scope !== undefined);
  });
});

describe('links', () => {
  test('are texts or made from the error, and are in the guide', () => {
    const links = {
      docsUrl: (error: ApiError) => `https://docs.example.com/errors?code=${error.error.code}`,
      dashboardUrl: 'https://dashboard.example.com',
      supportUrl: (error: ApiError) => `https://support.example.com/${error.requestId}`,
    };
    const error = make(404, { links, content: missing });
    expect(error.docsUrl).toBe('https://docs.example.com/errors?code=order_missing');
    expect(error.dashboardUrl).toBe('https://dashboard.example.com');
    expect(error.supportUrl).toBe('https://support.example.com/req_abc123');
    expect(error.guide.remedies).toEqual(
      expect.arrayContaining(['Read https://docs.example.com/errors?code=order_missing']),
    );
  });

  test('that throw or give no text are left out', () => {
    const throwing = () => {
      throw new Error('no');
    };
    const error = make(404, { links: { docsUrl: throwing, dashboardUrl: (() => 42) as never } });
    expect('docsUrl' in error || 'dashboardUrl' in error || 'supportUrl' in error).toBe(false);
  });

  test('may look at the guide of the error that they are made for', () => {
    const links = { docsUrl: (error: ApiError) => `https://x/${error.guide.remedies.length > 0}` };
    expect(make(404, { links }).docsUrl).toBe('https://x/true');
  });
});

describe("a client's own reader", () => {
  const content = { fault: { no: 7, words: 'No stock' }, error: { type: 'kept' } };

  test('is laid over the default', () => {
    const read = vi.fn(({ data }: { readonly data: unknown }) => {
      const { fault } = data as typeof content;
      return { code: `F${fault.no}`, message: fault.words, issues: [{ path: 'a', message: 'b' }] };
    });
    const error = make(409, { content, dialects: [{ name: 'own', read }] });
    expect(error.error).toEqual({ code: 'F7', message: 'No stock', type: 'kept' });
    expect(error.issues).toEqual([{ path: 'a', message: 'b' }]);
    expect(read).toHaveBeenCalledWith(expect.objectContaining({ data: content, status: 409 }));
  });

  test('that throws leaves the default, and says so', () => {
    const read = () => {
      throw new TypeError('no fault');
    };
    const error = make(409, { content, dialects: [{ name: 'own', read }] });
    expect(error.error).toEqual({ type: 'kept', readerError: 'dialect (own) threw TypeError: no fault' });
    expect(inspect(error)).toContain('could not be read: dialect (own) threw TypeError: no fault');
  });

  test('may give nothing, or nonsense', () => {
    expect(make(409, { content, dialects: [{ name: 'own', read: () => undefined }] }).error).toEqual({ type: 'kept' });
    const nonsense = {
      code: {},
      message: {},
      kind: 'odd',
      waitMs: Number.NaN,
      type: undefined,
      issues: [null, 'x', { path: 1, message: 'told' }],
    } as never;
    const error = make(409, { content, dialects: [{ name: 'own', read: () => nonsense }] });
    expect(error.error).toEqual({ type: 'kept' });
    expect(error).toMatchObject({ kind: 'conflict', quotas: [] });
    expect(error.retryAfterMs).toBeUndefined();
    expect(error.issues).toEqual([{ path: '', message: 'told' }]);
  });
});

describe('the response', () => {
  test('can be read, with status, headers and URL as they were', async () => {
    const response = new Response('', { status: 404, statusText: 'Nope', headers: { 'x-a': 'b' } });
    Object.defineProperty(response, 'url', { value: 'https://api.example.com/orders/42' });
    const error = createApiError({ call: testCall(), response, body: errorBody(missing) });
    expect(error.response).toBe(error.response);
    expect(error.response.status).toBe(404);
    expect(error.response.statusText).toBe('Nope');
    expect(error.response.ok).toBe(false);
    expect(error.response.url).toBe('https://api.example.com/orders/42');
    expect(error.response.headers.get('x-a')).toBe('b');
    expect(await error.response.json()).toEqual(missing);
  });

  test('is made of a status that allows no body, and of one that no Response allows', () => {
    const none = createApiError({
      call: testCall(),
      response: new Response(null, { status: 304 }),
      body: errorBody(''),
    });
    expect(none.response.status).toBe(304);
    const odd = new Response('');
    Object.defineProperty(odd, 'status', { value: 999 });
    const error = createApiError({ call: testCall(), response: odd, body: errorBody('odd') });
    expect(error.response.status).toBe(999);
    expect(error.response.ok).toBe(false);
    expect(error.guide.title).toBe('An answer that was not expected');
  });
});

describe('what people read', () => {
  test('console.log shows the issues and what to do', () => {
    const issues = Array.from({ length: 12 }, (_, index) => ({ path: `items.${index}`, message: 'is wrong' }));
    const text = inspect(make(422, { content: { error: { issues: [...issues] } } }));
    expect(text).toContain('  - items.9: is wrong\n  - and 2 more\n  What to do: The request is well-formed');
    expect(text).toContain('  - See `error.issues`');
  });

  test('the support report begins with what support asks for', () => {
    const headers = { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '0' };
    const report = make(404, { content: missing, headers }).supportReport().split('\n');
    expect(report.slice(1, 6)).toEqual([
      'Request id: req_abc123',
      'Status: 404',
      'Error: order_missing, not_found',
      'Field: id',
      'Quota: limit 100, remaining 0',
    ]);
    expect(make(500).supportReport()).toContain('Request id: none in the answer');
  });

  test('nothing that can be enumerated holds a header or the body', () => {
    const error = make(500, { content: { secret: 'hush' }, headers: { 'x-hush': 'hush', 'set-cookie': 'hush' } });
    expect(JSON.stringify({ ...error })).not.toContain('hush');
    expect(inspect(error, { customInspect: false, showHidden: true, depth: 10 })).not.toContain('hush');
  });
});

describe('isApiError', () => {
  test('knows the errors of another copy of the package', async () => {
    vi.resetModules();
    const copy = await import('./create-api-error.ts');
    const error = copy.createApiError({
      call: testCall(),
      response: new Response('', { status: 404 }),
      body: errorBody(''),
    });
    expect(error).not.toBeInstanceOf(ApiError);
    expect(isApiError(error)).toBe(true);
  });

  test('is false for the rest of the family and for all else', () => {
    expect(isApiError(new NetworkError({ call: testCall(), message: 'x' }))).toBe(false);
    for (const other of [undefined, null, 'x', { code: 'API_ERROR' }]) expect(isApiError(other)).toBe(false);
  });
});

describe('after a guard has ended the call', () => {
  const spent = () => {
    const call = testCall();
    call.decision = decision({ because: 'budgetExhausted' });
    return make(503, { call, content: missing });
  };

  test('the message says so, before the words of the API', () => {
    expect(spent().message).toBe(
      '503 Service Unavailable: GET https://api.example.com/orders/:id (the retry budget of this origin is spent); see `retryBudget` — No such order (order_missing) [GET https://api.example.com/orders/42]',
    );
    expect(make(503).message).not.toContain('budget');
  });

  test('the remedies name the option, and promise no retry', () => {
    const remedies = spent().guide.remedies.join('\n');
    expect(remedies).toContain('retryBudget');
    expect(remedies).not.toContain('again by itself');
    expect(inspect(spent())).toContain('retryBudget: false');
  });
});
