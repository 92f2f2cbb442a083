import { accept, constantBackoff, failFast, isApiError, retry } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { baseUrl, rejection, type Scene, scripted } from './support/scripted.ts';

const quick = retry({ backoff: constantBackoff({ delayMs: 1 }), limit: 5 });

/** How many requests a call makes when every answer is the same. */
async function requestsOf(scene: Scene, options = {}, path = 'x'): Promise<number> {
  const before = scene.transport.requests.length;
  await scene.clock.run(scene.api.get(path, { throwHttpErrors: false, ...options }));
  return scene.transport.requests.length - before;
}

const always = (status: number, headers: Record<string, string> = {}) => Array(30).fill({ status, headers });

describe('which level decides', () => {
  test('the call, over the client, over the defaults', async () => {
    const scene = scripted(always(503), { policies: { 503: quick }, retryBudget: false });
    expect(await requestsOf(scene)).toBe(6);
    expect(await requestsOf(scene, { policies: { 503: retry({ limit: 1 }) } })).toBe(2);
    expect(await requestsOf(scripted(always(503)))).toBe(3);
  });

  test('a class of the call beats an exact status of the client', async () => {
    const scene = scripted(always(503), { policies: { 503: quick }, retryBudget: false });
    expect(await requestsOf(scene, { policies: { '5xx': failFast() } })).toBe(1);
    expect(scene.api.explain({ status: 503 }).rule).toBe('policies[503]');
  });

  test('a call without a policy for a status leaves it to the client', async () => {
    const scene = scripted(always(503), { policies: { 503: quick }, retryBudget: false });
    expect(await requestsOf(scene, { policies: { 404: accept() } })).toBe(6);
  });

  test('rules come before the table of the same level, in their order', async () => {
    const rules = [
      { name: 'reports', when: { path: '/v1/reports/*' }, policy: failFast() },
      { name: 'all', when: { status: '5xx' }, policy: retry({ limit: 1, backoff: constantBackoff({ delayMs: 1 }) }) },
    ];
    const scene = scripted(always(503), { rules, policies: { 503: quick }, retryBudget: false });
    expect(await requestsOf(scene, {}, 'reports/7')).toBe(1);
    expect(await requestsOf(scene, {}, 'orders/7')).toBe(2);
    expect(await requestsOf(scene, { policies: { 503: failFast() } }, 'orders/7')).toBe(1);
    expect(scene.api.explain({ status: 503, url: 'reports/1' }).rule).toBe('rules[0] (reports)');
  });

  test('a rule reads the error envelope, and the body stays unread', async () => {
    const answer = { status: 409, json: { error: { code: 'locked', message: 'try later' } } };
    const rules = [
      { when: { errorCode: 'locked' }, policy: retry({ limit: 1, backoff: constantBackoff({ delayMs: 1 }) }) },
    ];
    const { api, clock, transport } = scripted([answer, answer, { status: 409, json: { error: { code: 'other' } } }], {
      rules,
    });
    const error = await clock.run(rejection(api.get('x')));
    expect(transport.requests).toHaveLength(2);
    expect(isApiError(error) && error.error.message).toBe('try later');
    const response = await clock.run(api.fetch(`${baseUrl}x`));
    expect(await response.json()).toEqual({ error: { code: 'other' } });
  });

  test('a function may choose, or leave it to the next', async () => {
    const chosen = scripted(always(500), { policies: { 500: () => failFast() } });
    expect(await requestsOf(chosen)).toBe(1);
    const passed = scripted(always(500), { policies: { 500: () => undefined, '5xx': quick }, retryBudget: false });
    expect(await requestsOf(passed)).toBe(6);
  });

  test("a class's retry does not mean 501 and 505, their exact status does", async () => {
    expect(await requestsOf(scripted(always(501), { policies: { '5xx': quick } }))).toBe(1);
    expect(await requestsOf(scripted(always(505), { policies: { '5xx': quick } }))).toBe(1);
    expect(await requestsOf(scripted(always(501), { policies: { 501: quick }, retryBudget: false }))).toBe(6);
    expect(await requestsOf(scripted(always(507), { policies: { '5xx': quick }, retryBudget: false }))).toBe(6);
  });

  test('413 is retried only where the server names a time', async () => {
    expect(await requestsOf(scripted(always(413)))).toBe(1);
    expect(await requestsOf(scripted(always(413, { 'retry-after': '1' })))).toBe(3);
  });

  test('any other 4xx, and a 5xx that means never, fails fast', async () => {
    for (const status of [400, 403, 404, 405, 409, 410, 418, 422, 451, 501, 505, 511, 526, 561]) {
      expect(await requestsOf(scripted(always(status)))).toBe(1);
    }
  });

  test('any other 5xx is retried as a 500 is', async () => {
    for (const status of [507, 520, 524, 529, 530, 599]) {
      expect(await requestsOf(scripted(always(status)))).toBe(3);
    }
  });
});

