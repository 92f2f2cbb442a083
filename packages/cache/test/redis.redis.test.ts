import KeyvRedis from '@keyv/redis';
import { Keyv } from 'keyv';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type RedisServer, startRedis } from '../../../test/redis-server.ts';
import { counting, type Scene, scene } from './support/scene.ts';

const fresh = { 'cache-control': 'max-age=3600' };

function keyv(redis: RedisServer): Keyv {
  const store = new Keyv(new KeyvRedis(redis.url));
  onTestFinished(() => store.disconnect());
  return store;
}

/**
 * Time in Redis is real. Commands on one connection are answered in order, so what this process stored is there when it
 * asks next.
 */
async function both(redis: RedisServer): Promise<[Scene, Scene]> {
  return [scene({ store: keyv(redis) }), scene({ store: keyv(redis) })];
}

describe('a cache in Redis, by Keyv', () => {
  test('is shared by processes, including bytes and variants', async () => {
    const [one, other] = await both(await startRedis());
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    for (const { answer } of [one, other]) {
      answer(({ headers }) => {
        const body = headers.get('accept') === 'a/b' ? bytes : 'text';
        return new Response(body, { headers: { ...fresh, vary: 'accept' } });
      });
    }
    await one.get('/x', { headers: { accept: 'a/b' } });
    await one.get('/x', { headers: { accept: 'c/d' } });
    await one.get('/x', { headers: { accept: 'c/d' } });
    const again = await other.send('/x', { headers: { accept: 'a/b' } });
    expect(new Uint8Array(await again.arrayBuffer())).toEqual(bytes);
    expect(await other.get('/x', { headers: { accept: 'c/d' } })).toBe('text');
    expect(other.requests).toHaveLength(0);
  });

  test('shows no secret in its keys', async () => {
    const redis = await startRedis();
    const { answer, get } = scene({ store: keyv(redis) });
    answer(counting(fresh));
    await get('/x?token=opensesame', { headers: { authorization: 'Bearer opensesame' } });
    await get('/x?token=opensesame', { headers: { authorization: 'Bearer opensesame' } });
    const raw = new KeyvRedis(redis.url);
    onTestFinished(() => raw.disconnect());
    const keys: string[] = [];
    for await (const [key] of raw.iterator()) keys.push(key);
    // The record of the URL, and the body that the record names.
    expect(keys).toHaveLength(2);
    expect(keys.join()).not.toContain('opensesame');
  });

  test('is not used while Redis is away, and is used again when it is back', async () => {
    const redis = await startRedis();
    const { answer, get, log, clock } = scene({ store: keyv(redis), storeTimeoutMs: 200 });
    const stop = clock.flow();
    answer(counting(fresh));
    await get('/a');
    await redis.kill();
    // A store that is away neither delays a call for long nor fails it.
    expect(await get('/a')).toBe('2');
    expect(await get('/a')).toBe('3');
    await redis.start();
    const kinds = (): readonly string[] => log.lines.map((line) => line.split(':')[0] as string);
    while (!kinds().includes('cache.recovered')) {
      await clock.advance(30_000);
      await get('/b');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await get('/b');
    expect(kinds().slice(0, 1)).toEqual(['cache.degraded']);
    stop();
  });
});
