import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { startRedis } from '../../../test/redis-server.ts';
import { mostWithin, startApi } from './support/redis-api.ts';
import { client, eventually, type Member, member, members, spreadMs } from './support/redis-fleet.ts';

async function stage(): Promise<[redis: string, api: Awaited<ReturnType<typeof startApi>>]> {
  const [{ url }, api] = await Promise.all([startRedis(), startApi()]);
  return [url, api];
}

const complaintsOf = async (fleet: readonly Member[]): Promise<string[]> =>
  (await Promise.all(fleet.map((one) => one.complaints()))).flat();

describe('a fleet', () => {
  test('keeps one limit: four processes, 2,000 calls each, and no window is exceeded', async () => {
    const [redis, api] = await stage();
    const [requests, perMs] = [600, 1000];
    const fleet = await members(4, { api: api.url, limits: { requests, perMs, redis } });
    const all = await Promise.all(fleet.map((one) => one.calls({ count: 2000, atOnce: 300 })));
    expect(all.map(({ ends }) => ends)).toEqual(Array(4).fill({ '200': 2000 }));
    expect(api.arrivals).toHaveLength(8000);
    expect(mostWithin(api.arrivals, perMs - (await spreadMs(fleet)))).toBeLessThanOrEqual(requests);
    expect(await complaintsOf(fleet)).toEqual([]);
  });

  test('keeps maxConcurrent: never more at once', async () => {
    const [redis, api] = await stage();
    api.answerAfterMs = 10;
    const fleet = await members(4, { api: api.url, limits: { maxConcurrent: 5, redis } });
    await Promise.all(fleet.map((one) => one.calls({ count: 50 })));
    expect(api.arrivals).toHaveLength(200);
    expect(api.mostAtOnce).toBeLessThanOrEqual(5);
    expect(await complaintsOf(fleet)).toEqual([]);
  });

  test('keeps minTimeMs: one after the other, at the pace, from any process', async () => {
    const [redis, api] = await stage();
    const fleet = await members(4, { api: api.url, limits: { minTimeMs: 20, redis } });
    await Promise.all(fleet.map((one) => one.calls({ count: 15 })));
    const { arrivals } = api;
    const tookMs = Math.max(...arrivals) - Math.min(...arrivals);
    expect(tookMs).toBeGreaterThan(59 * 20 - (await spreadMs(fleet)));
    expect(mostWithin(arrivals, 400 - (await spreadMs(fleet)))).toBeLessThanOrEqual(20);
  });

  test('keeps several limits at once', async () => {
    const [redis, api] = await stage();
    const limits = [{ requests: 20, perMs: 400, redis }, { requests: 50, perMs: 86_400_000 }, { maxConcurrent: 30 }];
    const fleet = await members(2, { api: api.url, limits });
    const calls = fleet.map((one) => one.calls({ count: 40 }));
    await eventually(() => api.arrivals.length === 50);
    await wait(800);
    expect(api.arrivals).toHaveLength(50);
    expect(mostWithin(api.arrivals, 400 - (await spreadMs(fleet)))).toBeLessThanOrEqual(20);
    void calls;
  });

  test('gets back what a killed process held: calls in flight, and starts in the window', async () => {
    const [redis, api] = await stage();
    const setting = { api: api.url, limits: { requests: 10, perMs: 1500, redis } };
    const [one, other] = (await members(2, setting)) as [Member, Member];
    await one.calls({ count: 10 });
    await one.kill();
    const { ends } = await other.calls({ count: 10 });
    expect(ends).toEqual({ '200': 10 });
    expect(mostWithin(api.arrivals, 1500 - (await spreadMs([other])))).toBeLessThanOrEqual(10);
  });

  test('waits a minute for the calls in flight of a killed process, and goes on then', async () => {
    const [redis, api] = await stage();
    const setting = { api: api.url, limits: { maxConcurrent: 2, redis } };
    const [one, other] = (await members(2, setting)) as [Member, Member];
    api.answerAfterMs = 100_000;
    void one.calls({ count: 2 });
    await eventually(() => api.arrivals.length === 2);
    await one.kill();
    api.answerAfterMs = 0;
    const calls = other.calls({ count: 4 });
    await wait(300);
    expect(api.arrivals).toHaveLength(2);
    // The minute is measured by Redis; its data says when the minute ends.
    const stored = client(redis);
    const [name] = await stored.keys('*_job_expirations');
    const jobs = (await stored.call('zrange', name as string, 0, -1, 'WITHSCORES')) as string[];
    const [seconds] = await stored.time();
    for (const at of [1, 3]) expect(Number(jobs[at]) / 1000 - Number(seconds)).toBeGreaterThan(50);
    for (const at of [1, 3]) expect(Number(jobs[at]) / 1000 - Number(seconds)).toBeLessThan(61);
    for (const at of [0, 2]) await stored.zadd(name as string, String(Number(seconds) * 1000), jobs[at] as string);
    expect((await calls).ends).toEqual({ '200': 4 });
  });

  test('pauses together: one process gets a 429, and the other waits as well', async () => {
    const [redis, api] = await stage();
    const setting = { api: api.url, limits: { redis } };
    const [one, other] = (await members(2, setting)) as [Member, Member];
    await Promise.all([one.calls({ count: 1 }), other.calls({ count: 1 })]);
    // Their fleet is found while the first call is under way.
    await eventually(async () => {
      const [, listeners] = (await client(redis).pubsub('NUMSUB', 'b_holdfast:default:0:pauses')) as [string, number];
      return listeners === 2;
    });
    await wait(200);
    api.pauseNext(1);
    expect((await one.calls({ count: 1 })).ends).toEqual({ '429': 1 });
    await eventually(async () => (await other.events()).includes('limiter.paused'));
    api.answerAfterMs = 50;
    await other.calls({ count: 20 });
    expect(Math.min(...api.arrivals.slice(3)) - api.pausedAt).toBeGreaterThan(990);
    expect(await other.events()).toEqual(['limiter.paused', 'limiter.resumed']);
  });

  test('of hosts whose clocks are wrong agrees on the time', async () => {
    const [redis, api] = await stage();
    const setting = { api: api.url, limits: { requests: 50, perMs: 500, redis } };
    const fleet = await Promise.all([0, 5000, -5000].map((aheadMs) => member({ ...setting, aheadMs })));
    await Promise.all(fleet.map((one) => one.calls({ count: 60 })));
    expect(api.arrivals).toHaveLength(180);
    expect(mostWithin(api.arrivals, 500 - (await spreadMs(fleet)))).toBeLessThanOrEqual(50);
  });

  test('leaves no key behind: each has a time to live, and is gone after it', async () => {
    const [redis, api] = await stage();
    const limits = [{ requests: 100, perMs: 200, redis }, { maxConcurrent: 3 }, { minTimeMs: 1 }];
    const fleet = await members(2, { api: api.url, limits });
    const stored = client(redis);
    const forever = async (): Promise<string[]> => {
      const keys = await stored.keys('*');
      const left = await Promise.all(keys.map(async (key) => [key, await stored.pttl(key)] as const));
      return left.filter(([, ttl]) => ttl === -1).map(([key]) => key);
    };
    const calls = Promise.all(fleet.map((one) => one.calls({ count: 100 })));
    await calls;
    expect((await stored.keys('b_holdfast:*')).length).toBeGreaterThan(10);
    expect(await forever()).toEqual([]);
    await fleet[0]?.kill();
    await fleet[1]?.close();
    await fleet[1]?.exit();
    expect(await forever()).toEqual([]);
    // Shortens the expiry times, as if this time had passed.
    for (const key of await stored.keys('*'))
      await stored.pexpire(key, Math.max(1, (await stored.pttl(key)) - 121_000));
    await wait(50);
    expect(await stored.keys('*')).toEqual([]);
  });

  test('shares among limiters of one process, and with a ready client', async () => {
    const [redis, api] = await stage();
    const limits = { requests: 20, perMs: 350, redis };
    const [byUrl, ready] = await Promise.all([
      member({ api: api.url, limits, limiters: 2 }),
      member({ api: api.url, limits, isReady: true }),
    ]);
    await Promise.all([byUrl.calls({ count: 40 }), ready.calls({ count: 40 })]);
    expect(api.arrivals).toHaveLength(80);
    expect(mostWithin(api.arrivals, 350 - (await spreadMs([byUrl, ready])))).toBeLessThanOrEqual(20);
    expect(await complaintsOf([byUrl, ready])).toEqual([]);
    await ready.close();
    expect(await ready.exit()).toBe(0);
  });

  test('ends its connections by close(), with what was in flight given back', async () => {
    const [redis, api] = await stage();
    const one = await member({ api: api.url, limits: { maxConcurrent: 2, redis } });
    await one.calls({ count: 5 });
    api.answerAfterMs = 10_000;
    const stored = client(redis);
    expect(await stored.call('CLIENT', 'LIST', 'TYPE', 'pubsub')).toContain('sub=');
    const calls = one.calls({ count: 2 });
    await eventually(() => api.atOnce === 2);
    await one.close();
    await calls;
    await eventually(async () => !String(await stored.call('CLIENT', 'LIST', 'TYPE', 'pubsub')).includes('sub='));
    expect(
      String(await stored.call('CLIENT', 'LIST', 'TYPE', 'normal'))
        .trim()
        .split('\n'),
    ).toHaveLength(1);
    const [settings] = await stored.keys('*:concurrent_settings');
    expect(await stored.hget(settings as string, 'running')).toBe('0');
    expect(await one.exit()).toBe(0);
  });

  test('keeps no idle process alive, but every process that waits for a permit', async () => {
    const [redis, api] = await stage();
    const setting = { api: api.url, limits: { requests: 1, perMs: 1500, redis } };
    const [idle, waiting] = (await members(2, setting)) as [Member, Member];
    await idle.calls({ count: 1 });
    const exit = idle.exit();
    void waiting.calls({ count: 1 });
    const last = waiting.exit();
    expect(await exit).toBe(0);
    expect(await last).toBe(0);
    expect(api.arrivals).toHaveLength(2);
  });
});
