import { apiKey, createResilientClient, isResilienceError, RequestRefusedError, type Strategy } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { baseUrl, rejection, scripted } from './support/scripted.ts';
import { serve } from './support/server.ts';

const allowedOrigins = ['https://api.example.com'];
const refused = { name: 'RequestRefusedError', code: 'DISALLOWED_ORIGIN' };

test('a URL that leaves the allowed origins is refused before anything is sent, and is not retried', async () => {
  for (const url of [
    '//evil.example/x',
    '\\\\evil.example\\x',
    '/\\evil.example/x',
    'https://evil.example/x',
    'https://api.example.com.evil.example/x',
    'https://api.example.com:8443/x',
    'http://api.example.com/x',
    'https://api.example.com./x',
    'data:application/json,{}',
    'blob:https://api.example.com/b5c6d8f0',
    'ftp://api.example.com/x',
  ]) {
    const { api, transport, log } = scripted([200], { allowedOrigins, headers: { 'x-tenant': 'a' } });
    const error = await rejection<RequestRefusedError>(api.get(url).json());
    expect(error, url).toBeInstanceOf(RequestRefusedError);
    expect(error).toMatchObject({ ...refused, applied: 'no', redirected: false, attempts: [] });
    expect(error.message).toMatch(
      /^Refused by allowedOrigins: GET .*\(allowed: https:\/\/api\.example\.com\)(?: \[GET .+\])?$/,
    );
    expect(transport.requests).toHaveLength(0);
    expect(log.lines.map((line) => line.split(' ')[0])).toEqual(['call.started:', 'call.rejected:', 'call.ended:']);
  }
});

test('client.fetch is limited in the same way, for other schemes too, and rejects with the error itself', async () => {
  const { api, transport } = scripted([200], { allowedOrigins });
  for (const url of ['https://evil.example/', new URL('data:text/plain,x'), new Request('http://api.example.com/')]) {
    expect(await rejection(api.fetch(url))).toMatchObject(refused);
  }
  expect(transport.requests).toHaveLength(0);
  expect((await api.fetch('https://api.example.com/')).status).toBe(200);
});

test('without the option absolute URLs and other schemes are sent where they lead', async () => {
  const { api, transport } = scripted([200]);
  await api.get('https://other.example/x');
  expect(transport.requests.map(({ url }) => url)).toEqual(['https://other.example/x']);
  expect(await (await createResilientClient().fetch('data:text/plain,x')).text()).toBe('x');
});

test('a call may name its own origins, and so may a child; the rest of the family keeps its fence', async () => {
  const { api, transport } = scripted([200, 200, 200], { allowedOrigins });
  const partner = ['https://partner.example'];
  await api.get('https://partner.example/1', { allowedOrigins: partner });
  await api.fetch('https://partner.example/2', { holdfast: { allowedOrigins: partner } });
  await api.extend({ allowedOrigins: partner }).get('https://partner.example/3');
  expect(transport.requests).toHaveLength(3);
  expect(await rejection(api.extend({ timeout: 5 }).get('https://partner.example/4'))).toMatchObject(refused);
});

test('calls with other origins share no request: each keeps its own fence', async () => {
  const other = await serve((_request, response) => response.end('"other"'));
  const server = await serve((_request, response) => response.writeHead(302, { location: other.origin }).end());
  const api = createResilientClient({ baseUrl: server.origin, coalesce: true });
  const fenced = { allowedOrigins: [server.origin] };
  const ends = await Promise.all([
    api.get('x').json(),
    rejection(api.get('x', fenced).json()),
    rejection(api.get('x', fenced).json()),
    api.get('x').json(),
  ]);
  expect(ends).toMatchObject(['other', refused, refused, 'other']);
  expect(server.requests).toHaveLength(2);
  await api.close();
});

