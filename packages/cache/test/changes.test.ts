import { ManualClock } from '@holdfast/core/testing';
import { describe, expect, test } from 'vitest';
import { counting, type Scene, scene } from './support/scene.ts';

const fresh = { 'cache-control': 'max-age=60' };

/** A server whose answers the test gives one by one, in any order. */
function byHand({ answer, clock }: Scene): (index: number, body: string, headers?: Record<string, string>) => void {
  const waiting: ((response: Response) => void)[] = [];
  answer(() => new Promise((resolve) => waiting.push(resolve)));
  return (index, body, headers = {}) => {
    waiting[index]?.(
      new Response(body, { headers: { date: new Date(clock.wallNow()).toUTCString(), ...fresh, ...headers } }),
    );
  };
}

const date = (ms: number): Record<string, string> => ({ date: new Date(ms).toUTCString() });

describe('an older answer that arrives late', () => {
  test('does not replace a newer one: by the order of the requests', async () => {
    const made = scene();
    const { clock, get } = made;
    const give = byHand(made);
    const first = get();
    await clock.advance(10);
    const second = get();
    await clock.advance(10);
    give(1, 'new');
    expect(await second).toBe('new');
    give(0, 'old');
    expect(await first).toBe('old');
    expect(await get()).toBe('new');
  });

  test('does not replace one that the server made later, which counts before the order of the requests', async () => {
    const made = scene();
    const { clock, get } = made;
    const give = byHand(made);
    const first = get();
    await clock.advance(10);
    const second = get();
    await clock.advance(10_000);
    give(1, 'made first', date(clock.wallNow() - 9000));
    expect(await second).toBe('made first');
    give(0, 'made last', date(clock.wallNow() - 1000));
    expect(await first).toBe('made last');
    expect(await get()).toBe('made last');
  });

  test('does not replace a newer one if only its body is late', async () => {
    const made = scene();
    const { clock, send, get } = made;
    const give = byHand(made);
    const sent = send();
    await clock.settle();
    give(0, 'old');
    const old = await sent;
    await clock.advance(10);
    const reloaded = get('/orders', { cache: 'reload' });
    await clock.settle();
    give(1, 'new');
    expect(await reloaded).toBe('new');
    expect(await old.text()).toBe('old');
    expect(await get()).toBe('new');
  });

  test('does not replace one that must not be stored', async () => {
    const made = scene();
    const { clock, get } = made;
    let give = byHand(made);
    const stored = get();
    await clock.settle();
    give(0, 'stored');
    await stored;
    give = byHand(made);
    const first = get('/orders', { cache: 'reload' });
    await clock.advance(10);
    const second = get('/orders', { cache: 'reload' });
    await clock.advance(10);
    give(1, 'secret', { 'cache-control': 'no-store' });
    expect(await second).toBe('secret');
    give(0, 'old');
    expect(await first).toBe('old');
    made.answer(() => new Response('asked for again'));
    expect(await get()).toBe('asked for again');
  });

  test('a 304 to an older answer does not replace a newer one, either', async () => {
    const made = scene();
    const { clock, get, answer } = made;
    answer(() => new Response('a', { headers: { ...fresh, etag: '"a"' } }));
    await get();
    await clock.advance(60_000);
    let confirm: (response: Response) => void = () => undefined;
    answer(() => new Promise((resolve) => (confirm = resolve)));
    const first = get();
    await clock.advance(10);
    answer(() => new Response('b', { headers: { ...fresh, etag: '"b"' } }));
    expect(await get('/orders', { cache: 'reload' })).toBe('b');
    await clock.advance(10);
    confirm(new Response(null, { status: 304, headers: { ...fresh, etag: '"a"' } }));
    expect(await first).toBe('a');
    expect(await get()).toBe('b');
  });

  test('a server whose clock is behind is believed where it was asked after the other had answered', async () => {
    const { clock, get, answer } = scene();
    answer(() => new Response('one', { headers: { ...fresh, ...date(clock.wallNow()) } }));
    await get();
    await clock.advance(1000);
    answer(() => new Response('other', { headers: { ...fresh, ...date(clock.wallNow() - 30_000) } }));
    await get('/orders', { cache: 'reload' });
    expect(await get()).toBe('other');
  });
});

