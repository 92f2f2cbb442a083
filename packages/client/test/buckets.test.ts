import { AsyncLocalStorage } from 'node:async_hooks';
import {
  bearerToken,
  type ClientOptions,
  type Credentials,
  createResilientClient,
  type ResilientClient,
} from 'holdfast';
import { describe, expect, onTestFinished, test } from 'vitest';
import { rejection, scriptedPlatform, until } from './support/scripted.ts';
import { type ReceivedRequest, serve, type TestServer } from './support/server.ts';

type Answer = readonly [status: number, headers?: Record<string, string>];

/** An API that answers as the function says. */
const api = (answer: (request: ReceivedRequest) => Answer): Promise<TestServer> =>
  serve((request, response) => {
    const [status, headers = {}] = answer(request);
    response.writeHead(status, headers);
    response.end('{}');
  });

const wait = { 'retry-after': '3000' };

function client(options: ClientOptions): ResilientClient {
  const made = createResilientClient({ retry: 0, ...options });
  onTestFinished(() => made.close());
  return made;
}

/** How a call ended: its status, or its code. */
const end = async (call: PromiseLike<Response>): Promise<unknown> => {
  try {
    return (await call).status;
  } catch (error) {
    const { status, code } = error as { status?: number; code?: string };
    return status ?? code;
  }
};

describe('a 429 to one user', () => {
  test('pauses that user, and no other, where a function returns the token of the current user', async () => {
    const session = new AsyncLocalStorage<string>();
    const server = await api(({ headers }) => (headers.authorization === 'Bearer ann' ? [429, wait] : [200]));
    const shop = client({ baseUrl: server.origin, auth: bearerToken({ token: () => session.getStore() ?? '' }) });
    const as = (user: string): Promise<unknown> => session.run(user, () => end(shop.get('orders')));
    expect(await as('ann')).toBe(429);
    expect([await as('ann'), await as('bob'), await as('ann')]).toEqual(['QUEUE_TIMEOUT', 200, 'QUEUE_TIMEOUT']);
    expect(server.requests).toHaveLength(2);
    expect(JSON.stringify(shop.snapshot())).not.toMatch(/ann|bob/);
  });

  test('says nothing of the quota from which a limit learns to another user', async () => {
    const session = new AsyncLocalStorage<string>();
    const told = {
      'x-ratelimit-limit-tokens': '9',
      'x-ratelimit-remaining-tokens': '1',
      'x-ratelimit-reset-tokens': '1h',
    };
    const server = await api(({ headers }) => [200, headers.authorization === 'Bearer ann' ? told : {}]);
    const shop = client({
      baseUrl: server.origin,
      auth: bearerToken({ token: () => session.getStore() ?? '' }),
      rateLimit: { unit: 'tokens', learn: true, cost: () => 1, maxQueueMs: 1 },
    });
    const as = (user: string): Promise<unknown> => session.run(user, () => end(shop.get('orders')));
    expect([await as('ann'), await as('ann'), await as('ann')]).toEqual([200, 200, 'QUEUE_TIMEOUT']);
    expect([await as('bob'), await as('bob'), await as('bob')]).toEqual([200, 200, 200]);
  });

  test('continues after a refresh of the same account', async () => {
    let issued = 0;
    const server = await api(() => (issued === 1 ? [429, wait] : [200]));
    const shop = client({
      baseUrl: server.origin,
      auth: bearerToken({ account: () => 'ann', refresh: async () => ({ token: `t${++issued}` }) }),
    });
    expect(await end(shop.get('orders'))).toBe(429);
    expect(await end(shop.get('orders'))).toBe('QUEUE_TIMEOUT');
    expect(server.requests).toHaveLength(1);
  });

  test('pauses no other of an SDK that puts the token on by itself and is handed client.fetch', async () => {
    const server = await api(({ headers }) => (headers.authorization === 'token ann' ? [429, wait] : [200]));
    const { fetch } = client({});
    const as = (user: string): Promise<unknown> =>
      end(fetch(`${server.origin}/repos/1`, { headers: { authorization: `token ${user}` } }));
    expect([await as('ann'), await as('bob'), await as('bob')]).toEqual([429, 200, 200]);
    expect(await as('ann')).not.toBe(429);
    expect(server.requests.filter(({ headers }) => headers.authorization === 'token ann')).toHaveLength(1);
  });
});

