import { spawnSync } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { eventLog } from '@holdfast/core/testing';
import { undiciTransport } from '@holdfast/undici';
import { type ClientOptions, createResilientClient, type ResilientClient, type Strategy } from 'holdfast';
import { Agent, H2CClient, MockAgent } from 'undici';
import { expect, onTestFinished, test, vi } from 'vitest';
import { serve } from './support/world.ts';

/** A client that sends through undici, and ends with the test. */
function clientOf(options: ClientOptions = {}): ResilientClient {
  const client = createResilientClient({ transport: undiciTransport(), random: () => 0, ...options });
  onTestFinished(() => client.close());
  return client;
}

test('given as fetch, it says where it belongs', async () => {
  const api = createResilientClient({ fetch: undiciTransport() as unknown as typeof fetch, retry: 0 });
  const error: unknown = await api.get('http://127.0.0.1:9/').catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    message: 'A transport such as undiciTransport() is not a fetch: give it as `transport`, not as `fetch`',
  });
});

test('the whole client works on it: ky’s interface, retries, typed errors', async () => {
  let calls = 0;
  const { origin, received } = await serve((incoming, response) => {
    if (incoming.url === '/missing') response.writeHead(404).end('{"error": {"code": "no_such_order"}}');
    else if (++calls === 1) response.writeHead(503).end('busy');
    else response.end('{"id": 42}');
  });
  const api = clientOf({ baseUrl: origin, idempotencyKeys: true });
  const log = eventLog(api);
  expect(await api.post('orders', { json: { item: 'tent' } }).json()).toEqual({ id: 42 });
  expect(received.map(({ body }) => body)).toEqual(['{"item":"tent"}', '{"item":"tent"}']);
  expect(received[0]?.headers['content-length']).toBe('15');
  expect(log.lines).toContain('retry.scheduled 1: 503 → retry 1 of 2 in 0 ms (backoff)');
  await expect(api.get('missing')).rejects.toMatchObject({
    ...{ name: 'NotFoundError', status: 404, error: { code: 'no_such_order' } },
  });
});

test('equal calls share an answer, and it is stored, as over fetch', async () => {
  const { origin, received } = await serve((_incoming, response) => {
    response.writeHead(200, { 'cache-control': 'max-age=60' }).end('{"id": 42}');
  });
  const api = clientOf({ baseUrl: origin, coalesce: true, responseCache: true });
  const calls = Array.from({ length: 5 }, () => api.get('orders/42').json());
  expect(await Promise.all(calls)).toEqual(Array(5).fill({ id: 42 }));
  expect(await api.get('orders/42').json()).toEqual({ id: 42 });
  expect(received).toHaveLength(1);
});

test('hooks see a Response that they can clone, read and replace', async () => {
  const { origin } = await serve((_incoming, response) => response.end('{"id": 1}'));
  const seen: unknown[] = [];
  const api = clientOf({
    baseUrl: origin,
    hooks: {
      afterResponse: [
        async ({ response }) => {
          seen.push(await response.clone().json(), response instanceof Response);
          return new Response('{"id": 2}', response);
        },
      ],
    },
  });
  expect(await api.get('a').json()).toEqual({ id: 2 });
  expect(seen).toEqual([{ id: 1 }, true]);
});

test('progress is reported', async () => {
  const { origin } = await serve((_incoming, response) => response.end('x'.repeat(100_000)));
  const totals: number[] = [];
  const onDownloadProgress = ({ transferredBytes }: { transferredBytes: number }) => void totals.push(transferredBytes);
  expect((await clientOf().get(origin, { onDownloadProgress }).text()).length).toBe(100_000);
  expect(totals.at(-1)).toBe(100_000);
});

test('with all rings on, a call that is read as JSON makes no stream', async () => {
  const { origin } = await serve((_incoming, response) => response.end('{"id": 1}'));
  const api = clientOf({ baseUrl: origin, rateLimit: { maxConcurrent: 1, requests: 100, perMs: 1000 } });
  const made = vi.spyOn(globalThis, 'ReadableStream');
  onTestFinished(() => void made.mockRestore());
  expect(await (await api.fetch(`${origin}/a`, { signal: new AbortController().signal })).json()).toEqual({ id: 1 });
  expect(await api.get('b').json()).toEqual({ id: 1 });
  expect(made).not.toHaveBeenCalled();
  expect((await api.fetch(origin)).body).toBeInstanceOf(ReadableStream);
  expect(made).toHaveBeenCalled();
});

test('the caller’s signal stops the body of a clone, too, long after the call has ended', async () => {
  const { origin } = await serve((_incoming, response) => void response.writeHead(200).write('the beginning'));
  const cloning: Strategy = {
    name: 'cloning',
    execute: async (request, next, context) => (await next(request, context)).clone(),
  };
  const api = clientOf({ perCall: [cloning], rateLimit: false });
  const controller = new AbortController();
  const response = await api.fetch(origin, { signal: controller.signal });
  const reading = response.text();
  controller.abort(new Error('my own reason'));
  await expect(reading).rejects.toThrow('my own reason');
});

