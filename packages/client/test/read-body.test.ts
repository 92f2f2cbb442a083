import { type Step, scriptedTransport } from '@holdfast/core/testing';
import {
  AttemptTimeoutError,
  type ClientOptions,
  createResilientClient,
  isResilienceError,
  type NetworkError,
  retry,
} from 'holdfast';
import { describe, expect, test } from 'vitest';
import { baseUrl, rejection, scripted } from './support/scripted.ts';
import { json, serve } from './support/server.ts';

const inAttempt = (script: readonly Step[], options: ClientOptions = {}) =>
  scripted(script, { readBody: 'inAttempt', ...options });

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** An answer whose body begins, and then breaks off or stalls. */
function broken(
  end: 'reset' | 'stall',
  seen: { cancelled?: unknown } = {},
  headers: Record<string, string> = {},
): Step {
  return () => {
    let pulls = 0;
    const body = new ReadableStream({
      pull(controller) {
        if (pulls++ === 0) controller.enqueue(bytes('{"id":'));
        else if (end === 'stall') return new Promise<void>(() => {});
        else controller.error(Object.assign(new TypeError('terminated'), { cause: { code: 'ECONNRESET' } }));
        return undefined;
      },
      cancel(reason) {
        seen.cancelled = reason;
      },
    });
    return new Response(body, { headers });
  };
}

describe('a body that breaks off within the attempt', () => {
  test('is retried, and reported as a broken body', async () => {
    const { api, clock, log } = inAttempt([broken('reset'), { json: { id: 42 } }]);
    expect(await clock.run(api.get('x').json())).toEqual({ id: 42 });
    expect(log.lines).toEqual([
      `call.started: GET ${baseUrl}x`,
      'attempt.started 1',
      'attempt.ended 1: NETWORK',
      'retry.scheduled 1: network error (ECONNRESET) → retry 1 of 2 in 125 ms (backoff)',
      'attempt.started 2',
      'attempt.ended 2: 200',
      'call.ended: success after 2 attempts',
    ]);
  });

  test('is a network error where the retries fail', async () => {
    const { api, clock } = inAttempt(Array(3).fill(broken('reset')));
    const error = await clock.run(rejection<NetworkError>(api.fetch(`${baseUrl}x`)));
    expect(error.message).toBe(`fetch failed: GET ${baseUrl}x was cut short while its body was read: ECONNRESET`);
    expect([error.code, error.applied, error.neverSent, error.attempts.length]).toEqual(['NETWORK', 'yes', false, 3]);
  });

  test('is not sent again where the server may have acted on it', async () => {
    const { api, clock, transport } = inAttempt([broken('reset')]);
    const error = await clock.run(rejection<NetworkError>(api.post('x')));
    expect(error.decision?.because).toBe('notReplayable');
    expect(transport.requests).toHaveLength(1);
  });

  test('counts for the circuit', async () => {
    const { api, clock } = inAttempt(Array(20).fill(broken('reset')), { retry: 0 });
    for (let call = 0; call < 20; call++) {
      await clock.run(rejection(api.get('x')));
      await clock.advance(call < 19 ? 270 : 0);
    }
    expect(api.snapshot().circuits).toEqual([expect.objectContaining({ state: 'open' })]);
  });

  test('without the option rejects with the platform’s message, and the typed error as the cause', async () => {
    const { api, clock, transport } = scripted([broken('reset')]);
    const response = await clock.run(api.get('x'));
    expect(await rejection(response.text())).toMatchObject({
      name: 'TypeError',
      message: 'terminated',
      cause: { code: 'NETWORK', cause: { message: 'terminated' } },
    });
    expect(transport.requests).toHaveLength(1);
  });
});

