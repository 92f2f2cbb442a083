import fc from 'fast-check';
import {
  apiKey,
  bearerToken,
  type ClientOptions,
  type Credentials,
  createResilientClient,
  ky,
  type Strategy,
} from 'holdfast';
import { describe, expect, test } from 'vitest';
import { rejection } from './support/scripted.ts';
import { type Answer, serve, type TestServer } from './support/server.ts';

const secret = 'hush-4711';
const schemes: readonly [string, () => Credentials, string][] = [
  ['a bearer token', () => bearerToken({ token: secret, refresh: () => `${secret}-new` }), 'authorization'],
  ['an API key', () => apiKey({ key: secret }), 'x-api-key'],
  [
    'credentials of the user’s own',
    () => ({ header: 'X-Session', get: async () => secret, refresh: () => {} }),
    'x-session',
  ],
];
const fast = { retry: { delay: () => 1 }, retryBudget: false, circuitBreaker: false } as const;

const ok: Answer = (_request, response) => response.end('ok');
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(code, headers);
    response.end();
  };
const keys = ({ requests }: TestServer, header: string): unknown[] => requests.map(({ headers }) => headers[header]);
const at = (origin: string, request: Request): Request => new Request(`${origin}/there`, request);

for (const [name, auth, header] of schemes) {
  describe(name, () => {
    /** The API's own origin, which fails, and a foreign origin, which answers. */
    const scene = async (home: Answer, options: (stranger: string) => ClientOptions) => {
      const [own, stranger] = [await serve(home), await serve(ok)];
      const api = createResilientClient({ baseUrl: own.origin, auth: auth(), ...fast, ...options(stranger.origin) });
      return { own, stranger, api };
    };
    const stays = async ({ own, stranger }: { own: TestServer; stranger: TestServer }): Promise<void> => {
      expect(keys(own, header)[0]).toContain(secret);
      expect(keys(stranger, header)).toEqual([undefined]);
    };

    test('is not sent when a beforeRetry hook sends the request elsewhere', async () => {
      const scened = await scene(status(503), (stranger) => ({
        hooks: { beforeRetry: [({ request }) => at(stranger, request)] },
      }));
      await scened.api.get('x').text();
      await stays(scened);
    });

    test('is not sent when an afterResponse hook asks for a retry elsewhere', async () => {
      const scened = await scene(status(409), (stranger) => ({
        hooks: {
          afterResponse: [
            ({ request, response }) =>
              response.status === 409 ? ky.retry({ request: at(stranger, request), delay: 1 }) : response,
          ],
        },
      }));
      await scened.api.post('x', { json: { a: 1 } }).text();
      await stays(scened);
      expect(scened.stranger.requests[0]?.body.toString()).toBe('{"a":1}');
    });

    test.each(['perCall', 'perAttempt'] as const)('is not sent when a %s strategy fails over', async (ring) => {
      const scened = await scene(status(503), (stranger) => {
        const failover: Strategy = {
          name: 'failover',
          async execute(request, next, context) {
            const copy = request.clone();
            const response = await next(request, context);
            return response.status < 500 ? response : next(at(stranger, copy), context);
          },
        };
        return { retry: 0, [ring]: [failover] };
      });
      await scened.api.put('x', { body: 'whole' }).text();
      await stays(scened);
      expect(scened.stranger.requests[0]?.body.toString()).toBe('whole');
    });

    test.each([301, 302, 303, 307, 308])('is not sent when a %s leads elsewhere, whatever the mode', async (code) => {
      const scened = await scene(
        (request, response) => status(code, { location: `${elsewhere}/there` })(request, response, undefined as never),
        () => ({}),
      );
      const elsewhere = scened.stranger.origin;
      await scened.api.get('x').text();
      await scened.api.fetch(`${scened.own.origin}/x`, { redirect: 'manual' });
      await scened.api.fetch(`${scened.own.origin}/x`, { redirect: 'error' }).catch(() => undefined);
      await stays(scened);
      expect(scened.own.requests).toHaveLength(3);
    });

    test('follows a redirect to an origin that authOrigins names', async () => {
      const named = await serve(ok);
      const own = await serve(status(302, { location: `${named.origin}/there` }));
      const api = createResilientClient({ baseUrl: own.origin, authOrigins: [named.origin], auth: auth() });
      await api.get('x').text();
      expect(keys(named, header)).toEqual([expect.stringContaining(secret)]);
    });

    test('is sent again when a redirect returns to its origin', async () => {
      const own = await serve((request, response) =>
        (request.path === '/end' ? ok : status(302, { location: `${stranger.origin}/` }))(
          request,
          response,
          undefined as never,
        ),
      );
      const stranger = await serve((request, response) =>
        status(302, { location: `${own.origin}/end` })(request, response, undefined as never),
      );
      const named = await serve(ok);
      const api = createResilientClient({ baseUrl: own.origin, auth: auth(), authOrigins: [named.origin] });
      await api.get('x').text();
      expect(keys(own, header)).toEqual([expect.stringContaining(secret), expect.stringContaining(secret)]);
      expect(keys(stranger, header)).toEqual([undefined]);
    });

    test('is not seen by hooks, so that what they copy from a request does not hold it', async () => {
      const seen: unknown[] = [];
      const look = ({ request }: { request: Request }): void => void seen.push(request.headers.get(header));
      const { api } = await scene(status(503), () => ({
        hooks: { afterResponse: [look], beforeRetry: [look] },
        retry: 1,
      }));
      await api.get('x').catch(() => undefined);
      expect(seen).toEqual([null, null, null]);
    });

    test('is not inherited by a child with another baseUrl, unless authOrigins names it', async () => {
      const { own, stranger, api } = await scene(ok, () => ({}));
      await api.extend({ baseUrl: stranger.origin }).get('a').text();
      await api.extend({ prefix: stranger.origin }).get('b').text();
      await api
        .extend((parent) => ({ ...parent, baseUrl: stranger.origin }))
        .get('c')
        .text();
      await api
        .extend({ authOrigins: [own.origin] })
        .extend({ baseUrl: stranger.origin })
        .get('d')
        .text();
      await api.extend({ timeout: 5000 }).extend({ baseUrl: stranger.origin }).fetch(`${own.origin}/home`);
      await api
        .extend({ baseUrl: stranger.origin, authOrigins: [stranger.origin] })
        .get('e')
        .text();
      await api
        .extend({ baseUrl: stranger.origin, auth: apiKey({ key: 'its own', header }) })
        .get('f')
        .text();
      expect(stranger.requests.map(({ path, headers }) => [path, headers[header]])).toEqual([
        ['/a', undefined],
        ['/b', undefined],
        ['/c', undefined],
        ['/d', undefined],
        ['/e', expect.stringContaining(secret)],
        ['/f', 'its own'],
      ]);
      expect(keys(own, header)).toEqual([expect.stringContaining(secret)]);
    });

    test('that the caller set takes precedence, is sent once to each, and its 401 causes no refresh', async () => {
      const { own, api } = await scene(status(401), () => ({}));
      await api.fetch(`${own.origin}/x`, { headers: { [header]: 'mine' } });
      expect(keys(own, header)).toEqual(['mine']);
    });
  });
}

