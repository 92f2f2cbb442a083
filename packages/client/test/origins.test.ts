import { apiKey, bearerToken, type ClientOptions, type Credentials, createResilientClient } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { rejection } from './support/scripted.ts';
import { type Answer, serve } from './support/server.ts';

const schemes: readonly [string, () => Credentials, string][] = [
  ['a bearer token', () => bearerToken({ token: 'hush' }), 'authorization'],
  ['an API key', () => apiKey({ key: 'hush' }), 'x-api-key'],
];

const redirect =
  (status: number, location: () => string): Answer =>
  (_request, response) => {
    response.writeHead(status, { location: location() });
    response.end('moved');
  };

const echo: Answer = (request, response) =>
  response.end(JSON.stringify({ method: request.method, headers: request.headers, body: request.body.toString() }));

for (const [name, auth, header] of schemes) {
  describe(name, () => {
    test('is sent to its own origin, and to the origins that are named', async () => {
      const own = await serve(echo);
      const named = await serve(echo);
      const other = await serve(echo);
      const api = createResilientClient({
        baseUrl: own.origin,
        auth: auth(),
        authOrigins: [`${named.origin}/any/path`],
      });
      for (const { origin } of [own, named, other]) await api.fetch(origin).then((response) => response.text());
      expect(own.requests[0]?.headers[header]).toMatch(/hush/);
      expect(named.requests[0]?.headers[header]).toMatch(/hush/);
      expect(other.requests[0]?.headers[header]).toBeUndefined();
    });

    test.for([301, 302, 303, 307, 308])('does not follow a %s to another origin', async (status) => {
      const other = await serve(echo);
      const own = await serve(redirect(status, () => `${other.origin}/there`));
      const api = createResilientClient({ baseUrl: own.origin, auth: auth() });
      const response = await api.get('here');
      await response.text();
      expect(own.requests[0]?.headers[header]).toMatch(/hush/);
      expect(other.requests[0]?.headers[header]).toBeUndefined();
      expect([response.url, response.redirected]).toEqual([`${other.origin}/there`, true]);
    });

    test.each<[string, ClientOptions]>([
      ['a transport of the user’s, which follows redirects', { transport: (request) => fetch(request) }],
      [
        'a transport that looks at the context alone',
        { transport: (request, { signal, init }) => fetch(request, { ...init, signal }) },
      ],
      ['a fetch of the user’s', { fetch: (request, init) => fetch(request, init) }],
      [
        'a strategy that sends another Request',
        { perAttempt: [{ name: 'mine', execute: (request, next, context) => next(new Request(request), context) }] },
      ],
    ])('does not leave its origin through %s', async (_, options) => {
      const other = await serve(echo);
      const own = await serve(redirect(307, () => other.origin));
      const api = createResilientClient({ baseUrl: own.origin, auth: auth(), ...options });
      for (const call of [api.get('here'), api.post('here', { json: { a: 1 } })]) {
        expect((await call.json<{ headers: object }>()).headers).not.toHaveProperty(header);
      }
      expect(own.requests.map(({ headers }) => headers[header])).toEqual([
        expect.stringContaining('hush'),
        expect.stringContaining('hush'),
      ]);
      expect(other.requests).toHaveLength(2);
    });

    test('that the caller set does not follow either', async () => {
      const other = await serve(echo);
      const own = await serve(redirect(302, () => other.origin));
      const api = createResilientClient({ baseUrl: own.origin, auth: auth() });
      await api.get('here', { headers: { [header]: 'mine' } }).text();
      expect(own.requests[0]?.headers[header]).toBe('mine');
      expect(other.requests[0]?.headers[header]).toBeUndefined();
    });

    test('follows within its origin', async () => {
      const own = await serve((request, response) =>
        request.path === '/b'
          ? echo(request, response, undefined as never)
          : redirect(302, () => '/b')(request, response, undefined as never),
      );
      const api = createResilientClient({ baseUrl: own.origin, auth: auth() });
      await api.get('a').text();
      expect(own.requests.map(({ headers }) => headers[header])).toEqual([
        expect.stringMatching(/hush/),
        expect.stringMatching(/hush/),
      ]);
    });
  });
}

