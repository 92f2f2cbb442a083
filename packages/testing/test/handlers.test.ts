import {
  apiError,
  down,
  flaky,
  hang,
  networkError,
  ok,
  rateLimited,
  referenceApi,
  respondInTurn,
  slow,
  tokenExpires,
  truncated,
} from '@holdfast/testing';
import { holdfastTest } from '@holdfast/testing/vitest';
import { bearerToken, createResilientClient, isApiError } from 'holdfast';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { referenceErrors } from '../src/reference-errors.ts';

const base = 'https://api.example.com/v1';
const url = `${base}/orders/1`;
const server = setupServer();
beforeAll(() => server.listen({ onUnhandledFrame: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const test = holdfastTest((parts) =>
  createResilientClient({ retryBudget: false, circuitBreaker: false, rateLimit: false, retry: 5, ...parts }),
);

/** How a promise ends: its value, or the error's code or name. */
const end = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).catch((error: { code?: string; name: string }) => error.code ?? error.name);

describe('respondInTurn', () => {
  test('answers in turn, in virtual time', async ({ client, clock, events }) => {
    const orders = respondInTurn(url, [
      503,
      rateLimited({ retryAfterMs: 1000 }),
      networkError(),
      slow(200, 500),
      truncated(),
      ok({ id: 1 }),
    ]);
    server.use(orders);
    expect((await client.get(url)).status).toBe(200);
    expect(client).toHaveRetried(3);
    expect(clock.now()).toBe(125 + 1050 + 500 + 500);
    expect(await end(client.get(url).json())).toBe('NETWORK');
    expect(await client.get(url).json()).toEqual({ id: 1 });
    expect(orders.calls).toBe(6);
    expect(events.lines).toContain('retry.scheduled 2: 429 → retry 2 of 5 in 1050 ms (Retry-After)');
  });

  test('hangs until a timeout ends it', async ({ client, clock }) => {
    server.use(respondInTurn(url, [hang(), ok({ id: 1 })]));
    expect(await client.get(url).json()).toEqual({ id: 1 });
    expect(clock.now()).toBe(10_000 + 125);
  });

  test('answers late with its body, too', async ({ client, clock }) => {
    server.use(respondInTurn(url, [slow(ok({ id: 1 }), 100, 300)]));
    const response = await client.get(url);
    expect(clock.now()).toBe(100);
    expect(await response.json()).toEqual({ id: 1 });
    expect(clock.now()).toBe(400);
  });

  test('is late after a redirect, too', async ({ client, clock }) => {
    server.use(
      http.get(`${base}/old`, () => Response.redirect(url, 302)),
      respondInTurn(url, [slow(ok({ id: 1 }), 500)]),
    );
    expect(await client.get(`${base}/old`).json()).toEqual({ id: 1 });
    expect(clock.now()).toBe(500);
  });

  test('is late behind handlers that let it pass, too', async ({ client, clock }) => {
    server.use(
      flaky(url, { ratio: 0 }),
      rateLimited(url, { requests: 9, perMs: 1 }),
      respondInTurn(url, [slow(ok(1), 500)]),
    );
    expect(await client.get(url).json()).toBe(1);
    expect(clock.now()).toBe(500);
  });

  test('is late while an equal request, answered by another handler, is still unread', async ({ client, clock }) => {
    server.use(
      http.get(url, () => HttpResponse.json('by hand'), { once: true }),
      respondInTurn(url, [slow(ok(1), 500)]),
    );
    const first = await client.get(url);
    expect(await client.get(url).json()).toBe(1);
    expect([await first.json(), clock.now()]).toEqual(['by hand', 500]);
  });

  test('keeps to a method, and shows what it has seen', async ({ client }) => {
    const posted = respondInTurn(`POST ${url}`, [apiError(503, { headers: { 'retry-after': '1' } }), ok({ id: 2 })]);
    server.use(
      posted,
      http.get(url, () => HttpResponse.json({ id: 1 })),
    );
    const placing = client.post(url, { json: { item: 'tent' }, headers: { 'x-a': 'b' } });
    expect([await client.get(url).json(), await placing.json()]).toEqual([{ id: 1 }, { id: 2 }]);
    expect(posted.requests).toMatchObject([
      { method: 'POST', url, body: '{"item":"tent"}', headers: { 'x-a': 'b' } },
      { method: 'POST', url, body: '{"item":"tent"}' },
    ]);
  });

  test('repeats the last, or continues with another answer, where that is asked for', async ({ client }) => {
    server.use(
      respondInTurn(`${base}/a`, [ok(1), ok(2)], { afterwards: 'repeatLast' }),
      respondInTurn(`${base}/b`, [ok(1)], { afterwards: ok('more') }),
    );
    const seen: unknown[] = [];
    for (const path of ['a', 'a', 'a', 'a', 'b', 'b', 'b']) seen.push(await client.get(`${base}/${path}`).json());
    expect(seen).toEqual([1, 2, 2, 2, 1, 'more', 'more']);
  });

  it.each([
    [() => respondInTurn('orders', []), 'respondInTurn: url must be a URL such as'],
    [() => respondInTurn('FETCH https://a.example.com/', []), 'respondInTurn: url must be a URL such as'],
    [() => respondInTurn(url, 503 as never), 'respondInTurn: answers must be a list of answers, got 503'],
    [() => respondInTurn(url, [99]), 'respondInTurn: answers[0] must be a number from 200 to 599 (a status), got 99'],
    [() => respondInTurn(url, ['503' as never]), 'respondInTurn: answers[0] must be a status, a Response'],
    [() => respondInTurn(url, [], { afterwards: 'repeatLast' }), 'respondInTurn: answers must have one to repeat'],
    [() => respondInTurn(url, [], { afterward: 503 } as never), 'did you mean "afterwards"?'],
    [() => slow(200, -1), 'slow: ms must be a number ≥ 0 (milliseconds), got -1'],
    [() => flaky(url, { ratio: 2 }), 'flaky: ratio must be a number from 0 to 1, got 2'],
    [() => down(url).untilCalled(-1), 'down: untilCalled must be an integer ≥ 0, got -1'],
    [() => rateLimited(url, { requests: 0, perMs: 1 }), 'rateLimited: requests must be an integer ≥ 1, got 0'],
    [() => rateLimited({ retryAfterMs: -1 }), 'rateLimited: retryAfterMs must be a number ≥ 0'],
    [() => tokenExpires(url, { lifeMs: 0 }), 'tokenExpires: lifeMs must be a number ≥ 1 (milliseconds), got 0'],
    [() => referenceApi('/v1'), 'referenceApi: baseUrl must be a URL such as'],
  ])('throws for a mistake: %s', (make, message) => {
    expect(make).toThrow(message);
  });
});

describe('flaky', () => {
  test('fails for the same requests each time', async ({ client }) => {
    const once = client.extend({ retry: 0 });
    const run = async (seed: number): Promise<string> => {
      server.use(flaky(url, { ratio: 0.5, seed, answer: 200 }));
      let marks = '';
      for (let call = 0; call < 24; call++) marks += (await end(once.get(url))) === 'API_ERROR' ? 'x' : '.';
      return marks;
    };
    const first = await run(7);
    expect(await run(7)).toBe(first);
    expect(await run(8)).not.toBe(first);
    expect(first).toMatch(/x/);
    expect(first).toMatch(/\./);
  });

  test('never fails at 0, always at 1, and leaves the rest to the next handler', async ({ client }) => {
    const never = flaky(url, { ratio: 0 });
    server.use(
      never,
      http.get(url, () => HttpResponse.json('next')),
    );
    expect(await client.get(url).json()).toBe('next');
    expect(never.calls).toBe(1);
    server.use(flaky(url, { ratio: 1, fault: apiError(500) }));
    expect(await end(client.get(url, { retry: 0 }))).toBe('API_ERROR');
  });
});

describe('down', () => {
  test('is back after a number of requests', async ({ client }) => {
    const shop = down(url, { answer: ok('back') }).untilCalled(3);
    server.use(shop);
    expect(await client.get(url).json()).toBe('back');
    expect(client).toHaveRetried(3);
    expect(shop.calls).toBe(4);
  });

  test('is back after a time', async ({ client, clock }) => {
    server.use(down(url, { fault: 503, answer: ok('back') }).forMs(60_000));
    expect(await end(client.get(url, { retry: 1 }).json())).toBe('API_ERROR');
    await clock.advance(60_000);
    expect(await client.get(url).json()).toBe('back');
  });
});

describe('rateLimited', () => {
  test('keeps a sliding window, and says when to come back', async ({ client, clock, events }) => {
    const limited = rateLimited(url, { requests: 3, perMs: 1500, answer: ok('in') });
    server.use(limited);
    const at: number[] = [];
    for (let call = 0; call < 7; call++) {
      await client.get(url).json();
      at.push(clock.now());
    }
    expect(limited.calls).toBe(9);
    for (let index = 3; index < at.length; index++) {
      expect((at[index] ?? 0) - (at[index - 3] ?? 0)).toBeGreaterThanOrEqual(1500);
    }
    expect(events.lines).toContain('retry.scheduled 1: 429 → retry 1 of 5 in 1575 ms (retry-after-ms)');
  });

  test('forgets a request when its window is over, and not before', async ({ client, clock }) => {
    server.use(rateLimited(url, { requests: 1, perMs: 1500, answer: 200 }));
    const ask = (): Promise<unknown> => end(client.get(url, { retry: 0 }).then(({ status }) => status));
    expect([await ask(), await ask()]).toEqual([200, 'API_ERROR']);
    await clock.advance(1499);
    expect(await ask()).toBe('API_ERROR');
    await clock.advance(1);
    expect(await ask()).toBe(200);
  });

  test('is read as a quota', async ({ client }) => {
    server.use(rateLimited(url, { requests: 1, perMs: 60_000, answer: 200 }));
    await client.get(url);
    const error = await client.get(url, { retry: 0 }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(isApiError(error) && error.quota).toMatchObject({ limit: 1, remaining: 0 });
  });
});

describe('tokenExpires', () => {
  const door = tokenExpires(url, { lifeMs: 60_000, tellsExpiry: false, answer: ok('in') });
  const secured = holdfastTest((parts) =>
    createResilientClient({ baseUrl: `${base}/`, auth: bearerToken({ refresh: door.issue }), ...parts }),
  );

  secured('costs one refresh for all calls', async ({ client, clock, events }) => {
    server.use(door);
    const ask = (): Promise<unknown[]> => Promise.all([1, 2, 3].map(() => client.get('orders/1').json()));
    expect(await ask()).toEqual(['in', 'in', 'in']);
    await clock.advance(60_000);
    expect(await ask()).toEqual(['in', 'in', 'in']);
    expect(door.issued).toBe(2);
    expect(events.lines.filter((line) => line === 'credentials.refreshed')).toHaveLength(2);
    door.expire();
    expect(await client.get('orders/1').json()).toBe('in');
    expect(door.issued).toBe(3);
  });

  test('says that the token is missing', async ({ client }) => {
    server.use(tokenExpires(url));
    const error = await client.get(url).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(isApiError(error) && [error.status, error.error.code]).toEqual([401, 'missing_key']);
  });
});

describe('referenceApi', () => {
  const rows = Object.entries(referenceErrors).flatMap(([status, errors]) =>
    errors.map((error) => ({ status: Number(status), ...error })),
  );

  test('answers every error of the reference, as the client reads it', async ({ client }) => {
    server.use(...referenceApi(`${base}/`));
    expect(rows).toHaveLength(29);
    expect(await client.get(`${base}/200`).json()).toEqual({ id: 1 });
    for (const { status, code, message, param, issues = [], waitMs } of rows) {
      const error = await client.post(`${base}/${status}/${code}`, { retry: 0 }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (!isApiError(error)) throw new Error(`${status}/${code} gave no ApiError`);
      expect(error.error).toMatchObject({ code, message, ...(param && { param }), requestId: `req_${status}_${code}` });
      expect([error.status, error.retryAfterMs, error.issues]).toEqual([status, waitMs, issues]);
    }
  });

  test('asks for a scope, and names the first cause without a code', async ({ client }) => {
    server.use(...referenceApi(base));
    const error = await client.get(`${base}/403`).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(isApiError(error) && [error.error.code, error.requiredScope]).toEqual(['missing_scope', 'orders:write']);
  });
});

describe('resetHandlers', () => {
  test('resets the handlers that stay', async ({ client }) => {
    const handlers = [
      respondInTurn(`${base}/a`, [ok(1)]),
      down(`${base}/b`, { fault: 503, answer: ok(2) }).forMs(1000),
      rateLimited(`${base}/c`, { requests: 1, perMs: 1000, answer: ok(3) }),
      tokenExpires(`${base}/d`, { answer: ok(4) }),
      flaky(`${base}/e`, { ratio: 0.5, seed: 3, answer: ok(5) }),
    ];
    const round = async (): Promise<unknown[]> => {
      const seen: unknown[] = [];
      for (const path of ['a', 'b', 'c', 'd', 'e', 'e', 'e'])
        seen.push(await end(client.get(`${base}/${path}`, { retry: 0 }).json()));
      return seen;
    };
    server.use(...handlers);
    const first = await round();
    server.resetHandlers(...handlers);
    expect(handlers.map(({ calls }) => calls)).toEqual([0, 0, 0, 0, 0]);
    expect(await round()).toEqual(first);
    expect(handlers.map(({ calls }) => calls)).toEqual([1, 1, 1, 1, 3]);
    server.resetHandlers();
  });
});