test('GitHub’s used-up search quota stops searching, and nothing else', async () => {
  const server = await api(({ path }) => {
    const resource = path.startsWith('/search') ? 'search' : 'core';
    const remaining = resource === 'search' ? '0' : '4999';
    const limit = { 'x-ratelimit-limit': '30', 'x-ratelimit-remaining': remaining, 'x-ratelimit-reset': '3000' };
    return [200, { ...limit, 'x-ratelimit-resource': resource }];
  });
  const github = client({ baseUrl: server.origin });
  expect(await end(github.get('search/code'))).toBe(200);
  expect(await end(github.get('repos/1'))).toBe(200);
  const error = await rejection(github.get('search/code'));
  expect(error).toMatchObject({ code: 'QUEUE_TIMEOUT', bucket: 'search', key: server.origin });
  expect(await end(github.get('repos/2'))).toBe(200);
  expect(github.snapshot().quotas.map(({ bucket, remaining }) => [bucket, remaining])).toEqual([
    ['search', 0],
    ['core', 4999],
  ]);
});

test('a pause by a redirect’s target does not pause the origin that redirected', async () => {
  const stranger = await api(() => [503, wait]);
  const server = await api(({ path }) => (path === '/open' ? [302, { location: `${stranger.origin}/` }] : [200]));
  const shop = client({ baseUrl: server.origin });
  expect(await end(shop.get('open'))).toBe(503);
  expect(await end(shop.get('orders'))).toBe(200);
  expect(await end(shop.get(`${stranger.origin}/x`))).toBe('QUEUE_TIMEOUT');
});

test('a token function that hangs is left at the deadline of the call that waits for its word', async () => {
  let isHanging = false;
  const server = await api(() => [429, wait]);
  const shop = client({
    baseUrl: server.origin,
    totalTimeout: 10_000,
    auth: bearerToken({ token: () => (isHanging ? new Promise<string>(() => {}) : 'a') }),
  });
  expect(await end(shop.get('orders'))).toBe(429);
  isHanging = true;
  const controller = new AbortController();
  const reason = new Error('tired');
  const call = rejection(shop.get('orders', { signal: controller.signal }));
  await until(() => shop.snapshot().callsInFlight === 1);
  controller.abort(reason);
  expect(await call).toBe(reason);
});

describe('credentials of the client’s own that sign each request', () => {
  let proofs = 0;
  const signed = (signer: string): string =>
    `AWS4-HMAC-SHA256 Credential=${signer}/20261129/eu/s3/aws4_request, SignedHeaders=host, Signature=${++proofs}`;
  const session = new AsyncLocalStorage<string>();
  const auth: Credentials = { header: 'authorization', get: () => signed(session.getStore() ?? '') };

  test('a pause concerns the next call of the same signer, and none of another', async () => {
    const server = await api(({ headers }) => (headers.authorization?.includes('=ann/') ? [429, wait] : [200]));
    const shop = client({ baseUrl: server.origin, auth });
    const as = (signer: string): Promise<unknown> => session.run(signer, () => end(shop.get('orders')));
    expect(await as('ann')).toBe(429);
    expect([await as('ann'), await as('bob'), await as('ann')]).toEqual(['QUEUE_TIMEOUT', 200, 'QUEUE_TIMEOUT']);
    expect(server.requests).toHaveLength(2);
    expect(JSON.stringify(shop.snapshot())).not.toMatch(/ann|bob/);
  });

  test('an answer is shared by no two signatures', async () => {
    const { api, transport } = scriptedPlatform([200, 200], { auth, coalesce: true });
    await session.run('ann', () => Promise.all([api.get('orders'), api.get('orders')]));
    expect(transport.requests).toHaveLength(2);
  });
});
