import { type ClientOptions, createResilientClient, type ResilientClient } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { until } from './support/scripted.ts';
import { type ReceivedRequest, serve, type TestServer } from './support/server.ts';

interface Shop extends TestServer {
  /** Answers the oldest waiting request, with the current state or with the state at the time of the request. */
  answer(status?: number, headers?: Record<string, string>): void;
  readonly waiting: readonly ReceivedRequest[];
}

/**
 * A server whose state is a number. A change takes effect when it arrives; reads get the state at the time of their
 * arrival.
 */
async function shop(): Promise<Shop> {
  let state = 1;
  const waiting: (ReceivedRequest & { end(status: number, headers: Record<string, string>): void })[] = [];
  const server = await serve((request, response) => {
    if (request.method !== 'GET' || request.headers['x-http-method-override']) state++;
    const read = String(state);
    waiting.push({
      ...request,
      end(status, headers) {
        response.writeHead(status, headers);
        response.end(read);
      },
    });
  });
  return {
    ...server,
    waiting,
    answer(status = 200, headers = {}) {
      waiting.shift()?.end(status, headers);
    },
  };
}

const arrived = (server: Shop, count: number): Promise<void> => until(() => server.requests.length === count);

describe('a GET that follows an answered change', () => {
  const changes: Readonly<Record<string, (api: ResilientClient) => Promise<unknown>>> = {
    'a POST': (api) => api.post('orders', { json: {} }).text(),
    'a PUT': (api) => api.put('orders', { json: {} }).text(),
    'a PATCH': (api) => api.patch('orders', { json: {} }).text(),
    'a DELETE': (api) => api.delete('orders').text(),
    'a PUT of one order, which changes the list': (api) => api.put('orders/1', { json: {} }).text(),
    'a POST through client.fetch': (api) => api.fetch(new URL('orders', base(api)), { method: 'POST' }),
    'a POST by another client of the family': (api) =>
      api
        .extend({ headers: { 'x-a': '1' } })
        .post('orders')
        .text(),
    'a GET that asks to be a DELETE': (api) =>
      api.get('orders', { headers: { 'x-http-method-override': 'DELETE' } }).text(),
  };
  const bases = new WeakMap<ResilientClient, string>();
  const base = (api: ResilientClient): string => bases.get(api) ?? '';
  const clientFor = (server: Shop, options: ClientOptions = {}): ResilientClient => {
    const api = createResilientClient({ baseUrl: `${server.origin}/`, coalesce: true, retry: 0, ...options });
    bases.set(api, `${server.origin}/`);
    return api;
  };

  test.each(Object.entries(changes))('%s: does not join a GET from before it', async (_, change) => {
    const server = await shop();
    const api = clientFor(server);
    const before = api.get('orders').text();
    await arrived(server, 1);
    const changed = change(api);
    await arrived(server, 2);
    const read = server.waiting[0];
    // The first GET is kept waiting while the change is answered.
    (server.waiting as ReceivedRequest[]).splice(0, 1);
    server.answer();
    await changed;
    const after = api.get('orders').text();
    await arrived(server, 3);
    (read as unknown as { end(status: number, headers: object): void }).end(200, {});
    server.answer();
    const [old, now] = [Number(await before), Number(await after)];
    expect(old).toBe(1);
    expect(now).toBeGreaterThan(1);
    await api.close();
  });

  test.each([500, 404, 409])(
    'that was answered by %i, and may have taken effect: does not join one from before it either',
    async (status) => {
      const server = await shop();
      const api = clientFor(server);
      const before = api.get('orders').text();
      await arrived(server, 1);
      const [read] = (server.waiting as unknown as { end(status: number, headers: object): void }[]).splice(0, 1);
      const changed = api.post('orders', { throwHttpErrors: false });
      await arrived(server, 2);
      server.answer(status);
      await changed;
      const after = api.get('orders').text();
      await arrived(server, 3);
      read?.end(200, {});
      server.answer();
      expect([await before, await after]).toEqual(['1', '2']);
      await api.close();
    },
  );

  test('calls that follow join each other, and those of another origin go on being shared', async () => {
    const [server, other] = [await shop(), await shop()];
    const api = clientFor(server);
    const elsewhere = api.get(`${other.origin}/orders`).text();
    await arrived(other, 1);
    const changed = api.post('orders').text();
    await arrived(server, 1);
    server.answer();
    await changed;
    const after = [1, 2, 3].map(() => api.get('orders').text());
    const joined = api.get(`${other.origin}/orders`).text();
    await arrived(server, 2);
    server.answer();
    other.answer();
    expect(await Promise.all(after)).toEqual(['2', '2', '2']);
    expect(await Promise.all([elsewhere, joined])).toEqual(['1', '1']);
    expect([server.requests.length, other.requests.length]).toEqual([2, 1]);
    await api.close();
  });

  test.each(['x-http-method-override', 'X-HTTP-Method', 'x-method-override'])(
    'a GET with %s is shared with no other',
    async (name) => {
      const server = await shop();
      const api = clientFor(server, { responseCache: true });
      const calls = [1, 2].map(() => api.get('orders', { headers: { [name]: 'PURGE' } }).text());
      await arrived(server, 2);
      for (let answered = 0; answered < 2; answered++) server.answer(200, { 'cache-control': 'max-age=60' });
      await Promise.all(calls);
      const again = api.get('orders', { headers: { [name]: 'PURGE' } }).text();
      await arrived(server, 3);
      server.answer();
      await again;
      await api.close();
    },
  );
});
