import { NetworkError, systemClock } from '@holdfast/core';
import { createCall } from '@holdfast/core/internal';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AdaptiveLimit, type AdaptiveOptions } from '../src/limiter/adaptive.ts';
import { signOf } from '../src/limiter/sign.ts';
import { overload } from './support/overload.ts';
import { scene, sent } from './support/scene.ts';

describe('in a simulation', () => {
  const capacity = 10;
  const rate = 100;

  test('it finds an unknown capacity, at twice the load that the server can take', () => {
    const seconds = overload({ arrivals: 2 * rate, seconds: 30, capacityAt: () => capacity });
    for (const { answered, limit } of seconds.slice(10, 30)) {
      expect(answered).toBeGreaterThan(0.85 * rate);
      expect(limit).toBeGreaterThanOrEqual(capacity * 0.8);
      expect(limit).toBeLessThanOrEqual(capacity * 2.5);
    }
    const total = seconds.slice(10, 30).reduce((sum, { answered }) => sum + answered, 0);
    expect(total / 20).toBeGreaterThan(0.95 * rate);
  });

  test('it follows when the capacity halves, and when it comes back', () => {
    const seconds = overload({
      arrivals: 2 * rate,
      seconds: 60,
      capacityAt: (ms) => (ms >= 20_000 && ms < 40_000 ? capacity / 2 : capacity),
    });
    const mean = (from: number, to: number, figure: 'answered' | 'limit'): number =>
      seconds.slice(from, to).reduce((sum, one) => sum + one[figure], 0) / (to - from);
    expect(mean(12, 20, 'limit')).toBeGreaterThan(1.5 * mean(25, 40, 'limit'));
    expect(mean(25, 40, 'answered')).toBeGreaterThan(0.9 * (rate / 2));
    expect(mean(45, 60, 'answered')).toBeGreaterThan(0.9 * rate);
    expect(seconds.slice(25, 40).reduce((sum, { failed }) => sum + failed, 0)).toBe(0);
  });

  test('without it, the same load leaves hardly anything answered', () => {
    const seconds = overload({ arrivals: 2 * rate, seconds: 30, capacityAt: () => capacity, isLimited: false });
    expect(seconds.slice(10, 30).reduce((sum, { answered }) => sum + answered, 0)).toBeLessThan(rate);
  });

  test('after a stall of ten seconds it ends', () => {
    const stalled = (ms: number): number => (ms >= 5000 && ms < 15_000 ? 0 : capacity);
    const seconds = overload({ arrivals: 0.8 * rate, seconds: 45, capacityAt: stalled });
    expect(seconds[4]?.limit).toBe(Number.POSITIVE_INFINITY);
    expect(seconds[10]?.limit).toBeLessThan(10);
    expect(seconds.slice(22, 45).reduce((sum, { answered }) => sum + answered, 0) / 23).toBeGreaterThan(0.75 * rate);
    expect(seconds[44]?.limit).toBe(Number.POSITIVE_INFINITY);
    const without = overload({ arrivals: 0.8 * rate, seconds: 45, capacityAt: stalled, isLimited: false });
    const after = (all: typeof seconds): number => all.slice(15, 45).reduce((sum, { answered }) => sum + answered, 0);
    expect(after(seconds)).toBeGreaterThan(after(without) + 1000);
  });

  test('a healthy server is not limited: not by a burst, not by an error in twenty, not by quick failures', () => {
    const even = { seconds: 20, capacityAt: () => 10_000 };
    for (const failing of [0, 0.05, 0.6]) {
      const seconds = overload({ ...even, arrivals: 500, failing });
      expect(new Set(seconds.map(({ limit }) => limit))).toEqual(new Set([Number.POSITIVE_INFINITY]));
    }
  });
});

