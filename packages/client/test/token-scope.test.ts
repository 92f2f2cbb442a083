import { AsyncLocalStorage } from 'node:async_hooks';
import { ManualClock } from '@holdfast/core/testing';
import {
  accept,
  bearerToken,
  type ClientOptions,
  type Credentials,
  createResilientClient,
  failFast,
  type ResilientClient,
  type Token,
} from 'holdfast';
import { describe, expect, test } from 'vitest';
import { baseUrl, rejection, scripted, until } from './support/scripted.ts';
import { json, serve } from './support/server.ts';
import { after, tenants } from './support/tenants.ts';

const fifty = Array.from({ length: 50 }, (_, index) => index);
const session = new AsyncLocalStorage<string>();

/** An API that accepts only the newest token of each tenant: `ann-2` while `newest` says 2. */
function guarded(newest: () => number) {
  return serve((request, response) => {
    const [tenant, number] = (request.headers['authorization'] ?? '').replace('Bearer ', '').split('-');
    if (Number(number) === newest()) json(response, 200, { tenant });
    else json(response, 401, {});
  });
}

describe('a token function', () => {
  test('is asked for each attempt, in the async context of the call, behind a pause and a queue too', async () => {
    const clock = new ManualClock();
    const { callAll, crossings, seen } = tenants(
      { rateLimit: { maxConcurrent: 2 } },
      (tenant, sent) =>
        sent === 1 && tenant.endsWith('0')
          ? new Response(null, { status: 429, headers: { 'retry-after': '1' } })
          : after(clock, 5, tenant),
      clock,
    );
    expect(await callAll(50)).toEqual(fifty.map((index) => ({ tenant: `t${index}` })));
    expect(crossings).toEqual([]);
    expect(seen).toContain('token');
  });

  test('is asked once for an attempt, with and without a refresh', async () => {
    for (const more of [{}, { refresh: () => 'never' }]) {
      let asked = 0;
      const auth = bearerToken({ token: () => `t${++asked}`, ...more });
      const { api, clock, transport } = scripted([503, 503, 200], { auth });
      await clock.run(api.get('x'));
      expect(transport.requests.map(({ headers }) => headers['authorization'])).toEqual([
        'Bearer t1',
        'Bearer t2',
        'Bearer t3',
      ]);
    }
  });

  test.each([
    ['by account', { account: () => String(session.getStore()) }],
    ['without an account', {}],
  ])('of two tenants with a refresh: fifty calls at once, one refresh for each tenant, %s', async (_, more) => {
    const server = await guarded(() => 2);
    const refreshed: string[] = [];
    const api = createResilientClient({
      baseUrl: server.origin,
      auth: bearerToken({
        token: () => `${session.getStore()}-1`,
        refresh: async () => {
          await new Promise((resolve) => setImmediate(resolve));
          refreshed.push(String(session.getStore()));
          return `${session.getStore()}-2`;
        },
        ...more,
      }),
      timeout: 60_000,
    });
    const tenantOf = (index: number): string => (index % 2 ? 'ann' : 'bob');
    const read = (index: number): Promise<unknown> =>
      session.run(tenantOf(index), () => api.get(`orders/${index}`).json());
    expect(await Promise.all(fifty.map(read))).toEqual(fifty.map((index) => ({ tenant: tenantOf(index) })));
    expect(refreshed.sort()).toEqual(['ann', 'bob']);
    // From now on, the new token is sent with the first attempt.
    const before = server.requests.length;
    await Promise.all(fifty.map(read));
    expect(server.requests).toHaveLength(before + 50);
    expect(refreshed).toHaveLength(2);
    await api.close();
  });

  test('whose answer changes is believed, and its refreshed token is refreshed in turn', async () => {
    let today = 'a';
    let refreshes = 0;
    const auth = bearerToken({ token: () => today, refresh: () => `r${++refreshes}` });
    const { api, clock, transport } = scripted([401, 200, 401, 200, 200, 200], { auth });
    for (const next of ['a', 'a', 'b', 'a']) {
      today = next;
      await clock.run(api.get('x'));
    }
    expect(transport.requests.map(({ headers }) => headers['authorization'])).toEqual(
      ['a', 'r1', 'r1', 'r2', 'b', 'r2'].map((token) => `Bearer ${token}`),
    );
  });

  test('and refreshes that lead in a circle come to an end', async () => {
    const circle: Record<string, string> = { a: 'b', b: 'c', c: 'a' };
    let refused = 'a';
    const auth = bearerToken({ token: () => 'a', refresh: () => circle[refused] as string });
    const { api, clock, transport } = scripted([401, 200, 401, 200, 401, 200, 200], { auth });
    for (const token of ['a', 'b', 'c', 'a']) {
      refused = token;
      await clock.run(api.get('x'));
    }
    expect(transport.requests.at(-1)?.headers['authorization']).toBe('Bearer a');
  });
});

