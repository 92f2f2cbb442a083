import { AsyncLocalStorage } from 'node:async_hooks';
import { fetchTransport } from '@holdfast/core';
import { bearerToken, type ClientOptions, createResilientClient, type Strategy } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { until } from './support/scripted.ts';
import { json, type ReceivedRequest, serve, type TestServer } from './support/server.ts';

/** The sender that a request names, in any of the headers that these tests use. */
function senderOf({ headers }: ReceivedRequest): string {
  return String(headers.authorization ?? headers.cookie ?? headers['x-user'] ?? 'anonymous');
}

interface Held extends TestServer {
  /** Answers all waiting requests, each with its sender. */
  release(): void;
}

/** A server that holds its answers until it is released, so that calls are in flight at the same time. */
async function holding(status = 200): Promise<Held> {
  const waiting: (() => void)[] = [];
  const server = await serve((request, response) => {
    const body = { for: senderOf(request) };
    waiting.push(() => json(response, status, body, { 'cache-control': 'max-age=60' }));
  });
  return {
    ...server,
    release() {
      for (const answer of waiting.splice(0)) answer();
    },
  };
}

const session = new AsyncLocalStorage<string>();
const as = <T>(user: string, work: () => Promise<T>): Promise<T> => session.run(user, work);

/** Makes the same call for two users at the same time, and once more for each. Returns what each call got. */
async function twoUsers(server: Held, options: ClientOptions): Promise<{ given: unknown[]; requests: number }> {
  const api = createResilientClient({ baseUrl: server.origin, retry: 0, ...options });
  const read = (user: string): Promise<unknown> =>
    as(user, async () => {
      const answer = await api.get('orders').json<{ for: string }>();
      return [user, answer.for, session.getStore()];
    });
  const given: unknown[] = [];
  for (let round = 0; round < 2; round++) {
    const calls = Promise.all(['ann', 'bob', 'ann', 'bob'].map(read));
    calls.catch(() => {});
    const stop = setInterval(() => server.release(), 20);
    given.push(...(await calls.finally(() => clearInterval(stop))));
  }
  await api.close();
  return { given, requests: server.requests.length };
}

const cookieOf = (user: string | undefined): string => `session=${user}`;

/** Adds the user's cookie, as a server-side renderer does. */
const onTheRequest: Strategy = {
  name: 'cookies',
  execute(request, next, context) {
    request.headers.set('cookie', cookieOf(session.getStore()));
    return next(request, context);
  },
};
const onACopy: Strategy = {
  name: 'cookies',
  execute(request, next, context) {
    const copy = new Request(request);
    copy.headers.set('cookie', cookieOf(session.getStore()));
    return next(copy, context);
  },
};
const ownFetch = (input: unknown, init?: RequestInit): Promise<Response> => {
  const request = new Request(input as Request, init);
  request.headers.set('cookie', cookieOf(session.getStore()));
  return fetch(request);
};

const expected = (how: (user: string) => string): unknown[] =>
  ['ann', 'bob', 'ann', 'bob', 'ann', 'bob', 'ann', 'bob'].map((user) => [user, how(user), user]);

const token = { auth: bearerToken({ token: () => `token-of-${session.getStore()}` }) };
const identities: Readonly<Record<string, [ClientOptions, (user: string) => string]>> = {
  'auth with a token function': [token, (user) => `Bearer token-of-${user}`],
  'auth with a token function that takes its time': [
    { auth: bearerToken({ token: async () => `token-of-${session.getStore()}` }) },
    (user) => `Bearer token-of-${user}`,
  ],
  'auth with an account function': [
    {
      auth: bearerToken({
        account: () => session.getStore() ?? '',
        token: () => `token-of-${session.getStore()}`,
      }),
    },
    (user) => `Bearer token-of-${user}`,
  ],
  'credentials of their own': [{ auth: { header: 'x-user', get: () => `${session.getStore()}` } }, (user) => user],
  'a perAttempt strategy': [{ perAttempt: [onTheRequest] }, cookieOf],
  'a perAttempt strategy, on a copy': [{ perAttempt: [onACopy] }, cookieOf],
  'a perCall strategy': [{ perCall: [onTheRequest] }, cookieOf],
  'a perCall strategy, on a copy': [{ perCall: [onACopy] }, cookieOf],
  'an own fetch': [{ fetch: ownFetch as typeof fetch }, cookieOf],
  'an own transport': [{ transport: (request, { signal }) => ownFetch(request, { signal }) }, cookieOf],
  'a transport around an own fetch': [{ transport: fetchTransport(ownFetch as never) }, cookieOf],
  'a beforeRequest hook': [
    { hooks: { beforeRequest: [({ request }) => request.headers.set('x-user', session.getStore() ?? '')] } },
    (user) => user,
  ],
};

