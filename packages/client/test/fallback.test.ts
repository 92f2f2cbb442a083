import { hang, networkFailureOf, type Step } from '@holdfast/core/testing';
import {
  accept,
  bearerToken,
  type ClientOptions,
  failFast,
  isApiError,
  type ResilienceError,
  retry,
  type Strategy,
} from 'holdfast';
import { describe, expect, test } from 'vitest';
import { baseUrl, rejection, scripted } from './support/scripted.ts';

describe('a fallback of a policy', () => {
  test('may be a Response, copied for each call', async () => {
    const { api, clock } = scripted([404, 404], {
      policies: { 404: failFast({ fallback: Response.json({ id: 0 }) }) },
    });
    expect(await clock.run(api.get('x').json())).toEqual({ id: 0 });
    expect(await clock.run(api.get('x').json())).toEqual({ id: 0 });
  });

  test('may be a value, given as JSON', async () => {
    for (const fallback of [{ id: 0 }, [], 'text', 0, false, null]) {
      const { api, clock } = scripted([404], { policies: { 404: failFast({ fallback }) } });
      expect(await clock.run(api.get('x').json())).toEqual(fallback);
    }
  });

  test('may be a function of the error', async () => {
    const seen: ResilienceError[] = [];
    const fallback = async (error: ResilienceError) => {
      seen.push(error);
      return { instead: true };
    };
    const { api, clock } = scripted([{ status: 404, json: { error: { code: 'gone' } } }], {
      policies: { 404: failFast({ fallback }) },
    });
    expect(await clock.run(api.get('x').json())).toEqual({ instead: true });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ status: 404, error: { code: 'gone' } });
  });

  test('comes after the retries, and only if they fail', async () => {
    const policies = { 503: retry({ limit: 1, fallback: { instead: true } }) };
    const lost = scripted([503, 503], { policies });
    expect(await lost.clock.run(lost.api.get('x').json())).toEqual({ instead: true });
    const won = scripted([503, { json: { real: true } }], { policies });
    expect(await won.clock.run(won.api.get('x').json())).toEqual({ real: true });
  });

  test('replaces a missing answer', async () => {
    const policies = { network: failFast({ fallback: 1 }), timeout: failFast({ fallback: 2 }) };
    const { api, clock } = scripted([networkFailureOf('ECONNRESET'), hang()], { policies });
    expect(await clock.run(api.get('x').json())).toBe(1);
    expect(await clock.run(api.get('x').json())).toBe(2);
  });

  test('that returns undefined leaves it to the client’s fallback, and then to the failure', async () => {
    const policies = { 404: failFast({ fallback: () => undefined }) };
    const { api, clock } = scripted([404, 404], { policies, fallback: () => new Response('last') });
    expect(await clock.run(api.get('x').text())).toBe('last');
    const without = scripted([{ status: 404, json: { error: { message: 'no such order' } } }], { policies });
    const error = await without.clock.run(rejection(without.api.get('x')));
    expect(isApiError(error) && error.error.message).toBe('no such order');
  });

  test('replaces the error of an open circuit and a full queue, if it is for a missing answer', async () => {
    const policies = { network: retry({ limit: 1, fallback: 'instead' }) };
    const open = scripted([], { policies });
    open.api.circuits.open(new URL(baseUrl).origin);
    expect(await open.clock.run(open.api.get('x').json())).toBe('instead');
    expect(open.transport.requests).toHaveLength(0);
    expect(open.log.lines).toContain(
      'fallback.used: CIRCUIT_OPEN → fail: refused before sending; use the fallback; a fallback answered',
    );
    const full = scripted([hang()], { policies, rateLimit: { maxConcurrent: 1, maxQueue: 0 } });
    const holding = rejection(full.api.get('x', { timeout: 500, retry: 0, policies: { timeout: failFast() } }));
    await full.clock.settle();
    expect(await full.api.get('x').json()).toBe('instead');
    await full.clock.run(holding);
  });

  test('for a missing answer is not taken from a function if nothing was sent', async () => {
    const network = () => failFast({ fallback: 'instead' });
    const { api, clock } = scripted([networkFailureOf('ECONNRESET')], { policies: { network } });
    expect(await clock.run(api.get('x').json())).toBe('instead');
    api.circuits.open(new URL(baseUrl).origin);
    expect(await clock.run(rejection(api.get('x')))).toMatchObject({ code: 'CIRCUIT_OPEN' });
  });

  test('discards the failed answer', async () => {
    let cancelled = false;
    const cancel = (): void => {
      cancelled = true;
    };
    const { api, clock } = scripted([() => new Response(new ReadableStream({ cancel }), { status: 404 })], {
      policies: { 404: failFast({ fallback: {} }) },
    });
    await clock.run(api.fetch(`${baseUrl}x`));
    await clock.settle();
    expect(cancelled).toBe(true);
  });

  test('that is not JSON is refused', async () => {
    const { api, clock } = scripted([404], { policies: { 404: failFast({ fallback: () => 1n }) } });
    const error = await clock.run(rejection(api.get('x')));
    expect(error.message).toBe('fallback must be a Response, JSON, or a function that returns either, got 1n');
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  test('that has been read, or is given twice, is refused', async () => {
    const read = Response.json(1);
    await read.text();
    const first = scripted([404], { policies: { 404: failFast({ fallback: read }) } });
    expect(await first.clock.run(rejection(first.api.get('x')))).toMatchObject({
      message: 'fallback is a Response whose body has been read; give an unread one',
      cause: { code: 'API_ERROR' },
    });
    const same = Response.json(1);
    const { api, clock } = scripted([404, 404], { fallback: () => same });
    const calls = [api.get('x').json(), rejection(api.get('x').json())];
    expect(await clock.run(Promise.all(calls))).toEqual([
      1,
      expect.objectContaining({
        message:
          'fallback returned a Response that another call has already received; return a new one each time, or a clone',
      }),
    ]);
  });

  test('is returned by client.fetch, too', async () => {
    const { api, clock } = scripted([404], { policies: { 404: failFast({ fallback: { id: 0 } }) } });
    const response = await clock.run(api.fetch(`${baseUrl}x`));
    expect([response.status, await response.json()]).toEqual([200, { id: 0 }]);
  });
});