describe('tokens that are held', () => {
  test('are kept for each account: what was refreshed for one tenant is not sent for another', async () => {
    const server = await guarded(() => 1);
    const refreshed: (string | undefined)[] = [];
    const api = createResilientClient({
      baseUrl: server.origin,
      auth: bearerToken({
        account: () => String(session.getStore()),
        refresh: ({ account }) => {
          refreshed.push(account);
          return `${session.getStore()}-1`;
        },
      }),
    });
    const names = ['ann', 'bob', 'cho', 'dee', 'eve'];
    const answers = await Promise.all(
      fifty.map((index) => session.run(names[index % 5] as string, () => api.get('orders').json())),
    );
    expect(answers).toEqual(fifty.map((index) => ({ tenant: names[index % 5] })));
    expect(refreshed.sort()).toEqual(names);
    await api.close();
  });

  test('fail alone: the refresh of one account that fails stops no other', async () => {
    const auth = bearerToken({
      account: () => String(session.getStore()),
      refresh: ({ account }) => {
        if (account === 'ann') throw new Error('ann was locked out');
        return 'good';
      },
    });
    const { api, clock } = scripted([200, 200], { auth });
    const as = (name: string): Promise<unknown> => session.run(name, () => clock.run(api.get('x')));
    expect(await rejection(as('ann'))).toMatchObject({ code: 'CREDENTIALS' });
    await as('bob');
    expect(await rejection(as('ann'))).toMatchObject({ code: 'CREDENTIALS' });
    await as('bob');
  });

  test('an account that cannot be determined ends the call, before anything is sent', async () => {
    const auth = bearerToken({ refresh: () => 'good', account: () => undefined as never });
    const { api, clock, transport } = scripted([], { auth });
    const error = await clock.run(rejection(api.get('x')));
    expect(error).toMatchObject({ code: 'CREDENTIALS', message: expect.stringContaining('auth.account()') });
    expect(transport.requests).toEqual([]);
  });
});

describe('one Credentials object', () => {
  test('has one keeper: fifty calls of two clients and of a child cause one refresh', async () => {
    const server = await guarded(() => 2);
    let refreshes = 0;
    let give: (token: string) => void = () => {};
    const refresh = (): Promise<string> => {
      refreshes++;
      return new Promise((resolve) => {
        give = resolve;
      });
    };
    const auth = bearerToken({ token: 'all-1', refresh });
    const one = createResilientClient({ baseUrl: server.origin, auth, timeout: 60_000 });
    const clients = [one, createResilientClient({ baseUrl: server.origin, auth, timeout: 60_000 }), one.extend({})];
    let refused = 0;
    for (const client of clients.slice(0, 2))
      client.on('attempt.ended', ({ status }) => void (status === 401 && refused++));
    const answers = Promise.all(fifty.map((index) => (clients[index % 3] as ResilientClient).get('orders').json()));
    await until(() => refused === 50);
    await new Promise((resolve) => setImmediate(resolve));
    give('all-2');
    await answers;
    expect(refreshes).toBe(1);
    for (const client of clients) await client.close();
  });

  test('goes on for the other client when one is closed, and ends its refresh with the last', async () => {
    let give: (token: string) => void = () => {};
    const signals: AbortSignal[] = [];
    const refresh = ({ signal }: { signal: AbortSignal }): Promise<string> => {
      signals.push(signal);
      return new Promise((resolve) => {
        give = resolve;
      });
    };
    const auth = bearerToken({ refresh });
    const { api: first } = scripted([], { auth });
    const { api: second, transport } = scripted([200], { auth });
    const ended = rejection(first.get('x'));
    const going = second.get('x');
    await until(() => signals.length === 1);
    await first.close();
    expect(await ended).toMatchObject({ code: 'CLIENT_CLOSED' });
    expect(signals[0]?.aborted).toBe(false);
    give('new');
    expect((await going).status).toBe(200);
    expect(transport.requests[0]?.headers['authorization']).toBe('Bearer new');

    const { api: third } = scripted([401], { auth });
    const last = rejection(third.get('x'));
    await until(() => signals.length === 2);
    await second.close();
    expect(signals[1]?.aborted).toBe(false);
    await third.close();
    await last;
    expect(signals[1]?.aborted).toBe(true);

    // A client that is created at once, as after a hot reload, has a refresh of its own, and no pause.
    const { api: fourth } = scripted([200], { auth });
    const again = fourth.get('x');
    await until(() => signals.length === 3);
    give('newer');
    expect((await again).status).toBe(200);
  });
});

