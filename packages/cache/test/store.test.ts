import type { CacheStore } from '@holdfast/cache';
import { ManualClock } from '@holdfast/core/testing';
import { Keyv } from 'keyv';
import { describe, expect, test } from 'vitest';
import { counting, type Scene, scene } from './support/scene.ts';

const fresh = { 'cache-control': 'max-age=60' };

/** A store in a Map, which a test can break. */
function mapStore(): CacheStore & { readonly map: Map<string, string>; readonly ttls: (number | undefined)[] } {
  const map = new Map<string, string>();
  const ttls: (number | undefined)[] = [];
  return {
    map,
    ttls,
    get: (key) => map.get(key),
    set(key, value, ttl) {
      ttls.push(ttl);
      map.set(key, value);
    },
    delete: (key) => map.delete(key),
  };
}

function withStore(broken: Partial<CacheStore> = {}, options = {}): Scene & { readonly map: Map<string, string> } {
  const store = mapStore();
  const made = scene({ store: { ...store, ...broken }, ...options });
  made.answer(counting(fresh));
  return { ...made, map: store.map };
}

const hang = (): Promise<never> => new Promise(() => undefined);
const reject = (): Promise<never> => Promise.reject(new Error('redis://user:opensesame@host is away'));
const fail = (): never => {
  throw new Error('broken');
};

describe('a store', () => {
  test('is given strings, and how long they are of use', async () => {
    const store = mapStore();
    const { answer, get } = scene({ store });
    answer(counting({ 'cache-control': 'max-age=60, stale-if-error=30' }));
    await get('/a?token=opensesame', { headers: { authorization: 'Bearer opensesame' } });
    answer(counting({ ...fresh, etag: '"a"' }));
    await get('/b');
    expect(store.ttls).toEqual([90_000, 60_000 + 86_400_000]);
    const [[key = '', value = ''] = []] = [...store.map];
    expect(key).toMatch(/^holdfast:1:[0-9a-f]{64}$/);
    expect(JSON.parse(value)).toMatchObject({ entry: { status: 200, body: 'MQ==' } });
    expect([...store.map].join()).not.toContain('opensesame');
  });

  test('gives what another process has put there, as it came', async () => {
    const store = mapStore();
    const one = scene({ store });
    const other = scene({ store }, { clock: one.clock });
    one.answer(
      () => new Response('x', { status: 203, statusText: 'So So', headers: { ...fresh, 'x-a': 'b', etag: '"e"' } }),
    );
    await one.get('/a#b');
    await one.clock.advance(5000);
    const response = await other.send('/a#c');
    expect([response.status, response.statusText, response.url]).toEqual([203, 'So So', 'https://api.example.com/a']);
    expect([response.headers.get('x-a'), response.headers.get('age'), await response.text()]).toEqual(['b', '5', 'x']);
    await one.clock.advance(60_000);
    other.answer(({ headers }) => new Response(null, { status: headers.get('if-none-match') === '"e"' ? 304 : 500 }));
    expect(await other.get('/a')).toBe('x');
  });

  test('may be any Keyv', async () => {
    const store = new Keyv();
    const { answer, get, requests } = scene({ store });
    answer(counting({ ...fresh, vary: 'x-a' }));
    for (const value of ['1', '2', '1', '2']) await get('/a', { headers: { 'x-a': value } });
    expect(requests).toHaveLength(2);
  });

  test('that is slow to take something: whoever asks next waits for it, and sees it', async () => {
    const clock = new ManualClock();
    const store = mapStore();
    const slow = (key: string, value: string): Promise<void> =>
      new Promise((resolve) => clock.setTimer(() => resolve(void store.map.set(key, value)), 50));
    const { answer, get, requests } = scene({ store: { ...store, set: slow } }, { clock });
    answer(counting({ ...fresh, vary: 'x-a' }));
    expect(await get()).toBe('1');
    expect(clock.now()).toBe(0);
    expect(await clock.run(get())).toBe('1');
    expect([clock.now(), requests.length, clock.pending]).toEqual([100, 1, 0]);
  });

  test('is not closed, but no longer listened to, when the cache is', () => {
    const store = new Keyv();
    const before = store.listenerCount('error');
    const { cache } = scene({ store });
    expect(store.listenerCount('error')).toBe(before + 1);
    cache.close();
    expect(store.listenerCount('error')).toBe(before);
  });
});