describe('the limit', () => {
  const distressed = (options?: AdaptiveOptions): AdaptiveLimit => {
    const limit = new AdaptiveLimit(options);
    for (let call = 0; call < 40; call++) limit.ended('distress', 10 * call, 1000, 40 - call);
    return limit;
  };

  test('does not exist until nine in ten of the last calls were in distress, and then two', () => {
    const limit = new AdaptiveLimit();
    const seen: number[] = [];
    for (let call = 0; call < 40; call++) {
      limit.ended('distress', 10 * call, 1000, 40 - call);
      seen.push(limit.limit);
    }
    expect(seen.indexOf(2)).toBe(35);
    expect(new Set(seen)).toEqual(new Set([Number.POSITIVE_INFINITY, 2]));
  });

  test('does not exist for a burst that fails, and whose retries fail: that is one observation', () => {
    const limit = new AdaptiveLimit();
    for (let call = 0; call < 500; call++) limit.ended('distress', call % 150, 1000, 40);
    for (let call = 0; call < 500; call++) limit.ended('distress', 1500 + call, 3000, 40, { isRetry: true });
    expect(limit.limit).toBe(Number.POSITIVE_INFINITY);
    for (let call = 0; call < 8; call++) limit.ended('distress', 3000, 4000, 40);
    expect(limit.limit).toBe(2);
  });

  test('does not exist for a burst after one that has been forgotten in answers since', () => {
    const limit = new AdaptiveLimit();
    for (const startedAt of [0, 5000, 10_000]) {
      for (let call = 0; call < 100; call++) limit.ended('distress', startedAt, startedAt + 1000, 40);
      expect(limit.limit).toBe(Number.POSITIVE_INFINITY);
      for (let call = 0; call < 10; call++) limit.ended('good', startedAt + 2000, startedAt + 2300, 40);
    }
    expect(limit.limit).toBe(Number.POSITIVE_INFINITY);
  });

  test('does not exist for calls of which no more are under way than it would allow', () => {
    const limit = new AdaptiveLimit();
    for (let call = 0; call < 100; call++) limit.ended('distress', 1000 * call, 1000 * (call + 1), 2);
    expect(limit.limit).toBe(Number.POSITIVE_INFINITY);
  });

  test('begins no later because a retry has failed in between', () => {
    const limit = new AdaptiveLimit();
    for (let call = 0; call < 100; call++) limit.ended('distress', 1000 * call, 1000 * (call + 1), 1);
    limit.ended('distress', 100_000, 101_000, 1, { isRetry: true });
    limit.ended('distress', 100_000, 101_000, 40);
    expect(limit.limit).toBe(2);
  });

  test('does not exist for failures that are quick, and for those beside answers that are quick', () => {
    const limit = new AdaptiveLimit();
    for (let call = 0; call < 100; call++) limit.ended('distress', call * 10, call * 10 + 5, 40);
    expect(limit.limit).toBe(Number.POSITIVE_INFINITY);
    for (let call = 0; call < 200; call++)
      limit.ended(call % 3 === 0 ? 'good' : 'distress', 2000, 2050 + (call % 3), 40);
    expect(limit.limit).toBe(Number.POSITIVE_INFINITY);
  });

  test('does not exist where four in five are answered, however slowly beside those that were quick before', () => {
    const limit = new AdaptiveLimit();
    for (let call = 0; call < 200; call++) limit.ended('good', 0, 5, 40);
    for (let call = 0; call < 1000; call++) {
      limit.ended(call % 5 === 0 ? 'distress' : 'good', 1000 + call, 4000 + call, 40);
      expect(limit.limit).toBe(Number.POSITIVE_INFINITY);
    }
  });

  test('does not exist where six in ten are lost, and the others are answered', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 200, maxLength: 200 }), (calls) => {
        const limit = new AdaptiveLimit();
        for (const chance of calls) limit.ended(chance < 6 ? 'distress' : 'good', 0, chance < 6 ? 1000 : 50, 40);
        expect(limit.limit).toBe(Number.POSITIVE_INFINITY);
      }),
      { seed: 2026, numRuns: 20 },
    );
  });

  test('begins after a pause with answers that are slow, and says that it is for the pause', () => {
    const limit = new AdaptiveLimit();
    for (let call = 0; call < 100; call++) limit.ended('good', 950, 1000, 40);
    for (let call = 0; call < 10; call++) limit.ended('good', 2000, 2300, 40, { isResuming: true });
    expect([limit.limit, limit.isAfterPause]).toEqual([2, true]);
  });

  test('does not begin after a pause for answers that took as long before it', () => {
    const limit = new AdaptiveLimit();
    for (let call = 0; call < 100; call++) limit.ended('good', 950, 1000, 40);
    for (let call = 0; call < 20; call++) limit.ended('good', 1000 + call, 4000 + call, 40);
    for (let call = 0; call < 20; call++) limit.ended('good', 5000, 8000, 40, { isResuming: true });
    expect(limit.limit).toBe(Number.POSITIVE_INFINITY);
  });

  test('takes as usual the time of a server with few calls, although it was faster before', () => {
    const limit = new AdaptiveLimit();
    for (let call = 0; call < 100; call++) limit.ended('good', 950, 1000, 40);
    for (let call = 0; call < 40; call++) limit.ended('distress', 1000 + 10 * call, 2000, 40 - call);
    for (let now = 2400; now < 14_000; now += 400) {
      limit.started(now - 200, 0);
      expect(limit.admits(1000, now)).toBe(false);
      const allowed = limit.limit;
      for (let call = 0; call < allowed; call++) limit.ended('good', now - 200, now, 40);
    }
    expect(limit.limit).toBeGreaterThan(20);
  });

  /**
   * Ends as many calls as are allowed: `bad` of them in distress, after a second, and the others answered after `goodMs`.
   */
  const round = (limit: AdaptiveLimit, now: number, { bad = 0, goodMs = 50 } = {}): void => {
    const allowed = limit.limit;
    expect(allowed).toBeLessThan(1000);
    for (let call = 0; call < allowed; call++) {
      if (call < allowed - bad) limit.ended('good', now - goodMs, now, 40);
      else limit.ended('distress', now - 1000, now, 40);
    }
  };
  /** A call finds no room. */
  const full = (limit: AdaptiveLimit, now: number): void => {
    limit.started(now, 0);
    expect(limit.admits(1000, now)).toBe(false);
  };
  /** Lets the limit grow in ten rounds of answers, one every two seconds. */
  const grown = (limit: AdaptiveLimit): AdaptiveLimit => {
    for (let now = 4000; now < 24_000; now += 2000) {
      full(limit, now);
      round(limit, now);
    }
    return limit;
  };

  test('is halved by failures, and by a tenth of the calls already', () => {
    const limit = grown(distressed());
    const before = limit.limit;
    for (let call = 0; call < Math.ceil(before / 10); call++) limit.ended('distress', 25_000, 26_000, 40);
    expect(limit.limit).toBe(Math.floor(before / 2));
  });

  test('is not lowered by failures beside answers that are as quick as ever', () => {
    const limit = grown(distressed());
    const before = limit.limit;
    full(limit, 25_500);
    round(limit, 26_000, { bad: before - Math.ceil(before / 10) });
    expect(limit.limit).toBeGreaterThanOrEqual(before);
  });

  test('is not lowered by failures of a short round, beside answers before it that were as quick as ever', () => {
    const limit = distressed();
    limit.ended('good', 1_950, 2_000, 3);
    limit.ended('distress', 1_500, 2_600, 3);
    const before = limit.limit;
    limit.ended('distress', 2_700, 3_800, 3);
    expect(limit.limit).toBeGreaterThanOrEqual(before);
    // Nine in ten without an answer are distress again.
    for (let sentAt = 3_900; sentAt < 6_000; sentAt += 160) {
      limit.admits(1_000, sentAt);
      limit.ended('distress', sentAt, sentAt + 700, 3);
    }
    expect(limit.limit).toBe(1);
  });

  test('is removed by a first answer that takes as long as the failures did: they were not late', () => {
    const limit = distressed();
    limit.ended('good', 1_100, 1_800, 2);
    expect(limit.limit).toBe(Number.POSITIVE_INFINITY);
    expect(limit.usualMs).toBe(700);
    const late = distressed();
    late.ended('good', 1_100, 1_400, 2);
    expect(late.limit).toBe(2);
  });

  test('does not begin before the first answer by failures within half a second', () => {
    const limit = new AdaptiveLimit();
    for (let call = 0; call < 100; call++) limit.ended('distress', 10 * call, 10 * call + 499, 40);
    expect(limit.limit).toBe(Number.POSITIVE_INFINITY);
  });

  test('is no longer there for a pause once the server is in distress', () => {
    const limit = new AdaptiveLimit();
    for (let call = 0; call < 100; call++) limit.ended('good', 950, 1000, 40);
    for (let call = 0; call < 10; call++) limit.ended('good', 2000, 2300, 40, { isResuming: true });
    limit.ended('distress', 2300, 3300, 40);
    expect([limit.limit, limit.isAfterPause]).toEqual([1, false]);
  });

  test('stays within its bounds', () => {
    expect(distressed({ min: 30 }).limit).toBe(30);
    expect(distressed({ max: 1 }).limit).toBe(1);
    const limit = distressed({ min: 2, max: 6 });
    for (let call = 0; call < 500; call++) {
      const at = 2000 + 10 * call;
      limit.admits(6, at);
      limit.started(at, 0);
      limit.ended('good', at, at + 5, 40);
      expect(limit.limit).toBeLessThanOrEqual(6);
    }
    expect(limit.limit).toBe(6);
  });

  test('is not lowered by calls that began before it was set', () => {
    const limit = distressed();
    for (let call = 0; call < 50; call++) limit.ended('distress', 0, 1500, 40);
    expect(limit.limit).toBe(2);
  });

  test('lets one call probe after a second, whatever is under way', () => {
    const limit = distressed();
    limit.started(1000, 0);
    expect(limit.admits(2, 1999)).toBe(false);
    expect(limit.admits(2, 2000)).toBe(true);
  });
});

