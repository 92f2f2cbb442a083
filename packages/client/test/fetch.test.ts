import { networkFailureOf } from '@holdfast/core/testing';
import { createResilientClient, type HTTPError, type ResilientClient } from 'holdfast';
import { beforeEach, describe, expect, test } from 'vitest';
import { closedPort } from '../../../test/closed-port.ts';
import { rejection, scripted } from './support/scripted.ts';
import { type Answer, json, serve, type TestServer } from './support/server.ts';

/** Answers with what it was sent; `/status/…` answers with that status, `/to/…` redirects with it. */
const echo: Answer = (request, response) => {
  const [, word, status = '200'] = request.path.split('/');
  if (word === 'to') response.writeHead(Number(status), { location: '/end' }).end();
  else
    json(response, word === 'status' ? Number(status) : 200, {
      method: request.method,
      path: request.path,
      headers: request.headers,
      body: request.body.toString(),
    });
};

let server: TestServer;
let api: ResilientClient;
let url: string;
beforeEach(async () => {
  server = await serve(echo);
  url = `${server.origin}/x`;
  // None of these options concerns fetch.
  api = createResilientClient({
    baseUrl: 'https://elsewhere.example/',
    headers: { 'x-client': '1' },
    searchParams: { a: 1 },
    throwHttpErrors: true,
  });
});

describe('what goes in', () => {
  test('keeps its referrer, with each attempt, unless an init resets it', async () => {
    const init = { referrer: `${server.origin}/page?a=1`, referrerPolicy: 'origin' } as const;
    const sentBy = async (call: Promise<Response>): Promise<unknown> => (await (await call).json()).headers.referer;
    const expected = await sentBy(fetch(url, init));
    expect(expected).toBe(`${server.origin}/`);
    expect(await sentBy(api.fetch(url, init))).toBe(expected);
    expect(await sentBy(api.fetch(url, { ...init, method: 'PUT', body: 'a' }))).toBe(expected);
    // Node's own fetch drops a Request's referrer, against the standard.
    expect(await sentBy(api.fetch(new Request(url, init)))).toBe(expected);
    expect(await sentBy(api.fetch(new Request(url, init), { method: 'PUT' }))).toBeUndefined();
  });

  test('may be a string, a URL or a Request', async () => {
    for (const input of [url, new URL(url), new Request(url)]) {
      const response = await api.fetch(input);
      expect(await response.json()).toMatchObject({ method: 'GET', path: '/x' });
      expect(response.url).toBe(url);
    }
  });

  test("has none of the client's ky options", async () => {
    const { headers } = (await (await api.fetch(url)).json()) as { headers: object };
    expect(headers).not.toHaveProperty('x-client');
  });

  test('is fetch, whatever `this` is', async () => {
    const { fetch } = api;
    const holder = { fetch };
    expect((await fetch(url)).status).toBe(200);
    expect((await holder.fetch(url)).status).toBe(200);
    expect((await fetch.call(undefined, url)).status).toBe(200);
    expect((await Reflect.apply(fetch, 5, [url])).status).toBe(200);
  });

  test('init comes on top of a Request', async () => {
    const request = new Request(url, { method: 'PUT', body: 'a', headers: { one: '1' } });
    const response = await api.fetch(request, {
      method: 'POST',
      body: 'b',
      headers: [
        ['two', '2'],
        ['two', '3'],
      ],
    });
    const seen = (await response.json()) as { headers: object };
    expect(seen).toMatchObject({ method: 'POST', body: 'b', headers: { two: '2, 3' } });
    expect(seen.headers).not.toHaveProperty('one');
  });

  test('init may be a Request, or inherit its members', async () => {
    const init = new Request(url, { method: 'POST', body: 'a', headers: { one: '1' } });
    expect(await (await api.fetch(url, init)).json()).toMatchObject({
      method: 'POST',
      body: 'a',
      headers: { one: '1' },
    });
    class Init {
      get method() {
        return 'DELETE';
      }
    }
    Object.defineProperty(Init.prototype, 'method', { enumerable: true });
    expect(await (await api.fetch(url, new Init())).json()).toMatchObject({ method: 'DELETE' });
    expect(await (await api.fetch(url, Object.create({ method: 'PUT' }))).json()).toMatchObject({ method: 'PUT' });
  });

  test('init may be any object: a list, a function, an instance of a class, a Proxy that lists nothing', async () => {
    class Init {
      readonly #method = 'PUT';
      get method() {
        return this.#method;
      }
    }
    const silent = new Proxy({}, { get: (_, name) => (name === 'method' ? 'PUT' : undefined) });
    const inits = [[], () => {}, new Date(), new Init(), silent, Object.assign(() => {}, { method: 'PUT' })];
    const sent = async (send: typeof fetch): Promise<unknown> =>
      Promise.all(inits.map(async (init) => (await (await send(url, init as RequestInit)).json()).method));
    const expected = await sent(fetch);
    expect(expected).toEqual(['GET', 'GET', 'GET', 'PUT', 'PUT', 'PUT']);
    expect(await sent(api.fetch)).toEqual(expected);
  });

  test('may be null where fetch takes null', async () => {
    expect((await api.fetch(url, null as never)).status).toBe(200);
    expect((await api.fetch(url, { signal: null, body: null })).status).toBe(200);
  });

  test('ky’s and Holdfast’s options in init are not read', async () => {
    const init = {
      retry: 0,
      timeout: 1,
      totalTimeout: 1,
      json: {},
      searchParams: { a: 1 },
      policies: 5,
      hooks: 5,
      baseUrl: 5,
    };
    let failures = 1;
    const flaky = await serve((request, response) =>
      failures-- > 0 ? json(response, 503, {}, { 'retry-after': '0' }) : echo(request, response, undefined as never),
    );
    expect(await (await api.fetch(`${flaky.origin}/y`, init as RequestInit)).json()).toMatchObject({
      method: 'GET',
      path: '/y',
    });
    expect(flaky.requests).toHaveLength(2);
  });

  test('Holdfast’s options for one call are under `holdfast`, and are checked', async () => {
    const response = await api.fetch(`${server.origin}/status/503`, { holdfast: { retry: 0 } });
    expect([response.status, server.requests.length]).toEqual([503, 1]);
    expect(await rejection(api.fetch(url, { holdfast: { policiez: {} } as never }))).toMatchObject({
      message: 'fetch: init.holdfast: unknown option "policiez"; did you mean "policies"?',
    });
    expect((await rejection(api.fetch(url, { holdfast: { auth: {} } as never }))).message).toMatch(
      /shared by all calls/,
    );
    expect(api.snapshot().callsInFlight).toBe(0);
  });

  test("misuse is refused in the platform's words, and sends nothing", async () => {
    const misuse: readonly (readonly [unknown, unknown?])[] = [
      ['/relative'],
      ['http://'],
      [url, { method: 'GET', body: 'x' }],
      [url, { method: 'B D' }],
      [url, { headers: { 'b d': '1' } }],
      [url, { signal: 'x' }],
      [url, { redirect: 'sideways' }],
      [url, { method: 'POST', body: new ReadableStream() }],
      [undefined],
      [null],
      [url, 5],
      [url, 'POST'],
      [url, true],
      [url, 1n],
      [url, Symbol('x')],
      [Symbol('x')],
    ];
    for (const [input, init] of misuse) {
      const ours = await rejection(api.fetch(input as string, init as RequestInit));
      const theirs = await rejection(fetch(input as string, init as RequestInit));
      expect(ours).toBeInstanceOf(TypeError);
      expect(ours.message.replace(/^Request constructor/, 'fetch')).toBe(
        theirs.message.replace(/^Request constructor/, 'fetch'),
      );
    }
    expect(server.requests).toHaveLength(0);
    expect(api.snapshot().callsInFlight).toBe(0);
  });
});

