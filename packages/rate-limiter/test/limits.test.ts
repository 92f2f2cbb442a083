import { callContext, compose } from '@holdfast/core';
import { rateLimiter } from '@holdfast/rate-limiter';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BeginOptions, type Begun, origin, scene, sent } from './support/scene.ts';

test.each([{ maxConcurrent: 1 }, { requests: 1, perMs: 1000 }])('%o lets the first call start at once', (limit) => {
  let isSent = false;
  const send = compose([rateLimiter(limit)], async () => {
    isSent = true;
    return new Response();
  });
  const request = new Request(origin);
  send(request, callContext(request));
  expect(isSent).toBe(true);
});

describe('maxConcurrent', () => {
  test('lets maxConcurrent go at once, and the next one when one has ended', async () => {
    const { beginAll, limiter } = scene({ maxConcurrent: 3 });
    const calls = await beginAll(5);
    expect(sent(calls)).toBe(3);
    expect(limiter.snapshot()).toEqual([{ key: origin, running: 3, queued: 2 }]);
    await calls[1]?.answer();
    expect(sent(calls)).toBe(4);
    await calls[0]?.answer(500);
    expect(sent(calls)).toBe(5);
    expect(limiter.snapshot()).toEqual([{ key: origin, running: 3, queued: 0 }]);
  });

  test('gets its permit back from a call that failed, and from one whose caller gave up', async () => {
    const { beginAll } = scene({ maxConcurrent: 1 });
    const [first, second, third] = await beginAll(3);
    await first?.answer(new Error('reset'));
    expect(second?.sentAt).toBe(0);
    await second?.abort();
    expect([second?.end, third?.sentAt]).toEqual(['gone', 0]);
  });
});

describe('requests and perMs', () => {
  test('limit the starts in any window, without a burst at a refill', async () => {
    const { begin, beginAll, clock } = scene({ requests: 2, perMs: 1000 });
    await begin();
    await clock.advance(900);
    const later = await beginAll(4);
    await clock.advance(5000);
    expect(later.map(({ sentAt }) => sentAt)).toEqual([900, 1000, 1900, 2000]);
  });

  test('count a start although its call ended long ago', async () => {
    const { begin, clock } = scene({ requests: 1, perMs: 1000 });
    await (await begin()).answer();
    const next = await begin();
    await clock.advance(999);
    expect(next.sentAt).toBeUndefined();
    await clock.advance(1);
    expect(next.sentAt).toBe(1000);
    expect(clock.pending).toBe(0);
  });

  test.each([1, 640])('hold also a call that comes a millisecond before the window of %i ends', async (requests) => {
    const { begin, beginAll, clock } = scene({ requests, perMs: 1000 });
    await beginAll(requests);
    await clock.advance(999);
    const next = await begin();
    expect(next.sentAt).toBeUndefined();
    await clock.advance(1);
    expect(next.sentAt).toBe(1000);
  });

  test('let the next call go where a fraction of a millisecond is lost in the sum of two times', async () => {
    const { begin, clock } = scene({ requests: 1, perMs: 1000 });
    await clock.advance(24.1);
    await begin();
    await clock.advance(0.4);
    const next = await begin();
    // In floating-point arithmetic, 24.1 + 1000 − 24.1 is less than 1000.
    await clock.advance(2000);
    expect(next.sentAt).toBeGreaterThanOrEqual(1024);
    expect(clock.pending).toBe(0);
  });

  test('give a whole burst after a pause of the caller’s, whatever was left of a block', async () => {
    const { beginAll, begin, clock } = scene({ requests: 640, perMs: 1000 });
    await begin();
    await clock.advance(1000);
    expect(sent(await beginAll(700))).toBe(640);
  });
});

test('minTimeMs keeps starts apart', async () => {
  const { beginAll, clock } = scene({ minTimeMs: 50 });
  const calls = await beginAll(4);
  await clock.advance(1000);
  expect(calls.map(({ sentAt }) => sentAt)).toEqual([0, 50, 100, 150]);
});