test('timeouts, resets and 500 to 504 are distress; quotas and failures of the caller are not', () => {
  const status = (code: number) => {
    const response = new Response(null, { status: code });
    return signOf({ kind: 'response', status: code, headers: response.headers, response });
  };
  const code = (name: string, error: unknown = new Error(name)) => signOf({ kind: 'error', code: name, error });
  const call = createCall('GET', 'https://a.example', systemClock);
  expect([200, 304, 404, 422].map(status)).toEqual(['good', 'good', 'good', 'good']);
  expect([500, 502, 503, 504].map(status)).toEqual(['distress', 'distress', 'distress', 'distress']);
  expect([status(429), status(501)]).toEqual(['none', 'none']);
  const reset = new NetworkError({ call, message: 'reset', permanent: false, neverSent: false });
  expect([code('ATTEMPT_TIMEOUT'), code('DEADLINE_EXCEEDED'), code('NETWORK', reset)]).toEqual([
    ...['distress', 'distress', 'distress'],
  ]);
  expect([code('ABORTED'), code('CIRCUIT_OPEN'), code('CREDENTIALS')]).toEqual(['none', 'none', 'none']);
});

test('in the limiter, calls wait while the server is in distress, and the events say so', async () => {
  const { beginAll, clock, log } = scene({ adaptive: true });
  const calls = await beginAll(20);
  await clock.advance(200);
  calls.push(...(await beginAll(20)));
  expect(sent(calls)).toBe(40);
  await clock.advance(1000);
  for (const call of calls) await call.answer(503);
  const later = await beginAll(30);
  expect(sent(later)).toBeLessThan(30);
  expect(log.lines.at(-1)).toMatch(/^permit\.queued 1: \d+ waiting \(distress\)$/);
  for (let round = 0; round < 30; round++) {
    await clock.advance(10);
    for (const call of later) if (call.sentAt !== undefined && call.end === undefined) await call.answer();
  }
  expect(later.map(({ end }) => end)).toEqual(later.map(() => 200));
});

test('in distress calls wait until nothing was answered for five seconds, then two, and ten when the server answers again', async () => {
  const { beginAll, clock } = scene({ adaptive: true });
  const calls = await beginAll(25);
  await clock.advance(200);
  calls.push(...(await beginAll(25)));
  await clock.advance(1000);
  for (const call of calls) await call.answer(503);
  const waited = async (waiting: Awaited<ReturnType<typeof beginAll>>): Promise<number> => {
    const from = clock.now();
    while (waiting.at(-1)?.end === undefined) await clock.advance(100);
    return clock.now() - from;
  };
  for (const ms of [5000, 2000]) {
    const dead = await beginAll(30);
    expect(await waited(dead)).toBe(ms);
    for (const call of dead) if (call.end === undefined) await call.abort();
  }
  // The calls that probe find the server healthy, one after the other.
  for (let look = 0; look < 20; look++) {
    const [one] = await beginAll(1);
    await clock.advance(10);
    await one?.answer();
  }
  expect(await waited(await beginAll(100))).toBe(10_000);
});