describe('what comes out', () => {
  test('is the very Response that the platform made', async () => {
    let made: Response | undefined;
    const client = createResilientClient({
      fetch: async (input, init) => {
        made = await fetch(input as Request, init);
        return made;
      },
    });
    for (const path of ['x', 'status/404', 'status/503']) {
      expect(await client.fetch(`${server.origin}/${path}`, { holdfast: { retry: 0 } })).toBe(made);
    }
  });

  test.for([400, 401, 403, 404, 418, 422, 501, 505])('a %s is a Response with its body unread', async (status) => {
    const response = await api.fetch(`${server.origin}/status/${status}`);
    expect([response.status, response.bodyUsed]).toEqual([status, false]);
    expect(await response.json()).toMatchObject({ path: `/status/${status}` });
  });

  test.for([301, 302, 303, 307, 308])('a %s is followed as fetch follows it', async (status) => {
    const response = await api.fetch(`${server.origin}/to/${status}`, { method: 'POST', body: 'text' });
    const kept = status >= 307;
    expect(await response.json()).toMatchObject({
      method: kept ? 'POST' : 'GET',
      body: kept ? 'text' : '',
      path: '/end',
    });
    expect([response.redirected, response.url]).toEqual([true, `${server.origin}/end`]);
  });

  test("redirect: 'manual' and 'error' work as in fetch", async () => {
    expect((await api.fetch(`${server.origin}/to/302`, { redirect: 'manual' })).status).toBe(302);
    const error = await rejection(api.fetch(`${server.origin}/to/302`, { redirect: 'error' }));
    expect(error).toMatchObject({ code: 'NETWORK', permanent: true });
    expect(server.requests).toHaveLength(2);
  });
});

