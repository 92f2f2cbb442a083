import { once } from 'node:events';
import { type CircuitBreaker, circuitBreaker } from '@holdfast/circuit-breaker';
import { createEventHub } from '@holdfast/core';
import { ManualClock } from '@holdfast/core/testing';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { startRedis } from '../../../test/redis-server.ts';
import { eventually, type Member, member } from './support/fleet.ts';

const key = 'https://api.example.com';
const channel = 'holdfast:default:0:circuit:opened';
const lastKey = 'https://last.example.com';

describe('a fleet', () => {
  /** Waits until this many subscribers listen, because earlier messages reach none of them. */
  async function listening(redis: Redis, count: number): Promise<void> {
    await eventually(async () => {
      const [, listeners] = (await redis.pubsub('NUMSUB', channel)) as [string, number];
      return listeners === count;
    });
  }

  /** Waits until each process has both of its connections, because earlier messages are lost or never sent. */
  async function joined(redis: Redis, fleet: readonly Member[], listeners = fleet.length): Promise<void> {
    await listening(redis, listeners);
    await eventually(async () => {
      const connections = String(await redis.call('CLIENT', 'LIST', 'TYPE', 'normal'));
      // A ready connection's last command is `info`, sent by the client itself, or `publish`.
      return (connections.match(/ cmd=(info|publish) /g) ?? []).length >= fleet.length;
    });
    // Redis answers in order, so when this has arrived, earlier answers have, too.
    await Promise.all(fleet.map((one) => one.snapshot()));
  }

  /** Opens a circuit again until the other process knows it: a message sent before a connection is ready is lost. */
  async function openUntilHeard(one: CircuitBreaker, other: CircuitBreaker, of: string): Promise<void> {
    const reopen = (): unknown => {
      one.circuits.close(of);
      one.circuits.open(of);
      return other.snapshot();
    };
    await expect.poll(reopen).toMatchObject([{ key: of, state: 'open' }]);
  }

  function client(url: string): Redis {
    const redis = new Redis(url, { maxRetriesPerRequest: null });
    redis.on('error', () => undefined);
    onTestFinished(() => redis.disconnect());
    return redis;
  }

  const stateOf = async (one: Member, of = key): Promise<string | undefined> =>
    (await one.snapshot()).find((circuit) => circuit.key === of)?.state;

  test('opens together: one process saw the failures, the other opens before it sends anything', async () => {
    const { url } = await startRedis();
    const [one, other] = await Promise.all([member(url), member(url)]);
    await joined(client(url), [one, other]);
    await one.calls({ count: 4, status: 503 });
    await eventually(async () => (await stateOf(other)) === 'open');
    expect(await other.calls({ count: 2, status: 200 })).toEqual(['CIRCUIT_OPEN', 'CIRCUIT_OPEN']);
    const [there] = await one.snapshot();
    const [here] = await other.snapshot();
    // As long as at the other process, plus a random time, so that the probes of a fleet do not start together.
    expect(here?.retryAfterMs).toBeGreaterThan((there?.retryAfterMs ?? 0) - 1000);
    expect(here?.retryAfterMs).toBeLessThanOrEqual(60_500);
    expect(await other.events()).toEqual(['circuit.opened: fleet', 'call.rejected', 'call.rejected']);
  });

  test('closes one by one: each process by its own probe, and a failed probe is not published', async () => {
    const { url } = await startRedis();
    const [one, other] = await Promise.all([member(url, 100), member(url, 100)]);
    await joined(client(url), [one, other]);
    await one.calls({ count: 4, status: 503 });
    await eventually(async () => (await stateOf(other)) === 'open');
    await other.advance(150);
    expect(await stateOf(other)).toBe('halfOpen');
    expect(await other.calls({ count: 1, status: 200 })).toEqual(['200']);
    expect(await stateOf(other)).toBe('closed');
    await one.advance(150);
    expect(await stateOf(one)).toBe('halfOpen');
    expect(await one.calls({ count: 1, status: 503 })).toEqual(['503']);
    // Messages arrive in order: once this one has arrived, an earlier one would have, too.
    await one.open('https://next.example.com');
    await eventually(async () => (await stateOf(other, 'https://next.example.com')) === 'open');
    expect(await stateOf(other)).toBe('closed');
  });

  test('shares an opening by hand', async () => {
    const { url } = await startRedis();
    const [one, other] = await Promise.all([member(url), member(url)]);
    await joined(client(url), [one, other]);
    await one.open(key);
    await eventually(async () => (await stateOf(other)) === 'open');
  });

  test('has no echo: an opening is published once, by the process that saw it', async () => {
    const { url } = await startRedis();
    const redis = client(url);
    const told: string[] = [];
    const ear = client(url);
    await ear.subscribe(channel);
    ear.on('message', (_channel, message) => told.push(message));
    const members = await Promise.all([member(url), member(url), member(url)]);
    await joined(redis, members, 4);
    await members[0]?.calls({ count: 4, status: 503 });
    for (const one of members) await eventually(async () => (await stateOf(one)) === 'open');
    for (const one of members.slice(1)) expect(await one.events()).toEqual(['circuit.opened: fleet']);
    expect(await members[0]?.events()).toEqual(['circuit.opened: failureRatio']);
    // Redis answers in order, so all earlier messages of the processes have arrived, too.
    const marks = [1, 2, 3].map((number) => `https://mark-${number}.example.com`);
    for (const [index, one] of members.entries()) await one.open(marks[index] as string);
    await eventually(async () => told.length >= 4);
    expect(told.map((message) => JSON.parse(message).key).sort()).toEqual([key, ...marks]);
  });

  test('works alone while Redis is away, and together again when it is back', async () => {
    const redis = await startRedis();
    const [one, other] = await Promise.all([member(redis.url, 100), member(redis.url, 100)]);
    await joined(client(redis.url), [one, other]);
    await redis.kill();

    expect(await one.calls({ count: 5, status: 503 })).toEqual(['503', '503', '503', '503', 'CIRCUIT_OPEN']);
    expect(await stateOf(one)).toBe('open');
    await one.advance(150);
    expect(await one.calls({ count: 2, status: 200 })).toEqual(['200', '200']);
    expect(await stateOf(one)).toBe('closed');
    expect(await other.calls({ count: 1, status: 200 })).toEqual(['200']);

    await redis.start();
    await joined(client(redis.url), [one, other]);
    // A message is lost on a connection that is not ready, and a circuit that is already open publishes none.
    await eventually(async () => {
      await one.advance(150);
      await one.open(key);
      return (await other.events()).includes('circuit.opened: fleet');
    });
    expect([await one.complaints(), await other.complaints()]).toEqual([[], []]);
  });

  test('closes at once and leaves nothing, with Redis there, away, or never seen', async () => {
    const redis = await startRedis();
    const [there, away] = await Promise.all([member(redis.url), member(redis.url)]);
    await joined(client(redis.url), [there, away]);
    expect(await there.close()).toEqual([]);
    expect(await there.ended()).toBe(0);
    await redis.kill();
    expect(await away.close()).toEqual([]);
    const never = await member(redis.url);
    await never.open(key);
    expect(await never.close()).toEqual([]);
    expect([await away.complaints(), await never.complaints()]).toEqual([[], []]);
    expect([await away.ended(), await never.ended()]).toEqual([0, 0]);
  });

  test('keeps no process alive that was never closed', async () => {
    const { url } = await startRedis();
    const one = await member(url);
    await listening(client(url), 1);
    expect(await one.ended()).toBe(0);
  });

  test('ignores garbage on its channel', async () => {
    const { url } = await startRedis();
    const redis = client(url);
    const one = await member(url);
    await listening(redis, 1);
    for (const garbage of [
      '',
      'hello',
      'null',
      '42',
      '[]',
      '{}',
      '{"from":"x","key":"k"}',
      '{"from":"x","key":"","forMs":1000}',
      '{"from":"x","key":{},"forMs":1000}',
      '{"from":"x","key":"k","forMs":"1000"}',
      '{"from":"x","key":"k","forMs":-1}',
      '{"from":"x","key":"k","forMs":1e999}'.replace('1e999', 'Infinity'),
      `{"from":"x","key":"${'k'.repeat(5000)}","forMs":1000}`,
      '{"from":"x","key":"k","forMs":1000',
      Buffer.from([0xff, 0xfe, 0x00]).toString('latin1'),
      '{"from":"x","key":"no-origin","forMs":1000}',
      '{"from":"x","key":"https://a.example.com/with/a/path","forMs":1000}',
      `{"from":"x","key":"https://${'k'.repeat(3000)}.example.com","forMs":1000}`,
    ]) {
      await redis.publish(channel, garbage);
    }
    await redis.publish(channel, `{"from":"x","key":"${lastKey}","forMs":1e300}`);
    await eventually(async () => (await one.snapshot()).length > 0);
    expect(await one.snapshot()).toMatchObject([{ key: lastKey, state: 'open' }]);
    // No longer than the process's own configuration says, plus a random time.
    expect((await one.snapshot())[0]?.retryAfterMs).toBeLessThanOrEqual(60_500);
    expect(await one.complaints()).toEqual([]);
  });

  test('a forged message delays calls no longer than maxOpenMs, and removes no circuit', async () => {
    const { url } = await startRedis();
    const own = client(url);
    const clock = new ManualClock();
    const options = { redis: own, maxKeys: 2, openMs: 1000, maxOpenMs: 3000 };
    const breaker = circuitBreaker(options, { clock, random: () => 0 });
    onTestFinished(() => breaker.close());
    await listening(own, 1);
    breaker.circuits.open(key, 10);
    for (const host of ['a', 'b', 'c']) {
      await own.publish(channel, JSON.stringify({ from: 'x', key: `https://${host}.example.com`, forMs: 3_600_000 }));
    }
    await expect.poll(() => breaker.snapshot()).toHaveLength(2);
    expect(breaker.snapshot()).toMatchObject([{ key }, { key: 'https://a.example.com', retryAfterMs: 3000 }]);
  });

  test('messages of another database, or of a fleet with another name, are ignored', async () => {
    const { url } = await startRedis();
    const own = client(url);
    const [plain, otherDatabase] = [circuitBreaker({ redis: url }), circuitBreaker({ redis: `${url}/1` })];
    const shop = { redis: url, redisName: 'shop' };
    const [ofShop, alsoOfShop] = [circuitBreaker(shop), circuitBreaker(shop)];
    const breakers = [plain, otherDatabase, ofShop, alsoOfShop];
    onTestFinished(async () => void (await Promise.all(breakers.map((one) => one.close()))));
    const channels = [channel, 'holdfast:default:1:circuit:opened', 'holdfast:shop:0:circuit:opened'];
    await eventually(async () => {
      const counts = (await own.pubsub('NUMSUB', ...channels)) as (string | number)[];
      return counts[1] === 1 && counts[3] === 1 && counts[5] === 2;
    });
    await openUntilHeard(ofShop, alsoOfShop, key);
    plain.circuits.open(lastKey);
    otherDatabase.circuits.open(lastKey);
    expect(breakers.map((one) => one.snapshot().map((circuit) => circuit.key))).toEqual([
      [lastKey],
      [lastKey],
      [key],
      [key],
    ]);
  });

  test('keys that a function returns are published as digests: a token among them is not visible in Redis', async () => {
    const { url } = await startRedis();
    const told: string[] = [];
    const ear = client(url);
    await ear.psubscribe('*');
    ear.on('pmessage', (_pattern, name, message) => told.push(`${name} ${message}`));
    const options = { redis: url, key: ({ headers }: Request) => headers.get('authorization') ?? 'no token' };
    const [one, other] = [circuitBreaker(options), circuitBreaker(options)];
    onTestFinished(async () => void (await Promise.all([one.close(), other.close()])));
    await listening(client(url), 2);
    other.circuits.open('Bearer hunter2', 1);
    other.circuits.close('Bearer hunter2');
    await openUntilHeard(one, other, 'Bearer hunter2');
    expect(told.length).toBeGreaterThan(0);
    expect(told.join()).not.toContain('hunter2');
  });

  test('takes a ready client, and leaves it to its owner', async () => {
    const { url } = await startRedis();
    const own = client(url);
    const hub = createEventHub();
    const events: string[] = [];
    hub.on('circuit.opened', ({ because }) => events.push(because));
    const clock = new ManualClock();
    const options = { redis: own, maxOpenMs: 20_000 };
    const breaker = circuitBreaker(options, { clock, random: () => 0, emit: hub.emit });
    await listening(own, 1);
    await own.publish(channel, JSON.stringify({ from: 'another', key, forMs: 12_345 }));
    await expect.poll(() => events).toEqual(['fleet']);
    expect(breaker.snapshot()).toMatchObject([{ key, state: 'open', retryAfterMs: 12_345 }]);
    await breaker.close();
    await listening(own, 0);
    expect(await own.ping()).toBe('PONG');
  });

  test('does not reopen a circuit that is half-open here: its own probe decides', async () => {
    const { url } = await startRedis();
    const own = client(url);
    const clock = new ManualClock();
    const breaker = circuitBreaker({ redis: own }, { clock, random: () => 0 });
    await listening(own, 1);
    breaker.circuits.open(key, 10);
    await clock.advance(10);
    await own.publish(channel, JSON.stringify({ from: 'another', key, forMs: 12_345 }));
    await own.publish(channel, JSON.stringify({ from: 'another', key: lastKey, forMs: 12_345 }));
    await expect.poll(() => breaker.snapshot()).toHaveLength(2);
    expect(breaker.snapshot()).toMatchObject([{ key, state: 'halfOpen' }, { key: lastKey }]);
    await breaker.close();
  });

  test('does not take its own message for another’s', async () => {
    const { url } = await startRedis();
    const own = client(url);
    const breaker = circuitBreaker({ redis: own });
    await listening(own, 1);
    breaker.circuits.open(key);
    breaker.circuits.close(key);
    await own.publish(channel, JSON.stringify({ from: 'another', key: lastKey, forMs: 12_345 }));
    await expect.poll(() => breaker.snapshot()).toHaveLength(2);
    expect(breaker.snapshot()).toMatchObject([{ key, state: 'closed' }, { key: lastKey }]);
    await breaker.close();
  });

  test('says nothing on the console while Redis is away', async () => {
    const redis = await startRedis();
    const own = client(redis.url);
    const report = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    onTestFinished(() => report.mockRestore());
    const breaker = circuitBreaker({ redis: own });
    await listening(own, 1);
    const lost = once(own, 'reconnecting');
    await redis.kill();
    await lost;
    breaker.circuits.open(key);
    await breaker.close();
    expect(report).not.toHaveBeenCalled();
  });

  test('works with a ready client that connects lazily and queues nothing', async () => {
    const { url } = await startRedis();
    const lazy = new Redis(url, { lazyConnect: true, enableOfflineQueue: false, maxRetriesPerRequest: 0 });
    onTestFinished(() => lazy.disconnect());
    const breaker = circuitBreaker({ redis: lazy });
    await listening(client(url), 1);
    await breaker.close();
  });
});

test('a client that can’t be duplicated is reported once, and circuits are not shared', async () => {
  const report = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const broken = {
    publish: () => Promise.reject(new Error('broken')),
    duplicate: () => {
      throw new Error('broken');
    },
  };
  const breaker = circuitBreaker({ redis: broken });
  breaker.circuits.open(key);
  await breaker.close();
  expect(report).toHaveBeenCalledOnce();
  expect(report.mock.calls[0]?.[0]).toBe('holdfast: circuitBreaker.redis: Redis failed, so circuits are not shared:');
  report.mockRestore();
});
