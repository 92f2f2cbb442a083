import { getEventListeners } from 'node:events';
import { hang, ManualClock, type Step } from '@holdfast/core/testing';
import {
  bearerToken,
  type ClientOptions,
  createResilientClient,
  isResilienceError,
  QueueRejectedError,
  RateLimitError,
  retry,
} from 'holdfast';
import { describe, expect, test } from 'vitest';
import { baseUrl, rejection, scripted, until } from './support/scripted.ts';
import { serve } from './support/server.ts';

const busy = (seconds: number): Step => ({ status: 429, headers: { 'retry-after': String(seconds) } });
const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));

describe('one 429 pauses all calls', () => {
  test('a later call waits, too, and both are answered', async () => {
    const { api, clock, transport, log } = scripted([busy(2), 200, 200]);
    const first = api.get('orders/1').text();
    await until(() => log.lines.includes('limiter.paused 1: 2000 ms (Retry-After)'));
    const second = api.get('orders/2').text();
    await clock.advance(1999);
    expect(transport.requests).toHaveLength(1);
    await clock.run(Promise.all([first, second]));
    expect(transport.requests.map(({ url }) => url.at(-1)).toSorted()).toEqual(['1', '1', '2']);
    expect(clock.now()).toBeGreaterThanOrEqual(2000);
    expect(clock.pending).toBe(0);
  });

  test('the snapshot shows the pause and the quota, and the error has the quota, too', async () => {
    const headers = { 'retry-after': '90', 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '0' };
    const { api, clock } = scripted([{ status: 429, headers: { ...headers, 'x-ratelimit-reset': '90' } }]);
    const error = await clock.run(rejection<RateLimitError>(api.get('x')));
    expect(error).toBeInstanceOf(RateLimitError);
    const resetAt = clock.wallNow() + 90_000;
    expect(error.quota).toEqual({ limit: 100, remaining: 0, resetAt });
    const { limiters, quotas } = api.snapshot();
    expect(limiters).toEqual([
      { key: 'https://api.example.com', running: 0, queued: 0 },
      { key: 'https://api.example.com', bucket: 'GET /v1/x', running: 0, queued: 0, pausedUntil: resetAt },
    ]);
    expect(quotas).toEqual([{ key: 'https://api.example.com', limit: 100, remaining: 0, resetAt }]);
    expect(JSON.parse(JSON.stringify(api.snapshot()))).toEqual(api.snapshot());
  });

  test('a call that the pause outlasts fails at once, with an error that says when to try again', async () => {
    const { api, clock, transport } = scripted([busy(90)]);
    await clock.run(rejection(api.get('x')));
    const error = await rejection<QueueRejectedError>(api.get('x'));
    expect(error).toBeInstanceOf(QueueRejectedError);
    expect(error).toMatchObject({ code: 'QUEUE_TIMEOUT', applied: 'no', retryAt: clock.wallNow() + 90_000 });
    expect(transport.requests).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test('rateLimit: false pauses only the retry', async () => {
    const { api, clock } = scripted([busy(90), 200], { rateLimit: false });
    await clock.run(rejection(api.get('x')));
    expect((await clock.run(api.get('y'))).status).toBe(200);
    expect(api.snapshot()).toMatchObject({ limiters: [], quotas: [] });
    expect(api.snapshot().pipeline).not.toContain('rateLimiter');
  });
});

describe('a rejection by the queue', () => {
  test.each<[string, ClientOptions]>([
    ['by default', {}],
    ['not even where all is', { policies: { default: retry(), network: retry(), '4xx': retry() } }],
    ['nor by ky’s retry', { retry: { limit: 5, statusCodes: [429], methods: ['get'] } }],
  ])('is not retried, %s', async (_name, options) => {
    const { api, clock, transport } = scripted([hang()], { rateLimit: { maxConcurrent: 1, maxQueue: 0 }, ...options });
    const running = rejection(api.get('a'));
    await until(() => transport.requests.length === 1);
    const error = await rejection<QueueRejectedError>(api.get('b'));
    expect(error).toMatchObject({ code: 'QUEUE_FULL', applied: 'no', decision: { action: 'fail' } });
    expect(isResilienceError(error)).toBe(true);
    await api.close();
    await running;
    expect(transport.requests).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test('may be answered by a fallback', async () => {
    const { api, transport } = scripted([hang()], {
      rateLimit: { maxConcurrent: 1, maxQueue: 0 },
      fallback: () => new Response('later'),
    });
    const running = rejection(api.get('a'));
    await until(() => transport.requests.length === 1);
    expect(await api.get('b').text()).toBe('later');
    await api.close();
    await running;
  });
});

describe('a call that waits for a permit', () => {
  const waiting = async (options: ClientOptions = {}) => {
    const scene = scripted([hang(), 200, 200, 200], { rateLimit: { maxConcurrent: 1 }, ...options });
    const running = new AbortController();
    const first = rejection(scene.api.get('first', { signal: running.signal }));
    await until(() => scene.transport.requests.length === 1);
    return { ...scene, first, end: () => running.abort(new Error('over')) };
  };

  test('ends at once when its caller gives up, and leaves nothing on the signal', async () => {
    const { api, first, end, transport, clock } = await waiting();
    const controller = new AbortController();
    const reason = new Error('tired');
    const call = rejection(api.get('second', { signal: controller.signal }));
    await until(() => api.snapshot().limiters[0]?.queued === 1);
    controller.abort(reason);
    expect(await call).toBe(reason);
    expect(api.snapshot().limiters).toMatchObject([{ running: 1, queued: 0 }]);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    end();
    await first;
    expect(transport.requests).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test('ends with its deadline', async () => {
    const { api, clock, transport } = await waiting();
    const error = await clock.run(rejection(api.get('second', { timeout: 400, totalTimeout: 400 })));
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', limitMs: 400 });
    expect(transport.requests).toHaveLength(1);
    await api.close();
  });

  test('does not spend its attempt’s time there', async () => {
    const { api, clock, first, end } = await waiting();
    const second = api.get('second', { timeout: 50 });
    await clock.advance(500);
    end();
    await first;
    expect((await clock.run(second)).status).toBe(200);
  });

  test('goes by fetch’s own priority, of a client, of a call, and of client.fetch', async () => {
    const { api, transport, first, end, clock } = await waiting({ priority: 'low' });
    const calls = [
      api.get('low'),
      api.get('auto', { priority: 'auto' }),
      api.fetch(`${baseUrl}high`, { priority: 'high' }),
    ];
    await until(() => api.snapshot().limiters[0]?.queued === 3);
    end();
    await first;
    await clock.run(Promise.all(calls.map(async (call) => (await call).text())));
    expect(transport.requests.slice(1).map(({ url }) => url.replace(baseUrl, ''))).toEqual(['high', 'auto', 'low']);
  });

  test('is ended by close()', async () => {
    const { api, clock, first } = await waiting();
    const second = rejection(api.get('second'));
    await until(() => api.snapshot().limiters[0]?.queued === 1);
    await api.close();
    expect(await second).toMatchObject({ code: 'CLIENT_CLOSED', applied: expect.any(String) });
    await first;
    expect(clock.pending).toBe(0);
  });

  test('does not go out when the circuit has opened meanwhile', async () => {
    const { api, first, end, transport } = await waiting();
    const second = rejection(api.get('second'));
    await until(() => api.snapshot().limiters[0]?.queued === 1);
    api.circuits.open('https://api.example.com');
    end();
    await first;
    expect(await second).toMatchObject({ code: 'CIRCUIT_OPEN' });
    expect(transport.requests).toHaveLength(1);
  });
});

test('a permit is not spent on the wait for a token: the calls that waited for it keep to the rate as well', async () => {
  const sentAt: number[] = [];
  const { api, clock } = scripted([], {
    auth: bearerToken({
      refresh: async () => {
        await new Promise<void>((resolve) => clock.setTimer(resolve, 900));
        return { token: 'abc' };
      },
    }),
    rateLimit: { requests: 5, perMs: 1000 },
    fetch: async () => {
      sentAt.push(clock.now());
      return new Response('{}');
    },
  });
  await clock.run(Promise.all(many(12, () => api.get('x').json())));
  expect(sentAt).toEqual([...many(5, () => 900), ...many(5, () => 1900), ...many(2, () => 2900)]);
});

describe('extend()', () => {
  test('shares the limit, and what has its own rateLimit has a limit of its own', async () => {
    const { api, transport } = scripted([hang(), hang()], { rateLimit: { maxConcurrent: 1 } });
    const child = api.extend({ headers: { 'x-a': '1' } });
    const other = api.extend({ rateLimit: { maxConcurrent: 2 } });
    const first = rejection(api.get('a'));
    await until(() => transport.requests.length === 1);
    const second = rejection(child.get('b'));
    await until(() => api.snapshot().limiters[0]?.queued === 1);
    const third = rejection(other.get('c'));
    await until(() => transport.requests.length === 2);
    expect(transport.requests[1]?.url).toBe(`${baseUrl}c`);
    expect(other.snapshot().limiters).toMatchObject([{ running: 1, queued: 0 }]);
    await api.close();
    await Promise.all([first, second, third]);
  });
});

describe('with a real server', () => {
  test('no more requests are under way at once than maxConcurrent says, their bodies included', async () => {
    let atOnce = 0;
    let most = 0;
    const { origin } = await serve((_request, response) => {
      most = Math.max(most, ++atOnce);
      response.on('close', () => atOnce--);
      response.write('[1');
      setImmediate(() => setImmediate(() => response.end(',2]')));
    });
    const api = createResilientClient({ rateLimit: { maxConcurrent: 4 } });
    const bodies = await Promise.all(
      many(60, async (index) => {
        if (index % 3 === 0) return api.get(`${origin}/${index}`).json();
        const response = await api.fetch(`${origin}/${index}`);
        if (index % 3 === 1) return response.json();
        let text = '';
        for await (const piece of response.body ?? []) text += new TextDecoder().decode(piece);
        return JSON.parse(text);
      }),
    );
    expect(bodies).toEqual(many(60, () => [1, 2]));
    expect(most).toBeLessThanOrEqual(4);
    expect(api.snapshot().limiters).toEqual([{ key: origin, running: 0, queued: 0 }]);
    await api.close();
  });

  test('answers that are thrown away, retried or errors give their permits back', async () => {
    const { origin, requests } = await serve(({ path }, response) => {
      response.statusCode = Number(path.slice(1));
      response.end('x'.repeat(100_000));
    });
    const api = createResilientClient({
      rateLimit: { maxConcurrent: 1 },
      retry: { delay: () => 1 },
      retryBudget: false,
      circuitBreaker: false,
    });
    const ends = await Promise.all(
      many(10, (index) => rejection<{ status: number }>(api.get(`${origin}/${503 - (index % 2) * 99}`).json())),
    );
    expect(ends.map(({ status }) => status)).toEqual(many(10, (index) => 503 - (index % 2) * 99));
    expect(requests).toHaveLength(5 * 3 + 5);
    expect(api.snapshot().limiters).toEqual([{ key: origin, running: 0, queued: 0 }]);
    await api.close();
  });

  test('a burst on a limit for a window comes in windows, and all are answered', async () => {
    const { origin, requests } = await serve((_request, response) => response.end('{}'));
    const clock = new ManualClock();
    const api = createResilientClient({ clock, rateLimit: { requests: 20, perMs: 300 } });
    const answered = Promise.all(many(70, () => api.get(origin).json()));
    for (const sent of [20, 40, 60]) {
      await until(() => requests.length === sent && api.snapshot().limiters[0]?.running === 0);
      await clock.advance(299);
      expect(requests).toHaveLength(sent);
      await clock.advance(1);
    }
    expect(await answered).toHaveLength(70);
    expect(requests).toHaveLength(70);
    await api.close();
  });
});