test('a refused call takes neither a token nor a place in a queue', async () => {
  let asked = 0;
  const auth = {
    header: 'authorization',
    get: async () => {
      asked++;
      return 'Bearer t';
    },
  };
  const { api } = scripted([], { allowedOrigins, authOrigins: ['*'], auth, rateLimit: { maxConcurrent: 1 } });
  expect(await rejection(api.get('//evil.example/'))).toMatchObject(refused);
  expect(asked).toBe(0);
  expect(api.snapshot().limiters).toEqual([]);
});

describe('an entry with a path', () => {
  const below = [baseUrl];
  test.for([
    '%2e%2e/admin',
    '.%2E/admin',
    '../admin',
    'orders/..%2f..%2fadmin',
    'orders/%2e%2e%2f%2e%2e%2fadmin',
    '..%5cadmin',
    '%252e%252e/admin',
    '%252e%252e%252fadmin',
    '..;/admin',
    '..%3bx=1/admin',
    `%${'25'.repeat(9)}2e%2e/admin`,
    '%25%32%65%25%32%65/admin',
    '%2%65%2%65/admin',
    '%%32e%%32%65/admin',
    '..%25%32%66admin',
    '..%%35cadmin',
    '%c%30%ae%c0%a%65/admin',
    '%%75002e./admin',
    '%c0%ae%c0%ae/admin',
    '%C0%AE./admin',
    '..%c0%afadmin',
    '..%c1%9cadmin',
    '..%c0%2fadmin',
    '%c0.%c0./admin',
    '%e0%80%ae%e0%80%ae%e0%80%afadmin',
    '..%e0%81%9cadmin',
    '..%f0%80%80%afadmin',
    '%f8%80%80%80%ae%fc%80%80%80%80%ae/admin',
    '%25c0%25ae%25c0%25ae/admin',
    '%u002e%u002e%u002fadmin',
    '..%u2215admin',
    '..%uff0fadmin',
    '%ef%bc%8e%ef%bc%8e%ef%bc%8fadmin',
    '%e2%80%a5/admin',
    '..%e2%81%84admin',
    '..%ef%bc%bcadmin',
    '..%c2%a5admin',
    '..%00/admin',
    '..%20/admin',
    '%09../admin',
    '..%ff/admin',
    '..%3fx/admin',
    '..%23/admin',
    'a/%c0%ae%c0%ae/%c0%ae%c0%ae/admin',
    '/v1%2f..%2fadmin',
    '/v1%5c../admin',
    '/%76%31/orders',
    '/v2/orders',
    '/v1x/orders',
  ])('refuses %s, which leaves it', async (path) => {
    const { api, transport } = scripted([200], { allowedOrigins: below });
    expect(await rejection(api.get(path))).toMatchObject(refused);
    expect(transport.requests).toHaveLength(0);
  });

  test.for([
    'orders/42',
    '',
    '?page=2',
    '../v1/orders',
    'a/../b',
    'a%2fb',
    'a..b/..c',
    'what%3f%20100%25',
    '%41%62%63%20%20%2e%2ewell-known',
    '%25%32%65%25%32%65x',
    'm%c3%bcller',
    'caf%e9/%c0%e9',
    '%ef%bc%91%e2%88%95%ef%bc%92',
    '%e3%83%9a/..b',
    '%c3%80%c1%a1',
  ])('allows %s, which stays below it', async (path) => {
    const { api, transport } = scripted([200], { allowedOrigins: below });
    await api.get(path);
    expect(transport.requests).toHaveLength(1);
  });

  test('holds with and without a slash at its end, beside whole origins', async () => {
    const { api } = scripted([200, 200, 200], {
      allowedOrigins: ['https://api.example.com/v1', 'https://files.example.com/'],
    });
    await api.get('https://api.example.com/v1');
    await api.get('https://api.example.com/v1/');
    await api.get('https://files.example.com/%2e%2e/any');
    expect(await rejection(api.get('https://api.example.com/v10'))).toMatchObject(refused);
  });
});

