import { ManualClock, type Step } from '@holdfast/core/testing';
import type { ResilientClient } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { events } from './support/event-body.ts';
import { baseUrl, rejection, scripted } from './support/scripted.ts';

const minuteMs = 60_000;

/** A stream with one event each minute for twenty minutes. */
const lecture =
  (clock: ManualClock, headers: Record<string, string> = { 'content-type': 'text/event-stream', etag: '"v"' }): Step =>
  () => {
    let minutes = 0;
    const body = new ReadableStream(
      {
        async pull(controller) {
          await new Promise<void>((resolve) => clock.setTimer(resolve, minuteMs));
          controller.enqueue(new TextEncoder().encode(`id: ${++minutes}\ndata: ${minutes}\n\n`));
          if (minutes === 20) controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { headers });
  };

const readers: Readonly<Record<string, (api: ResilientClient) => Promise<number>>> = {
  async 'events()'(api) {
    let events = 0;
    for await (const _ of api.events('x')) events++;
    return events;
  },
  'get(), read by hand': async (api) => lengthOf(await api.get('x')),
  'client.fetch': async (api) => lengthOf(await api.fetch(`${baseUrl}x`)),
  "client.fetch with readBody: 'firstChunk', idleTimeout and resumeBody": async (api) =>
    lengthOf(
      await api.fetch(`${baseUrl}x`, {
        holdfast: { readBody: 'firstChunk', idleTimeout: 2 * minuteMs, resumeBody: true, timeout: 5 * minuteMs },
      }),
    ),
};

async function lengthOf(response: Response): Promise<number> {
  return (await response.text()).split('data:').length - 1;
}

describe('a stream of twenty minutes', () => {
  test.each(Object.entries(readers))('is no slow call, and holds its permit to its end: %s', async (_, read) => {
    const clock = new ManualClock();
    const circuitBreaker = { slowCallMs: 1_000, slowCallRatio: 0.1, minimumCalls: 3, windowMs: 24 * 60 * minuteMs };
    const script = Array.from({ length: 6 }, () => lecture(clock));
    const { api, log } = scripted(script, { clock, circuitBreaker, rateLimit: { maxConcurrent: 1 } });
    for (let stream = 0; stream < 5; stream++) expect(await clock.run(read(api))).toBe(20);
    expect(clock.now()).toBeGreaterThanOrEqual(100 * minuteMs);
    expect(api.snapshot().circuits).toMatchObject([{ state: 'closed', successes: 5, failures: 0 }]);
    const types = log.events.map(({ type }) => type);
    expect(types.filter((type) => /circuit\.|limiter\.|timedOut|deadline/.test(type))).toEqual([]);
    const last = read(api);
    await clock.advance(10 * minuteMs);
    expect(api.snapshot().limiters).toMatchObject([{ running: 1, queued: 0 }]);
    expect(await clock.run(last)).toBe(20);
    expect(api.snapshot().limiters).toMatchObject([{ running: 0 }]);
    expect([api.snapshot().callsInFlight, clock.pending]).toEqual([0, 0]);
  });

  test('that breaks after its end was near is no failure of its attempt, but of its reader', async () => {
    const clock = new ManualClock();
    const breaking: Step = () => {
      let minutes = 0;
      const body = new ReadableStream({
        async pull(controller) {
          await new Promise<void>((resolve) => clock.setTimer(resolve, minuteMs));
          if (++minutes === 19) controller.error(Object.assign(new TypeError('terminated'), { code: 'ECONNRESET' }));
          else controller.enqueue(new TextEncoder().encode('data: 1\n\n'));
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    };
    const { api } = scripted([breaking], { clock, circuitBreaker: { windowMs: 60 * minuteMs } });
    const read = async (): Promise<void> => {
      for await (const _ of api.events('x'));
    };
    expect(await clock.run(rejection(read()))).toMatchObject({ code: 'STREAM_INTERRUPTED', eventsReceived: 18 });
    expect(api.snapshot().circuits).toMatchObject([{ state: 'closed', successes: 1, failures: 0 }]);
  });
});

test('no limit counts while the reader of a stream is busy, after any of its events', async () => {
  const { api, clock } = scripted([events(['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n'])]);
  const stream = api.events('x', { eventTimeout: 1_000, idleTimeout: 1_000 });
  for (const data of ['1', '2', '3']) {
    expect((await clock.run(stream.next())).value?.data).toBe(data);
    await clock.advance(10 * minuteMs);
  }
});
