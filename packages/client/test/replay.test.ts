import type { CallContext, Handler, Strategy } from '@holdfast/core';
import { type ClientOptions, createResilientClient, failFast, type ResilientClient } from 'holdfast';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { baseUrl, rejection, scripted } from './support/scripted.ts';
import { json, serve, type TestServer } from './support/server.ts';

/** Fails as often as the path says, and in the way that it names: `/503/2`. */
async function failing(headers: Record<string, string> = {}): Promise<TestServer> {
  const seen = new Map<string, number>();
  return serve((request, response) => {
    const [, status = '', times = '1'] = request.path.split('/');
    const count = (seen.get(request.path) ?? 0) + 1;
    seen.set(request.path, count);
    if (count > Number(times)) json(response, 200, { ok: true });
    else if (status === 'reset') response.destroy();
    else json(response, Number(status), {}, headers);
  });
}

let server: TestServer;
let api: ResilientClient;
beforeEach(async () => {
  server = await failing();
  api = createResilientClient({ baseUrl: server.origin, retry: { delay: () => 1 }, retryBudget: false });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const form = (): FormData => {
  const data = new FormData();
  data.set('name', 'value');
  data.set('file', new Blob(['of a file'], { type: 'text/plain' }), 'a.txt');
  return data;
};
const bytes = new Uint8Array([0, 1, 2, 255, 254]);

const bodies: readonly [name: string, body: () => BodyInit, type: RegExp | undefined][] = [
  ['a string', () => 'text ü', /^text\/plain/],
  ['an empty string', () => '', /^text\/plain/],
  ['an ArrayBuffer', () => bytes.buffer, undefined],
  ['a typed array', () => bytes, undefined],
  ['a part of a buffer', () => new Uint8Array(bytes.buffer, 1, 3), undefined],
  ['a Blob', () => new Blob(['of a blob'], { type: 'text/x-mine' }), /^text\/x-mine/],
  ['URLSearchParams', () => new URLSearchParams({ a: '1', b: 'ü' }), /^application\/x-www-form-urlencoded/],
  ['FormData', form, /^multipart\/form-data; boundary=/],
];

describe('the same bytes on each attempt', () => {
  for (const [name, body, type] of bodies) {
    for (const face of ['fetch', 'put'] as const) {
      test(`of ${name}, by api.${face}()`, async () => {
        const path = '503/2';
        if (face === 'put') await api.put(path, { body: body() });
        else await api.fetch(`${server.origin}/${path}`, { method: 'PUT', body: body() });
        expect(server.requests).toHaveLength(3);
        const [first, ...others] = server.requests.map((request) =>
          withoutBoundary(request.headers['content-type'], request.body),
        );
        for (const other of others) expect(other).toEqual(first);
        if (type) expect(server.requests[0]?.headers['content-type']).toMatch(type);
        for (const { headers, body: sent } of server.requests)
          expect(headers['content-length']).toBe(String(sent.length));
      });
    }
  }

  test('of json, and of a caller’s own Request', async () => {
    await api.put('503/2', { json: { a: 1 } });
    expect(server.requests.map(({ body }) => body.toString())).toEqual(Array(3).fill('{"a":1}'));
    await api.fetch(new Request(`${server.origin}/503/1`, { method: 'PUT', body: 'mine' }));
    await api.put(new Request(`${server.origin}/500/1`, { body: 'mine', method: 'PUT' }));
    expect(server.requests.slice(3).map(({ body }) => body.toString())).toEqual(Array(4).fill('mine'));
  });

  test('are what the body was made from, where fetch can be given that in place of a stream', async () => {
    const given: (BodyInit | null | undefined)[] = [];
    const { fetch } = globalThis;
    vi.stubGlobal('fetch', (request: Request, init: RequestInit) => {
      given.push(init.body);
      return fetch(request, init);
    });
    await api.put('503/1', { json: { a: 1 } });
    await api.put('200/0', { body: form() });
    await api.put('200/0', { body: new Request('http://localhost/', { method: 'POST', body: 'a stream' }).body });
    const untyped = { name: 'untyped', execute: untype } satisfies Strategy;
    await api.extend({ perAttempt: [untyped] }).put('200/0', { body: 'of no type' });
    expect(given).toEqual(['{"a":1}', '{"a":1}', undefined, undefined, undefined]);
    expect(server.requests.at(-1)?.headers).not.toHaveProperty('content-type');
    expect(server.requests.at(-1)?.body.toString()).toBe('of no type');
  });

  test('are those of the moment of the call, whatever the caller does with the buffer then', async () => {
    const headers = { 'content-type': 'application/octet-stream' };
    const used = new Uint8Array([1, 2, 3]);
    const params = new URLSearchParams({ a: '1' });
    const queued = {
      name: 'queued',
      execute: async (request, next, context) => next(await Promise.resolve(request), context),
    } satisfies Strategy;
    const { fetch } = api.extend({ perAttempt: [queued] });
    const sent = [
      fetch(`${server.origin}/200/0`, { method: 'PUT', body: used, headers }),
      fetch(`${server.origin}/200/0`, { method: 'POST', body: params }),
    ];
    used.fill(0);
    params.set('a', '2');
    await Promise.all(sent);
    expect(server.requests.map(({ body }) => body.toString('latin1')).sort()).toEqual(['\x01\x02\x03', 'a=1']);
  });

  function untype(request: Request, next: Handler, context: CallContext): Promise<Response> {
    request.headers.delete('content-type');
    return next(request, context);
  }

  function withoutBoundary(type: string | undefined, body: Buffer): [string | undefined, string] {
    const boundary = /boundary=(.*)$/.exec(type ?? '')?.[1];
    const text = body.toString('latin1');
    if (boundary === undefined) return [type, text];
    expect(text).toContain(`--${boundary}\r\n`);
    return [type?.replace(boundary, 'B'), text.replaceAll(boundary, 'B')];
  }
});

describe('a one-shot stream', () => {
  const stream = (): ReadableStream =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('once'));
        controller.close();
      },
    });

  test('is sent piece by piece, and never again', async () => {
    for (const status of ['503', '429', '500', 'reset']) {
      const init = { method: 'PUT', body: stream(), duplex: 'half' } as RequestInit;
      const denied: string[] = [];
      const stop = api.on('retry.denied', ({ decision }) => denied.push(decision.because));
      const before = server.requests.length;
      const answer = await api.fetch(`${server.origin}/${status}/1`, init).catch((error: unknown) => error);
      expect(answer).toMatchObject(status === 'reset' ? { code: 'NETWORK' } : { status: Number(status) });
      expect(server.requests.slice(before).map(({ body }) => body.toString())).toEqual(['once']);
      expect(denied).toEqual(['notReplayable']);
      stop();
    }
  });

  test('through ky neither, and the decision says so', async () => {
    const error = await rejection(api.put('503/1', { body: stream() }));
    expect(error).toMatchObject({ status: 503, decision: { because: 'notReplayable' } });
    expect(error).toHaveProperty('decision.reason', expect.stringMatching(/a stream that can be sent only once/));
    expect(server.requests).toHaveLength(1);
  });
});