describe('two users of one client, told apart by', () => {
  test.each(Object.entries(identities))(
    '%s: each gets its own answers, shared or stored',
    async (_, [options, how]) => {
      for (const sharing of [
        { coalesce: true },
        { responseCache: true },
        { coalesce: true, responseCache: true },
      ] satisfies ClientOptions[]) {
        const { given } = await twoUsers(await holding(), { ...options, ...sharing });
        expect(given).toEqual(expected(how));
      }
    },
  );

  test.each(Object.entries(identities))('%s: each gets its own failures', async (_, [options]) => {
    const server = await holding(403);
    const api = createResilientClient({ baseUrl: server.origin, retry: 0, ...options, coalesce: true });
    const read = (user: string): Promise<string> =>
      as(user, async () => {
        const error = await api.get('orders').catch((thrown: Error & { data?: { for?: string } }) => thrown);
        return (error as { data?: { for: string } }).data?.for ?? '';
      });
    const calls = Promise.all(['ann', 'bob'].map(read));
    await until(() => server.requests.length === 2);
    server.release();
    expect((await calls).map((text) => /ann|bob/.exec(text)?.[0])).toEqual(['ann', 'bob']);
    await api.close();
  });
});

describe('what is known of who is asking', () => {
  const once: Readonly<Record<string, [ClientOptions, number]>> = {
    'nothing that tells': [{}, 1],
    'a token function: a request for each user': [token, 2],
    'the platform’s own fetch, given': [{ fetch: globalThis.fetch }, 1],
    'strategies that say that they add nothing': [
      {
        perCall: [{ name: 'log', addsIdentity: false, execute: (request, next, context) => next(request, context) }],
        perAttempt: [
          { name: 'trace', addsIdentity: false, execute: (request, next, context) => next(request, context) },
        ],
      },
      1,
    ],
    'one that says nothing': [
      { perAttempt: [{ name: 'log', execute: (request, next, context) => next(request, context) }] },
      8,
    ],
    'an own fetch': [{ fetch: ownFetch as typeof fetch }, 8],
  };
  test.each(Object.entries(once))('%s', async (_, [options, requests]) => {
    const made = await twoUsers(await holding(), { ...options, coalesce: true, responseCache: true });
    expect(made.requests).toBe(requests);
  });

  test('is given by partition, for an own fetch and for strategies: each user shares only with itself', async () => {
    for (const options of [
      { fetch: ownFetch as typeof fetch },
      { perAttempt: [onACopy] },
      { perCall: [onACopy] },
      { transport: fetchTransport(ownFetch as never) },
    ] satisfies ClientOptions[]) {
      const partition = (): string => session.getStore() ?? '';
      const { given, requests } = await twoUsers(await holding(), {
        ...options,
        coalesce: { partition },
        responseCache: { partition },
      });
      expect(given).toEqual(expected(cookieOf));
      expect(requests).toBe(2);
    }
  });

  test('is asked for each call, with its id, method, URL, headers and Request', async () => {
    const server = await holding();
    const seen: unknown[] = [];
    const api = createResilientClient({
      baseUrl: server.origin,
      coalesce: {
        partition: (call) => {
          seen.push([typeof call.id, call.method, call.url, call.headers.get('x-a'), call.request instanceof Request]);
          return '';
        },
      },
    });
    const calls = Promise.all([1, 2].map(() => api.get('orders?token=t', { headers: { 'x-a': '1' } }).json()));
    await until(() => server.requests.length === 1);
    server.release();
    await calls;
    expect(seen).toEqual(Array(2).fill(['string', 'GET', `${server.origin}/orders?token=t`, '1', true]));
    await api.close();
  });

  test('a partition that throws, or returns no string, fails the call before anything is sent', async () => {
    const server = await holding();
    const broken = new Error('no session');
    for (const [partition, message] of [
      [
        (): never => {
          throw broken;
        },
        /^no session$/,
      ],
      [() => 7 as never, /^coalesce\.partition\(\) must return a string, got 7$/],
      [async () => '' as never, /^coalesce\.partition\(\) must return a string, got a Promise$/],
    ] as const) {
      const api = createResilientClient({ baseUrl: server.origin, coalesce: { partition } as never });
      await expect(api.get('orders')).rejects.toThrow(message);
      await api.close();
    }
    expect(server.requests).toHaveLength(0);
  });

  test('a fetch that one call is given makes that call go alone', async () => {
    const server = await holding();
    const api = createResilientClient({ baseUrl: server.origin, coalesce: true, responseCache: true });
    const own = (): Promise<unknown> => as('ann', () => api.get('orders', { fetch: ownFetch as typeof fetch }).json());
    const calls = Promise.all([api.get('orders').json(), own(), api.get('orders').json(), own()]);
    await until(() => server.requests.length === 3);
    server.release();
    expect(await calls).toEqual(['anonymous', 'session=ann', 'anonymous', 'session=ann'].map((one) => ({ for: one })));
    await api.close();
  });

  test('the connection that a call takes may have a certificate: another dispatcher is another identity', async () => {
    const server = await serve((_request, response) => json(response, 200, {}, { 'cache-control': 'max-age=60' }));
    const api = createResilientClient({ baseUrl: server.origin, responseCache: true });
    const sent: string[] = [];
    const through = (name: string): object => ({
      dispatch(options: object, handler: object) {
        sent.push(name);
        const global = (globalThis as never)[Symbol.for('undici.globalDispatcher.1')] as {
          dispatch(...all: object[]): boolean;
        };
        return global.dispatch(options, handler);
      },
    });
    const [ann, bob] = [through('ann'), through('bob')];
    await fetch(server.origin);
    for (const dispatcher of [ann, bob, ann, bob]) await api.get('orders', { dispatcher } as object).json();
    expect(sent).toEqual(['ann', 'bob']);
    await api.close();
  });
});

