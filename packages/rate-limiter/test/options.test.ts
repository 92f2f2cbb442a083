import { rateLimiter } from '@holdfast/rate-limiter';
import { Cluster } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { scene } from './support/scene.ts';

const messageOf = (options: unknown): string => {
  try {
    rateLimiter(options as never).close();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  return 'accepted';
};
const otherPackage = { publish: () => undefined, duplicate: () => undefined };
const cluster = new Cluster([{ host: '127.0.0.1', port: 1 }], { lazyConnect: true });

test.each<[options: unknown, message: string]>([
  [null, 'TypeError: rateLimit takes an object with maxConcurrent, '],
  [5, 'TypeError: rateLimit takes an object with maxConcurrent, '],
  [[null], 'TypeError: rateLimit[0] takes an object with maxConcurrent, '],
  [[[{ maxConcurrent: 1 }]], 'TypeError: rateLimit[0] takes an object with maxConcurrent, '],
  [{ maxConcurent: 5 }, 'TypeError: rateLimit: unknown option "maxConcurent"; did you mean "maxConcurrent"?'],
  [{ maxConcurrent: 0 }, 'RangeError: rateLimit.maxConcurrent must be an integer ≥ 1, got 0'],
  [{ minTimeMs: -1 }, 'RangeError: rateLimit.minTimeMs must be a number from 0 to 2147483647 (milliseconds), got -1'],
  [{ requests: 5 }, 'TypeError: rateLimit.requests has no effect without perMs; set perMs, too'],
  [{ perMs: 5 }, 'TypeError: rateLimit.perMs has no effect without requests; set requests, too'],
  [{ requests: 0, perMs: 1 }, 'RangeError: rateLimit.requests must be an integer ≥ 1, got 0'],
  [{ requests: '5', perMs: 1 }, 'TypeError: rateLimit.requests must be an integer ≥ 1, got "5"'],
  [{ requests: Number.NaN, perMs: 1 }, 'RangeError: rateLimit.requests must be an integer ≥ 1, got NaN'],
  [
    { requests: 1, perMs: 0 },
    'RangeError: rateLimit.perMs must be a number from 1 to 2147483647 (milliseconds), got 0',
  ],
  [{ maxQueue: -1 }, 'RangeError: rateLimit.maxQueue must be an integer ≥ 0, got -1'],
  [{ maxQueueMs: -1 }, 'RangeError: rateLimit.maxQueueMs must be a number from 0 to 2147483647 (milliseconds), got -1'],
  [{ maxKeys: 0 }, 'RangeError: rateLimit.maxKeys must be an integer ≥ 1, got 0'],
  [{ key: 'orign' }, "TypeError: rateLimit.key must be 'origin', a list of route patterns such as "],
  [{ key: [5] }, "TypeError: rateLimit.key[0] must be a route pattern such as '/orders/:id', got 5"],
  [{ adaptive: 'yes' }, 'TypeError: rateLimit.adaptive must be true, false or {min, max}, got "yes"'],
  [{ adaptive: { min: 5, max: 2 } }, 'RangeError: rateLimit.adaptive.max must be an integer ≥ 5, got 2'],
  [{ redis: 'localhost' }, "TypeError: rateLimit.redis must be a URL such as 'redis://localhost:6379', or "],
  [
    { redis: otherPackage },
    'TypeError: rateLimit.redis must be a client of ioredis, but is a client of another package',
  ],
  [{ redis: cluster }, 'TypeError: rateLimit.redis must not be a Redis Cluster; give it a client of a single server'],
  [{ onStoreFailure: 'local' }, 'TypeError: rateLimit.onStoreFailure has no effect without redis; set redis, too'],
  [{ redis: 'redis://a', onStoreFailure: 'wait' }, 'TypeError: rateLimit.onStoreFailure must be "local" or "reject"'],
  [
    [{ maxQueue: 1 }, { maxQueue: 2 }],
    'TypeError: rateLimit[1].maxQueue must be the same for all limits of a list, which have one queue, got 2',
  ],
])('%j is refused, and the message says why', (options, message) => {
  expect(messageOf(options)).toContain(message);
});

test('options that limit nothing make no limit', () => {
  const none = Number.POSITIVE_INFINITY;
  for (const options of [[], {}, { requests: none, perMs: 1 }, { maxConcurrent: none, minTimeMs: 0, maxQueue: none }]) {
    expect(messageOf(options)).toBe('accepted');
  }
});

describe('a key function', () => {
  test.each<[name: string, key: unknown, end: string]>([
    ['that gives a number', () => 5, 'rateLimit.key() must return a string that is not empty, got 5'],
    ['that is async', async () => 'a', 'rateLimit.key() must return a string that is not empty, got a Promise'],
    [
      'that is async, and fails',
      async () => {
        throw new Error('lost');
      },
      'rateLimit.key() must return a string that is not empty, got a Promise',
    ],
  ])('%s fails the call, and nothing is sent', async (_name, key, end) => {
    const { begin, limiter } = scene({ maxConcurrent: 1, key: key as () => string });
    const call = await begin();
    expect([call.end, call.sentAt]).toEqual([expect.stringContaining(end), undefined]);
    expect(limiter.snapshot()).toEqual([]);
  });
});