describe('several limits', () => {
  test('in one object apply together', async () => {
    const { beginAll, clock } = scene({ maxConcurrent: 2, minTimeMs: 10, requests: 3, perMs: 1000 });
    const calls = await beginAll(4);
    await clock.advance(100);
    expect(sent(calls)).toBe(2);
    await calls[0]?.answer();
    await calls[1]?.answer();
    await clock.advance(2000);
    expect(calls.map(({ sentAt }) => sentAt)).toEqual([0, 10, 100, 1000]);
  });

  test('in a list apply together, and the options of the queue are given once', async () => {
    const { beginAll, clock } = scene([
      { requests: 2, perMs: 100, maxQueue: 4 },
      { requests: 3, perMs: 10_000 },
    ]);
    const calls = await beginAll(7);
    expect(calls[6]?.end).toBe('QUEUE_FULL');
    await clock.advance(10_100);
    expect(calls.slice(0, 6).map(({ sentAt }) => sentAt)).toEqual([0, 0, 100, 10_000, 10_000, 10_100]);
  });

  test('of the same window are one: the lower', async () => {
    const { beginAll } = scene([{ maxConcurrent: 5 }, { maxConcurrent: 2 }, { maxConcurrent: 2 }]);
    expect(sent(await beginAll(9))).toBe(2);
  });
});

describe('keys', () => {
  test('are origins by default', async () => {
    const { begin } = scene({ maxConcurrent: 1 });
    await begin();
    expect((await begin({ url: `${origin}/other` })).sentAt).toBeUndefined();
    expect((await begin({ url: 'https://b.example/' })).sentAt).toBe(0);
  });

  test('may be routes', async () => {
    const { begin, limiter } = scene({ maxConcurrent: 1, key: ['/orders/:id'] });
    await begin({ url: `${origin}/orders/1` });
    expect((await begin({ url: `${origin}/orders/2?x=1` })).sentAt).toBeUndefined();
    expect((await begin({ url: `${origin}/users/1` })).sentAt).toBe(0);
    expect(limiter.snapshot().map(({ key }) => key)).toEqual([`${origin}/orders/:id`, origin]);
  });

  test('may be tenants; a function that throws fails the call, and nothing is sent', async () => {
    const tenantOf = ({ url }: Request): string => {
      const tenant = new URL(url).searchParams.get('tenant');
      if (tenant === null) throw new Error('no tenant');
      return tenant;
    };
    const { begin } = scene({ maxConcurrent: 1, key: tenantOf });
    await begin({ url: `${origin}/?tenant=a` });
    expect((await begin({ url: `${origin}/?tenant=b` })).sentAt).toBe(0);
    const lost = await begin();
    expect([lost.end, lost.sentAt]).toEqual(['no tenant', undefined]);
    const empty = await begin({ url: `${origin}/?tenant=` });
    expect(empty.end).toBe('rateLimit.key() must return a string that is not empty, got ""');
  });

  test('share nothing, however many there are, and are removed when they are idle', async () => {
    const { begin, limiter, clock } = scene({ maxConcurrent: 1, maxKeys: 2 });
    const urls = ['a', 'b', 'c', 'd'].map((name) => `https://${name}.example/`);
    const calls = [];
    for (const url of urls) calls.push(await begin({ url }));
    expect(calls.map(({ sentAt }) => sentAt)).toEqual([0, 0, 0, 0]);
    expect((await begin({ url: 'https://d.example/' })).sentAt).toBeUndefined();
    expect(limiter.snapshot()).toHaveLength(4);
    for (const call of calls.slice(0, 3)) await call.answer();
    await clock.advance(100);
    await begin({ url: 'https://e.example/' });
    expect(limiter.snapshot().map(({ key }) => key)).toEqual(['https://d.example', 'https://e.example']);
  });

  test('keep what still counts: a start that is in its window is not forgotten', async () => {
    const { begin, clock } = scene({ requests: 1, perMs: 60_000, maxKeys: 1 });
    await (await begin({ url: 'https://a.example/' })).answer();
    await clock.advance(20_000);
    await (await begin({ url: 'https://b.example/' })).answer();
    const again = await begin({ url: 'https://a.example/' });
    expect(again.sentAt).toBeUndefined();
    await clock.advance(40_000);
    expect(again.sentAt).toBe(60_000);
  });
});

test('a limit that is not reached sets no timer, and a thousand calls pass in one turn', async () => {
  const { beginAll, clock } = scene({ maxConcurrent: 1000, requests: 1000, perMs: 1000 });
  const calls = await beginAll(1000);
  expect(sent(calls)).toBe(1000);
  expect(clock.pending).toBe(0);
});

