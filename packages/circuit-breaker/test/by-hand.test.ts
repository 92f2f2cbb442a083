import { describe, expect, test, vi } from 'vitest';
import { origin, quick, scene } from './support/scene.ts';

describe('open', () => {
  test('opens a circuit that was not used yet, and reports it outside of any call', async () => {
    const { attempt, breaker, log } = scene(quick);
    breaker.circuits.open(origin);
    expect(await attempt(200)).toBe('CIRCUIT_OPEN');
    expect(log.events[0]).toEqual({
      ...{ type: 'circuit.opened', at: Date.UTC(2026, 0, 1), callId: '', method: '', url: '' },
      ...{ key: origin, because: 'byHand', failures: 0, successes: 0, retryAfterMs: 1000 },
    });
  });

  test.each([1, 250, 90_000, 7_200_000])('for %d ms is exact', async (forMs) => {
    const { attempt, breaker, clock } = scene(quick, { random: () => 0.3 });
    breaker.circuits.open(origin, forMs);
    expect(breaker.snapshot()[0]?.retryAfterMs).toBe(forMs);
    await clock.advance(forMs - 1);
    expect(await attempt(200)).toBe('CIRCUIT_OPEN');
    await clock.advance(1);
    expect(await attempt(200)).toBe(200);
    expect(breaker.snapshot()[0]?.state).toBe('closed');
  });

  test('with a time replaces the time of an open circuit, by a longer or a shorter one', async () => {
    const one = scene(quick);
    await one.attempts(4, 503);
    one.breaker.circuits.open(origin, 60_000);
    expect(one.retryAfterMs).toBe(60_000);
    one.breaker.circuits.open(origin, 5);
    expect(one.retryAfterMs).toBe(5);
  });

  test('without a time does not change a circuit that stays open for longer', async () => {
    const one = scene(quick);
    one.breaker.circuits.open(origin, 60_000);
    one.breaker.circuits.open(origin);
    expect(one.retryAfterMs).toBe(60_000);
    expect(one.log.lines).toEqual(['circuit.opened: byHand']);
  });

  test('opens a half-open one, and its probe has no effect any more', async () => {
    const one = scene(quick);
    await one.attempts(4, 503);
    await one.clock.advance(1000);
    const probe = one.begin();
    one.breaker.circuits.open(origin, 500);
    await probe.answer(200);
    expect(one.retryAfterMs).toBe(500);
  });

  test('is followed by probes as any opening is: one that fails opens it for longer', async () => {
    const one = scene(quick);
    one.breaker.circuits.open(origin, 10);
    await one.clock.advance(10);
    await one.attempt(503);
    expect(one.retryAfterMs).toBe(2000);
  });

  test('takes any URL of the origin', () => {
    const { breaker } = scene(quick);
    breaker.circuits.open('https://API.example.com:443/v1/');
    expect(breaker.snapshot()).toMatchObject([{ key: origin, state: 'open' }]);
  });

  test('takes keys of a function as they are', () => {
    const { breaker } = scene({ ...quick, key: () => 'red' });
    breaker.circuits.open('red');
    expect(breaker.snapshot()).toMatchObject([{ key: 'red', state: 'open' }]);
  });

  test.each<[unknown, unknown, string]>([
    ['api.example.com', undefined, "circuits.open: key must be an origin such as 'https://api.example.com', got \"api"],
    ['', undefined, 'circuits.open: key must be an origin such as \'https://api.example.com\', got ""'],
    [undefined, undefined, 'circuits.open: key must be an origin'],
    [origin, 0, 'circuits.open: forMs must be a number from 1 to 2147483647 (milliseconds), got 0'],
    [origin, Number.NaN, 'circuits.open: forMs must be a number from 1 to 2147483647 (milliseconds), got NaN'],
    [origin, Number.POSITIVE_INFINITY, 'circuits.open: forMs must be'],
    [origin, '5s', 'circuits.open: forMs must be a number from 1 to 2147483647 (milliseconds), got "5s"'],
  ])('refuses %j for %j', (key, forMs, message) => {
    const { breaker } = scene(quick);
    expect(() => breaker.circuits.open(key as string, forMs as number)).toThrow(message);
    expect(breaker.snapshot()).toEqual([]);
  });
});