describe('a 401 to a request that cannot be sent again', () => {
  const upload = (api: ResilientClient): Promise<unknown> =>
    Promise.resolve(api.post('files', { body: new Blob(['a stream']).stream() })).then(
      ({ status }) => status,
      (error: { status?: number }) => error.status,
    );

  test('marks its token as bad: the next call waits for a refresh, and fifty at once for the same one', async () => {
    const server = await guarded(() => 2);
    let refreshes = 0;
    const auth = bearerToken({ token: 'up-1', refresh: () => `up-${++refreshes + 1}` });
    const api = createResilientClient({ baseUrl: server.origin, auth, timeout: 60_000 });
    expect(await upload(api)).toBe(401);
    expect(refreshes).toBe(0);
    expect(await Promise.all(fifty.map(() => upload(api)))).toEqual(fifty.map(() => 200));
    expect(refreshes).toBe(1);
    await api.close();
  });

  test('with a limiter: the refresh is waited for before a permit is taken', async () => {
    const server = await guarded(() => 2);
    const auth = bearerToken({ token: 'up-1', refresh: () => 'up-2' });
    const api = createResilientClient({ baseUrl: server.origin, auth, rateLimit: { maxConcurrent: 1 } });
    expect([await upload(api), await upload(api)]).toEqual([401, 200]);
    await api.close();
  });

  test('by a token function marks the token of that tenant alone', async () => {
    const server = await guarded(() => 2);
    const refreshed: (string | undefined)[] = [];
    const auth = bearerToken({
      token: () => `${session.getStore()}-1`,
      refresh: () => {
        refreshed.push(session.getStore());
        return `${session.getStore()}-2`;
      },
    });
    const api = createResilientClient({ baseUrl: server.origin, auth });
    const as = (name: string): Promise<unknown> => session.run(name, () => upload(api));
    expect([await as('ann'), await as('bob'), await as('ann')]).toEqual([401, 401, 200]);
    expect(refreshed).toEqual(['ann']);
    await api.close();
  });

  test('that goes on being refused does not refresh for each call', async () => {
    let refreshes = 0;
    const auth = bearerToken({ token: 'a', refresh: () => `b${++refreshes}` });
    const { api, clock } = scripted(Array(50).fill(401), { auth });
    for (let call = 0; call < 50; call++) await clock.run(upload(api));
    expect(refreshes).toBe(1);
  });
});

describe('an API that always answers 401', () => {
  const always = (auth: Credentials) => {
    const clock = new ManualClock();
    const transport = async (): Promise<Response> => new Response(null, { status: 401 });
    return { clock, api: createResilientClient({ baseUrl, auth, clock, transport, circuitBreaker: false }) };
  };

  test.each([
    ['new tokens', (count: number) => `t${count}`],
    ['the same token', () => 'same'],
    ['tokens that have expired already', (count: number) => ({ token: `t${count}`, expiresAt: Date.UTC(2020, 0, 1) })],
  ])('causes no refresh for each call: the next comes after 1 s, doubling to 30 s (%s)', async (_, give) => {
    const times: number[] = [];
    const { api, clock } = always(
      bearerToken({
        token: 'same',
        refresh: () => {
          times.push(clock.now());
          return give(times.length);
        },
      }),
    );
    const call = (): Promise<unknown> => clock.run(rejection(api.get('x')));
    await clock.run(Promise.all(fifty.map(() => rejection(api.get('x')))));
    expect(times).toEqual([0]);
    while (times.length < 8) {
      expect(await call()).toMatchObject({ status: 401, decision: { because: 'alreadyRefreshed' } });
      await clock.advance(500);
    }
    const waits = times.slice(1).map((at, index) => (at - (times[index] as number)) / 1000);
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30]);
  });

  test('for one path leaves the other paths alone, and a token that expires later is refreshed at once', async () => {
    let newest = 1;
    const clock = new ManualClock();
    const transport = async ({ url, headers }: Request): Promise<Response> =>
      new Response(null, {
        status: url.endsWith('admin') || headers.get('authorization') !== `Bearer t${newest}` ? 401 : 200,
      });
    let refreshes = 0;
    const auth = bearerToken({
      token: 't1',
      refresh: () => {
        refreshes++;
        return `t${newest}`;
      },
    });
    const api = createResilientClient({ baseUrl, auth, clock, transport, circuitBreaker: false });
    for (let round = 0; round < 50; round++) {
      await clock.run(rejection(api.get('admin')));
      expect((await clock.run(api.get('orders'))).status).toBe(200);
    }
    expect(refreshes).toBe(1);
    await clock.advance(60_000);
    newest = 2;
    expect((await clock.run(api.get('orders'))).status).toBe(200);
    expect(refreshes).toBe(2);
  });
});

