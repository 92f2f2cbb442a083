import { accept, defaultLevels, failFast, type QueueRejectedError, retry } from '@holdfast/core';
import { resolvePolicyLevel } from '@holdfast/core/internal';
import { describe, expect, test } from 'vitest';
import { busy, origin, scene, sent } from './support/scene.ts';

const told = (headers: Record<string, string>, status = 200): Response => new Response(null, { status, headers });

describe('a server that asks to be left alone', () => {
  test.each([
    ['Retry-After', busy(2)],
    ['Retry-After on a 503', busy(2, 503)],
    ['retry-after-ms', told({ 'retry-after-ms': '2000' }, 429)],
    ['RateLimit', told({ ratelimit: '"default";r=0;t=2' }, 429)],
    ['X-RateLimit-Reset', told({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '2' }, 429)],
  ])('by %s gets no call until then', async (_name, answer) => {
    const { begin, beginAll, clock } = scene();
    await (await begin()).answer(answer);
    await clock.advance(1000);
    const calls = await beginAll(3);
    const elsewhere = await begin({ url: 'https://b.example/' });
    await clock.advance(999);
    expect(sent(calls)).toBe(0);
    expect(elsewhere.sentAt).toBe(1000);
    await clock.advance(1);
    expect(calls[0]?.sentAt).toBe(2000);
  });

  test('keeps calls waiting that waited for a permit before', async () => {
    const { begin, clock } = scene({ maxConcurrent: 1 });
    const running = await begin();
    const waiting = await begin();
    await running.answer(busy(2));
    expect(waiting.sentAt).toBeUndefined();
    await clock.advance(2000);
    expect(waiting.sentAt).toBe(2000);
  });

  test.each([
    ['a 429 that names no time', new Response(null, { status: 429 })],
    ['a 202 that says when to look again', told({ 'retry-after': '30' }, 202)],
    ['a 500, which the retry waits for alone', busy(30, 500)],
    ['a time that is malformed', told({ 'retry-after': 'soon' }, 429)],
    ['a time that is over', busy(0)],
    ['a quota with something left', told({ 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': '60' })],
  ])('is ignored in %s', async (_name, answer) => {
    const { begin } = scene();
    await (await begin()).answer(answer);
    expect((await begin()).sentAt).toBe(0);
  });

  test.each([
    ['RateLimit', { ratelimit: '"default";r=0;t=3', 'ratelimit-policy': '"default";q=10;w=60' }, 'default'],
    [
      'X-RateLimit-Remaining',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-limit': '10', 'x-ratelimit-reset': '3' },
      undefined,
    ],
  ])('gets no call even before a 429, when %s says that nothing is left', async (_name, headers, bucket) => {
    const { begin, clock, limiter } = scene();
    await (await begin()).answer(told(headers));
    const waiting = await begin();
    const now = clock.wallNow();
    expect(limiter.quotas()).toEqual([{ key: origin, bucket, limit: 10, remaining: 0, resetAt: now + 3000 }]);
    expect(limiter.snapshot()).toEqual([
      { key: origin, running: 0, queued: 1 },
      { key: origin, bucket: bucket ?? 'GET /orders', running: 0, queued: 1, pausedUntil: now + 3000 },
    ]);
    await clock.advance(3000);
    expect(waiting.sentAt).toBe(3000);
    expect(clock.pending).toBeLessThanOrEqual(1);
  });

  test('is obeyed for an hour at most', async () => {
    const { begin, clock } = scene();
    await (await begin()).answer(busy(1e9));
    await clock.advance(3_600_000);
    expect((await begin()).sentAt).toBe(3_600_000);
  });

  test('may ask for more in the meantime, and not for less', async () => {
    const { beginAll, begin, clock, log } = scene();
    const [first, second, third] = await beginAll(3);
    await first?.answer(busy(2));
    await clock.advance(500);
    await second?.answer(busy(1));
    await third?.answer(busy(4));
    const waiting = await begin();
    await clock.advance(10_000);
    expect(waiting.sentAt).toBe(4500);
    expect(log.lines).toEqual([
      'limiter.paused 1: 2000 ms (Retry-After)',
      'limiter.paused 1: 4000 ms (Retry-After)',
      'permit.queued 1: 1 waiting (paused)',
      'limiter.resumed',
      'permit.granted 1: after 4000 ms',
    ]);
  });

  test('is not obeyed if a policy says that its timing does not count', async () => {
    const { begin } = scene();
    const level = resolvePolicyLevel({ policies: { 429: retry({ respectServerTiming: false }) } }, 'test', undefined);
    if (!level) throw new Error('no level');
    await (await begin({ settings: { levels: [level, ...defaultLevels] } })).answer(busy(60));
    expect((await begin()).sentAt).toBe(0);
    for (const policy of [failFast(), accept()]) {
      const other = scene();
      const further = resolvePolicyLevel({ policies: { 429: policy } }, 'test', undefined);
      if (!further) throw new Error('no level');
      await (await other.begin({ settings: { levels: [further, ...defaultLevels] } })).answer(busy(60));
      expect((await other.begin()).sentAt).toBeUndefined();
    }
  });

  test('sets no timer while no call waits', async () => {
    const { begin, clock } = scene();
    await (await begin()).answer(busy(60));
    expect(clock.pending).toBe(0);
  });
});

describe('after a pause', () => {
  test('one call goes at first, and each answer lets two more go', async () => {
    const { begin, beginAll, clock } = scene();
    await (await begin()).answer(busy(1));
    const calls = await beginAll(7);
    await clock.advance(1000);
    expect(sent(calls)).toBe(1);
    await calls[0]?.answer();
    expect(sent(calls)).toBe(3);
    await calls[1]?.answer();
    expect(sent(calls)).toBe(5);
    await calls[2]?.answer();
    expect(sent(calls)).toBe(7);
  });

  test('twice as many may be under way each 250 ms, although nothing is answered', async () => {
    const { begin, beginAll, clock } = scene();
    await (await begin()).answer(busy(1));
    const calls = await beginAll(40);
    await clock.advance(1000);
    const seen = [sent(calls)];
    for (let step = 0; step < 5; step++) {
      await clock.advance(250);
      seen.push(sent(calls));
    }
    expect(seen).toEqual([1, 2, 4, 8, 16, 32]);
    await clock.advance(250);
    expect(sent(calls)).toBe(40);
    for (const call of calls) await call.answer();
    expect(clock.pending).toBe(0);
  });

  test('that is long over delays no call, although no call has waited for its end', async () => {
    const { begin, beginAll, clock } = scene();
    await (await begin()).answer(busy(1));
    await clock.advance(1000 + 4 * 250);
    expect(sent(await beginAll(40))).toBe(16);
    const later = scene();
    await (await later.begin()).answer(busy(1));
    await later.clock.advance(60_000);
    expect(sent(await later.beginAll(1000))).toBe(1000);
    expect(later.clock.pending).toBe(0);
  });

  test('another 429 pauses again', async () => {
    const { begin, beginAll, clock } = scene();
    await (await begin()).answer(busy(1));
    const calls = await beginAll(3);
    await clock.advance(1000);
    await calls[0]?.answer(busy(1));
    expect(sent(calls)).toBe(1);
    await clock.advance(1000);
    expect(sent(calls)).toBe(2);
  });

  test('waiting calls go randomly a little later than the server said, so that a fleet does not go at once', async () => {
    const { begin, clock } = scene({}, { random: () => 0.5 });
    await (await begin()).answer(busy(2));
    const waiting = await begin();
    await clock.advance(2099);
    expect(waiting.sentAt).toBeUndefined();
    await clock.advance(1);
    expect(waiting.sentAt).toBe(2100);
  });

  test('a server that is closed for a second gets no more than one call that was not already under way', async () => {
    const { begin, beginAll, clock } = scene();
    const inFlight = await beginAll(5);
    for (const call of inFlight) await call.answer(busy(1));
    const calls = await beginAll(40);
    await clock.advance(900);
    let refused = inFlight.length;
    for (let round = 0; round < 200; round++) {
      for (const call of calls) {
        if (call.sentAt === undefined || call.end !== undefined) continue;
        if (clock.now() < 1000) refused++;
        await call.answer(clock.now() < 1000 ? busy(1) : 200);
      }
      await clock.advance(10);
    }
    expect(refused).toBeLessThanOrEqual(inFlight.length + 1);
    expect(calls.map(({ end }) => end)).toEqual(calls.map(() => 200));
    expect((await begin()).sentAt).toBe(clock.now());
  });
});

describe('a pause that outlasts a call', () => {
  const endOf = async (settings: object, options = {}): Promise<QueueRejectedError> => {
    const { begin, clock } = scene(options);
    await (await begin()).answer(busy(30));
    const call = await begin({ settings });
    expect([call.end, call.sentAt, clock.pending]).toEqual(['QUEUE_TIMEOUT', undefined, 0]);
    return call.error as QueueRejectedError;
  };

  test('rejects it at once, and says when to try again', async () => {
    const error = await endOf({ totalTimeout: 10_000 });
    expect(error.retryAt).toBe(Date.UTC(2026, 0, 1) + 30_000);
    expect(error.message).toBe(
      "GET https://api.example.com/orders did not wait any longer: the server asked for a pause of another 30000 ms, and the call's time ends in 10000 ms; try again at `error.retryAt`, or see `totalTimeout`",
    );
  });

  test('rejects a call that may not wait that long', async () => {
    expect((await endOf({}, { maxQueueMs: 5000 })).message).toContain('longer than the 5000 ms that the call may wait');
    const level = resolvePolicyLevel({ maxRetryAfter: 1000 }, 'test', undefined);
    if (!level) throw new Error('no level');
    expect((await endOf({ levels: [level, ...defaultLevels] })).message).toContain(
      'longer than the 1000 ms that the call may',
    );
  });

  test('says that a quota is used up, and names all times that are too short', async () => {
    const { begin } = scene();
    const usedUp = { 'x-ratelimit-limit': '9', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '3600' };
    await (await begin()).answer(new Response(null, { status: 500, headers: usedUp }));
    const { error } = await begin({ settings: { totalTimeout: 10_000 } });
    expect((error as QueueRejectedError).retryAt).toBe(Date.UTC(2026, 0, 1) + 3_600_000);
    expect((error as QueueRejectedError).message).toBe(
      "GET https://api.example.com/orders did not wait any longer: the quota is used up for another 3600000 ms, longer than the 60000 ms that the call may wait, and the call's time ends in 10000 ms; try again at `error.retryAt`, or see `maxRetryAfter`, `rateLimit: { maxQueueMs }`, `totalTimeout`",
    );
  });

  test('rejects calls that already wait', async () => {
    const { beginAll, begin } = scene({ maxConcurrent: 1 });
    const [running] = await beginAll(1);
    const patient = await begin();
    const hurried = await begin({ settings: { totalTimeout: 20_000 } });
    await running?.answer(busy(30));
    expect([patient.end, hurried.end]).toEqual([undefined, 'QUEUE_TIMEOUT']);
  });
});
