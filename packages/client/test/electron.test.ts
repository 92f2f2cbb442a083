import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ResilienceError } from 'holdfast';
import { afterEach, expect, test, vi } from 'vitest';
import { rejection } from './support/scripted.ts';
import { serve, type TestServer } from './support/server.ts';

type Holdfast = typeof import('holdfast');

/** A copy of the package that was loaded in one of Electron's processes, by default the main one. */
async function inElectron(type = 'browser'): Promise<Holdfast> {
  vi.resetModules();
  const versions = { ...process.versions, electron: '38.1.0', chrome: '140.0.0.0' };
  vi.stubGlobal('process', Object.create(process, { versions: { value: versions }, type: { value: type } }));
  return import('holdfast');
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

const platform = globalThis.fetch;

/** Electron's `net.fetch`: it uses Chromium's network, shows no redirect, and rejects `redirect: 'manual'`. */
const netFetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
  const request = new Request(input, init);
  if (request.redirect === 'manual') throw new Error('Redirect was cancelled');
  return platform(request);
};

const shop = (status: number): Promise<TestServer> =>
  serve(({ method, path }, response) => {
    if (path === '/orders') return response.writeHead(status, { location: '/orders/1' }).end();
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ method }));
  });

test.each([
  [303, 'GET'],
  [302, 'GET'],
  [308, 'POST'],
])('a POST that is answered by %i is followed by the platform, since it shows no redirect', async (status, method) => {
  const { createResilientClient } = await inElectron();
  const server = await shop(status);
  const api = createResilientClient({ baseUrl: server.origin, fetch: netFetch as typeof fetch, retry: 0 });
  expect(await api.post('orders', { json: { item: 1 } }).json()).toEqual({ method });
  const response = await api.fetch(`${server.origin}/orders`, { method: 'POST', body: 'x' });
  expect([response.status, response.redirected]).toEqual([200, true]);
  expect(server.requests.filter(({ path }) => path === '/orders')).toHaveLength(2);
});

test.each(['renderer', 'worker', 'service-worker'])(
  'so is one of a %s, whose own fetch is that of a page',
  async (type) => {
    vi.stubGlobal('fetch', netFetch);
    const { createResilientClient } = await inElectron(type);
    const server = await shop(303);
    const api = createResilientClient({ baseUrl: server.origin, retry: 0 });
    expect(await api.post('orders', { json: { item: 1 } }).json()).toEqual({ method: 'GET' });
  },
);

test('credentials in a header of their own go nowhere: where a redirect is hidden, the call fails', async () => {
  const { createResilientClient, apiKey } = await inElectron();
  const server = await shop(302);
  const api = createResilientClient({
    ...{ baseUrl: server.origin, fetch: netFetch as typeof fetch, retry: 0 },
    auth: apiKey({ key: 'secret', header: 'x-api-key' }),
  });
  expect((await rejection(api.get('orders'))).message).toContain('Redirect was cancelled');
  expect(server.requests).toHaveLength(0);
});

test('with the fetch of the main process, which is Node’s own, a POST that was redirected is not sent again', async () => {
  const { createResilientClient } = await inElectron();
  let orders = 0;
  // The server takes the order, and is gone when the redirect is followed.
  const server = createServer((_request, response) => {
    orders++;
    server.close();
    response.writeHead(303, { location: '/orders/1', connection: 'close' }).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const api = createResilientClient({ baseUrl, retry: { limit: 1, delay: () => 1 } });
  const error = await rejection<ResilienceError>(api.post('orders', { json: { item: 1 } }));
  expect([orders, error.attempts.length]).toEqual([1, 1]);
  expect(error.applied).not.toBe('no');
});

test('elsewhere than in Electron, redirects are followed by hand', async () => {
  const { createResilientClient } = await import('holdfast');
  const server = await shop(303);
  const asked: (string | undefined)[] = [];
  const looking = (async (input: Request, init?: RequestInit) => {
    asked.push(init?.redirect ?? input.redirect);
    return fetch(input, init);
  }) as typeof fetch;
  const api = createResilientClient({ baseUrl: server.origin, fetch: looking, retry: 0 });
  expect(await api.post('orders', { json: {} }).json()).toEqual({ method: 'GET' });
  expect(asked).toEqual(['manual', 'manual']);
});