describe('redirects followed by hand', () => {
  const client = (baseUrl: string) => createResilientClient({ baseUrl, auth: apiKey({ key: 'hush' }), retry: 0 });
  const moved = async (status: number) => {
    const own = await serve((request, response) =>
      (request.path === '/b' ? echo : redirect(status, () => '/b'))(request, response, undefined as never),
    );
    return { own, api: client(own.origin) };
  };
  const form = (): FormData => {
    const data = new FormData();
    data.set('field', 'value');
    return data;
  };

  test('303 of a POST becomes a GET without a body', async () => {
    const { own, api } = await moved(303);
    expect(await api.post('a', { json: { a: 1 } }).json()).toMatchObject({ method: 'GET', body: '' });
    expect(own.requests[1]?.headers['content-type']).toBeUndefined();
  });

  test('302 of a POST becomes a GET, of a PUT stays a PUT', async () => {
    const { api } = await moved(302);
    expect(await api.post('a', { json: { a: 1 } }).json()).toMatchObject({ method: 'GET', body: '' });
    expect(await api.put('a', { json: { a: 1 } }).json()).toMatchObject({ method: 'PUT', body: '{"a":1}' });
  });

  test.for([307, 308])('%s keeps method and body, whatever it was made from', async (status) => {
    const { own, api } = await moved(status);
    expect(await api.post('a', { json: { a: 1 } }).json()).toMatchObject({ method: 'POST', body: '{"a":1}' });
    const request = new Request(`${own.origin}/a`, { method: 'POST', body: 'of a Request' });
    expect(await (await api.fetch(request)).json()).toMatchObject({ method: 'POST', body: 'of a Request' });
    const sent = (await api.post('a', { body: form() }).json()) as { headers: Record<string, string>; body: string };
    const boundary = /boundary=(.*)$/.exec(sent.headers['content-type'] ?? '')?.[1] ?? 'none';
    expect(sent.body.startsWith(`--${boundary}`)).toBe(true);
    expect(sent.body).toContain('name="field"');
  });

  test('307 of a stream fails, with the reason', async () => {
    const { api } = await moved(307);
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('x'));
        controller.close();
      },
    });
    const error = await rejection(api.post('a', { body }));
    expect(error).toMatchObject({ code: 'NETWORK', permanent: true });
    expect(error.message).toMatch(/a stream that can be sent only once/);
  });

  test('twenty hops are followed, one more is not', async () => {
    const own = await serve((request, response) => {
      const left = Number(request.path.slice(1));
      if (left === 0) response.end('there');
      else redirect(302, () => `/${left - 1}`)(request, response, undefined as never);
    });
    const api = client(own.origin);
    expect(await api.get('20').text()).toBe('there');
    const error = await rejection(api.get('21'));
    expect(error).toMatchObject({ code: 'NETWORK', permanent: true });
    expect(error.message).toMatch(/redirected more than 20 times/);
    expect(own.requests).toHaveLength(21 + 21);
  });

  test("redirect: 'manual' and 'error' are the platform's", async () => {
    const { own, api } = await moved(302);
    expect((await api.fetch(`${own.origin}/a`, { redirect: 'manual' })).status).toBe(302);
    expect(await rejection(api.fetch(`${own.origin}/a`, { redirect: 'error' }))).toMatchObject({ code: 'NETWORK' });
    expect(own.requests).toHaveLength(2);
  });

  test('a redirect without Location is an answer, one to another scheme is refused', async () => {
    const own = await serve((request, response) => {
      response.writeHead(302, request.path === '/none' ? {} : { location: 'ftp://a.example/' });
      response.end();
    });
    const api = client(own.origin);
    expect((await api.fetch(`${own.origin}/none`)).status).toBe(302);
    expect(await rejection(api.fetch(`${own.origin}/ftp`))).toMatchObject({ code: 'NETWORK', permanent: true });
  });
});
