import { describe, expect, test } from 'vitest';
import { counting, scene } from './support/scene.ts';

const fresh = { 'cache-control': 'max-age=60' };

describe('a fresh answer', () => {
  test('is served again without a request, unchanged', async () => {
    const { answer, send, clock, requests, log } = scene();
    answer(() => new Response('{"id":1}', { headers: { ...fresh, 'content-type': 'application/json', 'x-a': 'b' } }));
    expect(await (await send('/orders/1?q=2#part')).json()).toEqual({ id: 1 });
    await clock.advance(5500);
    const again = await send('/orders/1?q=2');
    expect([again.status, again.url]).toEqual([200, 'https://api.example.com/orders/1?q=2']);
    expect(Object.fromEntries(again.headers)).toMatchObject({
      ...{ 'content-type': 'application/json', 'x-a': 'b', age: '5', 'cache-status': 'Holdfast; hit; ttl=54' },
    });
    expect(again.clone().url).toBe(again.url);
    expect(await again.json()).toEqual({ id: 1 });
    expect(requests).toHaveLength(1);
    expect(log.lines).toEqual(['cache.hit: 5500 ms old']);
    expect(clock.pending).toBe(0);
  });

  test('has a separate body for each caller', async () => {
    const { answer, get, send } = scene();
    answer(counting(fresh));
    await get();
    const [one, other] = await Promise.all([send(), send()]);
    new Uint8Array(await one.arrayBuffer()).fill(0);
    expect(await other.text()).toBe('1');
    expect(await get()).toBe('1');
  });

  test('is requested again when it is no longer fresh', async () => {
    const { answer, get, clock } = scene();
    answer(counting(fresh));
    expect(await get()).toBe('1');
    await clock.advance(59_999);
    expect(await get()).toBe('1');
    await clock.advance(1);
    expect(await get()).toBe('2');
  });
});
