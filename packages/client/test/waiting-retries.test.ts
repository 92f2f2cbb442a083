import { ManualClock } from '@holdfast/core/testing';
import {
  type ClientOptions,
  createResilientClient,
  isApiError,
  type ResilientClient,
  retry,
  type Strategy,
} from 'holdfast';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { baseUrl, rejection } from './support/scripted.ts';
import { after, tenants } from './support/tenants.ts';

interface Server {
  readonly api: ResilientClient;
  readonly clock: ManualClock;
  readonly requests: () => number;
  readonly types: string[];
  /** Makes this many simultaneous calls, each to another URL; returns the statuses. */
  all(count: number): Promise<number[]>;
}

/** A client in virtual time. The server's answer depends on the time and on how often the URL was requested. */
function serverThat(
  answer: (asked: number, now: number) => Response | Promise<Response>,
  options: ClientOptions = {},
): Server {
  const clock = new ManualClock();
  const asked = new Map<string, number>();
  let requests = 0;
  const types: string[] = [];
  const api = createResilientClient({
    ...{ baseUrl, clock, random: () => 0.5, ...options },
    fetch: async (request) => {
      const { url } = request as Request;
      requests++;
      asked.set(url, (asked.get(url) ?? 0) + 1);
      return answer(asked.get(url) ?? 1, clock.now());
    },
  });
  api.on(({ type }) => types.push(type));
  onTestFinished(() => api.close());
  const statusOf = async (path: string): Promise<number> => {
    try {
      return (await api.get(path)).status;
    } catch (error) {
      return isApiError(error) ? error.status : 0;
    }
  };
  const all: Server['all'] = (count) =>
    clock.run(Promise.all(Array.from({ length: count }, (_, index) => statusOf(`${index}`))));
  return { api, clock, requests: () => requests, types, all };
}

/** One URL always fails. */
const poison: Strategy = {
  name: 'poison',
  execute: async (request, next, context) =>
    request.url.endsWith('/0') ? new Response(null, { status: 503 }) : next(request, context),
};
const failingOnce = (asked: number): Response => new Response(null, { status: asked === 1 ? 503 : 200 });
const down = (): Response => new Response('down', { status: 503 });

