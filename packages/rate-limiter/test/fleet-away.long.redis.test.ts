import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { RateLimitOptions } from '@holdfast/rate-limiter';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type RedisServer, startRedis } from '../../../test/redis-server.ts';
import { type Api, mostWithin, startApi } from './support/redis-api.ts';
import { client, eventually, type Member, members, spreadMs } from './support/redis-fleet.ts';

interface Stage {
  readonly redis: RedisServer;
  readonly api: Api;
  readonly one: Member;
  readonly other: Member;
}

async function stage(limits: RateLimitOptions): Promise<Stage> {
  const [redis, api] = await Promise.all([startRedis(), startApi()]);
  const fleet = await members(2, { api: api.url, limits: { ...limits, redis: redis.url } });
  const [one, other] = fleet as [Member, Member];
  await Promise.all([one.calls({ count: 1 }), other.calls({ count: 1 })]);
  return { redis, api, one, other };
}

const kinds = async (one: Member): Promise<string[]> =>
  (await one.events()).map((event) => event.split(':')[0] as string);

async function isBack(one: Member): Promise<void> {
  await eventually(async () => (await one.events()).at(-1) === 'limiter.recovered');
}

describe('while Redis is away', () => {
  test('each process keeps the limit by itself, and when it is back they share it again', async () => {
    const [requests, perMs] = [40, 400];
    const { redis, api, one, other } = await stage({ requests, perMs });
    const calls = [one.calls({ count: 300 }), other.calls({ count: 300 })];
    await eventually(() => api.arrivals.length > 100);
    await redis.kill();
    const killedAt = api.arrivals.length;
    await eventually(async () => (await kinds(one)).length > 0 && (await kinds(other)).length > 0);
    await wait(800);
    await redis.start();
    await Promise.all([isBack(one), isBack(other)]);
    const backAt = api.arrivals.length;
    for (const { ends } of await Promise.all(calls)) expect(ends).toEqual({ '200': 300 });
    const windowMs = perMs - (await spreadMs([one, other]));
    expect(mostWithin(api.arrivals, windowMs)).toBeLessThanOrEqual(2 * requests);
    expect(mostWithin(api.arrivals.slice(0, killedAt), windowMs)).toBeLessThanOrEqual(requests);
    // By then, the calls that Redis has forgotten are outside of its window.
    const after = api.arrivals.slice(backAt);
    const shared = after.filter((at) => at > (after[0] as number) + perMs);
    expect(mostWithin(shared, windowMs)).toBeLessThanOrEqual(requests);
    expect(await kinds(one)).toEqual(['limiter.degraded', 'limiter.recovered']);
    expect([await one.complaints(), await other.complaints()]).toEqual([[], []]);
  });

  test('maxConcurrent of each process applies all the time', async () => {
    const { redis, api, one, other } = await stage({ maxConcurrent: 3 });
    api.answerAfterMs = 20;
    const calls = [one.calls({ count: 150 }), other.calls({ count: 150 })];
    await eventually(() => api.arrivals.length > 50);
    await redis.kill();
    await eventually(() => api.arrivals.length > 120);
    await redis.start();
    for (const { ends } of await Promise.all(calls)) expect(ends).toEqual({ '200': 150 });
    expect(api.mostAtOnce).toBeLessThanOrEqual(6);
    await Promise.all([isBack(one), isBack(other)]);
    const before = api.arrivals.length;
    await Promise.all([one.calls({ count: 20 }), other.calls({ count: 20 })]);
    expect(api.arrivals.length - before).toBe(40);
    expect([await one.complaints(), await other.complaints()]).toEqual([[], []]);
  });

  test('with reject, calls are rejected at once, waiting ones too, until it is back', async () => {
    const { redis, api, one } = await stage({ requests: 5, perMs: 60_000, onStoreFailure: 'reject' });
    const calls = one.calls({ count: 10 });
    await eventually(() => api.arrivals.length === 5);
    await redis.kill();
    const { ends } = await calls;
    expect(ends).toEqual({ '200': 3, QUEUE_FULL: 7 });
    const late = await one.calls({ count: 3 });
    expect(late.ends).toEqual({ QUEUE_FULL: 3 });
    await redis.start();
    await isBack(one);
    expect((await one.calls({ count: 1 })).ends).toEqual({ '200': 1 });
    expect(await one.complaints()).toEqual([]);
  });

  test('a limit that was deleted in Redis is created again', async () => {
    const { redis, api, one, other } = await stage({ requests: 40, perMs: 400 });
    const calls = [one.calls({ count: 110 }), other.calls({ count: 110 })];
    await eventually(() => api.arrivals.length > 60);
    await client(redis.url).flushall();
    for (const { ends } of await Promise.all(calls)) expect(ends).toEqual({ '200': 110 });
    const windowMs = 400 - (await spreadMs([one, other]));
    // Two windows overlap once, so twice the limit may start.
    expect(mostWithin(api.arrivals, windowMs)).toBeLessThanOrEqual(80);
    expect(mostWithin(api.arrivals.slice(-80), windowMs)).toBeLessThanOrEqual(40);
    expect(await one.events()).toEqual([]);
  });

  test('no call waits for a Redis that is absent at the start, and it is used when it appears', async () => {
    const [redis, api] = await Promise.all([startRedis(), startApi()]);
    await redis.kill();
    const limits = { requests: 10, perMs: 300, redis: redis.url };
    const [one] = (await members(1, { api: api.url, limits })) as unknown as [Member];
    const { ends } = await one.calls({ count: 10 });
    expect(ends).toEqual({ '200': 10 });
    await redis.start();
    await isBack(one);
    await one.calls({ count: 20 });
    expect(await client(redis.url).keys('b_holdfast:default:0:limit:http*')).not.toEqual([]);
    expect(await one.complaints()).toEqual([]);
  });

  test('one that hangs is not waited for longer than two seconds, and not again', async () => {
    const { redis, api, one } = await stage({ requests: 10, perMs: 300 });
    redis.stop();
    const first = await one.calls({ count: 10 });
    expect(first.ends).toEqual({ '200': 10 });
    expect((await one.calls({ count: 10 })).ends).toEqual({ '200': 10 });
    redis.resume();
    await isBack(one);
    await one.calls({ count: 30 });
    expect(mostWithin(api.arrivals, 300 - (await spreadMs([one])))).toBeLessThanOrEqual(10);
    expect(await kinds(one)).toEqual(['limiter.degraded', 'limiter.recovered']);
    expect(await one.complaints()).toEqual([]);
  });

  test('one that accepts and never answers is given a second', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => void silent.close());
    const api = await startApi();
    const redis = `redis://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const [one] = (await members(1, { api: api.url, limits: { requests: 10, perMs: 300, redis } })) as unknown as [
      Member,
    ];
    const { ends } = await one.calls({ count: 10 });
    expect(ends).toEqual({ '200': 10 });
    expect(await one.events()).toEqual(['limiter.degraded: no connection to Redis within 1000 ms']);
    expect(await one.exit()).toBe(0);
  });

  test('a password is never shown, not even a wrong one', async () => {
    const [redis, api] = await Promise.all([startRedis(), startApi()]);
    await client(redis.url).config('SET', 'requirepass', 'opensesame');
    const secret = redis.url.replace('//', '//:opensesame@');
    const wrong = redis.url.replace('//', '//:sesameseed@');
    const limits = { requests: 1000, perMs: 1000 };
    const [right] = (await members(1, { api: api.url, limits: { ...limits, redis: secret } })) as unknown as [Member];
    const reject = { ...limits, redis: wrong, onStoreFailure: 'reject' } as const;
    const [refused] = (await members(1, { api: api.url, limits: reject })) as unknown as [Member];
    await right.calls({ count: 1 });
    expect(await right.events()).toEqual([]);
    expect((await refused.calls({ count: 1 })).ends).toEqual({ QUEUE_FULL: 1 });
    await redis.kill();
    await eventually(async () => (await right.events()).length > 0);
    const told = JSON.stringify([await right.told(), await refused.told()]);
    expect(told).toContain('limiter.degraded');
    expect(told).not.toMatch(/opensesame|sesameseed/);
  });
});