describe('what changes the URL on its way', () => {
  const elsewhere = (request: Request) => new Request(request.url.replace('api.', 'evil.'), request);

  test('a strategy of the user, around the call or the attempt', async () => {
    const moving: Strategy = {
      name: 'moving',
      execute: (request, next, context) => next(elsewhere(request), context),
    };
    for (const where of ['perCall', 'perAttempt'] as const) {
      const { api, transport, log } = scripted([200], { allowedOrigins, [where]: [moving] });
      expect(await rejection(api.get('x'))).toMatchObject({ ...refused, attempts: { length: 1 }, applied: 'no' });
      expect(transport.requests).toHaveLength(0);
      expect(log.lines).toContain('attempt.ended 1: DISALLOWED_ORIGIN');
    }
  });

  test('a failover in perCall', async () => {
    const failover: Strategy = {
      name: 'failover',
      async execute(request, next, context) {
        const response = await next(request, context);
        return response.status < 500 ? response : next(elsewhere(request), context);
      },
    };
    const { api, transport } = scripted([500, 200], { allowedOrigins, perCall: [failover], retry: 0 });
    expect(await rejection(api.get('x'))).toMatchObject(refused);
    expect(transport.requests.map(({ url }) => url)).toEqual([`${baseUrl}x`]);
  });

  test('hooks: beforeRequest, beforeRetry, and a retry that afterResponse asks for', async () => {
    const before = scripted([200], {
      allowedOrigins,
      hooks: { beforeRequest: [({ request }) => elsewhere(request)] },
    });
    expect(await rejection(before.api.get('x'))).toMatchObject(refused);
    expect(before.transport.requests).toHaveLength(0);

    const retried = scripted([503, 200], {
      allowedOrigins,
      hooks: { beforeRetry: [({ request }) => elsewhere(request)] },
    });
    expect(await retried.clock.run(rejection(retried.api.get('x')))).toMatchObject(refused);
    expect(retried.transport.requests).toHaveLength(1);

    const { api, transport, clock } = scripted([200, 200], {
      allowedOrigins,
      hooks: {
        afterResponse: [({ request }) => api.retry({ request: elsewhere(request) })],
      },
    });
    expect(await clock.run(rejection(api.get('x')))).toMatchObject(refused);
    expect(transport.requests).toHaveLength(1);
  });
});

const auths = { 'no credentials': undefined, 'an API key': apiKey({ key: 'k' }) };

