import { hang, ManualClock, type Step } from '@holdfast/core/testing';
import {
  ApiError,
  type CallOptions,
  type ClientOptions,
  type EventStream,
  type EventsOptions,
  IdleTimeoutError,
  InvalidBodyError,
  type ResilientClient,
  type ServerEvent,
  StreamInterruptedError,
} from 'holdfast';
import { beforeAll, describe, expect, test } from 'vitest';
import { bodyOf, events } from './support/event-body.ts';
import { baseUrl, rejection, type Scene, scripted } from './support/scripted.ts';

/** The budget has only the two tokens of a new client. */
const nothingEarned = { ratio: 0, minPerSecond: 0 };

/** An event that `isFailure` recognises. */
const failing = 'data: failed\n\n';

/** All that a stream delivers, and the error at its end. */
async function all(stream: EventStream<ServerEvent>): Promise<{ data: string[]; error?: Error }> {
  const data: string[] = [];
  try {
    for await (const event of stream) data.push(event.data);
  } catch (error) {
    return { data, error: error as Error };
  }
  return { data };
}

interface Played extends Scene {
  readonly data: string[];
  readonly error?: Error;
  readonly stream: EventStream<ServerEvent>;
}

async function play(script: readonly Step[], options: EventsOptions = {}, client: ClientOptions = {}): Promise<Played> {
  const scene = scripted(script, client);
  const stream = scene.api.events('x', options);
  return { ...scene, stream, ...(await scene.clock.run(all(stream))) };
}

// The code for streams is loaded with the first stream, in real time.
beforeAll(async () => {
  await play([events([])]);
});