describe('calls that fail together', () => {
  test.each([1, 3, 10, 19, 50, 120, 500])('are all answered, %i at once, when each fails once', async (count) => {
    const server = serverThat(failingOnce);
    expect(await server.all(count)).toEqual(Array(count).fill(200));
    expect(server.requests()).toBe(2 * count);
  });

  test('are all answered when each fails twice', async () => {
    const server = serverThat((asked) => new Response(null, { status: asked <= 2 ? 503 : 200 }));
    expect(await server.all(50)).toEqual(Array(50).fill(200));
  });

  test.each([1, 2, 3, 10, 60])('are all answered through an interruption of 890 ms, %i at once', async (count) => {
    for (const random of [0, 0.25, 0.5, 0.75, 0.999]) {
      const server = serverThat((_asked, now) => new Response(null, { status: now < 890 ? 503 : 200 }), {
        random: () => random,
      });
      expect(await server.all(count)).toEqual(Array(count).fill(200));
    }
  });

  test('are answered, all but one at most, when their connections are reset for 890 ms', async () => {
    const reset = (): Promise<Response> =>
      Promise.reject(
        new TypeError('fetch failed', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) }),
      );
    for (const random of [0, 0.5, 0.999]) {
      const server = serverThat((_asked, now) => (now < 890 ? reset() : new Response()), { random: () => random });
      const answered = (await server.all(10)).filter((status) => status === 200);
      expect(answered.length).toBeGreaterThanOrEqual(9);
    }
  });

  test('are answered although the first of them fails for good', async () => {
    const server = serverThat(failingOnce, { perAttempt: [poison] });
    expect(await server.all(10)).toEqual([503, ...Array(9).fill(200)]);
  });

  test.each([2, 5, 20, 47])(
    'are answered, %i at once, although the first fails for good and each other fails twice',
    async (count) => {
      const server = serverThat((asked) => new Response(null, { status: asked <= 2 ? 503 : 200 }), {
        perAttempt: [poison],
      });
      expect(await server.all(count)).toEqual([503, ...Array(count - 1).fill(200)]);
    },
  );

  describe.each([2, 3, 4, 7, 10, 14])('are answered, %i at once, however many of them fail for good,', (count) => {
    test.each([1, 2])('where the others fail %i times', async (failures) => {
      for (const bad of new Set([1, 2, Math.floor(count / 2), count - 1])) {
        for (const isBad of [(index: number) => index < bad, (index: number) => index >= count - bad]) {
          const someFail: Strategy = {
            name: 'poison',
            execute: async (request, next, context) =>
              isBad(Number(request.url.split('/').at(-1)))
                ? new Response(null, { status: 503 })
                : next(request, context),
          };
          const answer = (asked: number): Response => new Response(null, { status: asked <= failures ? 503 : 200 });
          const server = serverThat(answer, { perAttempt: [someFail] });
          const wanted = Array.from({ length: count }, (_, index) => (isBad(index) ? 503 : 200));
          expect(await server.all(count)).toEqual(wanted);
          expect(server.clock.pending).toBe(0);
        }
      }
    });
  });

  test('outlive 890 ms one by one as well, where the server has answered just before', async () => {
    for (const random of [0, 0.5, 0.999]) {
      let downUntil = 0;
      const server = serverThat((_asked, now) => new Response(null, { status: now < downUntil ? 503 : 200 }), {
        random: () => random,
      });
      for (const ms of [20_000, 4_000]) {
        expect(await server.all(1)).toEqual([200]);
        await server.clock.advance(ms);
      }
      downUntil = server.clock.now() + 890;
      expect((await server.clock.run(server.api.get('later'))).status).toBe(200);
    }
  });

  test.each([
    [1, 299],
    [3, 2_000],
    [5, 9_000],
  ])('outlive with `retry: %i` an interruption of %i ms, as they would with ky', async (limit, ms) => {
    for (const random of [0, 0.5, 0.999]) {
      const answer = (_asked: number, now: number): Response => new Response(null, { status: now < ms ? 503 : 200 });
      for (const count of [1, 10]) {
        const server = serverThat(answer, { retry: limit, random: () => random });
        expect(await server.all(count)).toEqual(Array(count).fill(200));
      }
    }
  });

  test('are answered where each comes at its own moment, fails once, and failures take as long as answers', async () => {
    const server: Server = serverThat((asked) => after(server.clock, 300, 'a', { status: asked === 1 ? 503 : 200 }));
    const { api, clock } = server;
    const callAt = async (index: number): Promise<number> => {
      await new Promise<void>((resolve) => clock.setTimer(resolve, 10 * index));
      return api.get(`${index}`, { throwHttpErrors: false }).then(({ status }) => status);
    };
    const statuses = await clock.run(Promise.all(Array.from({ length: 100 }, (_, index) => callAt(index))));
    expect(statuses).toEqual(Array(100).fill(200));
  });

  test('are answered although several of them fail for good, the first ones too', async () => {
    const severalFail: Strategy = {
      name: 'poison',
      execute: async (request, next, context) =>
        /\/[012]$/.test(request.url) ? new Response(null, { status: 503 }) : next(request, context),
    };
    const server = serverThat(failingOnce, { perAttempt: [severalFail] });
    expect(await server.all(30)).toEqual([503, 503, 503, ...Array(27).fill(200)]);
  });

  test.each([
    ['three a second, one in twenty of which', { everyMs: 333, calls: 60, poisoned: 20 }],
    ['fifty a second, one in five of which', { everyMs: 20, calls: 150, poisoned: 5 }],
  ])('are answered where each fails once, %s fails for good', async (_title, { everyMs, calls, poisoned }) => {
    const clock = new ManualClock();
    const failed = new Set<string>();
    const isPoisoned = (index: number): boolean => index % poisoned === 1;
    const api = createResilientClient({
      ...{ baseUrl, clock, random: () => 0.5 },
      fetch: async (request) => {
        const { url } = request as Request;
        const isGood = failed.has(url) && !isPoisoned(Number(url.split('/').at(-1)));
        failed.add(url);
        return new Response(null, { status: isGood ? 200 : 503 });
      },
    });
    onTestFinished(() => api.close());
    const callAt = async (index: number): Promise<number> => {
      await new Promise<void>((resolve) => clock.setTimer(resolve, index * everyMs));
      return api.get(`${index}`, { throwHttpErrors: false }).then(({ status }) => status);
    };
    const statuses = await clock.run(Promise.all(Array.from({ length: calls }, (_, index) => callAt(index))));
    expect(statuses).toEqual(Array.from({ length: calls }, (_, index) => (isPoisoned(index) ? 503 : 200)));
  });

  test('are all answered when the first two attempts of each hang', async () => {
    const hanging = (asked: number): Response | Promise<Response> =>
      asked <= 2 ? new Promise(() => undefined) : new Response();
    const server = serverThat(hanging, { timeout: 300 });
    expect(await server.all(50)).toEqual(Array(50).fill(200));
    expect(server.requests()).toBe(150);
  });

  test('are all answered within a limit of the user’s own, in whose queue retries go first', async () => {
    const answer = (asked: number): Promise<Response> =>
      after(server.clock, 300, 'a', { status: asked === 1 ? 503 : 200 });
    const server: Server = serverThat(answer, { rateLimit: { maxConcurrent: 5 } });
    expect(await server.all(100)).toEqual(Array(100).fill(200));
    expect(server.requests()).toBe(200);
  });

  test('do not wait for one of them whose retry hangs', async () => {
    const hanging: Strategy = {
      name: 'hanging',
      execute: (request, next, context) =>
        request.url.endsWith('/0') && context.attempt === 2 ? new Promise(() => {}) : next(request, context),
    };
    const server = serverThat(failingOnce, { perAttempt: [hanging] });
    const ended: number[] = [];
    server.api.on('call.ended', () => ended.push(server.clock.now()));
    // Only the deadline bounds the user's own strategies.
    expect(await server.all(20)).toEqual([0, ...Array(19).fill(200)]);
    expect(ended.filter((at) => at > 5_000)).toHaveLength(1);
    expect(server.clock.pending).toBe(0);
  });

  test('outlive half a second without a budget, too', async () => {
    for (const random of [0, 0.5, 0.999]) {
      const answer = (_asked: number, now: number): Response => new Response(null, { status: now < 500 ? 503 : 200 });
      const server = serverThat(answer, { retryBudget: false, random: () => random });
      expect(await server.all(50)).toEqual(Array(50).fill(200));
    }
  });

  test('get their last retry although the call has less time than half a second', async () => {
    for (const random of [0, 0.3, 0.5]) {
      const timing = { totalTimeout: 500, timeout: 500, random: () => random };
      const server = serverThat((asked) => new Response(null, { status: asked <= 2 ? 503 : 200 }), timing);
      expect(await server.all(1)).toEqual([200]);
    }
  });

  test('are all answered on Cloudflare Workers, where each polls', async () => {
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
    onTestFinished(() => {
      vi.unstubAllGlobals();
    });
    const server = serverThat((asked) => new Response(null, { status: asked <= 2 ? 503 : 200 }));
    expect(await server.all(50)).toEqual(Array(50).fill(200));
    expect(server.clock.pending).toBe(0);
  });

  test('are refused together in an outage, which costs little more than one request for each', async () => {
    const server = serverThat(down);
    expect(await server.all(60)).toEqual(Array(60).fill(503));
    expect(server.requests()).toBeLessThanOrEqual(72);
    expect(server.clock.now()).toBeGreaterThanOrEqual(1000);
    expect(server.clock.pending).toBe(0);
    expect(server.api.snapshot().budgets[0]).not.toHaveProperty('waiting');
  });

  test('cost no more in three batches', async () => {
    const server = serverThat(down);
    for (let batch = 0; batch < 3; batch++) await server.all(40);
    expect(server.requests()).toBeLessThanOrEqual(1.2 * 120);
  });
});