describe.each(Object.entries(auths))('redirects, with %s', (_name, auth) => {
  const client = (origin: string, options = {}) =>
    createResilientClient({
      baseUrl: `${origin}/v1/`,
      allowedOrigins: [`${origin}/v1/`],
      retryBudget: false,
      ...(auth && { auth }),
      ...options,
    });

  test('are followed within the fence, by GET and POST, and the response looks as fetch would have it', async () => {
    const { origin, requests } = await serve(({ path }, response) => {
      if (path === '/v1/end') response.end('the end');
      else response.writeHead(path === '/v1/a' ? 307 : 303, { location: '/v1/end' }).end('moved');
    });
    const api = client(origin, { readBody: 'inAttempt' });
    for (const response of [
      await api.get('a'),
      await api.post('a', { json: { item: 'tent' } }),
      await api.fetch(`${origin}/v1/a`, { method: 'POST', body: new TextEncoder().encode('bytes') }),
      await api.fetch(new Request(`${origin}/v1/b`, { method: 'POST', body: 'text' })),
    ]) {
      expect([response.url, response.redirected, await response.text()]).toEqual([`${origin}/v1/end`, true, 'the end']);
    }
    expect(requests.map(({ method, path, body }) => `${method} ${path} ${body}`)).toEqual([
      'GET /v1/a ',
      'GET /v1/end ',
      'POST /v1/a {"item":"tent"}',
      'POST /v1/end {"item":"tent"}',
      'POST /v1/a bytes',
      'POST /v1/end bytes',
      'POST /v1/b text',
      'GET /v1/end ',
    ]);
  });

  test('to another origin, or out of the path, are not asked; the POST before may have been carried out', async () => {
    const other = await serve((_request, response) => void response.end());
    const { origin, requests } = await serve(({ path }, response) => {
      response.writeHead(302, { location: path === '/v1/out' ? '/admin' : `${other.origin}/x` }).end();
    });
    for (const [path, call] of [
      ['out', () => client(origin).get('out')],
      ['x', () => client(origin).get('x')],
      ['x', () => client(origin).post('x', { json: {} })],
      ['x', () => client(origin).fetch(`${origin}/v1/x`)],
    ] as const) {
      const error = await rejection<RequestRefusedError>(call());
      expect(error).toMatchObject({ ...refused, redirected: true, applied: 'unknown', attempts: { length: 1 } });
      expect(error.decision?.applied).toBe('unknown');
      expect(error.message).toContain(`was redirected to ${path === 'out' ? `${origin}/admin` : `${other.origin}/x`}`);
    }
    expect(requests).toHaveLength(4);
    expect(other.requests).toHaveLength(0);
  });

  test('are shown as they are to a caller that asks for them', async () => {
    const { origin } = await serve((_request, response) => {
      response.writeHead(302, { location: 'https://other.example/' }).end();
    });
    const response = await client(origin).fetch(`${origin}/v1/x`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, 'https://other.example/']);
  });

  test('are not followed by a fetch or a transport of the user either, whatever of the call it looks at', async () => {
    const other = await serve((_request, response) => void response.end('other'));
    const { origin } = await serve((_request, response) => {
      response.writeHead(302, { location: `${other.origin}/x` }).end();
    });
    const byRequest = (request: Request | URL | string) => fetch(request as Request);
    const byUrl = (request: Request | URL | string) => fetch((request as Request).url);
    expect(await rejection(client(origin, { fetch: byRequest }).get('x'))).toMatchObject(refused);
    expect(await rejection(client(origin, { transport: byRequest }).get('x'))).toMatchObject(refused);
    expect(other.requests).toHaveLength(0);
    // The platform may follow redirects all the same; then the client rejects the answer.
    expect(await rejection(client(origin, { transport: byUrl }).get('x'))).toMatchObject(refused);
  });

  test('that a platform hides are refused', async () => {
    const hidden = async () => Object.defineProperty(new Response(), 'type', { value: 'opaqueredirect' });
    const error = await rejection(client('https://api.example.com', { fetch: hidden }).get('x'));
    expect(error).toMatchObject(refused);
    expect(error.message).toContain('a URL that this platform hides');
  });
});

test.for<[unknown, RegExp]>([
  ['https://api.example.com', /allowedOrigins must be a list of origins .*got "https:\/\/api\.example\.com"/],
  [[], /allowedOrigins must be a list of origins .*got an array of 0/],
  [['api.example.com'], /allowedOrigins\[0\] must be an http\(s\) origin .*got "api\.example\.com"/],
  [[...allowedOrigins, '*'], /allowedOrigins\[1\] must be an http\(s\) origin/],
  [['https://*.example.com'], /allowedOrigins\[0\] must be .*without wildcards/],
  [['https://api.example.com/v1/*'], /allowedOrigins\[0\] must be .*leave the \* out/],
  [['ftp://api.example.com'], /allowedOrigins\[0\] must be/],
  [[new URL('https://a.example')], /allowedOrigins\[0\] must be .*got a URL/],
  [['https://u:p@api.example.com'], /allowedOrigins\[0\] must be .*without credentials/],
  [['https://api.example.com/?x=1'], /allowedOrigins\[0\] must be .*without credentials, query and hash/],
])('refuses %j as the option', ([value, message]) => {
  const options = { allowedOrigins: value as string[] };
  expect(() => createResilientClient(options)).toThrow(message);
  const { api } = scripted([]);
  expect(() => api.extend(options)).toThrow(message);
});

test('the error names no secret of the URL that was refused', async () => {
  const { api } = scripted([], { allowedOrigins });
  const error = await rejection(api.get('https://evil.example/?token=abcdef'));
  expect(isResilienceError(error)).toBe(true);
  expect(`${error.message}${JSON.stringify(error)}`).not.toContain('abcdef');
});