describe('expiry', () => {
  test('a refreshed token that has expired already is used once, by all calls that waited for it', async () => {
    let refreshes = 0;
    const expired = (): Token => ({ token: `t${++refreshes}`, expiresAt: Date.UTC(2025, 11, 31) });
    const { api, clock, transport } = scripted(Array(70).fill(200), { auth: bearerToken({ refresh: expired }) });
    for (let call = 0; call < 20; call++) await clock.run(api.get('x'));
    expect(refreshes).toBe(20);
    expect(new Set(transport.requests.map(({ headers }) => headers['authorization'])).size).toBe(20);
    await clock.run(Promise.all(fifty.map(() => api.get('x'))));
    expect(refreshes).toBe(21);
    expect(transport.requests).toHaveLength(70);
  });

  test('a call with such a token is sent again with it after a failure, and behind a limiter too', async () => {
    let refreshes = 0;
    const auth = bearerToken({ refresh: () => ({ token: `t${++refreshes}`, expiresAt: 0 }) });
    const { api, clock } = scripted([503, 503, 200], { auth, rateLimit: { maxConcurrent: 1 } });
    await clock.run(api.get('x'));
    expect(refreshes).toBe(1);
  });

  test('an expired token of a function is refreshed before it is sent', async () => {
    const auth = bearerToken({
      token: () => ({ token: 'old', expiresAt: Date.UTC(2025, 11, 31) }),
      refresh: () => 'new',
    });
    const { api, clock, transport } = scripted([200], { auth });
    await clock.run(api.get('x'));
    expect(transport.requests.map(({ headers }) => headers['authorization'])).toEqual(['Bearer new']);
  });

  test.each([
    [1_790_000_000, /expiresAt in seconds since 1970, it must be in milliseconds since 1970: multiply it by 1000/],
    [
      3600,
      /expiresAt in seconds from now, it must be in milliseconds since 1970: give Date.now\(\) \+ 1000 \* expires_in/,
    ],
  ])('%d is in seconds, and is refused', async (expiresAt, words) => {
    expect(() => bearerToken({ token: { token: 'secret-of-mine', expiresAt } })).toThrow(words);
    for (const auth of [
      bearerToken({ refresh: () => ({ token: 'secret-of-mine', expiresAt }) }),
      bearerToken({ token: () => ({ token: 'secret-of-mine', expiresAt }) }),
    ]) {
      const { api, clock, transport } = scripted([], { auth });
      const error = await clock.run(rejection(api.get('x')));
      expect(error).toMatchObject({ code: 'CREDENTIALS', message: expect.stringMatching(words) });
      expect(error.message).not.toContain('secret-of-mine');
      expect(transport.requests).toEqual([]);
    }
  });
});