describe('a fallback of the client', () => {
  test('sees the typed error and the call', async () => {
    const seen: unknown[] = [];
    const { api, clock } = scripted([500, 500, 500], {
      fallback: (error, { method, url, attempts }) => {
        seen.push(error.code, method, url, attempts.length);
        return undefined;
      },
    });
    await clock.run(rejection(api.get('x')));
    expect(seen).toEqual(['API_ERROR', 'GET', 'https://api.example.com/v1/x', 3]);
  });

  test('is overridden by the call', async () => {
    const { api, clock } = scripted([404], { fallback: () => new Response('client') });
    expect(await clock.run(api.get('x', { fallback: () => new Response('call') }).text())).toBe('call');
  });

  test('replaces a deadline’s error', async () => {
    const { api, clock } = scripted([hang()], {
      timeout: 500,
      totalTimeout: 500,
      fallback: () => new Response('late'),
    });
    expect(await clock.run(api.get('x').text())).toBe('late');
    expect(clock.pending).toBe(0);
  });

  test.for<[string, Step, ClientOptions, string]>([
    ['no connection', networkFailureOf('ECONNREFUSED'), {}, 'NETWORK'],
    ['a timeout', hang(), { timeout: 500 }, 'ATTEMPT_TIMEOUT'],
    ['no credentials', 401, { auth: bearerToken({ refresh: () => Promise.reject(new Error('gone')) }) }, 'CREDENTIALS'],
    ['an error status', 500, {}, 'API_ERROR'],
  ])('replaces %s', async ([, step, options, code]) => {
    const { api, clock, log } = scripted([step], {
      retry: 0,
      ...options,
      fallback: (error) => Response.json(error.code),
    });
    expect(await clock.run(api.get('x').json())).toBe(code);
    expect(log.lines.some((line) => line.startsWith('fallback.used: '))).toBe(true);
    expect(log.lines.at(-1)).toMatch(/^call.ended: success/);
    expect(clock.pending).toBe(0);
  });

  test('replaces an error status from a strategy, and not one that a policy accepts', async () => {
    const refuses: Strategy = { name: 'refuses', execute: async () => new Response(null, { status: 503 }) };
    const fallback = () => new Response('instead');
    const answered = scripted([], { perCall: [refuses], fallback });
    expect(await answered.clock.run(answered.api.get('x').text())).toBe('instead');
    const accepted = scripted([404], { policies: { 404: accept() }, fallback });
    expect((await accepted.clock.run(accepted.api.get('x'))).status).toBe(404);
  });

  test('that throws has the failure that it was to replace as its cause', async () => {
    const { api, clock } = scripted([404, 404], { policies: { 404: failFast({ fallback: () => fallback() }) } });
    let thrown: unknown = new Error('the fallback is broken');
    const fallback = () => {
      throw thrown;
    };
    const error = await clock.run(rejection(api.get('x')));
    expect(error).toBe(thrown);
    expect(isApiError(error.cause) && error.cause.status).toBe(404);
    expect(isApiError(error.cause) && error.cause.decision?.reason).toBe(
      '404 → fail fast; use the fallback, which threw',
    );
    const own = { why: 'mine' };
    thrown = new Error('with a cause', { cause: own });
    expect((await clock.run(rejection(api.get('x')))).cause).toBe(own);
  });

  test('that answers when its caller has left is not waited for, and its answer is released', async () => {
    let answer: (response: Response) => void = () => {};
    let cancelled = false;
    const late = new Promise<Response>((resolve) => {
      answer = resolve;
    });
    const { api, clock } = scripted([404], { fallback: () => late });
    const controller = new AbortController();
    const left = rejection(api.get('x', { signal: controller.signal }));
    await clock.settle();
    controller.abort('left');
    expect(await left).toBe('left');
    const cancel = (): void => {
      cancelled = true;
    };
    answer(new Response(new ReadableStream({ cancel })));
    await clock.settle();
    expect(cancelled).toBe(true);
  });

  test('that throws ends the call with its error, and releases the failed answer', async () => {
    let cancelled = false;
    const failed = () =>
      new Response(
        new ReadableStream({
          cancel() {
            cancelled = true;
          },
        }),
        { status: 404 },
      );
    const thrown = new Error('the fallback is broken');
    const { api, clock } = scripted([failed], { fallback: () => Promise.reject(thrown) });
    expect(await clock.run(rejection(api.fetch(`${baseUrl}x`)))).toBe(thrown);
    await clock.advance(0);
    expect(cancelled).toBe(true);
  });

  test('that returns something else is refused', async () => {
    const { api, clock } = scripted([404], { fallback: () => ({ id: 1 }) as never });
    expect((await clock.run(rejection(api.get('x')))).message).toBe(
      'fallback must return a Response or undefined, got an object with id',
    );
  });

  test('leaves the failed answer unread if it returns nothing', async () => {
    const { api, clock } = scripted([{ status: 404, json: { a: 1 } }], { fallback: () => undefined });
    const response = await clock.run(api.fetch(`${baseUrl}x`));
    expect(await response.json()).toEqual({ a: 1 });
  });
});

