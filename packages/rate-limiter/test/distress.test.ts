import { describe, expect, test } from 'vitest';
import { type Begun, origin, type Scene, scene, sent } from './support/scene.ts';

/** Calls at two moments, because failures at a single moment are no distress. */
async function beginTwice({ beginAll, clock }: Scene, count: number): Promise<readonly Begun[]> {
  const first = await beginAll(count / 2);
  await clock.advance(200);
  return [...first, ...(await beginAll(count / 2))];
}

/** Forty calls were answered with 503 after a second, so the limit is two calls at once. */
async function inDistress(...given: Parameters<typeof scene>): Promise<Scene> {
  const stage = scene(...given);
  const calls = await beginTwice(stage, 40);
  await stage.clock.advance(800);
  for (const call of calls) await call.answer(503);
  return stage;
}

describe('in distress', () => {
  test('a waiting call probes after a second, although no other call comes or ends', async () => {
    const { beginAll, begin, clock } = await inDistress();
    await beginAll(2);
    const third = await begin();
    await clock.advance(999);
    expect(third.sentAt).toBeUndefined();
    await clock.advance(1);
    expect(third.sentAt).toBe(2000);
    await third.answer();
    expect(clock.pending).toBe(0);
  });

  test('a call that has hung since before takes no place once a later one is answered', async () => {
    const stage = scene();
    const { beginAll, begin, clock } = stage;
    const failing = await beginTwice(stage, 40);
    await beginAll(60);
    await clock.advance(1000);
    for (const call of failing) await call.answer(503);
    // The other sixty never get an answer.
    const probe = await begin();
    expect(probe.sentAt).toBe(1200);
    const waiting = await beginAll(8);
    expect(sent(waiting)).toBe(0);
    await probe.answer();
    for (let round = 0; round < 6; round++) {
      await clock.advance(10);
      for (const call of waiting) if (call.sentAt !== undefined && call.end === undefined) await call.answer();
    }
    expect(waiting.map(({ end }) => end)).toEqual(waiting.map(() => 200));
  });

  test('a call that waited for two seconds in a long silence gets an error with the reason and the remedy', async () => {
    const { beginAll, clock } = await inDistress();
    await clock.advance(5000);
    const calls = await beginAll(6);
    await clock.advance(2000);
    expect(calls.map(({ end }) => end)).toEqual([undefined, undefined, undefined, ...Array(3).fill('QUEUE_TIMEOUT')]);
    expect(calls.at(-1)?.error).toMatchObject({
      message:
        'GET https://api.example.com/orders did not wait any longer: no permit became free within 2000 ms, since nearly all ' +
        'of the last calls got no answer, and only a few go at once until the server recovers; `rateLimit: { maxQueueMs }` ' +
        'allows longer waits, `{ adaptive: false }` removes the limit',
    });
  });

  test('a maxQueueMs of the caller’s own holds', async () => {
    const { beginAll, clock } = await inDistress({ maxQueueMs: 5000 });
    const calls = await beginAll(20);
    await clock.advance(4999);
    expect(calls.map(({ end }) => end)).not.toContain('QUEUE_TIMEOUT');
    await clock.advance(1);
    expect(calls.map(({ end }) => end)).toContain('QUEUE_TIMEOUT');
  });

  test('a call that came in distress and now waits for another limit is not rejected for it', async () => {
    const { beginAll, clock, limiter } = await inDistress({ maxConcurrent: 40 });
    const calls = await beginAll(500);
    for (let round = 0; round < 16; round++) {
      await clock.advance(10);
      const running = calls.filter((call) => call.sentAt !== undefined && call.end === undefined);
      for (const call of running) await call.answer();
    }
    expect(limiter.snapshot()[0]).toMatchObject({ running: 40 });
    await clock.advance(3000);
    expect(calls.map(({ end }) => end)).not.toContain('QUEUE_TIMEOUT');
  });

  test('an answer makes room at once, though its body holds the permit of another limit', async () => {
    const { beginAll, begin, clock } = await inDistress({ maxConcurrent: 40 });
    const [first] = await beginAll(2);
    const third = await begin();
    await clock.advance(100);
    await first?.answer(new Response(new ReadableStream()));
    expect(third.sentAt).toBe(1100);
  });

  test('old observations delay no call', async () => {
    const { beginAll, clock, log, limiter } = await inDistress();
    expect(log.lines).toEqual(['limiter.limited: 2 at once (distress)']);
    expect(limiter.snapshot()).toEqual([{ key: origin, running: 0, queued: 0, limitedTo: 2 }]);
    await clock.advance(30_000);
    expect(sent(await beginAll(50))).toBe(50);
    expect(log.lines.slice(1)).toEqual(['limiter.released']);
    expect(limiter.snapshot()).toEqual([{ key: origin, running: 50, queued: 0 }]);
  });

  test('it is not forgotten sooner for a moment without calls, and a call to another server', async () => {
    const { begin, clock, log, limiter } = await inDistress();
    const elsewhere = async (path: string): Promise<void> => (await begin({ url: `https://${path}.example` })).answer();
    await clock.advance(20_000);
    await elsewhere('other');
    expect(limiter.snapshot()).toContainEqual({ key: origin, running: 0, queued: 0, limitedTo: 2 });
    await clock.advance(10_000);
    await elsewhere('third');
    expect(limiter.snapshot().map(({ key }) => key)).toEqual(['https://third.example']);
    expect(log.lines).toEqual(['limiter.limited: 2 at once (distress)', 'limiter.released']);
  });

  test('when all calls have found room for five seconds, it reports the end of the limit', async () => {
    const { begin, clock, log } = await inDistress();
    for (let round = 0; round < 12; round++) {
      const call = await begin();
      await clock.advance(500);
      await call.answer();
    }
    expect(log.lines).toEqual(['limiter.limited: 2 at once (distress)', 'limiter.released']);
  });

  test('it does not take as many calls as were allowed last to see that they may go again', async () => {
    const { beginAll, begin, clock, log, limiter } = await inDistress();
    const calls = await beginAll(300);
    while (calls.some(({ end }) => end === undefined)) {
      await clock.advance(10);
      for (const call of calls) if (call.sentAt !== undefined && call.end === undefined) await call.answer();
    }
    expect(limiter.snapshot()[0]?.limitedTo).toBeGreaterThan(50);
    for (let second = 0; second < 6; second++) {
      const call = await begin();
      await clock.advance(1000);
      await call.answer();
    }
    expect(log.lines.at(-1)).toBe('limiter.released');
  });

  test('a server whose answers take seconds is not limited for minutes', async () => {
    const stage = scene();
    const { beginAll, clock, log } = stage;
    const answerAll = async (calls: readonly Begun[]): Promise<void> => {
      while (calls.some(({ end }) => end === undefined)) {
        await clock.advance(3000);
        const running = calls.filter((call) => call.sentAt !== undefined && call.end === undefined);
        for (const call of running) await call.answer();
      }
    };
    await answerAll(await beginAll(40));
    const failing = await beginTwice(stage, 60);
    await clock.advance(10_000);
    for (const call of failing) await call.answer(503);
    expect(log.lines).toEqual(['limiter.limited: 2 at once (distress)']);
    const answered: number[] = [];
    for (let burst = 0; burst < 3; burst++) {
      const calls = await beginAll(20);
      await answerAll(calls);
      answered.push(calls.filter(({ end }) => end === 200).length);
    }
    expect(answered[0]).toBeGreaterThanOrEqual(6);
    expect(answered.slice(1)).toEqual([20, 20]);
  });

  test('close() rejects waiting calls, and leaves no timer', async () => {
    const { beginAll, limiter, clock } = await inDistress();
    const calls = await beginAll(10);
    limiter.close();
    await clock.advance(0);
    expect(calls.map(({ end }) => end).filter((end) => end === 'CLIENT_CLOSED')).toHaveLength(8);
    expect(clock.pending).toBe(0);
  });

  test('an aborted call leaves no timer either', async () => {
    const { beginAll, begin, clock } = await inDistress();
    await beginAll(2);
    const third = await begin();
    await third.abort();
    expect([third.end, clock.pending]).toEqual(['gone', 0]);
  });
});

test('calls that fail one after the other do not start the limit: a page that polls a failing server all night may still load', async () => {
  const { begin, beginAll, clock } = scene();
  for (let poll = 0; poll < 100; poll++) {
    const call = await begin();
    await clock.advance(30_000);
    await call.answer(504);
  }
  await begin();
  expect(sent(await beginAll(50))).toBe(50);
});

test('calls without a key of their own are not limited because one of them fails', async () => {
  const { begin, beginAll, clock } = scene({ maxKeys: 1 });
  await begin();
  // Ten of them hang, so the distress is not forgotten.
  const dead = await beginAll(50, { url: 'https://dead.example' });
  await clock.advance(1000);
  for (const call of dead.slice(10)) await call.answer(503);
  expect(sent(await beginAll(50, { url: 'https://alive.example' }))).toBe(50);
});
