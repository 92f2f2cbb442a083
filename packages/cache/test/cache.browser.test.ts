import { expect, test } from 'vitest';
import { counting, scene } from './support/scene.ts';

const fresh = { 'cache-control': 'max-age=60' };

test('a page is answered from its memory, in virtual time', async () => {
  const { answer, get, clock, requests, log } = scene();
  answer(counting({ ...fresh, vary: 'accept' }));
  expect([await get('/a'), await get('/a'), requests.length]).toEqual(['1', '1', 1]);
  await clock.advance(60_000);
  expect(await get('/a')).toBe('2');
  expect(log.lines).toEqual(['cache.hit: 0 ms old']);
});

test('the server of another origin is asked through the cache of the browser, which needs no permission', async () => {
  const { answer, get, clock, requests } = scene();
  answer(counting({ ...fresh, etag: '"a"' }));
  await get('/a');
  await clock.advance(60_000);
  await get('/a');
  expect(requests[1]).toMatchObject({ cache: 'no-cache' });
  expect(requests[1]?.headers).not.toHaveProperty('if-none-match');
});

test('the server of the page’s own origin is asked by validators', async () => {
  const { answer, get, clock, requests } = scene();
  answer(counting({ ...fresh, etag: '"a"' }));
  const url = new URL('/a', (globalThis as unknown as { location: { href: string } }).location.href).href;
  await get(url);
  await clock.advance(60_000);
  answer(() => new Response(null, { status: 304 }));
  expect(await get(url)).toBe('1');
  expect(requests[1]?.headers).toMatchObject({ 'if-none-match': '"a"' });
});

test('an answer that varies by cookies is not kept: a page does not see which ones it sends', async () => {
  const { answer, get } = scene();
  answer(counting({ ...fresh, vary: 'cookie' }));
  expect([await get(), await get()]).toEqual(['1', '2']);
});

test('an answer whose Vary another origin hides may vary by anything: only an equal request gets the same answer', async () => {
  const { answer, get, requests } = scene();
  let count = 0;
  answer(() => Object.defineProperty(new Response(String(++count), { headers: fresh }), 'type', { value: 'cors' }));
  const read = (headers: Record<string, string>): Promise<string> => get('/a', { headers });
  expect([await read({ accept: 'a/b' }), await read({ accept: 'a/b', 'accept-language': 'de' })]).toEqual(['1', '2']);
  expect([await read({ accept: 'a/b' }), await read({ accept: 'a/b', 'accept-language': 'de' })]).toEqual(['1', '2']);
  expect(requests).toHaveLength(2);
});

test('a real answer streams through, and bytes survive a store', async () => {
  const map = new Map<string, string>();
  const store = {
    get: (key: string) => map.get(key),
    set: (key: string, value: string) => map.set(key, value),
    delete: (key: string) => map.delete(key),
  };
  const { answer, send } = scene({ store });
  const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 256);
  answer(async () => {
    const response = await fetch(URL.createObjectURL(new Blob([bytes])));
    return new Response(response.body, { headers: fresh });
  });
  await (await send()).arrayBuffer();
  // The record of the URL, and the body that the record names.
  expect(map.size).toBe(2);
  expect(new Uint8Array(await (await send()).arrayBuffer())).toEqual(bytes);
});
