import type { CacheStore } from '@holdfast/cache';
import { ManualClock } from '@holdfast/core/testing';
import { Keyv } from 'keyv';
import { describe, expect, test } from 'vitest';
import { counting, type Scene, scene } from './support/scene.ts';

const fresh = { 'cache-control': 'max-age=60' };

/** A store in a Map that a test can break. */
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
  test('gets strings, and how long they may be used', async () => {
    const store = mapStore();
    const { answer, get, clock } = scene({ store });
    answer(counting({ 'cache-control': 'max-age=60, stale-if-error=30' }));
    await get('/a?token=opensesame', { headers: { authorization: 'Bearer opensesame' } });
    await clock.settle();
    answer(counting({ ...fresh, etag: '"a"' }));
    await get('/b');
    await clock.settle();
    // Each response, and the record of its URL, which lives longer.
    expect(store.ttls).toEqual([90_000, 86_400_000, 60_000 + 86_400_000, 60_000 + 86_400_000]);
    const [[key = '', value = ''] = []] = [...store.map];
    expect(key).toMatch(/^holdfast:2:[0-9a-f]{64}$/);
    expect(JSON.parse(value)).toMatchObject({ key, entry: { status: 200, body: 'MQ==' } });
    expect([...store.map].join()).not.toContain('opensesame');
  });

  test('returns what another process has stored, unchanged', async () => {
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

  test('that is slow to store an answer: the next call waits for it, and gets it', async () => {
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

  test('is not closed with the cache, which stops listening to it', () => {
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

  test('whose get hangs: a call waits for a second at most, and later calls do not wait at all', async () => {
    const { get, log, clock } = withStore({ get: hang });
    expect(await clock.run(get())).toBe('1');
    expect(clock.now()).toBe(1000);
    expect(await get()).toBe('2');
    expect(log.lines).toEqual(['cache.degraded: no answer from the store within 1000 ms']);
    expect(clock.pending).toBe(0);
  });

  test('whose set hangs: no call waits', async () => {
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

  test('whose get hangs, and a caller that aborts', async () => {
    const { send, log, clock } = withStore({ get: hang });
    const caller = new AbortController();
    const call = send('/a', { signal: caller.signal });
    await clock.settle();
    caller.abort('gone');
    await expect(call).rejects.toBe('gone');
    expect([log.lines, clock.pending]).toEqual([[], 0]);
  });

  test('whose set hangs during a change, and a caller that aborts: the body of the answer is discarded', async () => {
    const { send, answer, clock } = withStore({ set: hang });
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

  test('is used again after a growing time, and its recovery is reported', async () => {
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
    // After 0, 1, 3, 7, 15 and 31 s.
    expect(asked).toBe(6);
    isAway = false;
    await clock.advance(30_000);
    await get();
    await get();
    expect(log.lines.map((line) => line.split(':')[0])).toEqual(['cache.degraded', 'cache.recovered', 'cache.hit']);
  });

  test('by an error that Keyv reports but does not throw', async () => {
    const adapter = { get: reject, set: reject, delete: reject, clear: reject, opts: {} };
    const store = new Keyv({ store: adapter as never });
    const { get, answer, log } = scene({ store });
    answer(counting(fresh));
    expect([await get(), await get()]).toEqual(['1', '2']);
    expect(log.lines.map((line) => line.split(':')[0])).toEqual(['cache.degraded']);
  });

  type Parsed = { readonly key: string; readonly entry: Record<string, unknown> };
  const text = (value: unknown): string => JSON.stringify(value);
  const withEntry =
    (change: (entry: Record<string, unknown>) => object) =>
    ({ key, entry }: Parsed): string =>
      text({ key, entry: { ...entry, ...change(entry) } });
  const aYearMs = 366 * 86_400_000;

  const garbage: Readonly<Record<string, (parsed: Parsed) => unknown>> = {
    'an empty text': () => '',
    'no object': () => 'null',
    'an object of another kind': () => '{}',
    'half of an entry': (parsed) => text(parsed).slice(0, -10),
    'an entry without a body': withEntry(() => ({ body: undefined })),
    'an entry with half a body': withEntry(() => ({ body: '' })),
    'a body that is none': withEntry(() => ({ body: '\u0000' })),
    'an error for which no time was said': withEntry(() => ({ status: 404, headers: [['etag', '"a"']] })),
    'a status that is never stored': withEntry(() => ({ status: 401 })),
    'a status beyond all': withEntry(() => ({ status: 1e9 })),
    'no status': withEntry(() => ({ status: '200' })),
    'a header without a value': withEntry(() => ({ headers: [['a']] })),
    'a header with a blank in its name': withEntry(() => ({ headers: [['a b', 'c']] })),
    'a header with a line break': withEntry(() => ({ headers: [['a', 'b\r\nc: d']] })),
    'a phrase that is none': withEntry(() => ({ statusText: 'a\nb' })),
    'no time': withEntry(() => ({ receivedAt: null })),
    'a time that is infinite': ({ key, entry }) =>
      text({ key, entry }).replace(/"receivedAt":\d+/, '"receivedAt":1e999'),
    'an entry from the future': withEntry(({ receivedAt }) => ({ receivedAt: Number(receivedAt) + 300_001 })),
    'an entry of long ago': withEntry(({ requestedAt }) => ({ requestedAt: Number(requestedAt) - aYearMs - 1 })),
    'an answer before its request': withEntry(({ receivedAt }) => ({ requestedAt: Number(receivedAt) + 1 })),
    'the entry of another key': ({ entry }) => text({ key: 'holdfast:2:0', entry }),
    'the record of a URL that is none': ({ key }) =>
      text({ key, resource: { id: 1, vary: [], changed: false, until: 0 } }),
    'a number': () => 5,
    bytes: () => new Uint8Array(3),
    'an object': (parsed) => parsed,
  };
  test.each(Object.entries(garbage))('that gives %s', async (_, spoil) => {
    const { get, map, log, clock } = withStore();
    await get();
    await clock.settle();
    spoilEntries(map, spoil);
    expect(await get()).toBe('2');
    expect(log.lines).toEqual(['cache.degraded: an entry of the store cannot be read, and is deleted']);
    expect(await get()).toBe('2');
  });

  const spoilEntries = (map: Map<string, string>, spoil: (parsed: Parsed) => unknown): void => {
    for (const [key, value] of map) {
      const parsed = JSON.parse(value);
      if (parsed.entry) map.set(key, spoil(parsed) as string);
    }
  };

  test('that returns a text longer than any that was stored, which is not parsed', async () => {
    const { get, map, log, clock } = withStore({}, { maxEntryBytes: 1000 });
    await get();
    await clock.settle();
    spoilEntries(map, (parsed) => text({ ...parsed, more: 'x'.repeat(2 * 1024 * 1024) }));
    expect(await get()).toBe('2');
    expect(log.lines).toHaveLength(1);
  });

  const records: Readonly<Record<string, object>> = {
    'an id that is none': { id: {} },
    'an id without an end': { id: 'x'.repeat(201) },
    'names that are none': { vary: ['a b'] },
    'more names than a record may have': { vary: Array.from({ length: 33 }, (_, index) => `x-${index}`) },
    'no list of names': { vary: 'accept' },
    'an end that is none': { until: null },
    'no end': { until: Number.MAX_VALUE },
    'a mark that is none': { changed: 1 },
  };
  test.each(Object.entries(records))('that gives the record of a URL with %s', async (_, change) => {
    const { get, map, log, clock } = withStore();
    await get();
    await clock.settle();
    for (const [key, value] of map) {
      const { resource } = JSON.parse(value);
      if (resource) map.set(key, text({ key, resource: { ...resource, ...change } }));
    }
    expect(await get()).toBe('2');
    expect(log.lines).toEqual(['cache.degraded: an entry of the store cannot be read, and is deleted']);
    expect(await get()).toBe('2');
  });

  test('that returns a forged record makes the cache delete only the key that it asked for', async () => {
    const deleted: string[] = [];
    const store = mapStore();
    const { get, answer, clock } = scene({
      store: {
        ...store,
        delete(key) {
          deleted.push(key);
          store.map.delete(key);
        },
      },
    });
    answer(counting({ ...fresh, vary: 'accept' }));
    await get();
    await clock.settle();
    const own = [...store.map.keys()];
    expect(own).toHaveLength(2);
    store.map.set('orders-of-another-application', '1');
    for (const [key, value] of store.map) {
      const { resource } = JSON.parse(value);
      const forged = { ...resource, variants: ['orders-of-another-application'], id: 'forged' };
      if (resource) store.map.set(key, text({ key, resource: forged, marker: forged }));
    }
    for (let value = 0; value < 40; value++) await get('/orders', { headers: { accept: String(value) } });
    await get('/orders', { method: 'POST' });
    await clock.settle();
    expect(store.map.get('orders-of-another-application')).toBe('1');
    expect(deleted.every((key) => own.includes(key))).toBe(true);
  });

  test('does not return an answer that a change has invalidated, even if the change could not be written', async () => {
    let isAway = false;
    const store = mapStore();
    const { get, clock, answer, send } = scene({
      store: { ...store, set: (...given) => (isAway ? reject() : store.set(...given)) },
    });
    answer(counting({ 'cache-control': 'max-age=600' }));
    expect(await get()).toBe('1');
    await clock.settle();
    isAway = true;
    await send('/orders', { method: 'POST' });
    isAway = false;
    await clock.advance(2000);
    expect([...store.map.values()].some((value) => 'entry' in JSON.parse(value))).toBe(true);
    expect(await get()).toBe('3');
    expect(await get()).toBe('3');
  });
});
