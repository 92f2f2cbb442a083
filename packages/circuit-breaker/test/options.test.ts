import { type CircuitBreakerOptions, circuitBreaker } from '@holdfast/circuit-breaker';
import { expect, test } from 'vitest';

test.each<[object, string]>([
  [{ failureRatio: 0 }, 'circuitBreaker.failureRatio must be a number from 0.01 to 1, got 0'],
  [{ failureRatio: 50 }, 'circuitBreaker.failureRatio must be a number from 0.01 to 1, got 50'],
  [{ failureRatio: '50%' }, 'circuitBreaker.failureRatio must be a number from 0.01 to 1, got "50%"'],
  [{ minimumCalls: 0 }, 'circuitBreaker.minimumCalls must be an integer ≥ 1, got 0'],
  [{ minimumCalls: 2.5 }, 'circuitBreaker.minimumCalls must be an integer ≥ 1, got 2.5'],
  [{ windowMs: 1 }, 'circuitBreaker.windowMs must be a number from 10 to 2147483647 (milliseconds), got 1'],
  [{ openMs: -1 }, 'circuitBreaker.openMs must be a number from 1 to 2147483647 (milliseconds), got -1'],
  [{ openMs: Number.POSITIVE_INFINITY }, 'circuitBreaker.openMs must be a number from 1 to 2147483647 (milliseconds)'],
  [{ openMs: 500, maxOpenMs: 400 }, 'circuitBreaker.maxOpenMs must be a number from 500 to 2147483647'],
  [{ probes: 0 }, 'circuitBreaker.probes must be an integer ≥ 1, got 0'],
  [{ probes: Number.POSITIVE_INFINITY }, 'circuitBreaker.probes must be a number from 1 to 1000, got Infinity'],
  [{ slowCallMs: 0 }, 'circuitBreaker.slowCallMs must be a number from 1 to 2147483647 (milliseconds), got 0'],
  [{ slowCallMs: 5, slowCallRatio: 2 }, 'circuitBreaker.slowCallRatio must be a number from 0.01 to 1, got 2'],
  [{ slowCallRatio: 0.5 }, 'circuitBreaker.slowCallRatio has no effect without slowCallMs; set slowCallMs, too'],
  [{ maxKeys: 0 }, 'circuitBreaker.maxKeys must be an integer ≥ 1, got 0'],
  [{ key: 'route' }, "circuitBreaker.key must be 'origin', a list of route patterns such as ['/orders/:id'], or a"],
  [{ key: 42 }, "circuitBreaker.key must be 'origin', a list of route patterns such as ['/orders/:id'], or a function"],
  [{ key: ['/a', 5] }, "circuitBreaker.key[1] must be a route pattern such as '/orders/:id', got 5"],
  [{ initialState: {} }, 'circuitBreaker.initialState must be a list such as snapshot().circuits, got an object'],
  [{ initialState: [null] }, 'circuitBreaker.initialState[0] must be an object from snapshot(), got null'],
  [
    { initialState: [{ state: 'open' }] },
    'circuitBreaker.initialState[0].key must be a key from snapshot(), got undef',
  ],
  [
    { initialState: [{ key: 'a', state: 'ajar' }] },
    'circuitBreaker.initialState[0].state must be "closed" or "open" or "halfOpen", got "ajar"',
  ],
  [
    { initialState: [{ key: 'a', state: 'open' }] },
    'circuitBreaker.initialState[0].retryAfterMs must be a number from 0 to 2147483647 (milliseconds), got undefined',
  ],
  [
    { initialState: [{ key: 'a', state: 'open', retryAfterMs: -5 }] },
    'circuitBreaker.initialState[0].retryAfterMs must be a number from 0 to 2147483647 (milliseconds), got -5',
  ],
  [
    { initialState: [{ key: 'a', state: 'closed', failures: 'many' }] },
    'circuitBreaker.initialState[0].failures must be an integer ≥ 0, got "many"',
  ],
  [{ redisName: 'shop' }, 'circuitBreaker.redisName has no effect without redis; set redis, too'],
  [{ redis: 'redis://x', redisName: 'a b' }, 'circuitBreaker.redisName must be 1 to 100 letters, digits or any of'],
  [{ redis: 'localhost:6379' }, "circuitBreaker.redis must be a URL such as 'redis://localhost:6379', or a ready"],
  [{ redis: 'http://:hunter2@x' }, 'or a ready ioredis client, got "another string"'],
  [
    { redis: {} },
    "circuitBreaker.redis must be a URL such as 'redis://localhost:6379', or a ready ioredis client, got",
  ],
  [{ redis: true }, 'circuitBreaker.redis must be a URL'],
  [{ failureRate: 0.5 }, 'circuitBreaker: unknown option "failureRate"; did you mean "failureRatio"?'],
  [{ volumeThreshold: 5 }, 'circuitBreaker: unknown option "volumeThreshold"; known are failureRatio, minimumCalls,'],
])('%j is refused, and the message says what to do', (options, message) => {
  expect(() => circuitBreaker(options as CircuitBreakerOptions)).toThrow(message);
});

test.each([null, 42, 'on', []])('%j is not an options object', (options) => {
  expect(() => circuitBreaker(options as CircuitBreakerOptions)).toThrow('circuitBreaker takes an object with');
});

test('an open time beyond the usual longest raises that', async () => {
  const breaker = circuitBreaker({ openMs: 60_000 });
  breaker.circuits.open('https://a.example.com');
  expect(breaker.snapshot()[0]?.retryAfterMs).toBeGreaterThan(59_000);
  await breaker.close();
});
