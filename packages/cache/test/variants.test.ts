import { describe, expect, test } from 'vitest';
import { counting, scene } from './support/scene.ts';

const fresh = { 'cache-control': 'max-age=60' };

describe('variants of one URL', () => {
  test('are bounded only by the memory, and one URL evicts the least recently used answers', async () => {
    const { answer, get, requests } = scene({ maxBytes: 40_000 });
    answer(counting({ ...fresh, vary: 'accept' }));
    const read = (value: number): Promise<string> => get('/a', { headers: { accept: String(value) } });
    for (let value = 0; value < 100; value++) await read(value);
    expect(await read(99)).toBe('100');
    expect(requests).toHaveLength(100);
    await read(0);
    expect(requests).toHaveLength(101);
  });

  test('of many senders are all kept', async () => {
    const { answer, get, requests } = scene();
    answer(counting({ ...fresh, vary: 'accept' }));
    const read = (value: number): Promise<string> => get('/me', { headers: { authorization: String(value) } });
    for (let value = 0; value < 100; value++) await read(value);
    for (let value = 0; value < 100; value++) expect(await read(value)).toBe(String(value + 1));
    expect(requests).toHaveLength(100);
  });

  test('are distinguished by their Vary headers, however these are written', async () => {
    const { answer, get, requests } = scene();
    answer(counting({ ...fresh, vary: 'accept, accept-language' }));
    await get('/a', { headers: { accept: '1', 'accept-language': '' } });
    await get('/a', { headers: { accept: '', 'accept-language': '1' } });
    await get('/a', { headers: { accept: '1' } });
    expect(requests).toHaveLength(3);
  });
});

describe('an answer that is under way while something is changed', () => {
  test('is not kept', async () => {
    const { answer, get, send, clock } = scene();
    let arrive: (response: Response) => void = () => undefined;
    answer(() => new Promise((resolve) => (arrive = resolve)));
    const before = get();
    await clock.settle();
    answer(() => new Response(null, { status: 204 }));
    await send('/orders', { method: 'POST' });
    arrive(new Response('old', { headers: fresh }));
    expect(await before).toBe('old');
    answer(counting(fresh));
    expect(await get()).toBe('1');
  });

  test('is not kept if only its body is under way', async () => {
    const { answer, get, send } = scene();
    answer(() => new Response('old', { headers: fresh }));
    const response = await send();
    await send('/orders', { method: 'DELETE' });
    expect(await response.text()).toBe('old');
    answer(counting(fresh));
    expect(await get()).toBe('1');
  });

  test('is kept if it is of another URL', async () => {
    const { answer, get, send, requests } = scene();
    answer(counting(fresh));
    const response = await send('/a');
    await send('/b', { method: 'DELETE' });
    await response.text();
    await get('/a');
    expect(requests).toHaveLength(2);
  });
});

test('an answer by a redirect that fetch followed is not stored, since its lifetime is unknown', async () => {
  const { answer, get, requests } = scene();
  answer(() => Object.defineProperty(new Response('x', { headers: fresh }), 'redirected', { value: true }));
  await get();
  await get();
  expect(requests).toHaveLength(2);
});

test('heuristics can be switched off', async () => {
  const headers = { 'last-modified': new Date(0).toUTCString() };
  for (const [heuristics, count] of [
    [true, 1],
    [false, 2],
  ] as const) {
    const { answer, get, requests } = scene({ heuristics });
    answer(counting(headers));
    await get();
    await get();
    expect(requests).toHaveLength(count);
  }
});