describe('other schemes', () => {
  test('data: and blob: pass straight through, outside every ring', async () => {
    const events: unknown[] = [];
    api.on((event) => events.push(event));
    expect(await (await api.fetch('data:text/plain,hello')).text()).toBe('hello');
    const blob = URL.createObjectURL(new Blob(['of a blob']));
    expect(await (await api.fetch(blob)).text()).toBe('of a blob');
    expect(await (await api.fetch(new URL('data:,x'))).text()).toBe('x');
    expect(await (await api.fetch(new Request('data:,y'))).text()).toBe('y');
    await api.close();
    expect(await (await api.fetch('data:,z')).text()).toBe('z');
    expect(events).toEqual([]);
  });

  test("a malformed data: URL and an unknown scheme fail once, with the platform's error", async () => {
    expect(await rejection(api.fetch('data:'))).toBeInstanceOf(TypeError);
    expect(await rejection(api.fetch('gopher://a.example'))).toBeInstanceOf(TypeError);
  });
});

describe('what a second try cannot change', () => {
  test('a bad port is not retried', async () => {
    const { log, client } = counted();
    expect(await rejection(client.fetch('http://127.0.0.1:25/'))).toMatchObject({ code: 'NETWORK', permanent: true });
    expect(log).toEqual([1]);
  });

  test('nor are too many redirects', async () => {
    const loop = await serve((_request, response) => response.writeHead(302, { location: '/again' }).end());
    const { log, client } = counted();
    expect(await rejection(client.fetch(loop.origin))).toMatchObject({ code: 'NETWORK', permanent: true });
    expect(log).toEqual([1]);
  });

  test.for([
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  ])('nor is a refused certificate (%s)', async (code) => {
    const { api: client, clock, transport } = scripted([networkFailureOf(code)]);
    expect(await clock.run(rejection(client.fetch(url)))).toMatchObject({
      code: 'NETWORK',
      reason: code,
      permanent: true,
    });
    expect(transport.requests).toHaveLength(1);
  });

  test('but a refused connection is, also of a POST', async () => {
    const port = await closedPort();
    const { log, client } = counted();
    const options = { holdfast: { retry: { delay: () => 0 } } };
    expect(
      await rejection(client.fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x', ...options })),
    ).toMatchObject({
      code: 'NETWORK',
      reason: 'ECONNREFUSED',
      applied: 'no',
    });
    expect(log).toEqual([1, 2, 3]);
  });

  function counted(): { readonly log: number[]; readonly client: ResilientClient } {
    const client = createResilientClient();
    const log: number[] = [];
    client.on('attempt.started', ({ attempt }) => log.push(attempt));
    return { log, client };
  }
});

test('a stream that waits in a queue is released when its caller gives up, with the caller’s reason', async () => {
  const waiting = createResilientClient({ fetch: () => new Promise(() => {}), rateLimit: { maxConcurrent: 1 } });
  const first = rejection(waiting.fetch(url));
  const letGo: unknown[] = [];
  const body = new ReadableStream({ cancel: (why) => void letGo.push(why) });
  const controller = new AbortController();
  const init = { method: 'POST', body, duplex: 'half', signal: controller.signal } as RequestInit;
  const second = rejection(waiting.fetch(url, init));
  await expect.poll(() => waiting.snapshot().limiters).toMatchObject([{ running: 1, queued: 1 }]);
  const reason = new Error('my own reason');
  controller.abort(reason);
  expect(await second).toBe(reason);
  expect(letGo).toEqual([reason]);
  await waiting.close();
  expect(await first).toMatchObject({ code: 'CLIENT_CLOSED' });
});

test('shouldRetry sees the error that ky would make, whose options say how the request was made', async () => {
  const seen: unknown[] = [];
  const shouldRetry = ({ error }: { error: Error }): boolean => {
    const { request, options } = error as HTTPError;
    seen.push(request.method, options.method, options.headers.get('x-asked'), options.retry.limit);
    return false;
  };
  const { fetch } = createResilientClient({ retry: { limit: 4, shouldRetry } });
  await fetch(`${server.origin}/status/503`, { method: 'PUT', headers: { 'x-asked': 'yes' } });
  expect(seen).toEqual(['PUT', 'PUT', 'yes', 4]);
});