describe('a retry that waits', () => {
  /** The first call retries after 250 ms of backoff, and its answer takes two seconds; the other calls wait for it. */
  const slowSecond = (clock: () => ManualClock) => (asked: number) =>
    asked === 1 ? new Response('x'.repeat(300_000), { status: 503 }) : after(clock(), 2_000, 'a');
  const waitingCalls = (options: ClientOptions = {}): Server => {
    const server: Server = serverThat(
      slowSecond(() => server.clock),
      { policies: { 503: retry() }, ...options },
    );
    return server;
  };

  test('is reported by an event with its decision, and is in the snapshot and in explain()', async () => {
    const { api, clock, all } = waitingCalls();
    const told: unknown[] = [];
    api.on('retry.waiting', ({ attempt, status, waiting, decision }) =>
      told.push({ attempt, status, waiting, reason: decision.reason }),
    );
    expect(api.explain({ status: 503, url: '/' }).reason).toBe('503 → retry 1 of 2 in 125 ms (backoff)');
    const ended = all(3);
    await clock.advance(1);
    const reason =
      '503 → retry 1 of 2 in 125 ms (backoff), if the retries under way are answered: the retry budget of this origin is spent';
    expect(told).toEqual([
      { attempt: 1, status: 503, waiting: 1, reason },
      { attempt: 1, status: 503, waiting: 2, reason },
    ]);
    expect(api.snapshot().budgets[0]).toMatchObject({ waiting: 2 });
    expect(api.explain({ status: 503, url: '/' }).reason).toBe(reason);
    expect(await ended).toEqual([200, 200, 200]);
  });

  test('counts its wait as backoff, and says in the history how long it was', async () => {
    const { api, clock, all } = waitingCalls();
    const reasons: string[] = [];
    api.on('retry.scheduled', ({ decision }) => reasons.push(decision.reason));
    await all(2);
    expect(reasons).toEqual([
      '503 → retry 1 of 2 in 125 ms (backoff)',
      '503 → retry 1 of 2 in 0 ms (backoff), after 2125 ms of waiting for other retries',
    ]);
    expect(clock.pending).toBe(0);
  });

  test('ends at once with an abort, in the reason of its caller, and hands nothing on', async () => {
    const { api, clock, all } = waitingCalls();
    const others = all(1);
    const controller = new AbortController();
    const aborted = rejection(api.get('y', { signal: controller.signal }));
    await clock.advance(10);
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await aborted).toBe(reason);
    expect(api.snapshot().budgets[0]).not.toHaveProperty('waiting');
    expect(await others).toEqual([200]);
    expect(clock.pending).toBe(0);
  });

  test('ends at once when the client is closed', async () => {
    const { api, clock } = waitingCalls();
    const ends = Promise.all([rejection(api.get('x')), rejection(api.get('y'))]);
    await clock.advance(10);
    await api.close();
    expect(await ends).toMatchObject([{ code: 'CLIENT_CLOSED' }, { code: 'CLIENT_CLOSED' }]);
  });

  test('gets its last outcome just before its deadline', async () => {
    const { api, clock } = waitingCalls();
    const first = api.get('x');
    const late = rejection(api.get('y', { timeout: 1000, totalTimeout: 2000 }));
    const lateAt = late.then(() => clock.now());
    const stop = clock.flow();
    onTestFinished(stop);
    expect(await late).toMatchObject({
      status: 503,
      decision: {
        action: 'fail',
        because: 'deadline',
        reason: '503 → fail: no time is left for a retry, after 1950 ms of waiting for other retries',
      },
    });
    expect(await lateAt).toBe(1950);
    expect((await first).status).toBe(200);
  });

  test('leaves the line when its time is over: a later call has all its retries', async () => {
    const { api, clock, all, requests } = serverThat(down, { totalTimeout: 900, timeout: 500 });
    await all(3);
    expect(api.snapshot().budgets[0]).not.toHaveProperty('waiting');
    await clock.advance(300_000);
    const before = requests();
    await all(1);
    expect(requests() - before).toBe(3);
  });

  test('hands its grant on to the next call when its call is aborted: that is no failed retry', async () => {
    const { api, clock } = waitingCalls();
    const retried: (string | undefined)[] = [];
    api.on('retry.scheduled', ({ url }) => retried.push(url.at(-1)));
    const controller = new AbortController();
    const first = rejection(api.get('x', { signal: controller.signal }));
    const others = Promise.all([api.get('y'), api.get('z')]);
    await clock.advance(500);
    controller.abort();
    await first;
    await clock.advance(1);
    expect(retried).toEqual(['x', 'y']);
    expect((await clock.run(others)).map(({ status }) => status)).toEqual([200, 200]);
  });

  test('is refused with the fallback of its policy', async () => {
    const { api, clock } = serverThat(down, { policies: { 503: retry({ limit: 1, fallback: { stale: true } }) } });
    const all = Promise.all(Array.from({ length: 5 }, (_, index) => api.get(`${index}`).json()));
    expect(await clock.run(all)).toEqual(Array(5).fill({ stale: true }));
  });

  test('holds no permit, though its error body is long', async () => {
    const server = serverThat(
      (asked) =>
        asked === 1
          ? new Response(new Blob(['x'.repeat(300_000)]).stream(), { status: 503 })
          : new Response(null, { status: 200 }),
      { rateLimit: { maxConcurrent: 5 } },
    );
    expect(await server.all(50)).toEqual(Array(50).fill(200));
  });

  test('keeps the start of its error body for the error that the caller gets', async () => {
    const { api, clock } = serverThat(() =>
      Response.json({ error: { code: 'busy', message: 'no room' } }, { status: 503 }),
    );
    const errors = await clock.run(
      Promise.all(Array.from({ length: 5 }, (_, index) => rejection(api.get(`${index}`)))),
    );
    expect(errors).toMatchObject(Array(5).fill({ error: { code: 'busy', message: 'no room' } }));
  });
});

test('a call goes on in its own async context after it has waited for the retries of others', async () => {
  const scene = tenants({ circuitBreaker: false }, (tenant, sent) =>
    after(scene.clock, 20, tenant, { status: sent === 1 ? 503 : 200 }),
  );
  const answers = await scene.callAll(12);
  expect(answers).toEqual(Array.from({ length: 12 }, (_, index) => ({ tenant: `t${index}` })));
  expect(scene.crossings).toEqual([]);
  expect(scene.seen).toContain('retry.waiting');
});
