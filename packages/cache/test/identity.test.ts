import { responseCache } from '@holdfast/cache';
import type { CallContext, Credentials, Strategy } from '@holdfast/core';
import { credentialsIdentity, credentialsKeeper, credentialsRing } from '@holdfast/core/internal';
import { ManualClock } from '@holdfast/core/testing';
import { describe, expect, test } from 'vitest';
import { counting, type Scene, scene } from './support/scene.ts';

const fresh = { 'cache-control': 'max-age=60' };
const api = 'https://api.example.com';

/** The client's credentials, added by a ring further inside. */
function withAuth(source: Credentials, options = {}): Scene {
  const clock = new ManualClock();
  const keeper = credentialsKeeper(source);
  const inside = [credentialsRing(keeper, [api])];
  const made = scene(options, { clock, identity: credentialsIdentity(keeper, [api]), inside });
  made.answer(({ headers }) => new Response(`for ${headers.get(keeper.header) ?? 'anonymous'}`, { headers: fresh }));
  return made;
}

const bearer = (get: () => string | Promise<string>, more: Partial<Credentials> = {}): Credentials => ({
  header: 'authorization',
  get,
  ...more,
});

describe('answers for one are not for another', () => {
  test.each([
    ...['authorization', 'cookie', 'x-api-key', 'x-auth-token', 'x-session-id', 'api-secret', 'Proxy-Authorization'],
    ...['x-jwt', 'cf-access-jwt-assertion', 'x-goog-iap-jwt-assertion', 'x-amzn-oidc-data', 'x-sid', 'x-pat', 'dpop'],
    ...['x-forwarded-user', 'x-tenant', 'stripe-account', 'remote-user', 'x-ms-client-principal', 'from', 'x-org'],
    ...[
      'baggage',
      'x-csrf-token',
      'X-XSRF-TOKEN',
      'x-forwarded-for',
      'forwarded',
      'referer',
      'origin',
      'accept-profile',
    ],
    ...['x-anything'],
  ])('by %s of the request', async (name) => {
    const { answer, get } = scene();
    answer(counting({ ...fresh, 'cache-control': 'public, max-age=60' }));
    const read = (value?: string): Promise<string> =>
      get('/a', value === undefined ? {} : { headers: { [name]: value } });
    expect([await read('a'), await read('b'), await read()]).toEqual(['1', '2', '3']);
    expect([await read('a'), await read('b'), await read()]).toEqual(['1', '2', '3']);
  });

  test.each([
    ...['accept', 'Accept-Language', 'accept-encoding', 'user-agent', 'traceparent', 'tracestate', 'sentry-trace'],
    ...['idempotency-key', 'x-request-id', 'X-Correlation-ID', 'x-amzn-trace-id', 'x-b3-spanid', 'x-datadog-trace-id'],
    ...['x-stainless-retry-count', 'priority', 'content-type', 'sec-fetch-mode', 'sec-ch-ua'],
  ])('are shared by %s, which never identifies the sender', async (name) => {
    const { answer, get } = scene();
    answer(counting(fresh));
    expect(await get('/a', { headers: { [name]: 'a' } })).toBe('1');
    expect(await get('/a', { headers: { [name]: 'b' } })).toBe('1');
  });

  test('are shared by the header of the client’s idempotency keys', async () => {
    const { answer, get } = scene();
    answer(counting(fresh));
    const settings = { idempotencyHeader: 'X-Once' };
    expect(await get('/a', { headers: { 'x-once': 'a' }, settings })).toBe('1');
    expect(await get('/a', { headers: { 'x-once': 'b' }, settings })).toBe('1');
  });

  test('by whether cookies go along', async () => {
    const { answer, get } = scene();
    answer(counting(fresh));
    expect(await get('/a', { credentials: 'include' })).toBe('1');
    expect(await get('/a', { credentials: 'omit' })).toBe('2');
  });

  test('by the token that the client puts on, also where one client serves many users', async () => {
    let user = 'a';
    const { get, requests } = withAuth(bearer(() => `Bearer ${user}`));
    const read = async (name: string): Promise<string> => {
      user = name;
      return get('/a');
    };
    expect([await read('a'), await read('b')]).toEqual(['for Bearer a', 'for Bearer b']);
    expect([await read('a'), await read('b'), requests.length]).toEqual(['for Bearer a', 'for Bearer b', 2]);
  });

  test('by what the user says', async () => {
    const { answer, get } = scene({ partition: (request) => request.headers.get('x-tenant') ?? '' });
    answer(counting(fresh));
    const read = (tenant: string): Promise<string> => get('/a', { headers: { 'x-tenant': tenant } });
    expect([await read('a'), await read('b'), await read('a'), await read('b')]).toEqual(['1', '2', '1', '2']);
  });

  test.each([
    [
      'that gives nothing',
      () => undefined,
      /^TypeError: responseCache\.partition\(\) must return a string, got undefined$/,
    ],
    [
      'that throws',
      () => {
        throw new Error('no tenant');
      },
      /^Error: no tenant$/,
    ],
    [
      'that is async',
      async () => {
        throw new Error('late');
      },
      /^TypeError: responseCache\.partition\(\) must return a string, got a Promise$/,
    ],
  ])('a function %s fails the call, and nothing is sent', async (_, partition, message) => {
    const { get, requests } = scene({ partition: partition as never });
    expect(await get()).toMatch(message);
    expect(requests).toHaveLength(0);
  });
});