describe('processes that use one store', () => {
  const two = (): [Scene, Scene, Map<string, string>] => {
    const store = new Map<string, string>();
    const one = scene({ store });
    return [one, scene({ store }, { clock: one.clock }), store];
  };

  test('see each other’s changes, for every sender and variant', async () => {
    const [one, other] = two();
    one.answer(counting({ ...fresh, vary: 'accept' }));
    other.answer(counting(fresh));
    const asked = [
      { accept: 'a/a' },
      { accept: 'b/b', authorization: 'Bearer 1' },
      { accept: 'a/a', 'x-tenant': '2' },
    ] as const;
    for (const headers of asked) await one.get('/orders', { headers });
    await other.get('/orders', { method: 'PUT', headers: { authorization: 'Bearer 3' } });
    for (const [index, headers] of asked.entries())
      expect(await one.get('/orders', { headers })).toBe(String(index + 4));
    expect(await one.get('/orders', { headers: asked[0] })).toBe('4');
  });

  test('do not store what they asked for before another one made a change', async () => {
    for (const isKnown of [true, false]) {
      const [one, other] = two();
      if (isKnown) {
        one.answer(() => new Response('first', { headers: { 'cache-control': 'max-age=1' } }));
        await one.get();
        await one.clock.advance(2000);
      }
      const give = byHand(one);
      const before = one.get();
      await one.clock.settle();
      other.answer(() => new Response(null, { status: 204 }));
      await other.send('/orders', { method: 'PUT' });
      give(0, 'old');
      expect(await before).toBe('old');
      await one.clock.settle();
      one.answer(() => new Response('new', { headers: fresh }));
      expect(await one.get()).toBe('new');
      await one.clock.settle();
      expect(await other.get()).toBe('new');
    }
  });

  test('keep their responses for as long as they are of use, though their record was written earlier', async () => {
    const ttls: number[] = [];
    const store = new Map<string, string>();
    const { clock, get, answer } = scene({
      store: {
        get: (key) => store.get(key),
        delete: (key) => store.delete(key),
        set(key, value, ttlMs) {
          ttls.push(ttlMs ?? 0);
          store.set(key, value);
        },
      },
    });
    const read = async (accept: string, maxAge: number): Promise<void> => {
      answer(counting({ 'cache-control': `max-age=${maxAge}`, vary: 'accept' }));
      await get('/orders', { headers: { accept } });
      await clock.settle();
    };
    await read('a/a', 60);
    expect(ttls).toEqual([60_000, 86_400_000]);
    await read('b/b', 60);
    expect(ttls.slice(2)).toEqual([60_000]);
    await read('c/c', 31_536_000);
    expect(ttls.slice(3)).toEqual([31_536_000_000, 31_536_000_000]);
  });
});

describe('a change', () => {
  test('also invalidates the answers of the URL to which it is redirected', async () => {
    const { answer, get, requests } = scene();
    answer(counting(fresh));
    await get('/orders/1');
    answer(({ url }) =>
      Object.defineProperty(new Response('x'), 'url', { value: url.replace('/orders', '/orders/1') }),
    );
    await get('/orders', { method: 'POST' });
    await get('/orders/1');
    expect(requests).toHaveLength(3);
  });

  test('is remembered for as long as answers may be under way, among ten thousand others', async () => {
    const made = scene();
    const { clock, get, answer, send } = made;
    const give = byHand(made);
    const before = get('/orders');
    await clock.settle();
    answer(() => new Response(null, { status: 204 }));
    await send('/orders', { method: 'PUT' });
    for (let other = 0; other < 10_001; other++) await send(`/other/${other}`, { method: 'PUT' });
    give(0, 'old');
    expect(await before).toBe('old');
    answer(counting(fresh));
    expect(await get('/orders')).toBe('1');
  });
});

/** A wall clock that the test can set. */
class SettableClock extends ManualClock {
  aheadMs = 0;
  override wallNow(): number {
    return super.wallNow() + this.aheadMs;
  }
}

describe('freshness', () => {
  test('ends in time although the wall clock is set back', async () => {
    const clock = new SettableClock();
    const { get, answer } = scene(true, { clock });
    answer(counting(fresh));
    await get();
    clock.aheadMs = -3_600_000;
    await clock.advance(59_999);
    expect(await get()).toBe('1');
    await clock.advance(1);
    expect(await get()).toBe('2');
  });

  test('does not end early although the wall clock is set ahead', async () => {
    const clock = new SettableClock();
    const { get, answer } = scene(true, { clock });
    answer(counting(fresh));
    await get();
    clock.aheadMs = 3_600_000;
    await clock.advance(59_999);
    expect(await get()).toBe('1');
  });
});

test('a request with integrity bypasses the cache: the platform checks what arrives', async () => {
  const { get, answer, requests } = scene();
  answer(counting(fresh));
  const integrity = 'sha256-3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea';
  expect(await get()).toBe('1');
  expect(await get('/orders', { integrity })).toBe('2');
  expect(await get('/orders', { integrity })).toBe('3');
  expect(await get()).toBe('1');
  expect(requests).toHaveLength(3);
});