describe('strategies of one’s own', () => {
  const ring = (name: string, order: string[]): Strategy => ({
    name,
    async execute(request, next, context) {
      order.push(`${name} ${context.attempt}`);
      const response = await next(request, context);
      order.push(`${name} got ${response.status}`);
      return response;
    },
  });

  test('are around the call and around each attempt, in their order', async () => {
    const order: string[] = [];
    const { api, clock } = scripted([503, 200], {
      perCall: [ring('outer', order), ring('inner', order)],
      perAttempt: [ring('each', order)],
    });
    await clock.run(api.get('x'));
    expect(order).toEqual([
      'outer 1',
      'inner 1',
      'each 1',
      'each got 503',
      'each 2',
      'each got 200',
      'inner got 200',
      'outer got 200',
    ]);
    expect(api.snapshot().pipeline).toEqual([
      'fallback',
      'deadline',
      'outer',
      'inner',
      'retry',
      'circuitGate',
      'rateLimiter',
      'circuit',
      'each',
      'attemptTimeout',
      'transport',
    ]);
  });

  test('may answer without asking further', async () => {
    const cached: Strategy = { name: 'cached', execute: async () => new Response('cached') };
    const { api, clock, transport } = scripted([], { perCall: [cached] });
    expect(await clock.run(api.get('x').text())).toBe('cached');
    expect(transport.requests).toHaveLength(0);
  });

  test('that throw end the call with their error', async () => {
    const thrown = new Error('mine');
    const broken: Strategy = { name: 'broken', execute: () => Promise.reject(thrown) };
    for (const place of ['perCall', 'perAttempt']) {
      const { api, clock } = scripted([], { [place]: [broken] });
      expect(await clock.run(rejection(api.get('x')))).toBe(thrown);
      expect(clock.pending).toBe(0);
    }
  });
});