describe('a store that fails breaks no call', () => {
  test.each([
    ['rejects', reject],
    ['throws', fail],
  ])('whose get %s', async (_, get) => {
    const { get: read, log } = withStore({ get });
    expect([await read(), await read()]).toEqual(['1', '2']);
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]).toMatch(/^cache\.degraded: /);
    expect(JSON.stringify(log.events)).not.toContain('opensesame');
  });

  test.each([
    ['rejects', reject],
    ['throws', fail],
    ['says that it did not', () => false],
  ])('whose set %s', async (_, set) => {
    const { get, log, clock } = withStore({ set });
    expect([await get(), await get()]).toEqual(['1', '2']);
    await clock.settle();
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]).toMatch(/^cache\.degraded: /);
  });

  test('whose get hangs: nobody waits for longer than a second, and then nobody waits any more', async () => {
    const { get, log, clock } = withStore({ get: hang });
    expect(await clock.run(get())).toBe('1');
    expect(clock.now()).toBe(1000);
    expect(await get()).toBe('2');
    expect(log.lines).toEqual(['cache.degraded: no answer from the store within 1000 ms']);
    expect(clock.pending).toBe(0);
  });

  test('whose set hangs: nobody waits', async () => {
    const { get, log, clock } = withStore({ set: hang });
    expect(await get()).toBe('1');
    expect(clock.now()).toBe(0);
    await clock.advance(1000);
    expect(log.lines).toEqual(['cache.degraded: no answer from the store within 1000 ms']);
    expect(clock.pending).toBe(0);
  });

  test('whose get hangs, and a call that has less time: the call ends in time, and the store is not blamed', async () => {
    const { get, log, clock } = withStore({ get: hang });
    expect(await clock.run(get('/a', { settings: { totalTimeout: 300 } }))).toBe('DEADLINE_EXCEEDED');
    expect(clock.now()).toBe(300);
    expect(log.lines).toEqual(['deadline.exceeded: 300 ms']);
    expect(clock.pending).toBe(0);
  });

  test('whose get hangs, and a caller who leaves', async () => {
    const { send, log, clock } = withStore({ get: hang });
    const caller = new AbortController();
    const call = send('/a', { signal: caller.signal });
    await clock.settle();
    caller.abort('gone');
    await expect(call).rejects.toBe('gone');
    expect([log.lines, clock.pending]).toEqual([[], 0]);
  });

  test('whose delete hangs, and a caller who leaves: the body of the answer is let go', async () => {
    const { send, answer, clock } = withStore({ delete: hang });
    let cancelled = false;
    const body = new ReadableStream({
      cancel() {
        cancelled = true;
      },
    });
    answer(() => new Response(body));
    const caller = new AbortController();
    const call = send('/a', { method: 'POST', signal: caller.signal });
    await clock.settle();
    caller.abort('gone');
    await expect(call).rejects.toBe('gone');
    expect([cancelled, clock.pending]).toEqual([true, 0]);
  });

  test('is asked again after a while, a longer one each time, and its return is told', async () => {
    let isAway = true;
    let asked = 0;
    const store = mapStore();
    const { get, answer, log, clock } = scene({
      store: {
        ...store,
        get: (key) => {
          asked++;
          return isAway ? reject() : store.get(key);
        },
      },
    });
    answer(counting(fresh));
    for (let second = 0; second < 60; second++) {
      await get();
      await clock.advance(1000);
    }
    // At 0, 1, 3, 7, 15, 31 s.
    expect(asked).toBe(6);
    isAway = false;
    await clock.advance(30_000);
    await get();
    await get();
    expect(log.lines.map((line) => line.split(':')[0])).toEqual(['cache.degraded', 'cache.recovered', 'cache.hit']);
  });

  test('by an error that Keyv tells, and does not throw', async () => {
    const adapter = { get: reject, set: reject, delete: reject, clear: reject, opts: {} };
    const store = new Keyv({ store: adapter as never });
    const { get, answer, log } = scene({ store });
    answer(counting(fresh));
    expect([await get(), await get()]).toEqual(['1', '2']);
    expect(log.lines.map((line) => line.split(':')[0])).toEqual(['cache.degraded']);
  });

  const garbage: Readonly<Record<string, (entry: Record<string, unknown>) => unknown>> = {
    'an empty text': () => '',
    'no object': () => 'null',
    'an object of another kind': () => '{}',
    'half of an entry': (entry) => JSON.stringify({ entry }).slice(0, -10),
    'an entry without a body': ({ body: _, ...entry }) => JSON.stringify({ entry }),
    'an entry with half a body': (entry) => JSON.stringify({ entry: { ...entry, body: '' } }),
    'a body that is none': (entry) => JSON.stringify({ entry: { ...entry, body: '\u0000' } }),
    'an error': (entry) => JSON.stringify({ entry: { ...entry, status: 500 } }),
    'no status': (entry) => JSON.stringify({ entry: { ...entry, status: '200' } }),
    'a header without a value': (entry) => JSON.stringify({ entry: { ...entry, headers: [['a']] } }),
    'a header with a blank in its name': (entry) => JSON.stringify({ entry: { ...entry, headers: [['a b', 'c']] } }),
    'a header with a line break': (entry) => JSON.stringify({ entry: { ...entry, headers: [['a', 'b\r\nc: d']] } }),
    'a phrase that is none': (entry) => JSON.stringify({ entry: { ...entry, statusText: 'a\nb' } }),
    'no time': (entry) => JSON.stringify({ entry: { ...entry, receivedAt: null } }),
    'a marker that is none': () => '{"marker":{"id":1,"vary":[],"variants":[]}}',
    'a number': () => 5,
    bytes: () => new Uint8Array(3),
    'an object': (entry) => ({ entry }),
  };
  test.each(Object.entries(garbage))('that gives %s', async (_, spoil) => {
    const { get, map, log } = withStore();
    await get();
    for (const [key, text] of map) map.set(key, spoil(JSON.parse(text).entry) as string);
    expect(await get()).toBe('2');
    expect(log.lines).toEqual(['cache.degraded: an entry of the store can not be read, and is deleted']);
    expect(await get()).toBe('2');
  });

  test('does not give what it could not delete', async () => {
    let isAway = false;
    const store = mapStore();
    const { get, clock, answer, send } = scene({
      store: { ...store, delete: (key) => (isAway ? reject() : store.delete(key)) },
    });
    answer(counting({ 'cache-control': 'max-age=600' }));
    expect(await get()).toBe('1');
    isAway = true;
    await send('/orders', { method: 'POST' });
    isAway = false;
    await clock.advance(2000);
    expect(store.map.size).toBe(1);
    expect(await get()).toBe('3');
    expect(await get()).toBe('3');
  });
});