test('a 401 that a redirect, a hook or a strategy brought from another origin causes no refresh', async () => {
  let refreshes = 0;
  const stranger = await serve(status(401));
  const own = await serve((request, response) =>
    (request.path === '/good' ? ok : status(302, { location: `${stranger.origin}/login` }))(
      request,
      response,
      undefined as never,
    ),
  );
  const sources: Credentials[] = [
    bearerToken({ token: secret, refresh: () => `${secret}-${++refreshes}` }),
    { header: 'x-session', get: () => secret, refresh: () => void refreshes++ },
  ];
  for (const source of sources) {
    const elsewhere: Strategy = {
      name: 'elsewhere',
      execute: (request, next, context) =>
        next(request.url.endsWith('/elsewhere') ? at(stranger.origin, request) : request, context),
    };
    const api = createResilientClient({ baseUrl: own.origin, auth: source, ...fast, perAttempt: [elsewhere] });
    for (const path of ['moved', 'elsewhere']) {
      const error = await rejection(api.get(path));
      expect(error).toMatchObject({ status: 401, decision: { because: 'noCredentials' } });
    }
    await api.get('good');
  }
  expect(refreshes).toBe(0);
  expect(own.requests.filter(({ path }) => path === '/good')).toHaveLength(2);
});

type Where = 'home' | 'named' | 'stranger';
const where = fc.constantFrom<Where>('home', 'named', 'stranger');
/** The servers' answers one after the other, whichever server gets the request. */
const answers = fc.array(
  fc.oneof(
    fc.record({ status: fc.constantFrom(301, 302, 303, 307, 308), to: where }),
    fc.record({ status: fc.constantFrom(401, 409, 500, 503), to: where }),
  ),
  { maxLength: 8 },
);
/** The origins to which hooks and strategies send a request, one after the other; `undefined` leaves it unchanged. */
const moves = fc.array(fc.option(where, { nil: undefined }), { maxLength: 8 });

