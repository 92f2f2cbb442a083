import type { ServerResponse } from 'node:http';
import { eventLog, ManualClock } from '@holdfast/core/testing';
import {
  type ApiError,
  createResilientClient,
  DeadlineExceededError,
  NetworkError,
  type ResilientClient,
} from 'holdfast';
import { describe, expect, test } from 'vitest';
import { rejection, until } from './support/scripted.ts';
import { listen, serve } from './support/server.ts';

/** Sends the headers at once, then a piece every 20 ms. */
function drip(response: ServerResponse, pieces: number, end: 'end' | 'destroy' | 'stall' = 'end'): void {
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.flushHeaders();
  let sent = 0;
  const timer = setInterval(() => {
    if (sent++ < pieces) response.write('.');
    else {
      clearInterval(timer);
      if (end === 'end') response.end();
      if (end === 'destroy') response.destroy();
    }
  }, 20);
  response.on('close', () => clearInterval(timer));
}

/** Limits that a busy machine does not reach by itself. A test that needs a limit to expire makes it expire. */
const limits = { timeout: 1000, totalTimeout: 2000 };

describe('a stream that the caller reads', () => {
  for (const [name, start] of [
    ['client.fetch()', (api: ResilientClient, url: string) => api.fetch(url)],
    ['an awaited api.get()', async (api: ResilientClient, url: string): Promise<Response> => api.get(url)],
  ] as const) {
    test(`from ${name} is never cut by timeout or totalTimeout`, async () => {
      let finish: () => void = () => {};
      const { origin } = await serve((_request, response) => {
        response.write('first ');
        finish = () => response.end('last');
      });
      const clock = new ManualClock();
      const response = await start(createResilientClient({ ...limits, clock }), origin);
      const reading = response.text();
      await clock.advance(1_000_000);
      expect(clock.pending).toBe(0);
      finish();
      expect(await reading).toBe('first last');
    });
  }

  test('is not cut by the real clock either', async () => {
    const { origin } = await serve((_request, response) => drip(response, 60));
    const response = await createResilientClient({ timeout: 1000, totalTimeout: 1000 }).fetch(origin);
    expect(await response.text()).toBe('.'.repeat(60));
  });

  test('comes piece by piece, as the server sends it', async () => {
    let more: () => void = () => {};
    const { origin } = await serve((_request, response) => {
      response.write('first');
      more = () => response.end('second');
    });
    const { body } = await createResilientClient().fetch(origin);
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    expect(await reader?.read()).toEqual({ done: false, value: 'first' });
    more();
    expect(await reader?.read()).toEqual({ done: false, value: 'second' });
    expect(await reader?.read()).toEqual({ done: true, value: undefined });
  });

  test("is stopped by the caller's signal, with the reason", async () => {
    const { origin } = await serve((_request, response) => drip(response, 1, 'stall'));
    const api = createResilientClient();
    for (const start of [
      (signal: AbortSignal) => api.fetch(origin, { signal }),
      (signal: AbortSignal) => api.fetch(new Request(origin, { signal })),
      (signal: AbortSignal): Promise<Response> => api.get(origin, { signal }),
    ]) {
      const controller = new AbortController();
      const response = await start(controller.signal);
      const reading = rejection<unknown>(response.text());
      const reason = new Error('enough');
      controller.abort(reason);
      expect(await reading).toBe(reason);
    }
  });

  test('that breaks off fails in the platform’s way', async () => {
    const { origin } = await serve((_request, response) => drip(response, 2, 'destroy'));
    const response = await createResilientClient().fetch(origin);
    expect(await rejection(response.text())).toBeInstanceOf(TypeError);
  });

  test('and that is cancelled gives its connection back', async () => {
    let closed = false;
    const { origin } = await serve((_request, response) => {
      response.on('close', () => {
        closed = true;
      });
      drip(response, 1, 'stall');
    });
    const response = await createResilientClient().fetch(origin);
    await response.body?.cancel();
    await until(() => closed);
  });
});

