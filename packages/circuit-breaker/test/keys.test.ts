import { circuitBreaker } from '@holdfast/circuit-breaker';
import { compose, NetworkError } from '@holdfast/core';
import { createCall, emptyBody } from '@holdfast/core/internal';
import { ManualClock } from '@holdfast/core/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { networkFailure, origin, quick, scene } from './support/scene.ts';

const keysOf = ({ breaker }: ReturnType<typeof scene>): string[] => breaker.snapshot().map(({ key }) => key);

test('each origin has its own circuit', async () => {
  const one = scene(quick);
  await one.attempts(4, 503, 'https://a.example.com/x');
  expect(await one.attempt(200, 'https://a.example.com/y')).toBe('CIRCUIT_OPEN');
  expect(await one.attempt(200, 'https://b.example.com/x')).toBe(200);
  expect(await one.attempt(200, 'http://a.example.com/x')).toBe(200);
  expect(await one.attempt(200, 'https://a.example.com:8443/x?q=1')).toBe(200);
  expect(keysOf(one)).toEqual([
    'https://a.example.com',
    'https://b.example.com',
    'http://a.example.com',
    'https://a.example.com:8443',
  ]);
});

test('with route patterns each route of an origin has its own, and the rest of it shares one', async () => {
  const one = scene({ ...quick, key: ['/orders/:id', '/reports/**'] });
  await one.attempts(2, 503, 'https://a.example.com/orders/1?expand=items#top');
  await one.attempts(2, 503, 'https://a.example.com/orders/2/');
  expect(await one.attempt(200, 'https://a.example.com/orders/3')).toBe('CIRCUIT_OPEN');
  expect(await one.attempt(200, 'https://a.example.com/reports/2026/11')).toBe(200);
  expect(await one.attempt(200, 'https://a.example.com/else?where=/orders/1')).toBe(200);
  expect(await one.attempt(200, 'https://b.example.com/orders/1')).toBe(200);
  expect(keysOf(one)).toEqual([
    'https://a.example.com/orders/:id',
    'https://a.example.com/reports/**',
    'https://a.example.com',
    'https://b.example.com/orders/:id',
  ]);
});

test('a function returns the key of the circuit', async () => {
  const one = scene({ ...quick, key: ({ url }) => new URL(url).searchParams.get('tenant') ?? 'none' });
  await one.attempts(4, 503, 'https://a.example.com/?tenant=red');
  expect(await one.attempt(200, 'https://b.example.com/?tenant=red')).toBe('CIRCUIT_OPEN');
  expect(await one.attempt(200, 'https://a.example.com/?tenant=blue')).toBe(200);
  expect(keysOf(one)).toEqual(['red', 'blue']);
});

describe('an answer that a redirect brought from another origin', () => {
  const elsewhere = 'https://elsewhere.example.com';
  const from = (url: string, status: number): Response =>
    Object.defineProperties(new Response(null, { status }), { url: { value: url }, redirected: { value: true } });

  test('opens the circuit of the origin that answered, and not of the one that redirected', async () => {
    const one = scene(quick);
    await one.attempts(5, from(`${elsewhere}/x`, 503));
    expect(one.breaker.snapshot()).toMatchObject([
      { key: origin, state: 'closed', failures: 0, successes: 5 },
      { key: elsewhere, state: 'open', failures: 4, successes: 0 },
    ]);
    expect(await one.attempt(200, `${elsewhere}/y`)).toBe('CIRCUIT_OPEN');
    expect(await one.attempt(200)).toBe(200);
  });

  test('closes the circuit of the origin that redirects, as a success', async () => {
    const one = scene(quick);
    await one.attempts(4, 503);
    await one.clock.advance(1000);
    await one.attempt(from(`${elsewhere}/x`, 503));
    expect(one.state).toBe('closed');
  });

  test('is that of its route, where routes have circuits of their own', async () => {
    const one = scene({ ...quick, key: ['/a/**'] });
    await one.attempts(4, from(`${elsewhere}/a/1`, 503), `${origin}/a/1`);
    expect(keysOf(one)).toEqual([`${origin}/a/**`, `${elsewhere}/a/**`]);
  });

  test('counts for no circuit but the asked one’s where a function makes the keys', async () => {
    const one = scene({ ...quick, key: () => 'tenant' });
    await one.attempts(5, from(`${elsewhere}/x`, 503));
    expect(one.breaker.snapshot()).toMatchObject([{ key: 'tenant', state: 'closed', successes: 5 }]);
  });

  test('within its origin counts as any answer', async () => {
    const one = scene(quick);
    await one.attempts(4, from(`${origin}/moved`, 503));
    expect(one.breaker.snapshot()).toMatchObject([{ key: origin, state: 'open' }]);
  });

  test('that does not arrive counts for no circuit', async () => {
    const one = scene(quick);
    const call = createCall('GET', origin, one.clock);
    const error = new NetworkError({ call, message: 'no answer', elsewhere: true });
    await one.attempts(5, error);
    expect(one.breaker.snapshot()).toMatchObject([{ key: origin, state: 'closed', failures: 0, successes: 0 }]);
  });
});