describe('a POST', () => {
  const post = (path: string) => api.fetch(`${server.origin}/${path}`, { method: 'POST', body: 'x' });

  test('is sent once where the server may have acted on it', async () => {
    for (const status of [500, 502, 503, 504, 408]) expect((await post(`${status}/1`)).status).toBe(status);
    expect(await rejection(post('reset/1'))).toMatchObject({ code: 'NETWORK', applied: 'unknown' });
    expect(server.requests).toHaveLength(6);
  });

  test('is sent again where the server surely did nothing', async () => {
    server = await failing({ 'retry-after': '0' });
    for (const status of [429, 503]) expect((await post(`${status}/1`)).status).toBe(200);
    expect(server.requests).toHaveLength(4);
  });

  test('with an idempotency key is sent again', async () => {
    const init = { method: 'POST', body: 'x', headers: { 'Idempotency-Key': 'k' } };
    expect((await api.fetch(`${server.origin}/500/1`, init)).status).toBe(200);
    expect(server.requests.map(({ headers }) => headers['idempotency-key'])).toEqual(['k', 'k']);
  });
});

describe('clients inside clients', () => {
  test('do not multiply their retries: by fetch, by error status and by no answer', async () => {
    for (const failure of [
      503,
      new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNRESET' }) }),
    ]) {
      const inner = scripted(Array(30).fill(failure));
      const outer = scripted([], { clock: inner.clock, fetch: inner.api.fetch as typeof fetch });
      await inner.clock.run(rejection(outer.api.get('x')));
      expect(inner.transport.requests).toHaveLength(3);
      expect(outer.log.lines.at(-2)).toMatch(/a client inside this one has retried it already$/);
    }
  });

  test('do not multiply them either where the inner one is called as ky is', async () => {
    const inner = scripted(Array(30).fill(503));
    const through = (input: RequestInfo | URL) => inner.api(input as Request, { throwHttpErrors: false });
    const outer = scripted([], { clock: inner.clock, fetch: through as typeof fetch });
    await inner.clock.run(rejection(outer.api.get('x')));
    expect(inner.transport.requests).toHaveLength(3);
  });
});

