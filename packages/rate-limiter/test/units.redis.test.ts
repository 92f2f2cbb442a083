import { type CallContext, compose, createEventHub, defaultLevels, systemClock } from '@holdfast/core';
import { createCall, emptyBody } from '@holdfast/core/internal';
import { type RateLimiter, rateLimiter } from '@holdfast/rate-limiter';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startRedis } from '../../../test/redis-server.ts';
import { mostWithin, startApi } from './support/redis-api.ts';
import { client, eventually, members } from './support/redis-fleet.ts';

const amount = 10_000;
const hour = 3_600_000;

interface Process {
  readonly limiter: RateLimiter;
  /** Makes a call of this cost, which later reports its real cost; resolves when the body has been read. */
  send(cost: number, usage?: number | Error): Promise<string>;
  leave(): void;
}

/** The limiter of another process. */
function joined(redis: string, sent: number[]): Process {
  const limiter = rateLimiter({
    ...{ unit: 'tokens', amount, perMs: hour, usage: 'used', redis },
    cost: ({ headers }) => Number(headers.get('x-cost')),
  });
  onTestFinished(() => limiter.close());
  const end = new AbortController();
  return {
    limiter,
    leave: () => end.abort(new Error('left')),
    async send(cost, usage) {
      const request = new Request('https://api.example.com/', { headers: { 'x-cost': String(cost) } });
      const context = {
        ...{ call: createCall('GET', request.url, systemClock), attempt: 1, signal: end.signal },
        ...{ random: () => 0, emit: createEventHub().emit, body: emptyBody },
        settings: { levels: defaultLevels, timeout: false, totalTimeout: false },
      } as CallContext;
      const pipeline = compose([limiter], async () => {
        if (usage instanceof Error) throw usage;
        sent.push(cost);
        return Response.json({ used: usage });
      });
      const response = await pipeline(request, context);
      return response.text();
    },
  };
}

const sum = (costs: readonly number[]): number => costs.reduce((whole, one) => whole + one, 0);
const ends = async (call: Promise<unknown>): Promise<string> =>
  call.then(() => 'sent').catch((error: Error) => error.message);

describe('processes that share a limit in a unit', () => {
  test('send exactly the units of the limit together, and not one more', async () => {
    const [{ url: redis }, api] = await Promise.all([startRedis(), startApi()]);
    const limits = { unit: 'tokens', amount, perMs: hour, redis };
    const fleet = await members(2, { api: api.url, limits });
    const calls = fleet.map((one) => one.calls({ count: 1000, costs: 7 }));
    void calls;
    const most = Math.floor(amount / 7);
    await eventually(() => api.arrivals.length === most);
    const own = client(redis);
    const key = `holdfast:default:0:units:${new URL(api.url).origin}:tokens:${hour}:amounts`;
    // Each of them tries again and again, and is refused.
    for (let look = 0; look < 40; look++) {
      await new Promise((resolve) => setTimeout(resolve, 25));
      expect(Number(await own.hget(key, 'sum'))).toBe(most * 7);
    }
    expect(api.arrivals).toHaveLength(most);
    expect((await Promise.all(fleet.map((one) => one.complaints()))).flat()).toEqual([]);
  });

  test('never have more than 10,000 out in a second, by the clock of Redis and by what the server sees, and all are sent in the end', async () => {
    const [{ url: redis }, api] = await Promise.all([startRedis(), startApi()]);
    const fleet = await members(2, { api: api.url, limits: { unit: 'tokens', amount, perMs: 1000, redis } });
    let isOver = false;
    const calls = Promise.all(fleet.map((one) => one.calls({ count: 150, costs: 99 }))).finally(() => {
      isOver = true;
    });
    const own = client(redis);
    const key = `holdfast:default:0:units:${new URL(api.url).origin}:tokens:1000:amounts`;
    const seen: number[] = [];
    while (!isOver) {
      seen.push(Number((await own.hget(key, 'sum')) ?? 0));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await calls).map(({ ends }) => ends)).toEqual([{ '200': 150 }, { '200': 150 }]);
    expect(Math.max(...seen)).toBeLessThanOrEqual(amount);
    expect(Math.max(...seen)).toBeGreaterThan(0);
    expect(api.arrivals).toHaveLength(300);
    // Each request says when it left; the clocks of two processes agree to a few milliseconds.
    expect(mostWithin(api.arrivals, 995) * 99).toBeLessThanOrEqual(amount);
  });

  test('settle up and down for all of them, and a large call is not overtaken by the small ones of another', async () => {
    const { url: redis } = await startRedis();
    const sent: number[] = [];
    const [one, other] = [joined(redis, sent), joined(redis, sent)];
    await one.send(9000, 4000);
    await other.send(1000, 1500);
    // 4,500 are left.
    expect(await ends(other.send(4000, 4000))).toBe('sent');
    const large = ends(one.send(2000));
    await eventually(() => one.limiter.snapshot()[0]?.queued === 1);
    await eventually(
      async () =>
        (await client(redis).zcard(`holdfast:default:0:units:https://api.example.com:tokens:${hour}:line`)) === 1,
    );
    const small = ends(other.send(100));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(sent).toEqual([9000, 1000, 4000]);
    one.leave();
    expect([await large, await small]).toEqual(['left', 'sent']);
    expect(sum(sent)).toBe(14_100);
  });

  test('get the reservations of calls back that were never sent or gave up in the line, and are charged for each attempt that was sent', async () => {
    const { url: redis } = await startRedis();
    const sent: number[] = [];
    const [one, other] = [joined(redis, sent), joined(redis, sent)];
    const own = client(redis);
    const prefix = `holdfast:default:0:units:https://api.example.com:tokens:${hour}`;
    const charged = async (): Promise<number> => Number((await own.hget(`${prefix}:amounts`, 'sum')) ?? 0);
    const broken = (code: string): Error =>
      new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
    expect(await ends(one.send(4000, broken('ECONNREFUSED')))).toContain('ECONNREFUSED');
    await eventually(async () => (await charged()) === 0);
    expect(await ends(one.send(3000, broken('ECONNRESET')))).toContain('ECONNRESET');
    expect(await ends(one.send(3000, broken('ECONNRESET')))).toContain('ECONNRESET');
    expect(await charged()).toBe(6000);
    const tooLarge = ends(other.send(5000));
    await eventually(async () => (await own.zcard(`${prefix}:line`)) === 1);
    other.leave();
    expect(await tooLarge).toBe('left');
    expect(await ends(one.send(4000, 4000))).toBe('sent');
    expect(await charged()).toBe(10_000);
    expect(one.limiter.snapshot()[0]?.units).toMatchObject([{ reserved: 0 }]);
  });

  test('are not delayed by one that was killed in the line', async () => {
    const { url: redis } = await startRedis();
    const sent: number[] = [];
    const one = joined(redis, sent);
    await one.send(1);
    const prefix = `holdfast:default:0:units:https://api.example.com:tokens:${hour}`;
    const own = client(redis);
    await own.zadd(`${prefix}:line`, '1', 'dead');
    await own.hset(`${prefix}:leases`, 'dead', '1', 'dead:cost', '10000');
    expect(await ends(one.send(5))).toBe('sent');
    expect(await own.zrange(`${prefix}:line`, '0', '-1')).toEqual([]);
  });
});