describe('for any arrivals, aborts and answers', () => {
  interface Arrival {
    readonly afterMs: number;
    readonly takesMs: number;
    readonly priority: RequestPriority;
    /** When the caller aborts, after the call's start. */
    readonly abortMs: number | undefined;
  }
  const arrival: fc.Arbitrary<Arrival> = fc.record({
    afterMs: fc.oneof(fc.constant(0), fc.nat(120)),
    takesMs: fc.nat(200),
    priority: fc.constantFrom<RequestPriority>('high', 'auto', 'low'),
    abortMs: fc.option(fc.nat(300), { nil: undefined }),
  });
  const limits = fc.record({
    maxConcurrent: fc.integer({ min: 1, max: 6 }),
    requests: fc.integer({ min: 1, max: 200 }),
    perMs: fc.integer({ min: 1, max: 500 }),
  });

  test('both limits hold, no call is lost, equals keep their order, and nothing is left behind', async () => {
    await fc.assert(
      fc.asyncProperty(limits, fc.array(arrival, { minLength: 1, maxLength: 60 }), async (options, arrivals) => {
        const { clock, begin, limiter } = scene(options);
        const running = { now: 0, most: 0 };
        const calls: (Begun & { readonly arrival: Arrival })[] = [];
        for (const one of arrivals) {
          await clock.advance(one.afterMs);
          const call = await begin({ priority: one.priority } satisfies BeginOptions);
          calls.push(Object.assign(call, { arrival: one }));
          if (one.abortMs !== undefined) clock.setTimer(() => void call.abort(), one.abortMs);
        }
        // Answers each call `takesMs` after it was sent.
        const answered = new Set<Begun>();
        for (let round = 0; round < 100_000 && calls.some(({ end }) => end === undefined); round++) {
          for (const call of calls) {
            if (call.sentAt === undefined || call.end !== undefined || answered.has(call)) continue;
            if (clock.now() - call.sentAt < call.arrival.takesMs) continue;
            answered.add(call);
            await call.answer();
          }
          running.now = calls.filter(({ sentAt, end }) => sentAt !== undefined && end === undefined).length;
          running.most = Math.max(running.most, running.now);
          await clock.advance(1);
        }
        expect(calls.map(({ end }) => end)).not.toContain(undefined);
        expect(running.most).toBeLessThanOrEqual(options.maxConcurrent);
        const starts = calls.flatMap(({ sentAt }) => sentAt ?? []).sort((a, b) => a - b);
        for (const [index, start] of starts.entries()) {
          const before = starts[index - options.requests];
          if (before !== undefined) expect(start - before).toBeGreaterThanOrEqual(options.perMs);
        }
        for (const priority of ['high', 'auto', 'low']) {
          const ofEquals = calls.filter((call) => call.arrival.priority === priority && call.sentAt !== undefined);
          const order = ofEquals.map(({ sentAt }) => sentAt as number);
          expect(order).toEqual(order.toSorted((a, b) => a - b));
        }
        expect(limiter.snapshot()).toEqual([{ key: origin, running: 0, queued: 0 }]);
        await clock.advance(1000);
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 40, seed: 2026 },
    );
  });

  test('calls that come evenly, and a little too fast, wait at most a fiftieth longer than the limit demands', async () => {
    const [requests, perMs] = [320, 1000];
    const { begin, clock } = scene({ requests, perMs });
    const calls: Begun[] = [];
    for (let now = 0; now < 3 * perMs; now += 3) {
      calls.push(await begin());
      await clock.advance(3);
    }
    const first = calls[requests];
    expect(first?.sentAt).toBeGreaterThanOrEqual(perMs);
    expect(first?.sentAt).toBeLessThanOrEqual(perMs * 1.02);
    expect(sent(calls)).toBeGreaterThanOrEqual(3 * requests * 0.98);
  });

  test('of the rate that is permitted, 98 % are used where there is demand', async () => {
    for (const [requests, perMs] of [
      [1, 10],
      [7, 100],
      [100, 1000],
      [1000, 1000],
    ] as const) {
      const { beginAll, clock } = scene({ requests, perMs, maxQueue: 100_000 });
      const windows = 5;
      const calls = await beginAll(requests * windows * 2);
      await clock.advance(perMs * windows - 1);
      expect(sent(calls)).toBeGreaterThanOrEqual(requests * windows * 0.98);
      expect(sent(calls)).toBeLessThanOrEqual(requests * windows);
    }
  });
});
