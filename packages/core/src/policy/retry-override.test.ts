import { describe, expect, it } from 'vitest';
import type { Outcome } from '../kernel/outcome.ts';
import { factsOf, levelsOf, network, postFacts, status, timedOut } from './cases.vectors.ts';
import { decide } from './decide.ts';
import { accept, failFast, retry } from './policies.ts';
import { type KyRetryOptions, translateKyRetry } from './retry-override.ts';

const soon = { 'retry-after': '2' };
const reason = (given: number | KyRetryOptions, outcome: Outcome, over = {}): string => {
  const { rule, reason: words } = decide(outcome, factsOf(over), levelsOf({ retry: given }));
  return `${rule}: ${words}`;
};

describe('ky’s retry', () => {
  it.each<[string, number | KyRetryOptions, Outcome, object, string]>([
    ['as a number is the limit', 5, status(503), {}, 'retry: 503 → retry 1 of 5 in 250 ms (backoff)'],
    ['of 0 switches retries off', 0, status(503), {}, 'retry: 503 → fail: retries are off'],
    ['of 0 switches them off for the network, too', 0, network(), {}, 'retry: network error → fail: retries are off'],
    ['without fields changes nothing', {}, status(503), {}, 'default: 503 → retry 1 of 2 in 250 ms (backoff)'],
    [
      'with nothing but undefined changes nothing',
      { limit: undefined },
      status(503),
      {},
      'default: 503 → retry 1 of 2 in 250 ms (backoff)',
    ],
    ['limit', { limit: 1 }, status(503), { attempt: 2 }, 'retry: 503 → fail: all 1 retries are used up'],
    ['limit leaves a 404 alone', { limit: 5 }, status(404), {}, 'default: 404 → fail fast'],
    ['methods, in any case', { methods: ['get'] }, status(503), {}, 'retry: 503 → retry 1 of 2 in 250 ms (backoff)'],
    [
      'methods leaves out what it does not list',
      { methods: ['post'] },
      status(503),
      {},
      'retry: 503 → fail: GET is not among the methods to retry (POST)',
    ],
    ['statusCodes adds', { statusCodes: [418] }, status(418), {}, 'retry: 418 → retry 1 of 2 in 250 ms (backoff)'],
    ['statusCodes leaves out what it does not list', { statusCodes: [418] }, status(503), {}, 'retry: 503 → fail fast'],
    [
      'statusCodes says nothing of the network',
      { statusCodes: [418] },
      network(),
      {},
      'default: network error → retry 1 of 2 in 250 ms (backoff)',
    ],
    ['statusCodes says nothing of a success', { statusCodes: [200] }, status(200), {}, 'default: 200 → accept'],
    ['statusCodes says nothing of a redirect', { statusCodes: [304] }, status(304), {}, 'default: 304 → accept'],
    ['statusCodes names 501', { statusCodes: [501] }, status(501), {}, 'retry: 501 → retry 1 of 2 in 250 ms (backoff)'],
    [
      'afterStatusCodes honours the timing of those',
      { afterStatusCodes: [503] },
      status(503, soon),
      { random: 0 },
      'retry: 503 → retry 1 of 2 in 2000 ms (Retry-After)',
    ],
    [
      'afterStatusCodes of others leaves the backoff',
      { afterStatusCodes: [413] },
      status(503, soon),
      {},
      'retry: 503 → retry 1 of 2 in 250 ms (backoff)',
    ],
    [
      'maxRetryAfter fails, and does not clamp',
      { maxRetryAfter: 1000 },
      status(503, soon),
      {},
      'default: 503 → fail: Retry-After asks for 2000 ms, more than the 1000 ms allowed',
    ],
    [
      'backoffLimit caps the usual waits',
      { backoffLimit: 100 },
      status(503),
      { random: 0.5 },
      'retry: 503 → retry 1 of 2 in 50 ms (backoff)',
    ],
    [
      'backoffLimit of infinity caps nothing',
      { backoffLimit: Number.POSITIVE_INFINITY },
      status(503),
      {},
      'retry: 503 → retry 1 of 2 in 250 ms (backoff)',
    ],
    [
      'delay is exact',
      { delay: (count) => count * 11 },
      status(503),
      { attempt: 2, random: 0.1 },
      'retry: 503 → retry 2 of 2 in 22 ms (backoff)',
    ],
    [
      'delay with jitter is not',
      { delay: () => 100, jitter: true },
      status(503),
      { random: 0.1 },
      'retry: 503 → retry 1 of 2 in 10 ms (backoff)',
    ],
    [
      'delay is capped by backoffLimit',
      { delay: () => 100, backoffLimit: 30 },
      status(503),
      {},
      'retry: 503 → retry 1 of 2 in 30 ms (backoff)',
    ],
    [
      'jitter: true alone spreads ky’s own delay',
      { jitter: true },
      status(503),
      { attempt: 2, random: 0.5 },
      'retry: 503 → retry 2 of 2 in 300 ms (backoff)',
    ],
    [
      'jitter: false alone is ky’s own delay',
      { jitter: false },
      status(503),
      { random: 0.5 },
      'retry: 503 → retry 1 of 2 in 300 ms (backoff)',
    ],
    [
      'jitter as a function gets the delay',
      { jitter: (delay) => delay + 1 },
      status(503),
      {},
      'retry: 503 → retry 1 of 2 in 301 ms (backoff)',
    ],
    [
      'jitter that gives nonsense is as none',
      { jitter: () => Number.NaN },
      status(503),
      {},
      'retry: 503 → retry 1 of 2 in 300 ms (backoff)',
    ],
    [
      'jitter is bounded by backoffLimit',
      { jitter: (delay) => delay * 9, backoffLimit: 400 },
      status(503),
      {},
      'retry: 503 → retry 1 of 2 in 400 ms (backoff)',
    ],
    ['retryOnTimeout: false', { retryOnTimeout: false }, timedOut, {}, 'retry: timeout → fail fast'],
    [
      'retryOnTimeout: false leaves other failures',
      { retryOnTimeout: false },
      network(),
      {},
      'default: network error → retry 1 of 2 in 250 ms (backoff)',
    ],
    [
      'retryOnTimeout: true is as usual',
      { retryOnTimeout: true },
      timedOut,
      {},
      'default: timeout → retry 1 of 2 in 250 ms (backoff)',
    ],
    ['shouldRetry alone changes no policy', { shouldRetry: () => true }, status(404), {}, 'default: 404 → fail fast'],
  ])('%s', (_title, given, outcome, over, expected) => {
    expect(reason(given, outcome, over)).toBe(expected);
  });

  it('with all its fields at once', () => {
    const given: KyRetryOptions = {
      limit: 3,
      methods: ['post'],
      statusCodes: [418, 503],
      afterStatusCodes: [503],
      maxRetryAfter: 5000,
      backoffLimit: 50,
      delay: () => 80,
      jitter: (delay) => delay - 10,
      retryOnTimeout: false,
      shouldRetry: () => undefined,
    };
    const levels = levelsOf({ retry: given });
    const words = (outcome: Outcome, facts = postFacts()): string => decide(outcome, facts, levels).reason;
    expect(words(status(418))).toBe('418 → retry 1 of 3 in 40 ms (backoff)');
    expect(words(status(503, soon))).toBe('503 → retry 1 of 3 in 2200 ms (Retry-After)');
    expect(words(status(503, { 'retry-after': '6' }))).toContain('more than the 5000 ms allowed');
    expect(words(status(500))).toBe('500 → fail fast');
    expect(words(timedOut)).toBe('timeout → fail fast');
    expect(words(status(418), factsOf())).toBe('418 → fail: GET is not among the methods to retry (POST)');
    expect(words(status(418), postFacts({ attempt: 4 }))).toBe('418 → fail: all 3 retries are used up');
  });

  it('changes the policies of the levels below, field by field', () => {
    const below = levelsOf({ policies: { 503: retry({ limit: 9, methods: 'any', fallback: 1 }), 404: accept() } });
    const levels = levelsOf({ retry: { limit: 4 } }, below);
    expect(decide(status(503), postFacts(), levels).reason).toBe('503 → retry 1 of 4 in 250 ms (backoff)');
    expect(decide(status(404), factsOf(), levels).action).toBe('accept');
  });

  it('keeps the fallback of a policy that it switches off', () => {
    const below = levelsOf({ policies: { 503: retry({ fallback: 1 }), timeout: failFast() } });
    expect(decide(status(503), factsOf(), levelsOf({ retry: { statusCodes: [418] } }, below)).action).toBe('fallback');
  });

  it('adds a status that the levels below accept', () => {
    const below = levelsOf({ policies: { 404: accept() } });
    expect(decide(status(404), factsOf(), levelsOf({ retry: { statusCodes: [404] } }, below)).action).toBe('retry');
  });

  it('does not notice when the lists it was given change later', () => {
    const statusCodes = [418];
    const levels = levelsOf({ retry: { statusCodes } });
    statusCodes.push(404);
    expect(decide(status(404), factsOf(), levels).action).toBe('fail');
  });

  it.each<[unknown, typeof TypeError | typeof RangeError, string]>([
    [-1, RangeError, 'api: retry must be an integer ≥ 0, got -1'],
    [1.5, RangeError, 'api: retry must be an integer ≥ 0, got 1.5'],
    ['3', TypeError, 'api: retry must be a number of retries, or an object with limit'],
    [null, TypeError, 'api: retry must be a number of retries, or an object with limit'],
    [{ limit: -1 }, RangeError, 'api: retry.limit must be an integer ≥ 0, got -1'],
    [{ methods: 'get' }, TypeError, "api: retry.methods must be a list such as ['GET', 'PUT'], got \"get\""],
    [{ methods: [1] }, TypeError, 'api: retry.methods must be a list'],
    [{ statusCodes: 503 }, TypeError, 'api: retry.statusCodes must be a list of statuses from 100 to 599, got 503'],
    [{ statusCodes: ['503'] }, TypeError, 'api: retry.statusCodes must be a list of statuses'],
    [{ statusCodes: [99] }, TypeError, 'api: retry.statusCodes must be a list of statuses'],
    [{ afterStatusCodes: [600] }, TypeError, 'api: retry.afterStatusCodes must be a list of statuses'],
    [{ maxRetryAfter: -1 }, RangeError, 'api: retry.maxRetryAfter must be a number ≥ 0'],
    [{ maxRetryAfter: '1' }, TypeError, 'api: retry.maxRetryAfter must be a number ≥ 0'],
    [{ backoffLimit: Number.NaN }, RangeError, 'api: retry.backoffLimit must be a number ≥ 0, got NaN'],
    [{ delay: 500 }, TypeError, 'api: retry.delay must be a function (attemptCount) => milliseconds, got 500'],
    [
      { jitter: 'full' },
      TypeError,
      'api: retry.jitter must be true, false or a function (delay) => milliseconds, got "full"',
    ],
    [{ retryOnTimeout: 1 }, TypeError, 'api: retry.retryOnTimeout must be true or false, got 1'],
    [
      { shouldRetry: true },
      TypeError,
      'api: retry.shouldRetry must be a function ({error, retryCount}) => boolean, got true',
    ],
    [{ limits: 2 }, TypeError, 'api: retry: unknown option "limits"; did you mean "limit"?'],
  ])('refuses %j', (option, kind, message) => {
    expect(() => translateKyRetry(option as never, 'api')).toThrow(kind);
    expect(() => translateKyRetry(option as never, 'api')).toThrow(message);
  });
});