describe('a body that stalls within the attempt', () => {
  test('times out with it, is released, and retried', async () => {
    const seen: { cancelled?: unknown } = {};
    const { api, clock, log } = inAttempt([broken('stall', seen), { json: 1 }], { timeout: 500 });
    expect(await clock.run(api.get('x').json())).toBe(1);
    expect(seen.cancelled).toBeInstanceOf(AttemptTimeoutError);
    expect(log.lines).toContain('attempt.timedOut 1: 500 ms');
    expect(clock.pending).toBe(0);
  });

  test('ends with its caller, by the caller’s own reason', async () => {
    const seen: { cancelled?: unknown } = {};
    const { api, clock, log } = inAttempt([broken('stall', seen)], { timeout: false, totalTimeout: false });
    const controller = new AbortController();
    const left = rejection(api.get('x', { signal: controller.signal }));
    await clock.settle();
    controller.abort('left');
    expect(await left).toBe('left');
    expect(seen.cancelled).toBe('left');
    expect(log.lines).toContain('attempt.ended 1: ABORTED');
  });
});

describe('what streams on unread', () => {
  const large = 'x'.repeat(1024 * 1024 + 1);
  const cases: readonly [string, Step, string][] = [
    [
      'a body that says that it is too large',
      { headers: { 'content-length': '1048577' }, body: 'not that large' },
      'not that large',
    ],
    ['one that turns out to be', { body: large }, large],
    ['events', { headers: { 'content-type': 'text/event-stream' }, body: 'data: 1' }, 'data: 1'],
    ['an error’s', { status: 404, body: 'nowhere' }, 'nowhere'],
  ];
  test.for(cases)('%s', async ([, step, text]) => {
    const { api, clock } = inAttempt([step], { throwHttpErrors: false });
    expect(await clock.run(api.fetch(`${baseUrl}x`)).then((response) => response.text())).toBe(text);
  });

  test.for<[string, number, Record<string, string>]>([
    ['says that it is too large', 200, { 'content-length': '1048577' }],
    ['is an error’s', 404, {}],
    ['is of events', 200, { 'content-type': 'text/event-stream' }],
  ])('a body that stalls, but %s, keeps no caller waiting', async ([, status, headers]) => {
    const { api } = inAttempt([() => new Response(new ReadableStream(), { status, headers })]);
    expect((await api.fetch(`${baseUrl}x`)).status).toBe(status);
  });

  test('too large a one is neither read ahead, nor kept when it is cancelled', async () => {
    const seen = { pulls: 0, cancelled: false };
    const chunk = new Uint8Array(300 * 1024);
    const body = new ReadableStream(
      {
        pull(controller) {
          seen.pulls++;
          controller.enqueue(chunk);
        },
        cancel() {
          seen.cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    const { api, clock } = inAttempt([new Response(body)]);
    const response = await clock.run(api.fetch(`${baseUrl}x`));
    expect(seen.pulls).toBe(4);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    for (let read = 0; read < 5; read++) await reader.read();
    expect(seen.pulls).toBe(5);
    await reader.cancel();
    expect(seen.cancelled).toBe(true);
  });
});

describe('the answer', () => {
  test('looks as fetch’s, whole', async () => {
    const { origin } = await serve((request, response) => {
      if (request.path === '/old') response.writeHead(302, { location: '/new' }).end();
      else json(response, 200, { id: 42 }, { 'x-a': 'b' });
    });
    const api = createResilientClient({ readBody: 'inAttempt' });
    const response = await api.fetch(`${origin}/old`);
    expect(response).toMatchObject({ url: `${origin}/new`, redirected: true, status: 200, ok: true, type: 'basic' });
    expect(response.headers.get('x-a')).toBe('b');
    const copy = response.clone();
    expect(copy.url).toBe(`${origin}/new`);
    expect(await Promise.all([response.json(), copy.json()])).toEqual([{ id: 42 }, { id: 42 }]);
    await api.close();
  });

  test('without a body is the very one', async () => {
    const response = new Response(null, { status: 204 });
    const { api, clock } = inAttempt([response]);
    expect(await clock.run(api.fetch(`${baseUrl}x`))).toBe(response);
  });

  test('holds no place in the limiter, although it is not read', async () => {
    const { api, clock, transport } = inAttempt([{ json: 1 }, { json: 2 }], { rateLimit: { maxConcurrent: 1 } });
    const first = await clock.run(api.get('x'));
    expect(api.snapshot().limiters).toEqual([expect.objectContaining({ running: 0 })]);
    expect((await clock.run(api.get('x'))).status).toBe(200);
    expect([transport.requests.length, first.bodyUsed]).toEqual([2, false]);
  });
});

test('a call may set it itself, through ky’s face and through fetch’s', async () => {
  const transport = scriptedTransport(Array(4).fill(broken('reset')));
  const api = createResilientClient({ readBody: 'inAttempt', retry: 0, fetch: transport as unknown as typeof fetch });
  expect((await api.get(baseUrl, { readBody: false })).status).toBe(200);
  expect((await api.fetch(baseUrl, { holdfast: { readBody: false } })).status).toBe(200);
  expect(isResilienceError(await rejection(api.get(baseUrl, { policies: { network: retry({ limit: 0 }) } })))).toBe(
    true,
  );
  await api.close();
});

test('a connection that dies in the middle of a body is one more attempt, on a real socket', async () => {
  let answers = 0;
  const { origin, requests } = await serve((_request, response) => {
    if (++answers > 1) json(response, 200, { id: 42 });
    else {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '20' });
      response.write('{"id":');
      setImmediate(() => response.destroy());
    }
  });
  const api = createResilientClient({ baseUrl: origin, readBody: 'inAttempt', random: () => 0 });
  expect(await api.get('orders').json()).toEqual({ id: 42 });
  expect(requests).toHaveLength(2);
  await api.close();
});

describe('readBody: firstChunk', () => {
  const firstChunk = (script: readonly Step[], options: ClientOptions = {}) =>
    scripted(script, { readBody: 'firstChunk', ...options });
  /** Sends the headers, then resets the connection before the first byte of the body. */
  const stillborn: Step = () =>
    new Response(
      new ReadableStream({
        pull(controller) {
          controller.error(Object.assign(new TypeError('terminated'), { cause: { code: 'ECONNRESET' } }));
        },
      }),
      { headers: { 'content-type': 'text/event-stream' } },
    );

  test('a stream that dies before its first byte is retried, counted and reported like any other failure', async () => {
    const { api, clock, log } = firstChunk([stillborn, { body: 'data: 1\n\n' }]);
    const response = await clock.run(api.fetch(`${baseUrl}x`));
    expect(await response.text()).toBe('data: 1\n\n');
    expect(log.lines).toContain('retry.scheduled 1: network error (ECONNRESET) → retry 1 of 2 in 125 ms (backoff)');
    const failing = firstChunk(Array(20).fill(stillborn), { retry: 0 });
    for (let call = 0; call < 20; call++) {
      await failing.clock.run(rejection(failing.api.get('x')));
      await failing.clock.advance(call < 19 ? 270 : 0);
    }
    expect(failing.api.snapshot().circuits).toEqual([expect.objectContaining({ state: 'open' })]);
  });

  test('a failure after it is left to the caller', async () => {
    const { api, clock, transport } = firstChunk([broken('reset')]);
    const response = await clock.run(api.fetch(`${baseUrl}x`));
    expect((await rejection(response.text())).message).toBe('terminated');
    expect(transport.requests).toHaveLength(1);
  });

  test('the rest is not waited for, and is cancelled with its reader', async () => {
    const seen: { cancelled?: unknown } = {};
    const { api, clock } = firstChunk([broken('stall', seen)]);
    const response = await clock.run(api.fetch(`${baseUrl}x`));
    expect([response.status, response.bodyUsed]).toEqual([200, false]);
    await response.body?.cancel('enough');
    expect(seen.cancelled).toBe('enough');
  });

  test('one that stalls before it times out with its attempt; an empty body is an answer', async () => {
    const stalled = new Response(new ReadableStream());
    const { api, clock } = firstChunk([stalled, { body: '' }], { timeout: 500 });
    expect(await clock.run(api.get('x').text())).toBe('');
    expect(clock.now()).toBe(625);
  });
});