test('a 429 with server timing does not multiply behind a wrapper that makes a Response of its own', async () => {
  const busy = { status: 429, headers: { 'retry-after': '0' } };
  for (const wrap of [
    (inner: typeof fetch): typeof fetch => inner,
    (inner: typeof fetch): typeof fetch =>
      async (input, init) => {
        const answer = await inner(input, init);
        return new Response(await answer.text(), answer);
      },
  ]) {
    const inner = scripted(Array.from({ length: 9 }, () => busy));
    const { clock } = inner;
    const outer = createResilientClient({ baseUrl, clock, fetch: wrap(inner.api.fetch as typeof fetch) });
    await clock.run(rejection(outer.get('x')));
    expect(inner.transport.requests).toHaveLength(3);
  }
});

/** A loop around `client.fetch` that retries by itself, without any sign of it in its requests. */
async function loopUnseen(status: number, options: ClientOptions = {}): Promise<number> {
  const failure = { status, headers: { 'retry-after': '0' } };
  const { api, clock, transport } = scripted(
    Array.from({ length: 12 }, () => failure),
    options,
  );
  for (let count = 0; count < 4; count++) await clock.run(api.fetch(`${baseUrl}x`));
  return transport.requests.length;
}

test('a 429 that says "now" does not multiply under a loop that does not say that it retries, as a 500 does not', async () => {
  // The second try fails at the same moment as the first, and so has its retries; the third one retries once.
  expect(await loopUnseen(500)).toBe(9);
  expect(await loopUnseen(429)).toBe(6);
  expect(await loopUnseen(429, { retryBudget: false })).toBe(12);
});

test('a 429 that says "now" is free again after an answer, and where the retries help', async () => {
  const now = { status: 429, headers: { 'retry-after': '0' } };
  const { api, clock, transport } = scripted([now, now, now, now, 200, now, now, 200, now, now, 200]);
  const statuses: number[] = [];
  for (let count = 0; count < 5; count++) statuses.push((await clock.run(api.fetch(`${baseUrl}x`))).status);
  expect(statuses).toEqual([429, 429, 200, 200, 200]);
  expect(transport.requests).toHaveLength(11);
});

/** How a retrying caller, such as an SDK, numbers its attempts. Some ignore `x-should-retry`. */
async function loopOf(
  tries: number,
  obeys: boolean,
  options: ClientOptions,
  status: number,
): Promise<readonly string[]> {
  const failure = { status, headers: { 'retry-after': '0' } };
  const { api, clock, transport } = scripted(
    Array.from({ length: 9 }, () => failure),
    options,
  );
  for (let count = 0; count < tries; count++) {
    const headers = { 'x-stainless-retry-count': String(count) };
    const response = await clock.run(api.fetch(`${baseUrl}x`, { headers }));
    if (obeys && response.headers.get('x-should-retry') === 'false') break;
  }
  return transport.requests.map(({ headers }) => headers['x-stainless-retry-count'] ?? '');
}

test.for([429, 503, 500])('an attempt that an SDK counts as its retry is sent once: %i', async (status) => {
  expect(await loopOf(3, true, {}, status)).toEqual(['0', '0', '0']);
  expect(await loopOf(3, false, {}, status)).toEqual(['0', '0', '0', '1', '2']);
  // What the client may not retry, the SDK retries as often as it likes.
  expect(await loopOf(3, true, { policies: { [status]: failFast() } }, status)).toEqual(['0', '1', '2']);
});
