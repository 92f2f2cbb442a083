import { ManualClock } from '@holdfast/core/testing';
import { type ClientOptions, createResilientClient, IdleTimeoutError } from 'holdfast';
import { afterEach, describe, expect, test } from 'vitest';
import { baseUrl, rejection, scripted, scriptedPlatform } from './support/scripted.ts';
import { serve } from './support/server.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A body that gives its chunks one by one when it is read, and then nothing more. Records how it ended. */
function stalling(chunks: readonly string[]) {
  const seen: { cancelled?: unknown } = {};
  const left = [...chunks];
  const body = new ReadableStream(
    {
      pull(controller) {
        const next = left.shift();
        if (next === undefined) return new Promise<void>(() => {});
        controller.enqueue(bytes(next));
        return undefined;
      },
      cancel(reason) {
        seen.cancelled = reason;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, seen };
}

describe('a body that stalls while it is waited for', () => {
  test.for([
    ['by a fetch', scripted],
    ['by a transport', scriptedPlatform],
  ] as const)('%s, ends a shortcut with IDLE_TIMEOUT, is cancelled, and leaves no timer', async ([, scene]) => {
    const { body, seen } = stalling(['{"id":']);
    const { api, clock, log } = scene([new Response(body)], { idleTimeout: 2_000 });
    const error = await clock.run(rejection<IdleTimeoutError>(api.get('x').json()));
    expect(error).toBeInstanceOf(IdleTimeoutError);
    expect([error.code, error.limitMs, error.applied]).toEqual(['IDLE_TIMEOUT', 2_000, 'yes']);
    expect(error.message).toBe(`GET ${baseUrl}x sent nothing more for 2000 ms while its body was read`);
    expect(seen.cancelled).toBe(error);
    expect(clock.now()).toBe(2_000);
    expect(clock.pending).toBe(0);
    expect(log.lines.at(-1)).toBe('call.ended: failure after 1 attempt');
  });

  test('rejects with the error itself if a stream or client.fetch is read, with a limit for one call', async () => {
    const { api, clock } = scripted([new Response(stalling(['a']).body), new Response(stalling(['b']).body)]);
    const byKy = await clock.run(api.get('x', { idleTimeout: 500 }));
    expect(await clock.run(rejection(byKy.text()))).toBeInstanceOf(IdleTimeoutError);
    const byFetch = await clock.run(api.fetch(`${baseUrl}x`, { holdfast: { idleTimeout: 700 } }));
    const error = await clock.run(rejection<IdleTimeoutError>(byFetch.text()));
    expect([error.code, error.limitMs]).toEqual(['IDLE_TIMEOUT', 700]);
  });

  test('is a timeout to the policies where it is read within the attempt', async () => {
    const { api, clock, log } = scripted([new Response(stalling(['[']).body), { json: [1] }], {
      idleTimeout: 1_000,
      readBody: 'inAttempt',
    });
    expect(await clock.run(api.get('x').json())).toEqual([1]);
    expect(log.lines).toContain('retry.scheduled 1: idle timeout → retry 1 of 2 in 125 ms (backoff)');
    expect(api.explain({ error: 'IDLE_TIMEOUT' })).toMatchObject({ action: 'retry', applied: 'unknown' });
  });

  test('ends with its caller’s own reason, whatever the transport listens to', async () => {
    const { body, seen } = stalling([]);
    const { api, clock } = scripted([new Response(body)], { idleTimeout: 60_000 });
    const controller = new AbortController();
    const response = await clock.run(api.get('x', { signal: controller.signal }));
    const reading = rejection(response.text());
    await clock.settle();
    controller.abort('left');
    expect(await reading).toBe('left');
    expect(seen.cancelled).toBe('left');
    expect(clock.pending).toBe(0);
  });
});

test('a slow reader is not a stall: time counts only while it waits', async () => {
  const { body } = stalling(['one', 'two']);
  const { api, clock } = scripted([new Response(body)], { idleTimeout: 1_000 });
  const response = await clock.run(api.get('x'));
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  for (const text of ['one', 'two']) {
    await clock.advance(3_600_000);
    expect(new TextDecoder().decode((await reader.read()).value)).toBe(text);
    expect(clock.pending).toBe(0);
  }
  expect(await clock.run(rejection(reader.read()))).toBeInstanceOf(IdleTimeoutError);
});

test('each byte restarts the time, and a complete body is read as usual', async () => {
  const clock = new ManualClock();
  let chunk = 0;
  const body = new ReadableStream({
    async pull(controller) {
      await new Promise<void>((resolve) => clock.setTimer(resolve, 900));
      if (++chunk > 5) controller.close();
      else controller.enqueue(bytes(String(chunk)));
    },
  });
  const api = createResilientClient({
    clock,
    idleTimeout: 1_000,
    fetch: async () => new Response(body, { headers: { 'content-type': 'text/plain' } }),
  });
  const response = await clock.run(api.get(baseUrl));
  expect(await clock.run(response.text())).toBe('12345');
  expect(clock.pending).toBe(0);
});

describe('the limits of Node’s own fetch', () => {
  const symbol = Symbol.for('undici.globalDispatcher.2');
  const before: unknown = Reflect.get(globalThis, symbol);
  afterEach(() => {
    Reflect.set(globalThis, symbol, before);
  });
  const words = /timeout must be at most 300000 with Node's own fetch.*undiciTransport\(\).*got 600000/;

  test('a longer timeout is refused when the client is created, extended, or called', async () => {
    expect(() => createResilientClient({ timeout: 600_000 })).toThrow(words);
    expect(() => createResilientClient({ idleTimeout: 600_000 })).toThrow(/idleTimeout must be at most 300000/);
    const api = createResilientClient({ timeout: 300_000 });
    expect(() => api.extend({ timeout: 600_000 })).toThrow(/^extend: timeout must/);
    expect((await rejection(api.get(baseUrl, { timeout: 600_000 }))).message).toMatch(/^get: timeout must/);
    const error = await rejection(api.fetch(baseUrl, { holdfast: { timeout: 600_000 } }));
    expect(error.message).toMatch(/^fetch: init.holdfast: timeout must/);
  });

  test.for<[string, ClientOptions]>([
    ['a transport', { transport: async () => new Response() }],
    ['a fetch of the user’s', { fetch: async () => new Response() }],
    ['a dispatcher', { dispatcher: {} } as ClientOptions],
  ])('not with %s', ([, options]) => {
    const api = createResilientClient({ ...options, timeout: 600_000, idleTimeout: 600_000 });
    expect(() => api.extend({ timeout: 700_000 })).not.toThrow();
  });

  test('nor where the process has a dispatcher with other limits', () => {
    class Agent {}
    Reflect.set(globalThis, symbol, Object.assign(new Agent(), { [Symbol('options')]: { headersTimeout: 900_000 } }));
    expect(() => createResilientClient({ timeout: 600_000 })).not.toThrow();
    expect(() => createResilientClient({ timeout: 1_000_000 })).toThrow(/at most 900000/);
  });

  test.for([
    ['UND_ERR_HEADERS_TIMEOUT', 'ATTEMPT_TIMEOUT'],
    ['UND_ERR_CONNECT_TIMEOUT', 'NETWORK'],
  ])('without a limit of ours, %s is reported as %s', async ([code, told]) => {
    const failure = Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(code), { code }) });
    const { api, clock, transport } = scripted([failure], { timeout: false, retry: 0 });
    expect(await clock.run(rejection(api.post('x')))).toMatchObject({ code: told });
    expect(transport.requests).toHaveLength(1);
  });

  test('a body without a byte for 300 s is an idle timeout, not a network failure', async () => {
    const code = 'UND_ERR_BODY_TIMEOUT';
    const body = (): ReadableStream =>
      new ReadableStream({
        pull(controller) {
          controller.error(Object.assign(new TypeError('terminated'), { cause: { code } }));
        },
      });
    const { api, clock } = scripted([new Response(body()), new Response(body())]);
    expect(await clock.run(rejection(api.get('x').text()))).toMatchObject({ code: 'IDLE_TIMEOUT', limitMs: 300_000 });
    const guarded = await clock.run(api.fetch(`${baseUrl}x`, { holdfast: { idleTimeout: 300_000 } }));
    expect(await clock.run(rejection(guarded.text()))).toMatchObject({ code: 'IDLE_TIMEOUT' });
  });
});

test('the connection to a server that stalls in the body is ended', async () => {
  let closed: () => void = () => undefined;
  const isClosed = new Promise<void>((resolve) => {
    closed = resolve;
  });
  const { origin } = await serve((_request, response) => {
    response.on('close', closed);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"id":');
  });
  const api = createResilientClient({ idleTimeout: 50 });
  expect(await rejection(api.get(origin).json())).toBeInstanceOf(IdleTimeoutError);
  const streamed = await api.fetch(origin);
  expect(await rejection(streamed.text())).toBeInstanceOf(IdleTimeoutError);
  await isClosed;
});