describe('a function of the credentials that sends through its own client', () => {
  /** The functions of the credentials get the client that they belong to. */
  const selfish = (authOf: (client: () => ResilientClient) => Credentials, options = {}) => {
    const clock = new ManualClock();
    const sent: string[] = [];
    const transport = async ({ url, headers }: Request): Promise<Response> => {
      sent.push(`${new URL(url).pathname} ${headers.get('authorization')}`);
      return Response.json({ token: 'new' });
    };
    const auth = authOf(() => api);
    const api: ResilientClient = createResilientClient({ baseUrl, clock, transport, auth, ...options });
    return { api, clock, sent };
  };
  const remedy = /sends through its own client.*use fetch, or a client without auth/;
  const pause = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

  test.each<[string, (client: () => ResilientClient, signal: AbortSignal) => Promise<Token>]>([
    ['at once', (client) => client().get('token').json<Token>()],
    ['after an await', (client) => pause().then(() => client().post('token', { json: {} }).json<Token>())],
    ['by fetch', async (client) => (await client().fetch(`${baseUrl}token`)).json() as Promise<Token>],
    ['by a client that was extended', (client) => client().extend({ timeout: 5 }).get('token').json<Token>()],
    ['with the signal', (client, signal) => client().get('token', { signal }).json<Token>()],
  ])('as a refresh ends after a second, with the remedy, and is one refresh: %s', async (_, ask) => {
    let refreshes = 0;
    const { api, clock, sent } = selfish((client) =>
      bearerToken({
        refresh: ({ signal }) => {
          refreshes++;
          return ask(client, signal);
        },
      }),
    );
    const errors = await clock.run(Promise.all([rejection(api.get('x')), rejection(api.get('y'))]));
    expect(errors).toMatchObject([{ code: 'CREDENTIALS' }, { code: 'CREDENTIALS' }]);
    for (const { message } of errors) expect(message).toMatch(remedy);
    expect([clock.now(), refreshes, sent]).toEqual([1000, 1, []]);
  });

  test('and does not wait for it is no such function: a call for metrics, one that a queue begins in its context', async () => {
    const inRefresh: Promise<Response>[] = [];
    const { api, clock, sent } = selfish((client) =>
      bearerToken({
        refresh: async () => {
          inRefresh.push(client().get('metrics'));
          await pause();
          inRefresh.push(client().get('queued'));
          await pause();
          return 'new';
        },
      }),
    );
    await clock.run(api.get('x').then(() => Promise.all(inRefresh)));
    expect(sent.toSorted()).toEqual(['/v1/metrics Bearer new', '/v1/queued Bearer new', '/v1/x Bearer new']);
  });

  test('may put its own header on, or ask another client', async () => {
    const clients: ResilientClient[] = [];
    const { api, sent } = selfish((client) =>
      bearerToken({
        refresh: async () => {
          await pause();
          await clients[0]?.get('https://idp.example/token');
          return client()
            .get('token', { headers: { authorization: 'Basic app' } })
            .json<Token>();
        },
      }),
    );
    clients.push(createResilientClient({ transport: async () => new Response() }));
    await api.get('x');
    expect(sent).toEqual(['/v1/token Basic app', '/v1/x Bearer new']);
  });

  test('is found over a second client, whose refresh needs the first', async () => {
    const first: ResilientClient[] = [];
    const second = selfish(() => bearerToken({ refresh: () => (first[0] as ResilientClient).get('b').json<Token>() }));
    const { api, clock } = selfish(() => bearerToken({ refresh: () => second.api.get('a').json<Token>() }));
    first.push(api);
    const error = await clock.run(rejection(api.get('x')));
    expect(error).toMatchObject({ code: 'CREDENTIALS', message: expect.stringMatching(remedy) });
  });

  test('counts what it has begun only until it has ended', async () => {
    let late: Promise<unknown> | undefined;
    let go: () => void = () => {};
    let refreshes = 0;
    const { api, clock } = selfish((client) =>
      bearerToken({
        refresh: async () => {
          refreshes++;
          if (refreshes === 1) {
            late = new Promise<void>((resolve) => {
              go = resolve;
            }).then(() => client().get('late'));
          }
          await pause();
          return { token: 'new', expiresAt: clock.wallNow() + 1000 };
        },
      }),
    );
    await api.get('x');
    await clock.advance(2000);
    // It begins a second refresh, or waits for that.
    const other = api.get('y');
    go();
    expect([(await other).status, ((await late) as Response).status, refreshes]).toEqual([200, 200, 2]);
  });

  test.each<[string, (client: () => ResilientClient) => Promise<Token>]>([
    ['at once', (client) => client().get('token').json<Token>()],
    ['after an await', (client) => Promise.resolve().then(() => client().get('token').json<Token>())],
  ])('as a token function does not call itself for ever: %s', async (_, token) => {
    const { api, sent } = selfish((client) => bearerToken({ token: () => token(client) }), { totalTimeout: false });
    const error = await rejection(api.get('x'));
    expect(error).toMatchObject({
      code: 'CREDENTIALS',
      message: expect.stringMatching(/sends through its own client/),
    });
    expect(sent).toEqual([]);
  });

  test('as a token function may do so for another account', async () => {
    const { api, sent } = selfish((client) =>
      bearerToken({
        token: async () =>
          session.getStore() === 'app' ? 'of-app' : session.run('app', () => client().get('token').json<Token>()),
      }),
    );
    await session.run('ann', () => api.get('x'));
    expect(sent).toEqual(['/v1/token Bearer of-app', '/v1/x Bearer new']);
  });
});

