import { responseCache } from '@holdfast/cache';
import { describe, expect, test } from 'vitest';

const store = { get: () => undefined, set: () => undefined, delete: () => undefined };

describe('invalid options', () => {
  test.each([
    [null, 'responseCache must be true, false, or an object such as {staleIfErrorMs: 60_000}, got null'],
    ['yes', 'responseCache must be true, false, or an object such as {staleIfErrorMs: 60_000}, got "yes"'],
    [{ maxByte: 1 }, 'responseCache: unknown option "maxByte"; did you mean "maxBytes"?'],
    [{ maxBytes: 0 }, 'responseCache.maxBytes must be an integer ≥ 1, got 0'],
    [{ maxBytes: '5mb' }, 'responseCache.maxBytes must be an integer ≥ 1, got "5mb"'],
    [{ maxBytes: Number.NaN }, 'responseCache.maxBytes must be an integer ≥ 1, got NaN'],
    [{ maxEntryBytes: -1 }, 'responseCache.maxEntryBytes must be an integer ≥ 0, got -1'],
    [{ maxBytes: 10, maxEntryBytes: 11 }, 'responseCache.maxEntryBytes must not be more than maxBytes (10), got 11'],
    [{ staleIfErrorMs: -1 }, 'responseCache.staleIfErrorMs must be a number ≥ 0 (milliseconds), got -1'],
    [
      { staleWhileRevalidateMs: '1' },
      'responseCache.staleWhileRevalidateMs must be a number ≥ 0 (milliseconds), got "1"',
    ],
    [{ heuristics: 0.1 }, 'responseCache.heuristics must be true or false, got 0.1'],
    [{ partition: 'user' }, 'responseCache.partition must be a function (request) => string, got "user"'],
    [
      { store: 'redis://localhost' },
      'responseCache.store must have get, set and delete, as a Keyv has, got "redis://localhost"',
    ],
    [
      { store: { get() {} } },
      'responseCache.store must have get, set and delete, as a Keyv has, got an object with get',
    ],
    [
      { store, maxBytes: 1 },
      'responseCache.maxBytes bounds the memory of this process, and has no effect with a store; leave it out',
    ],
    [{ storeTimeoutMs: 5 }, 'responseCache.storeTimeoutMs has no effect without store; set store, too'],
    [
      { store, storeTimeoutMs: 0 },
      'responseCache.storeTimeoutMs must be a number from 1 to 2147483647 (milliseconds), got 0',
    ],
  ])('%j', (options, message) => {
    expect(() => responseCache(options as never)).toThrow(message);
  });
});

test('with a store, the memory does not bound the longest body that is kept', () => {
  expect(() => responseCache({ store, maxEntryBytes: 100 * 1024 * 1024 })).not.toThrow();
});
