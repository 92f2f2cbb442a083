import { isResilienceError, type QueueRejectedError } from '@holdfast/core';
import { describe, expect, test } from 'vitest';
import { busy, origin, scene, sent } from './support/scene.ts';

describe('the queue', () => {
  test('goes by priority, and among equals in the order of arrival', async () => {
    const { begin } = scene({ maxConcurrent: 1 });
    const running = await begin();
    const order: string[] = [];
    const waiting = [];
    for (const [name, priority] of [
      ['low 1', 'low'],
      ['auto 1', 'auto'],
      ['high 1', 'high'],
      ['auto 2', undefined],
      ['high 2', 'high'],
      ['low 2', 'low'],
    ] as const) {
      waiting.push({ name, call: await begin(priority && { priority }) });
    }
    let ending = running;
    for (let left = waiting.length; left > 0; left--) {
      await ending.answer();
      const next = waiting.find(({ name, call }) => call.sentAt !== undefined && !order.includes(name));
      if (!next) throw new Error('no call went');
      order.push(next.name);
      ending = next.call;
    }
    expect(order).toEqual(['high 1', 'high 2', 'auto 1', 'auto 2', 'low 1', 'low 2']);
  });

  test('is bounded: a call that finds it full is rejected at once, with the number of waiting calls', async () => {
    const { beginAll, log } = scene({ maxConcurrent: 1, maxQueue: 2 });
    const calls = await beginAll(4);
    expect(calls.map(({ end }) => end)).toEqual([undefined, undefined, undefined, 'QUEUE_FULL']);
    const error = calls[3]?.error as QueueRejectedError;
    expect(isResilienceError(error)).toBe(true);
    expect(error.toJSON()).toMatchObject({ code: 'QUEUE_FULL', key: origin, queued: 2, applied: 'no' });
    expect(error.message).toBe(
      'GET https://api.example.com/orders was not queued: 2 calls are waiting already, which is the maximum; see `rateLimit: { maxQueue }`',
    );
    expect(log.lines.at(-1)).toBe('call.rejected 1: QUEUE_FULL');
  });

  test('may have length 0: calls with a free permit go, and no call waits', async () => {
    const { beginAll } = scene({ maxConcurrent: 2, requests: 100, perMs: 1000, maxQueue: 0 });
    const calls = await beginAll(3);
    expect(sent(calls)).toBe(2);
    expect(calls[2]?.end).toBe('QUEUE_FULL');
  });

  test('is left after maxQueueMs', async () => {
    const { begin, clock, limiter } = scene({ maxConcurrent: 1, maxQueueMs: 500 });
    const running = await begin();
    const waiting = await begin();
    await clock.advance(499);
    expect(waiting.end).toBeUndefined();
    await clock.advance(1);
    expect(waiting.end).toBe('QUEUE_TIMEOUT');
    expect((waiting.error as Error).message).toBe(
      'GET https://api.example.com/orders did not wait any longer: no permit became free within 500 ms; see `rateLimit: { maxQueueMs }`',
    );
    await running.answer();
    expect(waiting.sentAt).toBeUndefined();
    expect(limiter.snapshot()).toEqual([{ key: origin, running: 0, queued: 0 }]);
    expect(clock.pending).toBe(0);
  });

  test('is left at once by an aborted call, with the reason, and the next one moves up', async () => {
    const { beginAll, clock, limiter } = scene({ requests: 1, perMs: 1000 });
    const [, second, third] = await beginAll(3);
    const reason = new Error('tired');
    await second?.abort(reason);
    expect(second?.error).toBe(reason);
    expect(limiter.snapshot()[0]?.queued).toBe(1);
    await clock.advance(1000);
    // The place of the aborted call goes to the next one, and the aborted call used up no start.
    expect([second?.sentAt, third?.sentAt]).toEqual([undefined, 1000]);
  });

  test('is not entered by a call that was aborted before, which takes no permit either', async () => {
    const { begin, limiter } = scene({ requests: 1, perMs: 1000 });
    const late = await begin({ isAborted: true });
    expect([late.end, late.sentAt, limiter.snapshot()]).toEqual(['gone', undefined, []]);
    expect((await begin()).sentAt).toBe(0);
    const waiting = await begin({ isAborted: true });
    expect([waiting.end, limiter.snapshot()[0]?.queued]).toEqual(['gone', 0]);
  });

  test('is left by all when the limiter is closed, and later calls are refused', async () => {
    const { beginAll, begin, clock, limiter, log } = scene({ requests: 1, perMs: 60_000 });
    const calls = await beginAll(3);
    limiter.close();
    const late = await begin();
    expect([...calls, late].map(({ end }) => end)).toEqual([undefined, ...Array(3).fill('CLIENT_CLOSED')]);
    expect((late.error as Error).message).toBe(
      'GET https://api.example.com/orders was not sent, since its limiter is closed',
    );
    expect(log.lines.slice(-3)).toEqual(Array(3).fill('call.rejected: CLIENT_CLOSED'));
    expect(clock.pending).toBe(0);
  });

  test('events say which call waits, why, and for how long; a call that need not wait has none', async () => {
    const { begin, beginAll, clock, log } = scene({ requests: 2, perMs: 100 });
    await beginAll(3);
    await clock.advance(100);
    expect(log.lines).toEqual(['permit.queued 1: 1 waiting (limit)', 'permit.granted 1: after 100 ms']);
    await clock.advance(1000);
    await (await begin()).answer(busy(1));
    await begin();
    expect(log.lines.slice(2)).toEqual([
      'limiter.paused 1: 1000 ms (Retry-After)',
      'permit.queued 1: 1 waiting (paused)',
    ]);
  });

  test('redacts secrets in a key in events and errors', async () => {
    const { beginAll, log } = scene({ maxConcurrent: 1, maxQueue: 0, key: () => 'https://a.example/?token=geheim' });
    const [, rejected] = await beginAll(2);
    const shown = JSON.stringify([rejected?.error, log.events]);
    expect(shown).toContain('QUEUE_FULL');
    expect(shown).not.toContain('geheim');
  });
});