test('no origin outside authOrigins ever receives the secret, whatever hooks, strategies and redirects do', async () => {
  let script: { status: number; to: Where }[] = [];
  const origins = {} as Record<Where, string>;
  const answer: Answer = (request, response) => {
    const step = script.shift();
    const location = step && step.status < 400 ? { location: `${origins[step.to]}/r` } : {};
    status(step?.status ?? 200, location)(request, response, undefined as never);
  };
  const servers = { home: await serve(answer), named: await serve(answer), stranger: await serve(answer) };
  for (const [name, { origin }] of Object.entries(servers)) origins[name as Where] = origin;
  let homeSaw = 0;

  await fc.assert(
    fc.asyncProperty(
      fc.record({
        scheme: fc.constantFrom(...schemes),
        answers,
        ...{ beforeRetry: moves, afterResponse: moves, perCall: moves, perAttempt: moves, start: where },
        method: fc.constantFrom('get', 'post', 'put'),
        face: fc.constantFrom('ky', 'fetch', 'child'),
      }),
      async (run) => {
        script = [...run.answers];
        const moved = (list: (Where | undefined)[], request: Request): Request | undefined => {
          const to = list.shift();
          return to === undefined ? undefined : new Request(`${origins[to]}/m`, request);
        };
        const lists = [run.beforeRetry, run.afterResponse, run.perCall, run.perAttempt].map((list) => [...list]);
        const [beforeRetry, afterResponse, perCall, perAttempt] = lists as [[], [], [], []];
        const failover = (list: (Where | undefined)[]): Strategy => ({
          name: 'failover',
          async execute(request, next, context) {
            const copy = request.clone();
            const response = await next(request, context);
            const other = response.status < 500 ? undefined : moved(list, copy);
            return other ? next(other, context) : response;
          },
        });
        const api = createResilientClient({
          baseUrl: origins.home,
          authOrigins: [origins.named],
          auth: run.scheme[1](),
          ...fast,
          retry: { limit: 3, delay: () => 1, methods: ['get', 'put', 'post'] },
          perCall: [failover(perCall)],
          perAttempt: [failover(perAttempt)],
          hooks: {
            beforeRetry: [({ request }) => moved(beforeRetry, request)],
            afterResponse: [
              ({ request, response }) => {
                const other = response.status === 409 ? moved(afterResponse, request) : undefined;
                return other ? ky.retry({ request: other, delay: 1 }) : response;
              },
            ],
          },
        });
        const body = run.method === 'get' ? {} : { body: 'x' };
        const init = { method: run.method, ...body };
        const client = run.face === 'child' ? api.extend({ baseUrl: origins.stranger }) : api;
        await (run.face === 'fetch'
          ? api.fetch(`${origins[run.start]}/s`, init)
          : client(`${origins[run.start]}/s`, init)
        )
          .then((response) => response.text())
          .catch(() => undefined);
        await api.close();
      },
    ),
    { numRuns: 150, seed: 4711 },
  );
  for (const { headers } of servers.stranger.requests) expect(JSON.stringify(headers)).not.toContain(secret);
  for (const { requests } of [servers.home, servers.named]) {
    homeSaw += requests.filter(({ headers }) => JSON.stringify(headers).includes(secret)).length;
  }
  // Without this, the test would prove nothing.
  expect(servers.stranger.requests.length).toBeGreaterThan(50);
  expect(homeSaw).toBeGreaterThan(50);
}, 120_000);