describe('a 401 marks its token as bad, whatever decides about the answer', () => {
  test.each<[string, ClientOptions]>([
    ['policies.default', { policies: { default: failFast() } }],
    ['policies[401]', { policies: { 401: failFast() } }],
    ["policies['4xx']", { policies: { '4xx': accept() } }],
    ['a rule', { rules: [{ when: { status: 401 }, policy: failFast() }] }],
    [
      'a hook that throws',
      {
        hooks: {
          afterResponse: [
            ({ response }) => {
              if (response.status === 401) throw new Error('signed out');
            },
          ],
        },
      },
    ],
    [
      'a hook that answers in its place',
      { hooks: { afterResponse: [({ response }) => (response.status === 401 ? new Response('none') : response)] } },
    ],
  ])('%s', async (_, options) => {
    let refreshes = 0;
    const auth = bearerToken({ token: 'old', refresh: () => `new-${++refreshes}` });
    const { api, clock, transport } = scripted([401, 200, 200], { auth, ...options });
    for (let call = 0; call < 3; call++) await clock.run(Promise.resolve(api.get('x')).catch(() => undefined));
    expect(transport.requests.map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer old',
      'Bearer new-1',
      'Bearer new-1',
    ]);
  });

  test('but not where it lacks a scope, and not by an answer of another origin', async () => {
    const auth = bearerToken({ token: 'old', refresh: () => 'new' });
    const headers = { 'www-authenticate': 'Bearer error="insufficient_scope"' };
    const { api, clock, transport } = scripted([new Response(null, { status: 401, headers }), 200], {
      auth,
      policies: { default: failFast() },
    });
    await clock.run(rejection(api.get('x')));
    await clock.run(api.get('x'));
    expect(transport.requests.map(({ headers }) => headers['authorization'])).toEqual(['Bearer old', 'Bearer old']);
  });

  test('but a call that has waited for a refresh may have its token refreshed once more, after another failure', async () => {
    let token = 0;
    const { api, clock, transport } = scripted([503, 401, 200], {
      auth: bearerToken({ refresh: () => `t${++token}` }),
    });
    await clock.run(api.get('x'));
    expect(transport.requests.map(({ headers }) => headers['authorization'])).toEqual(
      ['t1', 't1', 't2'].map((one) => `Bearer ${one}`),
    );
  });

  test('a path that refuses each token causes ever fewer refreshes for the calls of other paths', async () => {
    const clock = new ManualClock();
    const transport = async ({ url }: Request): Promise<Response> =>
      new Response(null, { status: url.endsWith('admin') ? 401 : 200 });
    let refreshes = 0;
    const auth = bearerToken({ token: 't0', refresh: () => `t${++refreshes}` });
    const api = createResilientClient({ baseUrl, auth, clock, transport, policies: { default: failFast() } });
    for (let second = 0; second < 120; second++) {
      await clock.run(rejection(api.get('admin')));
      expect((await clock.run(api.get('orders'))).status).toBe(200);
      await clock.advance(1000);
    }
    expect(refreshes).toBeLessThanOrEqual(8);
  });

  test('a path that refuses each token fails no call of another path while no refresh succeeds', async () => {
    const clock = new ManualClock();
    const transport = async ({ url }: Request): Promise<Response> =>
      new Response(null, { status: url.endsWith('admin') ? 401 : 200 });
    let refreshes = 0;
    const refresh = (): never => {
      refreshes++;
      throw new Error('the server of tokens is down');
    };
    const api = createResilientClient({ baseUrl, auth: bearerToken({ token: 'old', refresh }), clock, transport });
    for (let second = 0; second < 120; second++) {
      if (second % 3 === 0) await clock.run(rejection(api.get('admin')));
      expect((await clock.run(api.get('orders'))).status).toBe(200);
      await clock.advance(1000);
    }
    expect(refreshes).toBeGreaterThan(3);
  });
});