test('a function that throws fails the call with its error; nothing is sent or counted', async () => {
  const bug = new RangeError('a bug');
  const one = scene({
    ...quick,
    key: () => {
      throw bug;
    },
  });
  for (let sent = 0; sent < 20; sent++) {
    const begun = one.begin();
    expect(await begun.error).toBe(bug);
    expect(begun.sent).toBe(false);
  }
  expect(one.breaker.snapshot()).toEqual([]);
});

test.each<[unknown, string]>([
  [undefined, 'undefined'],
  ['', '""'],
  [42, '42'],
])('a function that returns %j fails the call, and the message says what it must return', async (given, shown) => {
  const one = scene({ ...quick, key: () => given as string });
  expect(await one.begin().error).toMatchObject({
    ...{ name: 'TypeError', message: `circuitBreaker.key() must return a string that is not empty, got ${shown}` },
  });
});

test('only maxKeys are kept, and circuits with outcomes are removed last', async () => {
  const one = scene({ ...quick, windowMs: 1_000_000, maxKeys: 3 });
  await one.attempts(4, 503, 'https://dead.example.com/');
  for (const name of ['a', 'b', 'c', 'd']) {
    await one.clock.advance(1);
    await one.attempt(200, `https://${name}.example.com/`);
  }
  expect(keysOf(one)).toEqual(['https://dead.example.com', 'https://c.example.com', 'https://d.example.com']);
});

test('a thousand are kept by default, even if there are ten thousand', async () => {
  const one = scene();
  for (let host = 0; host < 3000; host++) await one.attempt(200, `https://h${host}.example.com/`);
  expect(one.breaker.snapshot()).toHaveLength(1000);
});

test('if all are open, the least recently used one is removed', async () => {
  const one = scene({ ...quick, minimumCalls: 1, maxKeys: 2 });
  for (const name of ['a', 'b', 'c']) {
    await one.attempt(503, `https://${name}.example.com/`);
    await one.clock.advance(1);
  }
  expect(keysOf(one)).toEqual(['https://b.example.com', 'https://c.example.com']);
});

test('those that were idle for a window are released when another comes', async () => {
  const one = scene(quick);
  for (let host = 0; host < 100; host++) await one.attempt(200, `https://h${host}.example.com/`);
  await one.attempts(4, 503, 'https://dead.example.com/');
  await one.clock.advance(1000);
  await one.attempt(200, 'https://new.example.com/');
  expect(keysOf(one)).toEqual(['https://dead.example.com', 'https://new.example.com']);
});

test('an outcome of a circuit that was removed meanwhile does no harm', async () => {
  const one = scene({ ...quick, maxKeys: 1 });
  const late = [one.begin('https://a.example.com/'), one.begin('https://a.example.com/')];
  await one.attempt(200, 'https://b.example.com/');
  // An unhandled rejection would fail the test.
  expect(await late[0]?.answer(503)).toBe(503);
  expect(await late[1]?.answer(200)).toBe(200);
  expect(keysOf(one)).toEqual(['https://b.example.com']);
});