describe('accept()', () => {
  test('makes an error status an answer, on both faces', async () => {
    const { api, clock, log } = scripted([{ status: 404, json: { found: false } }, 404], {
      policies: { 404: accept() },
    });
    expect(await clock.run(api.get('x').json())).toEqual({ found: false });
    expect((await clock.run(api.fetch(`${baseUrl}x`))).status).toBe(404);
    expect(log.lines.filter((line) => line.startsWith('call.ended'))).toEqual(
      Array(2).fill('call.ended: success after 1 attempt'),
    );
  });

  test('of a 304 or a redirect that is not followed changes nothing', async () => {
    const { api, clock } = scripted([304], { policies: { 304: accept() } });
    expect((await clock.run(api.get('x'))).status).toBe(304);
  });
});

describe('throwHttpErrors', () => {
  test('false gives the response after the retries, unread', async () => {
    const { api, clock, transport } = scripted([503, { status: 503, json: { a: 1 } }], {
      throwHttpErrors: false,
      retry: 1,
    });
    const response = await clock.run(api.get('x'));
    expect([response.status, response.bodyUsed, transport.requests.length]).toEqual([503, false, 2]);
    expect(await response.json()).toEqual({ a: 1 });
  });

  test('a function decides which statuses throw', async () => {
    const { api, clock } = scripted([404, 403], { throwHttpErrors: (status) => status !== 404 });
    expect((await clock.run(api.get('x'))).status).toBe(404);
    expect(isApiError(await clock.run(rejection(api.get('x'))))).toBe(true);
  });
});

describe("ky's retry", () => {
  test('0 switches retries off at its level', async () => {
    expect(await requestsOf(scripted(always(503), { retry: 0 }))).toBe(1);
    const scene = scripted(always(503));
    expect(await requestsOf(scene, { retry: 0 })).toBe(1);
    expect(await requestsOf(scene)).toBe(3);
  });

  test('of the client is overridden by the call', async () => {
    const scene = scripted(always(503), { retry: 0, retryBudget: false });
    expect(await requestsOf(scene, { retry: 4 })).toBe(5);
  });

  test('is beaten by policies of the same object', async () => {
    const scene = scripted(always(503), { retry: 0, policies: { 503: quick }, retryBudget: false });
    expect(await requestsOf(scene)).toBe(6);
  });

  test('as an object counts by its given fields only', async () => {
    const scene = scripted(always(503), { retry: { limit: 1 } });
    await scene.clock.run(rejection(scene.api.get('x')));
    expect(scene.log.lines[3]).toBe('retry.scheduled 1: 503 → retry 1 of 1 in 320 ms (backoff)');
    const exact = scripted(always(503), { retry: { delay: (count) => count * 10 } });
    await exact.clock.run(rejection(exact.api.get('x')));
    expect(exact.clock.now()).toBe(10 + 20);
  });

  test('statusCodes, methods and retryOnTimeout mean what they mean in ky', async () => {
    expect(await requestsOf(scripted(always(503), { retry: { statusCodes: [502] } }))).toBe(1);
    expect(await requestsOf(scripted(always(418), { retry: { statusCodes: [418] } }))).toBe(3);
    expect(await requestsOf(scripted(always(503), { retry: { methods: ['put'] } }))).toBe(1);
    const post = scripted(always(500), { retry: { methods: ['post'] } });
    await post.clock.run(rejection(post.api.post('x')));
    expect(post.transport.requests).toHaveLength(3);
  });

  test('maxRetryAfter fails rather than clamps', async () => {
    const scene = scripted(always(429, { 'retry-after': '5' }), { retry: { maxRetryAfter: 4000 } });
    expect(await requestsOf(scene)).toBe(1);
    expect(scene.clock.now()).toBe(0);
  });

  test('shouldRetry is asked, at the level of the client and of the call', async () => {
    const asked: number[] = [];
    const shouldRetry = ({ retryCount }: { retryCount: number }): boolean => asked.push(retryCount) < 2;
    const scene = scripted(always(503), { retry: { shouldRetry } });
    expect(await requestsOf(scene)).toBe(2);
    expect(asked).toEqual([1, 2]);
    expect(await requestsOf(scripted(always(503)), { retry: { shouldRetry: () => false } })).toBe(1);
    expect(await requestsOf(scripted(always(418)), { retry: { shouldRetry: () => true } })).toBe(3);
  });

  test('as hooks see it is the caller’s own', async () => {
    const seen: unknown[] = [];
    const hooks = {
      beforeRequest: [({ options }: { options: { retry: { limit?: number } } }) => void seen.push(options.retry.limit)],
    };
    const scene = scripted(always(200), { retry: 7, hooks });
    await scene.clock.run(scene.api.get('x'));
    await scene.clock.run(scene.api.get('x', { retry: { limit: 3 } }));
    expect(seen).toEqual([7, 3]);
  });
});