describe('credentials of the client', () => {
  test('that are refreshed during the call: the answer is stored for the new ones', async () => {
    let token = 'old';
    const refreshing: Strategy = {
      name: 'refreshing',
      async execute(request, next, context) {
        token = 'new';
        return next(request, context);
      },
    };
    const clock = new ManualClock();
    const keeper = credentialsKeeper(bearer(() => `Bearer ${token}`));
    const inside = [refreshing, credentialsRing(keeper, [api])];
    const { answer, get } = scene({}, { clock, identity: credentialsIdentity(keeper, [api]), inside });
    answer(counting(fresh));
    expect(await get()).toBe('1');
    expect(await get()).toBe('1');
    token = 'old';
    expect(await get()).toBe('2');
  });

  test('that are not known yet: nothing is looked up, and the answer is stored', async () => {
    let token: string | undefined;
    const { get, requests } = withAuth(
      bearer(
        () => {
          if (token === undefined) throw new Error('none yet');
          return token;
        },
        {
          state: () => (token === undefined ? 'expired' : 'good'),
          refresh: () => {
            token = 'first';
          },
        },
      ),
    );
    expect([await get(), await get(), requests.length]).toEqual(['for first', 'for first', 1]);
  });

  test('of an account: it survives a change of the token, and no other account gets it', async () => {
    let [token, account] = ['1', 'a'];
    const { get, requests } = withAuth(bearer(() => token, { account: () => account }));
    expect(await get()).toBe('for 1');
    token = '2';
    expect([await get(), requests.length]).toEqual(['for 1', 1]);
    account = 'b';
    expect([await get(), requests.length]).toEqual(['for 2', 2]);
  });

  test('of an account that changes during the call: the answer is stored for no account', async () => {
    let account = 'a';
    const { get, requests } = withAuth(
      bearer(
        async () => {
          account = 'b';
          return 'token';
        },
        { account: () => account },
      ),
    );
    await get();
    account = 'a';
    await get();
    expect(requests).toHaveLength(2);
  });

  test('of an account that is not one fail the call', async () => {
    const { get, requests } = withAuth(bearer(() => 'x', { account: () => '' }));
    expect(await get()).toBe('TypeError: auth.account() must return a string that is not empty, got ""');
    expect(requests).toHaveLength(0);
  });

  test('go nowhere else: another origin’s answer is shared by all', async () => {
    let token = 'a';
    const { get, requests } = withAuth(bearer(() => token));
    await get('https://other.example.com/a');
    token = 'b';
    expect(await get('https://other.example.com/a')).toBe('for anonymous');
    expect(requests).toHaveLength(1);
  });

  test('give way to those of the caller', async () => {
    const { get, requests } = withAuth(bearer(() => 'ours'));
    const theirs = { headers: { authorization: 'theirs' } };
    expect([await get('/a', theirs), await get('/a'), await get('/a', theirs)]).toEqual([
      'for theirs',
      'for ours',
      'for theirs',
    ]);
    expect(requests).toHaveLength(2);
  });

  test('that never arrive hold the call no longer than its deadline, and not after an abort', async () => {
    const { get, send, clock } = withAuth(bearer(() => new Promise(() => undefined)));
    expect(await clock.run(get('/a', { settings: { totalTimeout: 1000 } }))).toBe('DEADLINE_EXCEEDED');
    const caller = new AbortController();
    const call = send('/a', { signal: caller.signal });
    await clock.settle();
    caller.abort('gone');
    await expect(call).rejects.toBe('gone');
    expect(clock.pending).toBe(0);
  });

  test('do not matter to a change: what is stored is invalid for all of them', async () => {
    let token = 'a';
    const { get, requests } = withAuth(bearer(() => token));
    for (token of ['a', 'b']) await get();
    expect(requests).toHaveLength(2);
    token = 'c';
    await get('/orders', { method: 'POST', headers: { 'x-csrf-token': '1', 'idempotency-key': '1' } });
    for (token of ['a', 'b']) await get();
    expect(requests).toHaveLength(5);
  });

  test('of an account by the same name in another auth object are of another account, in one store too', async () => {
    const store = new Map<string, string>();
    const account = (): string => 'main';
    const one = withAuth(
      bearer(() => 'token of one', { account }),
      { store },
    );
    const other = withAuth(
      bearer(() => 'token of another', { account }),
      { store },
    );
    expect([await one.get(), await other.get()]).toEqual(['for token of one', 'for token of another']);
    await one.clock.settle();
    expect([await one.get(), await other.get()]).toEqual(['for token of one', 'for token of another']);
    expect([one.requests.length, other.requests.length]).toEqual([1, 1]);
  });

  test('by the same token in another auth object are the same', async () => {
    const store = new Map<string, string>();
    const [one, other] = [1, 2].map(() =>
      withAuth(
        bearer(() => 'token'),
        { store },
      ),
    ) as [Scene, Scene];
    await one.get();
    await one.clock.settle();
    expect([await other.get(), other.requests.length]).toEqual(['for token', 0]);
  });

  test('in a header of another name belong to another sender', async () => {
    const store = new Map<string, string>();
    const one = withAuth({ header: 'x-api-key', get: () => 'same' }, { store });
    const other = withAuth({ header: 'authorization', get: () => 'same' }, { store });
    await one.get();
    await one.clock.settle();
    await other.get();
    expect(other.requests).toHaveLength(1);
  });
});