test('a circuit has no timer, neither closed nor open nor half-open, and close() leaves nothing', async () => {
  // Other tests of this process may set timers at the same time, so only those of opossum and of the breaker are counted.
  const timers = timersSetBy(/opossum|circuit-breaker.src/);
  const one = scene(quick);
  for (let host = 0; host < 500; host++) await one.attempt(200, `https://h${host}.example.com/`);
  await one.attempts(4, 503);
  expect([one.clock.pending, timers()]).toEqual([0, 0]);
  await one.clock.advance(1000);
  one.begin();
  expect([one.clock.pending, timers()]).toEqual([0, 0]);
  await one.breaker.close();
  expect(one.breaker.snapshot()).toEqual([]);
  expect([one.clock.pending, timers()]).toEqual([0, 0]);
});

test('two breakers share nothing', async () => {
  const one = scene(quick);
  const other = scene(quick);
  await one.attempts(4, 503);
  expect(await other.attempt(200)).toBe(200);
});

test('without options and parts it runs on the platform’s time', async () => {
  const breaker = circuitBreaker();
  const clock = new ManualClock();
  const send = compose([breaker.gate, breaker.strategy], async () => new Response('hello'));
  const settings = { levels: [], timeout: false, totalTimeout: false } as const;
  const response = await send(new Request('https://api.example.com/'), {
    ...{ call: createCall('GET', 'https://api.example.com/', clock), attempt: 1, random: () => 0 },
    ...{ signal: new AbortController().signal, emit: {}, settings, body: emptyBody },
  });
  expect(await response.text()).toBe('hello');
  expect(breaker.snapshot()).toMatchObject([{ state: 'closed', successes: 1 }]);
  await breaker.close();
});

test('a circuit with an attempt under way is not idle, however long that takes', async () => {
  const one = scene(quick);
  const slow = [1, 2, 3, 4].map(() => one.begin());
  await one.clock.advance(1001);
  await one.attempt(200, 'https://other.example.com/');
  for (const attempt of slow) await attempt.answer(networkFailure('ECONNRESET'));
  expect(one.breaker.snapshot().find(({ key }) => key === origin)?.state).toBe('open');
});

test('a circuit that opened long ago and was not used since makes room for those in use', async () => {
  const one = scene({ ...quick, minimumCalls: 2, maxKeys: 3 });
  for (const name of ['a', 'b', 'c']) await one.attempts(2, 503, `https://${name}.example.com/`);
  await one.clock.advance(86_400_000);
  for (let round = 0; round < 3; round++) {
    for (const name of ['d', 'e']) await one.attempt(503, `https://${name}.example.com/`);
  }
  const open = one.breaker.snapshot().filter(({ state }) => state === 'open');
  expect(open.map(({ key }) => key)).toEqual(['https://d.example.com', 'https://e.example.com']);
});

test('a removed circuit emits no events any more', async () => {
  const one = scene({ ...quick, maxKeys: 1 });
  await one.attempts(4, 503);
  await one.clock.advance(1000);
  const probe = one.begin();
  await one.attempt(200, 'https://other.example.com/');
  const told = one.log.lines.length;
  await probe.answer(503);
  expect(one.log.lines.slice(told)).toEqual([]);
});

/** The timers that code at that place has set and not cleared. */
function timersSetBy(place: RegExp): () => number {
  const pending = new Set<unknown>();
  const { setTimeout, setInterval, clearTimeout } = globalThis;
  const noting =
    (set: (work: () => void, ms?: number) => unknown) =>
    (work: () => void, ms?: number): unknown => {
      const timer = set(work, ms);
      if (place.test(new Error('timer').stack ?? '')) pending.add(timer);
      return timer;
    };
  const forgetting = (timer: unknown): void => {
    pending.delete(timer);
    clearTimeout(timer as NodeJS.Timeout);
  };
  vi.stubGlobal('setTimeout', noting(setTimeout));
  vi.stubGlobal('setInterval', noting(setInterval));
  vi.stubGlobal('clearTimeout', forgetting);
  vi.stubGlobal('clearInterval', forgetting);
  onTestFinished(() => void vi.unstubAllGlobals());
  return () => pending.size;
}