describe('close', () => {
  test('closes an open circuit, whatever its window contains', async () => {
    const { attempt, attempts, breaker, log } = scene(quick);
    await attempts(4, 503);
    breaker.circuits.close(origin);
    expect(log.lines.at(-1)).toBe('circuit.closed: byHand');
    expect(await attempt(200)).toBe(200);
    await attempts(2, 503);
    expect(breaker.snapshot()).toMatchObject([{ state: 'closed', failures: 2, successes: 1 }]);
  });

  test('starts the open times over', async () => {
    const one = scene(quick);
    await one.attempts(4, 503);
    await one.clock.advance(1000);
    await one.attempt(503);
    one.breaker.circuits.close(origin);
    await one.attempts(4, 503);
    expect(one.retryAfterMs).toBe(1000);
  });

  test('takes any URL of the origin, and refuses what is none', async () => {
    const { attempts, breaker } = scene(quick);
    await attempts(4, 503);
    expect(() => breaker.circuits.close('api.example.com')).toThrow('circuits.close: key must be an origin such as');
    breaker.circuits.close('https://API.example.com:443/v1/');
    expect(breaker.snapshot()).toMatchObject([{ state: 'closed' }]);
  });

  test('does nothing for a closed circuit, nor for one that does not exist', async () => {
    const { attempt, breaker, log } = scene(quick);
    breaker.circuits.close(origin);
    expect(breaker.snapshot()).toEqual([]);
    await attempt(200);
    breaker.circuits.close(origin);
    expect(log.lines).toEqual([]);
  });
});

test('reset closes all circuits, and forgets their outcomes', async () => {
  const { attempts, attempt, begin, breaker, log } = scene(quick);
  await attempts(4, 503, 'https://a.example.com/');
  await attempts(3, 503, 'https://b.example.com/');
  const late = begin('https://b.example.com/');
  breaker.circuits.reset();
  expect(breaker.snapshot()).toEqual([]);
  expect(log.lines.at(-1)).toBe('circuit.closed: byHand');
  expect(await late.answer(503)).toBe(503);
  expect(await attempt(503, 'https://a.example.com/')).toBe(503);
  expect(await attempt(503, 'https://b.example.com/')).toBe(503);
  expect(breaker.snapshot()).toMatchObject([{ failures: 1 }, { failures: 1 }]);
});

test('a listener that throws is reported, and does no harm', async () => {
  const report = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const { attempts, breaker, on } = scene(quick);
  on(() => {
    throw new Error('a bug');
  });
  await attempts(4, 503);
  expect(breaker.snapshot()[0]?.state).toBe('open');
  breaker.circuits.close(origin);
  expect(breaker.snapshot()[0]?.state).toBe('closed');
  expect(report).toHaveBeenCalledTimes(2);
  report.mockRestore();
});

test('an open one that is about to be probed is opened for a whole openMs', async () => {
  const one = scene(quick);
  await one.attempts(4, 503);
  await one.clock.advance(999);
  one.breaker.circuits.open(origin);
  expect(one.retryAfterMs).toBe(1000);
});

test('closing a closed circuit forgets its outcomes, and the attempts under way', async () => {
  const one = scene(quick);
  const before = one.begin();
  await one.attempts(3, 503);
  one.breaker.circuits.close(origin);
  await before.answer(503);
  expect(one.breaker.snapshot()).toEqual([{ key: origin, state: 'closed', failures: 0, successes: 0 }]);
});

test('where routes have circuits, a key is an origin and a route', () => {
  const one = scene({ ...quick, key: ['/orders/:id'] });
  one.breaker.circuits.open(`${origin}/orders/:id`);
  one.breaker.circuits.open(origin);
  expect(() => one.breaker.circuits.open('/orders/:id')).toThrow(/circuits\.open: key must be an origin and one of/);
  expect(() => one.breaker.circuits.open(`${origin}/orders/1`)).toThrow(TypeError);
});

test('a secret in a key is in no error and no event', async () => {
  const one = scene({ ...quick, minimumCalls: 1, key: ({ url }) => url });
  await one.attempt(503, `${origin}/x?api_key=hush`);
  const error = await one.begin(`${origin}/x?api_key=hush`).error;
  expect(JSON.stringify([error, one.log.events])).not.toContain('hush');
});