describe('a body that a shortcut reads', () => {
  const shortcuts = ['json', 'text', 'blob', 'arrayBuffer', 'bytes', 'formData'] as const;

  test.for(shortcuts)('and that stalls ends .%s() within totalTimeout', async (type) => {
    const { origin } = await serve((_request, response) => drip(response, 2, 'stall'));
    const clock = new ManualClock();
    const api = createResilientClient({ ...limits, clock });
    const log = eventLog(api);
    const failure = rejection<DeadlineExceededError>(api.get(origin)[type]());
    await until(() => log.lines.length === 3);
    await clock.advance(2000);
    const error = await failure;
    expect(error).toBeInstanceOf(DeadlineExceededError);
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', limitMs: 2000, elapsedMs: 2000, applied: 'yes' });
    expect(clock.pending).toBe(0);
  });

  test('and that stalls is ended by the real clock, too', async () => {
    const { origin } = await serve((_request, response) => drip(response, 2, 'stall'));
    const error = await rejection(createResilientClient({ timeout: 1000, totalTimeout: 1000 }).get(origin).json());
    expect(error).toBeInstanceOf(DeadlineExceededError);
  });

  test.for(shortcuts)(
    'and that breaks off ends .%s() with a NetworkError, whose cause is the platform’s',
    async (type) => {
      const { origin } = await serve((_request, response) => drip(response, 2, 'destroy'));
      const error = await rejection<NetworkError>(createResilientClient().get(origin)[type]());
      expect(error).toBeInstanceOf(NetworkError);
      expect(error).toMatchObject({ code: 'NETWORK', applied: 'yes' });
      expect(error.message).toMatch(/was cut short while its body was read/);
      expect(error.cause).toBeInstanceOf(Error);
    },
  );

  test('and that is shorter than it said is a NetworkError, too', async () => {
    const { origin } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"a":');
      response.on('error', () => {});
      setImmediate(() => response.destroy());
    });
    expect(await rejection(createResilientClient().get(origin).json())).toBeInstanceOf(NetworkError);
  });

  test('and that is no JSON is a typed error with the SyntaxError as its cause: the server did its part', async () => {
    const { origin } = await serve((_request, response) => response.end('<html>'));
    const error = await rejection(createResilientClient().get(origin).json());
    expect(error).toMatchObject({ code: 'INVALID_BODY', applied: 'yes' });
    expect(error.cause).toBeInstanceOf(SyntaxError);
  });

  test('is read to its end where there is time', async () => {
    const { origin } = await serve((_request, response) => drip(response, 5));
    expect(await createResilientClient().get(origin).text()).toBe('.....');
  });
});

test('an error body that stalls still gives the typed error, within totalTimeout', async () => {
  const { origin } = await serve((_request, response) => {
    response.writeHead(422, { 'content-type': 'application/json', 'x-request-id': 'req_7' });
    response.write('{"error":');
  });
  const clock = new ManualClock();
  const api = createResilientClient({ timeout: 200, totalTimeout: 200, clock });
  const log = eventLog(api);
  const failure = rejection<ApiError>(api.post(origin, { json: {} }));
  await until(() => log.lines.length === 3);
  await clock.advance(200);
  const error = await failure;
  expect(error).toMatchObject({ name: 'UnprocessableEntityError', status: 422, requestId: 'req_7', elapsedMs: 200 });
  expect(clock.pending).toBe(0);
});

test('an upload goes out piece by piece, while it is made', async () => {
  const arrived: string[] = [];
  const { origin } = await listen(async (incoming, response) => {
    for await (const piece of incoming) arrived.push(String(piece));
    response.end('got it');
  });
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
    },
  });
  const encoder = new TextEncoder();
  const answer = createResilientClient().fetch(origin, { method: 'POST', body, duplex: 'half' } as RequestInit);
  controller.enqueue(encoder.encode('one'));
  await until(() => arrived.join('') === 'one');
  controller.enqueue(encoder.encode('two'));
  await until(() => arrived.join('') === 'onetwo');
  controller.close();
  expect(await (await answer).text()).toBe('got it');
});

test('keepalive and what a runtime understands besides come to the transport', async () => {
  let seen: { request: Request; init: Record<string, unknown> } | undefined;
  const spy = async (request: Request, init: object): Promise<Response> => {
    seen = { request, init: { ...init } };
    return new Response();
  };
  const api = createResilientClient({ fetch: spy as typeof fetch });
  const dispatcher = {};
  const init = { keepalive: true, cache: 'no-store', credentials: 'omit', dispatcher, next: { revalidate: 1 } };
  await api.fetch('https://api.example.com/', init as RequestInit);
  expect(seen?.request).toMatchObject({ keepalive: true, cache: 'no-store', credentials: 'omit' });
  expect(seen?.init).toMatchObject({ dispatcher, next: { revalidate: 1 } });
  expect(seen?.init['dispatcher']).toBe(dispatcher);
  await api.get('https://api.example.com/', init as object);
  expect(seen?.init).toMatchObject({ next: { revalidate: 1 } });
  expect(seen?.init['dispatcher']).toBe(dispatcher);
});

test('a fetch of one’s own finds the signal in the request as well as in the init', async () => {
  const seen: AbortSignal[] = [];
  const own = (request: Request, init: RequestInit): Promise<Response> =>
    new Promise((_resolve, reject) => {
      seen.push(request.signal, init.signal as AbortSignal);
      request.signal.addEventListener('abort', () => reject(request.signal.reason));
    });
  const api = createResilientClient({ fetch: own as typeof fetch });
  for (const start of [
    (signal: AbortSignal) => api.fetch('https://api.example.com/', { signal }),
    (signal: AbortSignal): Promise<Response> => api.get('https://api.example.com/', { signal }),
  ]) {
    const controller = new AbortController();
    const failure = rejection<unknown>(start(controller.signal));
    await until(() => seen.length > 0);
    controller.abort('enough');
    expect(await failure).toBe('enough');
    expect(seen.splice(0).map(({ reason }) => reason)).toEqual(['enough', 'enough']);
  }
});

test('a stream goes through a fetch of one’s own piece by piece', async () => {
  const { origin, requests } = await serve((_request, response) => response.end('got it'));
  const api = createResilientClient({ fetch: (input, init) => fetch(input, init) });
  const body = new Blob(['once', 'twice']).stream();
  const response = await api.fetch(origin, { method: 'POST', body, duplex: 'half' } as RequestInit);
  expect(await response.text()).toBe('got it');
  expect(requests[0]?.body.toString()).toBe('oncetwice');
});