test('a limiter holds a permit until the body is read, in any way', async () => {
  let running = 0;
  let most = 0;
  const { origin } = await serve((_incoming, response) => {
    most = Math.max(most, ++running);
    response.once('close', () => running--);
    response.end('{"id": 1}');
  });
  const api = clientOf({ rateLimit: { maxConcurrent: 2 } });
  const reads = [
    (response: Response) => response.json(),
    (response: Response) => response.bytes(),
    (response: Response) => response.body?.cancel(),
    (response: Response) => response.blob(),
  ];
  await Promise.all([...reads, ...reads, ...reads].map(async (read) => read(await api.fetch(origin))));
  expect(most).toBeLessThanOrEqual(2);
  expect(api.snapshot().limiters).toMatchObject([{ running: 0, queued: 0 }]);
});

test('a strategy of the user’s that puts another body into the request has it sent', async () => {
  const { origin, received } = await serve((_incoming, response) => response.end());
  const upper: Strategy = {
    name: 'upper',
    async execute(request, next, context) {
      const body = (await request.clone().text()).toUpperCase();
      return next(new Request(request, { body }), context);
    },
  };
  await clientOf({ perAttempt: [upper] }).post(origin, { body: 'order' });
  expect(received.map(({ body }) => body)).toEqual(['ORDER']);
});

test('fetch of a single call or a client wins, and a dispatcher of a single call is used', async () => {
  const { origin, received } = await serve((_incoming, response) => response.end('the server'));
  const api = clientOf();
  expect(await api.get(origin, { fetch: async () => new Response('my own') }).text()).toBe('my own');
  const mock = new MockAgent();
  onTestFinished(() => mock.close());
  mock.disableNetConnect();
  mock.get(origin).intercept({ path: '/' }).reply(200, 'a mock');
  const init = { dispatcher: mock } as RequestInit;
  expect(await (await api.fetch(origin, init)).text()).toBe('a mock');
  expect(received).toEqual([]);
});

test('the dispatcher that it was given is used, and stays the caller’s', async () => {
  const { origin } = await serve((_incoming, response) => response.end('hello'));
  const agent = new Agent({ connections: 1 });
  onTestFinished(() => agent.close());
  const api = clientOf({ transport: undiciTransport(agent) });
  expect(await api.get(origin).text()).toBe('hello');
  expect(agent.stats[origin]).toMatchObject({ connected: true });
  await api.close();
  expect(agent.closed).toBe(false);
});

test('a dispatcher that speaks HTTP/2 has its headers read, too', async () => {
  const server = createHttp2Server((_request, response) => {
    response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'], 'x-a': 'b', 'content-encoding': 'gzip' });
    response.end(gzipSync('hello'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const dispatcher = new H2CClient(origin);
  onTestFinished(() => dispatcher.destroy());
  const response = await clientOf({ transport: undiciTransport(dispatcher) }).get(origin);
  expect([response.headers.getSetCookie(), response.headers.get('x-a')]).toEqual([['a=1', 'b=2'], 'b']);
  expect([...response.headers.keys()]).not.toContain(':status');
  expect(await response.text()).toBe('hello');
});

test('undici’s diagnostics channels, to which tracing listens, report it like fetch', async () => {
  const { origin, received } = await serve((_incoming, response) => response.end('hello'));
  const told: string[] = [];
  const channels = ['request:create', 'client:sendHeaders', 'request:bodySent', 'request:headers', 'request:trailers'];
  for (const name of channels) {
    const listen = (message: unknown): void => {
      told.push(name);
      const { request } = message as { request: { addHeader(name: string, value: string): void } };
      if (name === 'request:create') request.addHeader('traceparent', '00-1-2-01');
    };
    subscribe(`undici:${name}`, listen);
    onTestFinished(() => void unsubscribe(`undici:${name}`, listen));
  }
  for (const send of [fetch, clientOf().fetch]) {
    told.length = 0;
    await (await send(origin, { method: 'POST', body: 'a' })).text();
    expect(told).toEqual(channels);
    expect(received.pop()?.headers).toMatchObject({ traceparent: '00-1-2-01' });
  }
});

test('settings that only fetch supports are refused, and not ignored; no retry helps', async () => {
  const { origin, received } = await serve((_incoming, response) => response.end());
  const api = clientOf();
  await expect(api.fetch(origin, { mode: 'same-origin', cache: 'only-if-cached' })).rejects.toMatchObject({
    code: 'NETWORK',
    attempts: { length: 1 },
    cause: {
      cause: { cause: { message: "undiciTransport: cache: 'only-if-cached' is not supported; leave it out" } },
    },
  });
  expect(received).toEqual([]);
});

test('the platform’s own fetch keeps its dispatcher, and a process may end', () => {
  const code = `
    import { createServer } from 'node:http';
    const dispatcher = () => globalThis[Symbol.for('undici.globalDispatcher.1')];
    await fetch('data:,a');
    const before = dispatcher();
    const { undiciTransport } = await import('@holdfast/undici');
    const { createResilientClient } = await import('holdfast');
    const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const api = createResilientClient({ transport: undiciTransport() });
    const text = await api.get('http://127.0.0.1:' + server.address().port).text();
    server.close();
    server.closeAllConnections();
    console.log(text, dispatcher() === before);`;
  const args = ['--conditions=@holdfast/source', '--input-type=module', '-e', code];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: import.meta.dirname, encoding: 'utf8' });
  expect([stdout, stderr, status]).toEqual(['hello true\n', '', 0]);
});