test('credentials in a header of any name, and a refresh in the background: the answer is stored for its sender', async () => {
  let session = 'a';
  const { get, clock, answer, requests } = withAuth({ header: 'X-Session', get: () => session });
  const meanwhile = { 'cache-control': 'max-age=60, stale-while-revalidate=600' };
  answer(({ headers }) => new Response(`${headers.get('x-session')} ${requests.length}`, { headers: meanwhile }));
  expect([await get(), await get()]).toEqual(['a 1', 'a 1']);
  await clock.advance(60_000);
  expect(await get()).toBe('a 1');
  await clock.settle();
  expect([await get(), requests.length]).toEqual(['a 2', 2]);
  session = 'b';
  expect(await get()).toBe('b 3');
});

describe('an identity that other code adds further inside', () => {
  const putting = (name: string, value: () => string): Strategy => ({
    name: 'putting',
    execute(request, next, context) {
      request.headers.set(name, value());
      return next(request, context);
    },
  });

  test.each(['authorization', 'cookie', 'x-api-key'])(
    'by %s: nothing is stored, since the next request would not show it',
    async (name) => {
      let user = 'a';
      const { answer, get } = scene({}, { inside: [putting(name, () => user)] });
      answer(({ headers }) => new Response(headers.get(name), { headers: fresh }));
      expect(await get()).toBe('a');
      user = 'b';
      expect(await get()).toBe('b');
    },
  );

  test('in a header by which answers vary: nothing is stored', async () => {
    let language = 'de';
    const { answer, get } = scene({}, { inside: [putting('accept-language', () => language)] });
    answer(
      ({ headers }) => new Response(headers.get('accept-language'), { headers: { ...fresh, vary: 'accept-language' } }),
    );
    expect(await get()).toBe('de');
    language = 'en';
    expect(await get()).toBe('en');
  });

  test('anything else does no harm', async () => {
    const { answer, get, requests } = scene({}, { inside: [putting('traceparent', () => '00-1')] });
    answer(counting(fresh));
    expect([await get(), await get(), requests.length]).toEqual(['1', '1', 1]);
  });
});

test('a ring without a client works by the headers alone', async () => {
  const clock = new ManualClock();
  const cache = responseCache({}, { clock });
  let count = 0;
  const next = async (): Promise<Response> => new Response(String(++count), { headers: fresh });
  const context = { ...stub(clock), emit: {} } as unknown as CallContext;
  const read = async (): Promise<string> => (await cache.execute(new Request(`${api}/a`), next, context)).text();
  expect([await read(), await read()]).toEqual(['1', '1']);
  cache.close();
});

function stub(clock: ManualClock): object {
  return {
    call: { clock, startedAt: 0, attempts: [] },
    settings: { totalTimeout: false },
    signal: new AbortController().signal,
  };
}