describe('coalescing, the cache and auth together', () => {
  test('one request for all, and its answer is stored', async () => {
    const server = await holding();
    const auth = bearerToken({ token: () => `token-of-${session.getStore()}` });
    const api = createResilientClient({ baseUrl: server.origin, coalesce: true, responseCache: true, auth });
    const read = (): Promise<unknown> => as('ann', () => api.get('orders').json());
    const calls = Promise.all(Array.from({ length: 10 }, read));
    await until(() => server.requests.length === 1);
    server.release();
    expect(await calls).toEqual(Array(10).fill({ for: 'Bearer token-of-ann' }));
    expect(await read()).toEqual({ for: 'Bearer token-of-ann' });
    expect(server.requests).toHaveLength(1);
    await api.close();
  });

  test('a token that changes between joining and sending: the answer is for the call that it was sent for', async () => {
    const server = await holding();
    let user = 'ann';
    const auth = bearerToken({ token: () => `token-of-${user}` });
    const api = createResilientClient({
      baseUrl: server.origin,
      coalesce: true,
      auth,
      perAttempt: [],
      rateLimit: { maxConcurrent: 1 },
    });
    const before = api.get('other').json();
    await until(() => server.requests.length === 1);
    const [first, second] = [api.get('orders').json(), api.get('orders').json()];
    await until(() => api.snapshot().limiters.some(({ queued }) => queued === 1));
    user = 'bob';
    server.release();
    await before;
    await until(() => server.requests.length === 2);
    server.release();
    expect(await first).toEqual({ for: 'Bearer token-of-bob' });
    await until(() => server.requests.length === 3);
    server.release();
    await second;
    await api.close();
  });

  test('the name of an account under another auth object is another account', async () => {
    const server = await serve((request, response) =>
      json(response, 200, { for: senderOf(request) }, { 'cache-control': 'max-age=60' }),
    );
    const api = createResilientClient({ baseUrl: server.origin, responseCache: true });
    const [ann, bob] = ['ann', 'bob'].map((user) =>
      api.extend({ auth: bearerToken({ token: user, account: 'main' }) }),
    );
    for (let round = 0; round < 2; round++) {
      expect(await ann?.get('orders').json()).toEqual({ for: 'Bearer ann' });
      expect(await bob?.get('orders').json()).toEqual({ for: 'Bearer bob' });
    }
    expect(server.requests).toHaveLength(2);
    await api.close();
  });
});

test('a transport of another client that shares the cache may send as another user', async () => {
  const server = await serve((request, response) =>
    json(response, 200, { for: senderOf(request) }, { 'cache-control': 'max-age=60' }),
  );
  const api = createResilientClient({ baseUrl: server.origin, responseCache: true });
  const sending = (user: string) => {
    const pool = {};
    const send = (request: Request): Promise<Response> => {
      const copy = new Request(request);
      copy.headers.set('x-user', user);
      return fetch(copy);
    };
    return api.extend({ transport: fetchTransport(send as never, { through: pool }) });
  };
  const [ann, bob] = [sending('ann'), sending('bob')];
  for (let round = 0; round < 2; round++) {
    expect(await ann.get('orders').json()).toEqual({ for: 'ann' });
    expect(await bob.get('orders').json()).toEqual({ for: 'bob' });
  }
  expect(server.requests).toHaveLength(2);
  await api.close();
});
