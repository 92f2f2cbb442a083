import { describe, expect, it } from 'vitest';
import { constantBackoff } from './backoff.ts';
import { accept, backoffOf, checkPolicy, failFast, refreshCredentials, retry } from './policies.ts';

describe('retry()', () => {
  it('has its defaults', () => {
    expect(retry()).toEqual({ kind: 'retry', limit: 2, respectServerTiming: true, methods: 'replayable' });
  });

  it('keeps what it is given, with the methods as they stand in a request', () => {
    const backoff = constantBackoff({ delayMs: 1 });
    const options = { limit: 5, backoff, respectServerTiming: false, methods: ['post'], fallback: { n: 1 } };
    expect(retry(options)).toEqual({ kind: 'retry', ...options, methods: ['POST'] });
  });

  it('does not notice when the list it was given changes later', () => {
    const methods = ['get'];
    const policy = retry({ methods });
    methods.push('post');
    expect(policy.methods).toEqual(['GET']);
  });

  it('takes a limit of none, and of all', () => {
    expect(retry({ limit: 0 }).limit).toBe(0);
    expect(retry({ limit: Number.POSITIVE_INFINITY }).limit).toBe(Number.POSITIVE_INFINITY);
  });

  it.each<[object | null, typeof TypeError | typeof RangeError, string]>([
    [{ limit: -1 }, RangeError, 'retry: limit must be an integer ≥ 0, got -1'],
    [{ limit: 1.5 }, RangeError, 'retry: limit must be an integer ≥ 0, got 1.5'],
    [{ limit: Number.NaN }, RangeError, 'retry: limit must be an integer ≥ 0, got NaN'],
    [{ limit: '2' }, TypeError, 'retry: limit must be an integer ≥ 0, got "2"'],
    [
      { backoff: 500 },
      TypeError,
      'retry: backoff must be a backoff such as exponentialBackoff({initialMs: 500}), got 500',
    ],
    [{ backoff: null }, TypeError, 'retry: backoff must be a backoff'],
    [{ respectServerTiming: 1 }, TypeError, 'retry: respectServerTiming must be true or false, got 1'],
    [{ respectServerTiming: [429] }, TypeError, 'retry: respectServerTiming must be true or false'],
    [
      { methods: 'all' },
      TypeError,
      "retry: methods must be 'replayable', 'any' or a list such as ['GET', 'PUT'], got \"all\"",
    ],
    [{ methods: ['GET', 1] }, TypeError, 'retry: methods must be'],
    [{ maxRetries: 3 }, TypeError, 'retry: unknown option "maxRetries"; known are limit, backoff'],
    [{ limits: 3 }, TypeError, 'retry: unknown option "limits"; did you mean "limit"?'],
    [null, TypeError, 'retry takes an object with limit, backoff, respectServerTiming, methods, fallback, got null'],
  ])('refuses %j', (options, kind, message) => {
    expect(() => retry(options as never)).toThrow(kind);
    expect(() => retry(options as never)).toThrow(message);
  });
});

describe('a policy', () => {
  it('is a frozen value', () => {
    for (const policy of [retry(), refreshCredentials(), failFast(), failFast({ fallback: 1 }), accept()]) {
      expect(Object.isFrozen(policy)).toBe(true);
    }
  });

  it('waits longer after a 429, unless it names its own backoff', () => {
    expect(backoffOf(retry(), 429).delayMs(1, 1)).toBe(1000);
    expect(backoffOf(retry(), 503).delayMs(1, 1)).toBe(250);
    expect(backoffOf(retry(), undefined).delayMs(1, 1)).toBe(250);
    expect(backoffOf(retry({ backoff: constantBackoff({ delayMs: 3 }) }), 429).delayMs(1, 1)).toBe(3);
  });

  it('made by hand is taken if it is whole', () => {
    expect(() => checkPolicy({ ...retry() }, 'policies[429]')).not.toThrow();
    expect(() => checkPolicy({ kind: 'accept' }, 'policies[429]')).not.toThrow();
  });

  it.each<[unknown, string]>([
    [{ kind: 'retry', limit: -1 }, 'policies[429].limit must be an integer ≥ 0, got -1'],
    [{ ...retry(), methods: 'all' }, 'policies[429].methods must be'],
    [{ ...retry(), backoff: {} }, 'policies[429].backoff must be a backoff'],
    [{ ...retry(), respectServerTiming: 'yes' }, 'policies[429].respectServerTiming must be true or false, got "yes"'],
    [
      { kind: 'again' },
      'policies[429] must be a policy such as retry(), refreshCredentials(), failFast() or accept(), or a function that returns one, got an object with kind',
    ],
    [() => retry(), ''],
    [retry, 'policies[429] must be a policy; did you forget to call it? retry(), got function retry'],
    [failFast, 'did you forget to call it? failFast()'],
    ['retry', 'policies[429] must be a policy such as'],
    [undefined, 'policies[429] must be a policy such as'],
    [3, 'policies[429] must be a policy such as'],
    [[], 'policies[429] must be a policy such as'],
  ])('%j is checked', (policy, message) => {
    const check = (): void => checkPolicy(policy, 'policies[429]');
    if (message === '') expect(check).not.toThrow();
    else expect(check).toThrow(message);
  });

  it('without a response of its own has no fallback', () => {
    expect(failFast()).not.toHaveProperty('fallback');
    expect(failFast({ fallback: null })).toHaveProperty('fallback', null);
    expect(() => failFast({ fallbak: 1 } as never)).toThrow(
      'failFast: unknown option "fallbak"; did you mean "fallback"?',
    );
  });
});