describe('a stream of events', () => {
  test('is sent with the first look at it, with its own Accept, and is one call until its end', async () => {
    const { api, clock, transport, log } = scripted([events(['id: 7\nevent: tick\ndata: {"n":1}\n\n', 'data: 2\n\n'])]);
    const stream = api.events('x', { headers: { 'x-a': 'b' } });
    expect(transport.requests).toHaveLength(0);
    const first = await clock.run(stream.next());
    expect(first.value).toMatchObject({ event: 'tick', data: '{"n":1}', id: '7' });
    expect(first.value?.json<{ n: number }>().n).toBe(1);
    expect(stream.lastEventId).toBe('7');
    expect(log.lines).not.toContain('call.ended: success after 1 attempt');
    const second = await clock.run(stream.next());
    expect(second.value).toMatchObject({ event: 'message', data: '2' });
    expect(second.value?.id).toBeUndefined();
    expect((await clock.run(stream.next())).done).toBe(true);
    expect(transport.requests[0]?.headers).toMatchObject({ accept: 'text/event-stream', 'x-a': 'b' });
    expect(log.lines).toEqual([
      `call.started: GET ${baseUrl}x`,
      'attempt.started 1',
      'attempt.ended 1: 200',
      'call.ended: success after 1 attempt',
    ]);
    expect([api.snapshot().callsInFlight, clock.pending]).toEqual([0, 0]);
  });

  test('has its first answer as soon as the headers have arrived', async () => {
    const { api, clock } = scripted([events([], 'stall')]);
    const stream = api.events('x', { headers: { accept: 'text/x' } });
    const response = await clock.run(stream.response);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    stream.close();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test.for<[string, readonly Step[], CallOptions]>([
    ['a hook', [], { hooks: { beforeRequest: [() => events(['data: 1\n\n'])] } }],
    ['a hook before a retry', [503, 503], { hooks: { beforeRetry: [() => events(['data: 1\n\n'])] } }],
    ['a fallback', [503], { retry: 0, fallback: () => events(['data: 1\n\n']) }],
  ])('has an answer from %s, too', async ([, script, options]) => {
    const { api, clock } = scripted(script);
    const stream = api.events('x', options);
    expect((await clock.run(stream.response)).status).toBe(200);
    expect(await clock.run(all(stream))).toEqual({ data: ['1'] });
  });

  test('delivers nothing after close(), not even events that came with its answer', async () => {
    const { api, clock } = scripted([events(['data: 1\n\n'], 'stall')]);
    const stream = api.events('x');
    await clock.run(stream.response);
    await clock.settle();
    stream.close();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test('that is left by break cancels the request, and ends the call', async () => {
    const { response, seen } = bodyOf(['data: 1\n\n', 'data: 2\n\n'], 'stall');
    const { api, clock, log } = scripted([response]);
    const read = async (): Promise<void> => {
      for await (const event of api.events('x')) {
        expect(event.data).toBe('1');
        break;
      }
    };
    await clock.run(read());
    expect(seen.cancelled).toBeDefined();
    expect(log.lines.at(-1)).toBe('call.ended: success after 1 attempt');
    expect([api.snapshot().callsInFlight, clock.pending]).toEqual([0, 0]);
  });

  test('ends without an error by close(), even while it waits', async () => {
    const { response, seen } = bodyOf(['data: 1\n\n'], 'stall');
    const { api, clock } = scripted([response]);
    const stream = api.events('x');
    const reading = all(stream);
    await clock.settle();
    stream.close();
    expect(await reading).toEqual({ data: ['1'] });
    expect(seen.cancelled).toBeDefined();
    expect([api.snapshot().callsInFlight, clock.pending]).toEqual([0, 0]);
  });

  test('ends with its caller’s own reason, and with CLIENT_CLOSED', async () => {
    const { api, clock } = scripted([events(['data: 1\n\n'], 'stall'), events(['data: 2\n\ndata: 3\n\n'], 'stall')]);
    const controller = new AbortController();
    const aborted = all(api.events('x', { signal: controller.signal }));
    await clock.settle();
    controller.abort('left');
    expect(await aborted).toEqual({ data: ['1'], error: 'left' });
    const stream = api.events('x');
    expect((await clock.run(stream.next())).value?.data).toBe('2');
    await api.close();
    expect(await rejection(stream.next())).toMatchObject({ code: 'CLIENT_CLOSED' });
    expect(await rejection(api.events('x').next())).toMatchObject({ code: 'CLIENT_CLOSED' });
    expect(clock.pending).toBe(0);
  });

  test('several readers get the events in turn', async () => {
    const { api, clock } = scripted([events(['data: 1\n\ndata: 2\n\n', 'data: 3\n\n'])]);
    const stream = api.events('x');
    const results = await clock.run(Promise.all([stream.next(), stream.next(), stream.next(), stream.next()]));
    expect(results.map(({ value }) => value?.data)).toEqual(['1', '2', '3', undefined]);
  });

  test('a 200 that is not one is an error that names the content type, and is not retried', async () => {
    const page = new Response('<html>', { headers: { 'content-type': 'text/html' } });
    const { error, transport } = await play([page]);
    expect(error).toBeInstanceOf(InvalidBodyError);
    expect(error?.message).toBe(`Body is not an event stream: 200 text/html from GET ${baseUrl}x`);
    expect(transport.requests).toHaveLength(1);
  });

  test('a 204 is the end of it', async () => {
    const { data, error } = await play([204]);
    expect([data, error]).toEqual([[], undefined]);
  });

  test.for<[EventsOptions, RegExp]>([
    [{ eventTimeout: 0 }, /^events: eventTimeout must be/],
    [{ isFailure: true as never }, /^events: isFailure must be/],
    [{ until: 'done' as never }, /^events: until must be/],
    [{ resume: true as never }, /^events: resume must be/],
    [{ timeout: -1 }, /^events: timeout must be/],
  ])('refuses %j at once', ([options, words]) => {
    expect(() => scripted([]).api.events('x', options)).toThrow(words);
  });
});

describe('before the first event', () => {
  const whole = (): Response => events(['data: 1\n\n']);

  test.for<[string, Step, EventsOptions, string]>([
    ['an error status', 503, {}, '503 → retry 1 of 2 in 125 ms (backoff)'],
    [
      'a connection that breaks',
      events([': hello\n\nid: 3\n\n'], 'break'),
      {},
      'network error (ECONNRESET) → retry 1 of 2 in 125 ms (backoff)',
    ],
    [
      'an event that is cut',
      events(['data: 1\n'], 'break'),
      {},
      'network error (ECONNRESET) → retry 1 of 2 in 125 ms (backoff)',
    ],
    [
      'a stall',
      events([': hello\n\n'], 'stall'),
      { idleTimeout: 500 },
      'idle timeout → retry 1 of 2 in 125 ms (backoff)',
    ],
    [
      'no event for too long',
      events([': hello\n\n'], 'stall'),
      { eventTimeout: 500 },
      'idle timeout → retry 1 of 2 in 125 ms (backoff)',
    ],
    [
      'an event that is a failure',
      events(['event: error\ndata: {"message":"overloaded"}\n\n']),
      { isFailure: ({ event }) => event === 'error' && { status: 529 } },
      '529 → retry 1 of 2 in 125 ms (backoff)',
    ],
    [
      'an end without the last event',
      events([': bye\n\n']),
      { until: ({ data }) => data === '1' },
      'network error → retry 1 of 2 in 125 ms (backoff)',
    ],
  ])('%s is an outcome for the policies', async ([, step, options, reason]) => {
    const { data, error, log, transport } = await play([step, whole()], options);
    expect([data, error]).toEqual([['1'], undefined]);
    expect(log.lines).toContain(`retry.scheduled 1: ${reason}`);
    expect(transport.requests[1]?.headers).not.toHaveProperty('last-event-id');
    expect(log.lines.at(-1)).toBe('call.ended: success after 2 attempts');
  });

  test('the last failure is the call’s, with the text of the event that reported it', async () => {
    const failing = (): Response => events(['data: {"error":{"message":"Overloaded","type":"overloaded_error"}}\n\n']);
    const { data, error } = await play([failing(), failing(), failing()], { isFailure: () => true });
    expect(data).toEqual([]);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 500, attempts: { length: 3 }, error: { message: 'Overloaded' } });
  });

  test('failures open the circuit, and pay from the budget', async () => {
    const failing = scripted(
      Array.from({ length: 20 }, () => events([], 'break')),
      { retry: 0 },
    );
    for (let call = 0; call < 20; call++) {
      await failing.clock.run(rejection(failing.api.events('x').next()));
      await failing.clock.advance(call < 19 ? 270 : 0);
    }
    expect(failing.api.snapshot().circuits).toEqual([expect.objectContaining({ state: 'open' })]);
    const { api } = await play([events([], 'break'), whole()]);
    expect(api.snapshot().budgets).toEqual([{ key: 'https://api.example.com', tokens: 2 }]);
    const spent = await play(Array.from({ length: 3 }, () => events([], 'break')));
    expect(spent.api.snapshot().budgets[0]?.tokens).toBeLessThan(0.1);
  });

  test('a POST is not sent again, by its method', async () => {
    const { error, transport } = await play([events([], 'break')], { method: 'post', json: {} });
    expect(error).toMatchObject({ code: 'NETWORK', decision: { because: 'notReplayable' } });
    expect(transport.requests).toHaveLength(1);
  });

  test('timeout ends at the headers, and totalTimeout bounds each opening, never the stream', async () => {
    const clock = new ManualClock();
    const slow = (): Response => {
      const sleep = (ms: number): Promise<void> => new Promise((resolve) => clock.setTimer(resolve, ms));
      let event = 0;
      const body = new ReadableStream({
        async pull(controller) {
          await sleep(100_000);
          if (++event > 3) controller.close();
          else controller.enqueue(new TextEncoder().encode(`data: ${event}\n\n`));
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    };
    const { api } = scripted([slow()], { clock, timeout: 1_000, totalTimeout: 2_000 });
    expect(await clock.run(all(api.events('x')))).toEqual({ data: ['1', '2', '3'] });
    expect([clock.now(), clock.pending]).toEqual([400_000, 0]);
    const hung = scripted([() => new Promise<Response>(() => {})], { timeout: false, totalTimeout: 2_000 });
    const error = await hung.clock.run(rejection(hung.api.events('x').next()));
    expect([(error as { code?: string }).code, hung.clock.now()]).toEqual(['DEADLINE_EXCEEDED', 2_000]);
  });
});

describe('after the first event', () => {
  test('nothing is replayed: without ids the stream is interrupted', async () => {
    const { data, error, transport, log } = await play([events(['data: 1\n\n', 'data: 2'], 'break')]);
    expect(data).toEqual(['1']);
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({ code: 'STREAM_INTERRUPTED', eventsReceived: 1, cause: { code: 'NETWORK' } });
    expect(error).not.toHaveProperty('lastEventId');
    expect(transport.requests).toHaveLength(1);
    expect(log.lines.at(-1)).toBe('call.ended: failure after 1 attempt');
  });

  test('by default a GET continues by the last id, after the backoff, from the budget', async () => {
    const script = [
      events(['id: 1\ndata: a\n\n', 'id: 2\ndata: b\n\n', 'id: 3\ndata: c'], 'break'),
      events(['id: 3\ndata: c\n\n']),
    ];
    const { data, error, transport, log, api, clock } = await play(script, {}, { retryBudget: nothingEarned });
    expect([data, error]).toEqual([['a', 'b', 'c'], undefined]);
    expect(transport.requests[1]?.headers['last-event-id']).toBe('2');
    expect(clock.now()).toBe(125);
    // The cost of a grant.
    expect(api.snapshot().budgets).toMatchObject([{ tokens: 0 }]);
    expect(log.events.filter(({ type }) => type.startsWith('stream.'))).toMatchObject([
      { type: 'stream.interrupted', eventsReceived: 2, lastEventId: '2', errorCode: 'NETWORK', delayMs: 125 },
      { type: 'stream.resumed', attempt: 2, lastEventId: '2' },
    ]);
  });

  test('an id counts with its block, with or without data; an empty one resets it; it goes out as UTF-8', async () => {
    const cut = await play([
      events(['id: é\ndata: a\n\nid: ü→\n\n', 'id: never'], 'break'),
      events(['data: b\n\nid:\n\n'], 'break'),
    ]);
    expect(cut.data).toEqual(['a', 'b']);
    const sent = cut.transport.requests[1]?.headers['last-event-id'] ?? '';
    expect(new TextDecoder().decode(Uint8Array.from(sent, (byte) => byte.charCodeAt(0)))).toBe('ü→');
    expect(cut.error).toMatchObject({ code: 'STREAM_INTERRUPTED', eventsReceived: 2 });
    expect(cut.stream.lastEventId).toBeUndefined();
  });

  test('the wait is the server’s, by retry:, and one beyond maxRetryAfter fails with the time on the error', async () => {
    const { data, clock } = await play([
      events(['retry: 4000\nid: 1\ndata: a\n\n'], 'break'),
      events(['id: 2\ndata: b\n\n']),
    ]);
    expect(data).toEqual(['a', 'b']);
    expect(clock.now()).toBeGreaterThanOrEqual(4_000);
    expect(clock.now()).toBeLessThan(6_000);
    const long = await play([events(['retry: 90000\nid: 1\ndata: a\n\n'], 'break')]);
    expect(long.error).toMatchObject({ code: 'STREAM_INTERRUPTED', decision: { because: 'retryAfterTooLong' } });
    expect((long.error as StreamInterruptedError).retryAt).toBe(long.clock.wallNow() + 90_000);
  });

  test('each delivered event resets the count of retries; without one it runs out', async () => {
    const broken = (id: number): Response => events([`id: ${id}\ndata: ${id}\n\n`], 'break');
    const on = { retryBudget: false } as const;
    const many = await play([broken(1), broken(2), broken(3), broken(4), events(['id: 5\ndata: 5\n\n'])], {}, on);
    expect(many.data).toEqual(['1', '2', '3', '4', '5']);
    const spent = await play([broken(1), 503, 503, 200], {}, on);
    expect(spent.transport.requests).toHaveLength(3);
    expect(spent.error).toMatchObject({ code: 'STREAM_INTERRUPTED', cause: { status: 503 }, eventsReceived: 1 });
  });

  test('resume: false and retry: 0 end it', async () => {
    const broken = (): Response => events(['id: 1\ndata: 1\n\n'], 'break');
    for (const options of [{ resume: false }, { retry: 0 }] as const)
      expect((await play([broken()], options)).error).toMatchObject({ code: 'STREAM_INTERRUPTED', lastEventId: '1' });
  });

  test('a stall is an interruption, an event that is a failure, too, and neither is delivered', async () => {
    const stall = await play([events(['id: 1\ndata: a\n\n'], 'stall'), events(['data: b\n\n'])], {
      idleTimeout: 2_000,
    });
    expect(stall.data).toEqual(['a', 'b']);
    const cut = await play([events(['data: a\n\n'], 'stall')], { eventTimeout: 700 });
    expect(cut.error?.cause).toBeInstanceOf(IdleTimeoutError);
    const isFailure = ({ event }: ServerEvent): boolean => event === 'error';
    const failing = (): Response => events(['id: 1\ndata: a\n\n', 'id: 9\nevent: error\ndata: {"message":"no"}\n\n']);
    const failed = await play([failing()], { isFailure, resume: false });
    expect(failed.data).toEqual(['a']);
    expect(failed.error).toMatchObject({ lastEventId: '1', cause: { status: 500 } });
    const resumed = await play([failing(), events(['id: 2\ndata: b\n\n'])], { isFailure });
    expect(resumed.data).toEqual(['a', 'b']);
    expect(resumed.transport.requests[1]?.headers['last-event-id']).toBe('1');
  });

  test('an end without the event that ends it is an interruption; after that event nothing is read', async () => {
    const until = ({ data }: ServerEvent): boolean => data === '[DONE]';
    const { response, seen } = bodyOf(['data: [DONE]\n\ndata: never\n\n'], 'stall');
    const whole = await play([events(['id: 1\ndata: a\n\n']), response], { until });
    expect(whole.data).toEqual(['a', '[DONE]']);
    expect(seen.cancelled).toBeDefined();
    const cut = await play([events(['data: a\n\n'])], { until });
    expect(cut.error).toMatchObject({ code: 'STREAM_INTERRUPTED' });
    expect(cut.error?.message).toMatch(/the stream ended without the event that `until` waits for/);
  });

  test.for<[string, ClientOptions]>([
    ['alone', {}],
    ['where another ring reads the body, too', { rateLimit: { maxConcurrent: 1 } }],
  ])('isFailure is called once for each event, %s', async ([, options]) => {
    const asked: string[] = [];
    const isFailure = ({ data }: ServerEvent): boolean => {
      asked.push(data);
      return false;
    };
    await play([events(['data: 1\n\ndata: 2\n\n', 'data: 3\n\n'])], { isFailure }, options);
    expect(asked).toEqual(['1', '2', '3']);
  });

  test.for<[string, readonly Step[], CallOptions]>([
    ['that comes after a megabyte of comments', [events([`:${'x'.repeat(2 ** 20)}\n\n`, failing])], {}],
    ['of a stream that a hook answers with', [], { hooks: { beforeRequest: [() => events([failing])] } }],
    [
      'of a stream that a hook puts in the place of another',
      [events(['data: 1\n\n'])],
      { hooks: { afterResponse: [() => events([failing])] } },
    ],
  ])('isFailure is called for the first event %s', async ([, script, options]) => {
    const { api, clock } = scripted(script);
    const stream = api.events('x', { ...options, retry: 0, isFailure: ({ data }) => data === 'failed' });
    expect(await clock.run(all(stream))).toMatchObject({ data: [], error: { code: 'API_ERROR', status: 500 } });
  });

  test('a 204 to a reconnect is a clean end', async () => {
    const { data, error } = await play([events(['id: 1\ndata: a\n\n'], 'break'), 204]);
    expect([data, error]).toEqual([['a'], undefined]);
  });

  test('resume: always continues after a clean end, without ids, and pays nothing for it', async () => {
    const { data, error, api, clock } = await play(
      [events(['data: 1\n\n']), events([]), events(['retry: 50\ndata: 2\n\n']), 204],
      { resume: 'always' },
    );
    expect([data, error]).toEqual([['1', '2'], undefined]);
    expect(api.snapshot().budgets[0]?.tokens ?? 2).toBeGreaterThanOrEqual(2);
    expect(clock.now()).toBeGreaterThanOrEqual(125 + 250 + 50);
  });

  test('a function continues in the caller’s own way', async () => {
    const seen: unknown[] = [];
    const { data, error, transport } = await play(
      [events(['id: 7\ndata: one\n\n'], 'break'), events(['data: two\n\n'], 'break')],
      {
        method: 'post',
        json: { prompt: 'count' },
        resume(last) {
          seen.push([last.data, last.lastEventId, last.eventsReceived]);
          return last.eventsReceived === 1 ? { json: { after: last.data } } : undefined;
        },
      },
    );
    expect(data).toEqual(['one', 'two']);
    expect(error).toMatchObject({ code: 'STREAM_INTERRUPTED', eventsReceived: 2 });
    expect(transport.requests.map(({ body }) => body)).toEqual(['{"prompt":"count"}', '{"after":"one"}']);
    expect(seen).toEqual([
      ['one', '7', 1],
      ['two', '7', 2],
    ]);
  });

  test('a permit is held while it streams, and not while it waits', async () => {
    const { api, clock } = scripted([events(['id: 1\ndata: a\n\n'], 'break'), 200, events(['data: b\n\n'])], {
      rateLimit: { maxConcurrent: 1 },
    });
    const stream = api.events('x');
    await clock.run(stream.next());
    const next = stream.next();
    await clock.settle();
    expect((await clock.run(api.get('other'))).status).toBe(200);
    expect((await clock.run(next)).value?.data).toBe('b');
    stream.close();
    expect(api.snapshot().limiters).toMatchObject([{ running: 0 }]);
  });
});

test('a stream is neither cached nor shared, and read whatever the client reads within the attempt', async () => {
  const script = [events(['data: 1\n\n']), events(['data: 2\n\n'])];
  const { api, clock } = scripted(script, { coalesce: true, responseCache: true, readBody: 'inAttempt' });
  const read = await clock.run(Promise.all([all(api.events('x')), all(api.events('x'))]));
  expect(read).toEqual([{ data: ['1'] }, { data: ['2'] }]);
});

test('eventTimeout counts from one event to the next, whatever comments come between, and not while the reader is busy', async () => {
  const clock = new ManualClock();
  const dripping: Step = () => {
    let timer: unknown;
    const body = new ReadableStream({
      start(controller) {
        const drip = (): void => {
          controller.enqueue(new TextEncoder().encode(': still here\n\n'));
          timer = clock.setTimer(drip, 100);
        };
        controller.enqueue(new TextEncoder().encode('id: 1\ndata: a\n\n'));
        drip();
      },
      cancel: () => clock.clearTimer(timer as never),
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
  const { api } = scripted([dripping], { clock, retry: 0 });
  const stream = api.events('x', { eventTimeout: 1_000, idleTimeout: 500 });
  expect((await clock.run(stream.next())).value?.data).toBe('a');
  await clock.advance(10_000);
  const error = await clock.run(rejection<StreamInterruptedError>(stream.next()));
  expect(error.cause).toMatchObject({ code: 'IDLE_TIMEOUT', limitMs: 1_000 });
  expect([clock.now(), clock.pending]).toEqual([11_000, 0]);
});

describe('a quiet stream', () => {
  /** A stream whose first event follows its headers after a minute. */
  const quiet =
    (clock: ManualClock): Step =>
    () => {
      const body = new ReadableStream({
        async pull(controller) {
          await new Promise<void>((resolve) => clock.setTimer(resolve, 60_000));
          controller.enqueue(new TextEncoder().encode('data: 1\n\n'));
          controller.close();
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream', etag: '"v"' } });
    };

  test('is no slow call to the circuit', async () => {
    const clock = new ManualClock();
    const { api } = scripted(
      Array.from({ length: 20 }, () => quiet(clock)),
      { clock, circuitBreaker: { slowCallMs: 1_000, slowCallRatio: 0.1, minimumCalls: 5, windowMs: 3_600_000 } },
    );
    for (let call = 0; call < 20; call++) await clock.run(all(api.events('x')));
    expect(api.snapshot().circuits).toMatchObject([{ state: 'closed', successes: 20 }]);
  });

  test.for<[string, (api: ResilientClient) => Promise<unknown>]>([
    ['events()', (api) => all(api.events('x'))],
    [
      'readBody: firstChunk',
      (api) => api.fetch(`${baseUrl}x`, { holdfast: { readBody: 'firstChunk', resumeBody: true, timeout: false } }),
    ],
  ])('after a pause is no sign of a slow server to the limiter: %s', async ([, call]) => {
    const clock = new ManualClock();
    const busy = new Response(null, { status: 503, headers: { 'retry-after': '1' } });
    const after20Ms =
      (step: Step): Step =>
      async (...sent) => {
        await new Promise<void>((resolve) => clock.setTimer(resolve, 20));
        return typeof step === 'function' ? step(...sent) : new Response();
      };
    const script = [...Array<Step>(10).fill(after20Ms(200)), busy, ...Array<Step>(40).fill(after20Ms(quiet(clock)))];
    const { api, log } = scripted(script, { clock, retry: 0 });
    for (let answer = 0; answer < 11; answer++) await clock.run(api.fetch(`${baseUrl}x`));
    await clock.run(Promise.all(Array.from({ length: 40 }, () => call(api))));
    expect(log.events.map(({ type }) => type)).toContain('limiter.resumed');
    expect(log.events.map(({ type }) => type)).not.toContain('limiter.limited');
  });

  test('keeps no other probe from an open circuit once its headers are there', async () => {
    const circuitBreaker = { minimumCalls: 2, openMs: 1_000 };
    const { api, clock, log } = scripted([500, 500, events([], 'stall'), 200, 200], { circuitBreaker, retry: 0 });
    for (let failure = 0; failure < 2; failure++) await clock.run(api.fetch(`${baseUrl}x`));
    expect(api.snapshot().circuits).toMatchObject([{ state: 'open' }]);
    await clock.advance(1_000);
    const stream = api.events('quiet');
    await clock.run(stream.response);
    expect(api.snapshot().circuits).toMatchObject([{ state: 'halfOpen' }]);
    expect((await clock.run(api.fetch(`${baseUrl}x`))).status).toBe(200);
    expect(api.snapshot().circuits).toMatchObject([{ state: 'closed' }]);
    expect(log.lines).toContain('circuit.closed 1: probeSucceeded');
    stream.close();
    expect(api.snapshot().circuits).toMatchObject([{ state: 'closed', failures: 0 }]);
  });

  test('that is closed as a probe makes room for one probe, and not for two', async () => {
    const circuitBreaker = { minimumCalls: 2, openMs: 1_000 };
    const { api, clock } = scripted([500, 500, events([], 'stall'), hang()], { circuitBreaker, retry: 0 });
    for (let failure = 0; failure < 2; failure++) await clock.run(api.fetch(`${baseUrl}x`));
    await clock.advance(1_000);
    const stream = api.events('quiet');
    await clock.run(stream.response);
    stream.close();
    await clock.settle();
    const controller = new AbortController();
    const probe = rejection(api.fetch(`${baseUrl}x`, { signal: controller.signal }));
    await clock.settle();
    expect(await clock.run(rejection(api.get('x')))).toMatchObject({ code: 'CIRCUIT_OPEN' });
    controller.abort('enough');
    expect(await probe).toBe('enough');
  });

  test('whose first event is a failure opens the circuit again', async () => {
    const circuitBreaker = { minimumCalls: 2, openMs: 1_000 };
    const { api, clock } = scripted([500, 500, events(['data: no\n\n'])], { circuitBreaker, retry: 0 });
    for (let failure = 0; failure < 2; failure++) await clock.run(api.fetch(`${baseUrl}x`));
    await clock.advance(1_000);
    await clock.run(rejection(api.events('x', { isFailure: () => true }).next()));
    expect(api.snapshot().circuits).toMatchObject([{ state: 'open' }]);
  });
});
