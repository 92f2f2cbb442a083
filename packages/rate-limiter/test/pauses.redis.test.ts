import { once } from 'node:events';
import {
  type CallContext,
  compose,
  createEventHub,
  defaultLevels,
  type HoldfastEvent,
  systemClock,
} from '@holdfast/core';
import { createCall, emptyBody } from '@holdfast/core/internal';
import { type RateLimiter, type RateLimitOptions, rateLimiter } from '@holdfast/rate-limiter';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startRedis } from '../../../test/redis-server.ts';
import { eventually } from './support/redis-fleet.ts';

const url = 'https://api.example.com/orders/1';
const channel = (name = 'default', db = 0): string => `b_holdfast:${name}:${db}:pauses`;

interface Process {
  readonly limiter: RateLimiter;
  readonly events: HoldfastEvent[];
  /** Sends a call as this user; returns `held` if the call has to wait. */
  call(user: string, response?: Response): Promise<string>;
}

/** The limiter of another process. */
function joined(redis: string, options: RateLimitOptions = {}): Process {
  const hub = createEventHub();
  const events: HoldfastEvent[] = [];
  hub.on((event) => events.push(event));
  const limiter = rateLimiter({ redis, maxQueueMs: 0, ...options }, { emit: hub.emit });
  onTestFinished(() => limiter.close());
  return {
    limiter,
    events,
    async call(user, response = new Response(null)) {
      const context = {
        ...{ call: createCall('GET', url, systemClock), attempt: 1, signal: new AbortController().signal },
        ...{ random: () => 0, emit: hub.emit, body: emptyBody },
        settings: { levels: defaultLevels, timeout: false, totalTimeout: false },
      } as CallContext;
      const send = compose([limiter], async () => response);
      const request = new Request(url, { headers: { authorization: `Bearer ${user}` } });
      return send(request, context).then(
        () => 'sent',
        (error: { code: string }) => (error.code === 'QUEUE_TIMEOUT' ? 'held' : error.code),
      );
    },
  };
}

async function stage(...fleet: ((url: string) => Process)[]): Promise<[Redis, ...Process[]]> {
  const { url: redis } = await startRedis();
  const own = new Redis(redis);
  onTestFinished(() => own.disconnect());
  const all = fleet.map((join) => join(redis));
  for (const one of all) await one.call('anonymous');
  return [own, ...all];
}

const listening = (redis: Redis, count: number, on = channel()): Promise<void> =>
  eventually(async () => ((await redis.pubsub('NUMSUB', on)) as [string, number])[1] === count);

const paused = ({ events }: Process): HoldfastEvent[] => events.filter(({ type }) => type === 'limiter.paused');
const busy = (headers: Record<string, string> = {}): Response =>
  new Response(null, { status: 429, headers: { 'retry-after': '600', ...headers } });

/** Repeats the message until it is heard, because a process may connect a moment later. */
const until = async (tell: () => Promise<unknown>, holds: () => boolean): Promise<void> => {
  await eventually(async () => {
    await tell();
    await new Promise((resolve) => setTimeout(resolve, 50));
    return holds();
  });
};

describe('a pause that one process of a fleet is asked for', () => {
  test('holds back the same sender everywhere, for a minute at most, and nothing secret goes to Redis', async () => {
    const [redis, one, other] = (await stage(joined, joined)) as [Redis, Process, Process];
    await listening(redis, 2);
    const listener = redis.duplicate();
    onTestFinished(() => listener.disconnect());
    const messages: string[] = [];
    listener.on('pmessage', (_pattern, _channel, message) => messages.push(message));
    await listener.psubscribe('*');
    // Without a message from the fleet, each process would learn about the next second from the server.
    let user = 0;
    await until(
      () => one.call(`s3cr3t-${++user}`, busy()),
      () => paused(other).length > 0,
    );
    expect(await other.call(`s3cr3t-${user}`)).toBe('held');
    expect(await other.call('s3cr3t-of-another')).toBe('sent');
    const [event] = paused(other) as unknown as [{ pauseMs: number }];
    expect(event).toMatchObject({ key: 'https://api.example.com', source: 'Retry-After' });
    expect(event.pauseMs).toBeLessThanOrEqual(60_000);
    expect(messages.join()).toContain('"digest"');
    expect(messages.join() + JSON.stringify([one.events, other.events])).not.toContain('s3cr3t');
    expect((await redis.keys('*')).join()).not.toContain('s3cr3t');
  });

  test('and keys that a function makes go there as digests', async () => {
    const options: RateLimitOptions = {
      key: ({ headers }) => headers.get('authorization') ?? 'none',
      ...{ requests: 100, perMs: 60_000 },
    };
    const join = (redis: string): Process => joined(redis, { ...options, maxQueueMs: 10_000 });
    const [redis, one] = (await stage(join)) as [Redis, Process];
    await listening(redis, 1);
    expect(await one.call('s3cr3t')).toBe('sent');
    await eventually(async () => (await redis.keys('b_holdfast:default:0:limit:*')).length > 0);
    expect((await redis.keys('*')).join()).not.toContain('s3cr3t');
  });

  test('has no effect in another database, nor in a fleet with another name', async () => {
    const [redis, one, other, twin] = (await stage(
      joined,
      (at) => joined(`${at}/1`),
      (at) => joined(at, { redisName: 'shop' }),
    )) as [Redis, Process, Process, Process];
    await listening(redis, 1);
    await listening(redis, 1, channel('default', 1));
    await listening(redis, 1, channel('shop'));
    const heard = redis.duplicate();
    onTestFinished(() => heard.disconnect());
    await heard.subscribe(channel());
    const message = once(heard, 'message');
    let user = 0;
    let isTold = false;
    message.then(() => {
      isTold = true;
    });
    await until(
      () => one.call(`u${++user}`, busy()),
      () => isTold,
    );
    // Redis delivers to all subscribers at once, so when one has the message, all have.
    await Promise.all([redis.ping(), other.call('x'), twin.call('x')]);
    expect([paused(other), paused(twin)]).toEqual([[], []]);
  });

  test('is checked: a forged message delays no call', async () => {
    const [redis, one] = (await stage(joined)) as [Redis, Process];
    await listening(redis, 1);
    const digest = 'a'.repeat(32);
    const forged = [
      ...[
        '',
        '{',
        '1',
        'null',
        '[]',
        '{"pauseMs":1}',
        '{"from":"x","key":"https://api.example.com","pauseMs":3600000}',
      ],
      JSON.stringify({ from: 'x', digest: 'nonsense', pauseMs: 1000 }),
      JSON.stringify({ from: 'x', digest, pauseMs: -1 }),
      JSON.stringify({ from: 'x', digest, pauseMs: '1000' }),
    ];
    for (const message of forged) await redis.publish(channel(), `message:${message}`);
    const last = JSON.stringify({ from: 'x', digest, owner: 'last\u001b[2J', pauseMs: 1e300 });
    await until(
      () => redis.publish(channel(), `message:${last}`),
      () => paused(one).length > 0,
    );
    // Some milliseconds of the minute may have passed on the way.
    expect(paused(one)).toMatchObject([{ key: 'last [2J', pauseMs: expect.toSatisfy((ms) => ms <= 60_000) }]);
    expect(await one.call('x')).toBe('sent');
  });
});
