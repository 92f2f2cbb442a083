import { HTTPError, isHTTPError, ky } from 'holdfast';
import { type Hooks, isForceRetryError, isNetworkError, isTimeoutError, type Options, replaceOption } from 'ky';
import { describe } from 'vitest';
import { inWords, outcome, sameAsKy, soon } from './support/parity.ts';

const retry = soon;

describe('init', () => {
  sameAsKy(
    'may change what the call is made of, and leaves the client as it was',
    [200],
    async ({ create, server, told }) => {
      const init = (options: Options): void => {
        options.searchParams = { a: 1 };
        options.headers = { ...options.headers, 'x-b': '2' };
        options.json = { c: 3 };
        (options.context as Record<string, unknown>)['d'] = 4;
        options.hooks = {
          beforeRequest: [({ request, options: { context } }) => request.headers.set('x-d', String(context['d']))],
        };
      };
      const api = create({ baseUrl: server.origin, context: {} });
      await api.post('x', { hooks: { init: [init] } });
      await api.post('x');
      return told('x-b', 'x-d');
    },
    [
      { method: 'POST', path: '/x?a=1', body: '{"c":3}', headers: { 'x-b': '2', 'x-d': '4' } },
      { method: 'POST', path: '/x', body: '', headers: {} },
    ],
  );

  sameAsKy(
    'sees retry as it was given, and may change it',
    [503],
    async ({ create, server, told }) => {
      const seen: unknown[] = [];
      const init = (options: Options): void => {
        const given = options.retry as { limit: number; statusCodes?: number[] };
        seen.push(given.limit, given.statusCodes);
        given.limit = 1;
      };
      const api = create({
        baseUrl: server.origin,
        retry: { limit: 3, statusCodes: [500], ...retry },
        hooks: { init: [init] },
      });
      await outcome(api.get('x', { retry: { statusCodes: [503] } }));
      const first = told().length;
      await outcome(api.get('x'));
      return { seen, first, second: told().length - first };
    },
    { seen: [3, [500, 503], 3, [500]], first: 2, second: 1 },
  );

  sameAsKy(
    'may put another retry, timeout, fetch or signal in place of what was given',
    [503],
    async ({ create, server, told }) => {
      const put = (options: Options) => ({ hooks: { init: [(given: Options) => void Object.assign(given, options)] } });
      const api = create({ baseUrl: server.origin, retry: { limit: 3, ...retry } });
      await outcome(api.get('x', put({ retry: 0 })));
      const requests = told().length;
      const hang = () => new Promise<Response>(() => undefined);
      return [
        requests,
        await outcome(api.get('x', put({ fetch: hang, timeout: 1, retry: 0 }))),
        await outcome(api.get('x', put({ fetch: async () => new Response('own') }))),
        await outcome(api.get('x', put({ signal: AbortSignal.abort('left') }))),
        await outcome(api.get('x', put({ throwHttpErrors: false, retry: 0 }))),
      ];
    },
    [1, 'timeout', { status: 200, body: 'own' }, { thrown: 'left' }, { status: 503, body: '' }],
  );

  sameAsKy(
    'throws at once',
    [200],
    async ({ create, server }) => {
      const boom = () => {
        throw new Error('boom');
      };
      try {
        create({ hooks: { init: [boom] } }).get(server.origin);
      } catch (error) {
        return inWords(error);
      }
      return 'later';
    },
    { name: 'Error', message: 'boom' },
  );
});

describe('beforeRequest', () => {
  sameAsKy(
    'may change headers, put another Request with another body in place, and runs once',
    [503, 503, 200],
    async ({ create, server, told }) => {
      const seen: unknown[] = [];
      const hooks: Hooks = {
        beforeRequest: [
          ({ request, options, retryCount }) => {
            seen.push([request.method, options.retry.limit, options.prefix, retryCount, 'timeout' in options]);
            request.headers.set('x-one', '1');
          },
          async ({ request }) =>
            new Request(`${request.url}?b`, {
              method: 'PUT',
              body: `${await request.text()}!`,
              headers: request.headers,
            }),
          ({ request }) => request.headers.set('x-two', '2'),
        ],
      };
      await create({ hooks, retry: { limit: 5, ...retry } }).post(`${server.origin}/x`, { body: 'text' });
      return { seen, told: told('x-one', 'x-two') };
    },
    {
      seen: [['POST', 5, '', 0, false]],
      told: Array(3).fill({ method: 'PUT', path: '/x?b', body: 'text!', headers: { 'x-one': '1', 'x-two': '2' } }),
    },
  );

  sameAsKy(
    'that copies a POST keeps it as retryable as it was',
    [503, 200],
    async ({ create, server, told }) => {
      const hooks: Hooks = { beforeRequest: [({ request }) => new Request(request, { headers: { 'x-a': '1' } })] };
      await create({ hooks, retry: { ...retry, methods: ['post'] } }).post(server.origin, { json: { a: 1 } });
      return told('x-a').map(({ body, headers }) => [body, headers]);
    },
    Array(2).fill(['{"a":1}', { 'x-a': '1' }]),
  );

  sameAsKy(
    'may answer: no request, no further hook, but afterResponse sees it',
    [200],
    async ({ create, server, told }) => {
      const seen: unknown[] = [];
      const hooks: Hooks = {
        beforeRequest: [() => Response.json({ cached: true }), () => void seen.push('not skipped')],
        afterResponse: [
          async ({ response, retryCount, request }) => {
            seen.push(await response.json(), retryCount, request.method);
            return new Response('replaced');
          },
        ],
      };
      return [await create({ hooks }).get(server.origin).text(), seen, told().length];
    },
    ['replaced', [{ cached: true }, 0, 'GET'], 0],
  );

  sameAsKy(
    'may answer with an error status: it is thrown and not retried',
    [200],
    async ({ create, server, told }) => {
      const hooks: Hooks = { beforeRequest: [() => Response.json({ why: 'mock' }, { status: 503 })] };
      return [
        await outcome(create({ hooks, retry }).get(server.origin)),
        await outcome(create({ hooks, retry, throwHttpErrors: false }).get(server.origin).json()),
        told().length,
      ];
    },
    [{ http: 503, data: { why: 'mock' } }, { why: 'mock' }, 0],
  );

  sameAsKy(
    'may answer, and afterResponse may ask for a retry of that',
    [{ status: 404, body: 'real' }],
    async ({ create, server, told }) => {
      const seen: unknown[] = [];
      const hooks: Hooks = {
        beforeRequest: [() => new Response('stale'), () => void seen.push('not skipped')],
        beforeRetry: [({ error, retryCount }) => void seen.push(isForceRetryError(error), retryCount)],
        afterResponse: [
          async ({ response }) => ((await response.text()) === 'stale' ? ky.retry({ delay: 1 }) : undefined),
        ],
        beforeError: [
          ({ error, retryCount }) => {
            seen.push(retryCount);
            return error;
          },
        ],
      };
      return [await outcome(create({ hooks }).post(server.origin, { json: 1 })), seen, told().map(({ body }) => body)];
    },
    [{ http: 404, data: 'real' }, [true, 1, 1], ['1']],
  );

  sameAsKy(
    'may throw: beforeError is asked, nothing is sent or retried',
    [200],
    async ({ create, server, told }) => {
      const seen: unknown[] = [];
      const hooks: Hooks = {
        beforeRequest: [
          () => {
            throw new TypeError('fetch failed');
          },
        ],
        beforeError: [
          ({ error, retryCount }) => {
            seen.push(error.message, retryCount);
            return error;
          },
        ],
      };
      return [await outcome(create({ hooks, retry }).get(server.origin)), seen, told().length];
    },
    [{ name: 'TypeError', message: 'fetch failed' }, ['fetch failed', 0], 0],
  );
});

describe('beforeRetry', () => {
  sameAsKy(
    'sees the error, the count and the limit, and its headers arrive',
    [{ status: 503, headers: { 'content-type': 'application/json' }, body: '{"n":1}' }, 500, 200],
    async ({ create, server, told }) => {
      const seen: unknown[] = [];
      const hooks: Hooks = {
        beforeRetry: [
          ({ error, request, options, retryCount }) => {
            seen.push([inWords(error), isHTTPError(error) && error.request.method, options.retry.limit, retryCount]);
            request.headers.set('x-retry', String(retryCount));
          },
        ],
      };
      await create({ hooks, retry: { limit: 4, ...retry } }).put(`${server.origin}/x`, { json: { a: 1 } });
      return { seen, told: told('x-retry', 'content-type') };
    },
    {
      seen: [
        [{ http: 503, data: { n: 1 } }, 'PUT', 4, 1],
        [{ http: 500 }, 'PUT', 4, 2],
      ],
      told: [
        { method: 'PUT', path: '/x', body: '{"a":1}', headers: { 'content-type': 'application/json' } },
        { method: 'PUT', path: '/x', body: '{"a":1}', headers: { 'content-type': 'application/json', 'x-retry': '1' } },
        { method: 'PUT', path: '/x', body: '{"a":1}', headers: { 'content-type': 'application/json', 'x-retry': '2' } },
      ],
    },
  );

  sameAsKy(
    'sees the very error that shouldRetry saw, with the text of its body',
    [{ status: 503, body: 'busy' }, 200],
    async ({ create, server }) => {
      const seen: unknown[] = [];
      const shouldRetry = ({ error }: { error: Error }): undefined => {
        seen.push(error, inWords(error));
      };
      const hooks: Hooks = { beforeRetry: [({ error }) => void seen.push(error === seen.shift())] };
      await create({ hooks, retry: { shouldRetry: shouldRetry as never, ...retry } }).get(server.origin);
      return seen;
    },
    [{ http: 503, data: 'busy' }, true],
  );

  sameAsKy(
    'can read the body that is sent, and put a Request made from the old one in its place, again and again',
    [503, 503, 200],
    async ({ create, server, told }) => {
      const hooks: Hooks = {
        beforeRetry: [
          async ({ request, retryCount }) =>
            new Request(request, { body: `${await request.clone().text()}${retryCount}` }),
          () => {
            throw new Error('never asked');
          },
        ],
      };
      await create({ hooks, retry }).put(server.origin, { body: 'b' });
      return told().map(({ body }) => body);
    },
    ['b', 'b1', 'b12'],
  );

  sameAsKy(
    'may send a Request elsewhere, which is retried, too, and is the one of the error',
    [503],
    async ({ create, server, told }) => {
      const hooks: Hooks = {
        beforeRetry: [
          ({ retryCount }) =>
            retryCount === 1 ? new Request(`${server.origin}/y`, { method: 'POST', body: 'z' }) : undefined,
        ],
      };
      const error = await create({ hooks, retry: { ...retry, methods: ['get', 'post'] } })
        .get(`${server.origin}/x`)
        .catch((thrown) => thrown);
      const http = error.cause instanceof HTTPError ? error.cause : error;
      return { told: told(), error: [http.request.method, http.request.url, http.message.split(' ').at(-1)] };
    },
    {
      told: [
        { method: 'GET', path: '/x', body: '' },
        { method: 'POST', path: '/y', body: 'z' },
        { method: 'POST', path: '/y', body: 'z' },
      ],
      error: ['POST', '/y', '/y'],
    },
  );

  sameAsKy(
    'may answer, which afterResponse sees, and which is final',
    [503],
    async ({ create, server, told }) => {
      const seen: unknown[] = [];
      const answering = (status: number): Hooks => ({
        beforeRetry: [() => new Response('answer', { status })],
        afterResponse: [({ response, retryCount }) => void seen.push([response.status, retryCount])],
      });
      return [
        await outcome(create({ hooks: answering(200), retry }).get(server.origin)),
        await outcome(create({ hooks: answering(500), retry }).get(server.origin)),
        await outcome(
          create({ hooks: answering(500), retry })
            .get(server.origin)
            .text(),
        ),
        seen,
        told().length,
      ];
    },
    [
      { status: 200, body: 'answer' },
      { http: 500, data: 'answer' },
      { http: 500, data: 'answer' },
      [
        [503, 0],
        [200, 1],
        [503, 0],
        [500, 1],
        [503, 0],
        [500, 1],
      ],
      3,
    ],
  );

  sameAsKy(
    'may answer, and afterResponse may ask for another attempt all the same',
    [503, 200],
    async ({ create, server, told }) => {
      const counts: number[] = [];
      const hooks: Hooks = {
        beforeRetry: [
          ({ retryCount }) => {
            counts.push(retryCount);
            return retryCount === 1 ? new Response('mine', { status: 202 }) : undefined;
          },
        ],
        afterResponse: [({ response }) => (response.status === 202 ? ky.retry({ delay: 1 }) : undefined)],
      };
      return [(await create({ hooks, retry }).get(server.origin)).status, counts, told().length];
    },
    [200, [1, 2], 2],
  );

  sameAsKy(
    'may stop: the call resolves to undefined, without an error',
    [503],
    async ({ create, server, told }) => {
      const seen: unknown[] = [];
      const hooks: Hooks = {
        beforeRetry: [() => ky.stop],
        beforeError: [
          ({ error }) => {
            seen.push(error.message);
            return error;
          },
        ],
      };
      return [await outcome(create({ hooks, retry }).get(server.origin)), seen, told().length];
    },
    ['nothing', [], 1],
  );

  sameAsKy(
    'may throw: that is what the user gets, and beforeError is not asked',
    [503],
    async ({ create, server, told }) => {
      const seen: unknown[] = [];
      const throwing = (error: unknown): Hooks => ({
        beforeRetry: [
          () => {
            throw error;
          },
        ],
        beforeError: [
          ({ error: shown }) => {
            seen.push(shown.message);
            return shown;
          },
        ],
      });
      const api = (error: unknown) => create({ hooks: throwing(error), retry }).get(server.origin);
      return [await outcome(api(new RangeError('mine'))), await outcome(api('text')), seen, told().length];
    },
    [{ name: 'RangeError', message: 'mine' }, { thrown: 'text' }, [], 2],
  );

  sameAsKy(
    'may throw the error that it was shown: then beforeError is asked, as where there was no retry',
    [503],
    async ({ create, server, told }) => {
      const seen: unknown[] = [];
      const hooks: Hooks = {
        beforeRetry: [
          ({ error }) => {
            throw error;
          },
        ],
        beforeError: [
          ({ error }) => {
            seen.push(inWords(error));
            return error;
          },
        ],
      };
      const refused = async () => {
        throw new TypeError('fetch failed');
      };
      return [
        await outcome(create({ hooks, retry }).get(server.origin)),
        await outcome(create({ hooks, retry, fetch: refused }).get(server.origin)),
        seen,
        told().length,
      ];
    },
    [{ http: 503 }, 'network', [{ http: 503 }, 'network'], 1],
  );
});

describe('afterResponse', () => {
  sameAsKy(
    'sees each attempt with its count, one hook what the other left',
    [{ status: 503, body: 'no' }, { body: 'yes' }],
    async ({ create, server }) => {
      const seen: unknown[] = [];
      const hooks: Hooks = {
        afterResponse: [
          async ({ response, retryCount, options, request }) => {
            seen.push([response.status, retryCount, await response.text(), options.retry.limit, request.method]);
            return new Response('replaced', { status: response.status });
          },
          async ({ response }) => void seen.push(await response.text()),
        ],
      };
      return [await create({ hooks, retry }).get(server.origin).text(), seen];
    },
    ['replaced', [[503, 0, 'no', 2, 'GET'], 'replaced', [200, 1, 'yes', 2, 'GET'], 'replaced']],
  );

  sameAsKy(
    'may turn an error into an answer and an answer into an error',
    [404, 200],
    async ({ create, server, told }) => {
      const hooks: Hooks = {
        afterResponse: [
          ({ response }) => new Response(`was ${response.status}`, { status: response.status === 404 ? 200 : 400 }),
        ],
      };
      return [
        await outcome(create({ hooks }).get(server.origin)),
        await outcome(create({ hooks }).get(server.origin)),
        told().length,
      ];
    },
    [{ status: 200, body: 'was 404' }, { http: 400, data: 'was 200' }, 2],
  );

  sameAsKy(
    'may throw: that is final, even where it looks like a network failure, and beforeError is asked',
    [200],
    async ({ create, server, told }) => {
      const seen: unknown[] = [];
      const hooks: Hooks = {
        afterResponse: [
          () => {
            throw Object.assign(new Error('mine'), { code: 'ECONNRESET' });
          },
        ],
        beforeError: [
          ({ error, retryCount }) => {
            seen.push(error.message, retryCount);
            return error;
          },
        ],
      };
      return [await outcome(create({ hooks, retry }).get(server.origin)), seen, told().length];
    },
    [{ name: 'Error', message: 'mine' }, ['mine', 0], 1],
  );

  sameAsKy(
    'may ask for a retry: of a success, of a POST, with its body, delay, code and cause',
    [200, 200, { body: 'third' }],
    async ({ create, server, told }) => {
      const seen: unknown[] = [];
      const hooks: Hooks = {
        afterResponse: [
          ({ retryCount }) =>
            retryCount < 2 ? ky.retry({ delay: 1, code: `N${retryCount}`, cause: new Error('why') }) : undefined,
        ],
        beforeRetry: [
          ({ error, retryCount }) => {
            seen.push([isForceRetryError(error), error.message, (error.cause as Error).message, retryCount]);
          },
        ],
      };
      return [await create({ hooks }).post(server.origin, { json: 1 }).text(), seen, told().map(({ body }) => body)];
    },
    [
      'third',
      [
        [true, 'Forced retry: N0', 'why', 1],
        [true, 'Forced retry: N1', 'why', 2],
      ],
      ['1', '1', '1'],
    ],
  );

  sameAsKy(
    'may ask for a retry with a Request made from its own, body and all, more than once',
    [401, 401, 200],
    async ({ create, server, told }) => {
      const hooks: Hooks = {
        afterResponse: [
          ({ request, response, retryCount }) =>
            response.status === 401
              ? ky.retry({ request: new Request(request, { headers: { 'x-token': String(retryCount) } }), delay: 1 })
              : undefined,
        ],
      };
      await create({ hooks }).post(server.origin, { body: 'b' });
      return told('x-token').map(({ body, headers }) => [body, headers]);
    },
    [
      ['b', {}],
      ['b', { 'x-token': '0' }],
      ['b', { 'x-token': '1' }],
    ],
  );

  sameAsKy(
    'can do so after an ordinary retry, and of a POST that beforeRequest has copied',
    [503, 401, 200, 401, 200],
    async ({ create, server, told }) => {
      const hooks: Hooks = {
        afterResponse: [
          ({ request, response }) =>
            response.status === 401
              ? ky.retry({ request: new Request(request, { headers: { 'x-token': 'new' } }), delay: 1 })
              : undefined,
        ],
      };
      const copying: Hooks = { beforeRequest: [({ request }) => new Request(request, { headers: { 'x-copy': '1' } })] };
      const api = create({ hooks, retry });
      await api.put(server.origin, { body: 'b' });
      await api.post(server.origin, { json: 1, hooks: copying });
      return told('x-token', 'x-copy').map(({ body, headers }) => [body, headers]);
    },
    [
      ['b', {}],
      ['b', {}],
      ['b', { 'x-token': 'new' }],
      ['1', { 'x-copy': '1' }],
      ['1', { 'x-token': 'new' }],
    ],
  );

  sameAsKy(
    'may change the headers of its request, which arrive with the retry that it asks for',
    [401, 200],
    async ({ create, server, told }) => {
      const hooks: Hooks = {
        afterResponse: [
          ({ request, response }) => {
            if (response.status !== 401) return undefined;
            request.headers.set('authorization', 'new');
            return ky.retry({ delay: 1 });
          },
        ],
      };
      await create({ hooks, retry: { statusCodes: [503] } }).put(server.origin, { json: 1 });
      return told('authorization').map(({ headers }) => headers);
    },
    [{}, { authorization: 'new' }],
  );

  sameAsKy(
    'asks in vain beyond the limit: the user gets a ForceRetryError',
    [200],
    async ({ create, server, told }) => {
      const seen: unknown[] = [];
      const hooks: Hooks = {
        afterResponse: [() => ky.retry({ delay: 1, code: 'AGAIN' })],
        beforeError: [
          ({ error, retryCount }) => {
            seen.push(isForceRetryError(error), retryCount);
            return error;
          },
        ],
      };
      const api = (limit: number) => create({ hooks, retry: { limit, statusCodes: [503] } }).get(server.origin);
      return [await outcome(api(3)), await outcome(api(0)), seen, told().length];
    },
    [{ forced: 'Forced retry: AGAIN' }, { forced: 'Forced retry: AGAIN' }, [true, 3, true, 0], 5],
  );

  sameAsKy(
    'gets parseJson in its response',
    [{ body: 'x' }],
    async ({ create, server }) => {
      const seen: unknown[] = [];
      const hooks: Hooks = { afterResponse: [async ({ response }) => void seen.push(await response.json())] };
      await create({ hooks, parseJson: (text) => `parsed ${text}` }).get(server.origin);
      return seen;
    },
    ['parsed x'],
  );
});

describe('beforeError', () => {
  sameAsKy(
    'counts a retry that a beforeRetry hook has answered',
    [503],
    async ({ create, server, told }) => {
      const counts: number[] = [];
      const api = create({
        retry: soon,
        hooks: {
          beforeRetry: [() => new Response('no', { status: 500 })],
          beforeError: [
            ({ error, retryCount }) => {
              counts.push(retryCount);
              return error;
            },
          ],
        },
      });
      return [await outcome(api.get(server.origin)), counts, told().length];
    },
    [{ http: 500, data: 'no' }, [1], 1],
  );

  const seeing = (seen: unknown[]): Hooks => ({
    beforeError: [
      ({ error, retryCount, request, options }) => {
        seen.push([inWords(error), retryCount, request.method, options.retry.limit]);
        return error;
      },
    ],
  });

  sameAsKy(
    'sees ky’s own errors, of a status, of the network and of time, once, after the retries',
    [{ status: 503, body: 'no' }],
    async ({ create, server }) => {
      const seen: unknown[] = [];
      const hooks = seeing(seen);
      const guards: unknown[] = [];
      hooks.beforeError?.push(({ error }) => {
        guards.push([isHTTPError(error), isNetworkError(error), isTimeoutError(error), error.constructor.name]);
        return error;
      });
      const api = create({ hooks, retry: { limit: 1, ...retry } });
      const refused = async () => {
        throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
      };
      const hang = () => new Promise<Response>(() => undefined);
      return [
        await outcome(api.get(server.origin)),
        await outcome(api.get(server.origin, { fetch: refused })),
        await outcome(api.get(server.origin, { fetch: hang, timeout: 1, retry: { retryOnTimeout: true } })),
        await outcome(api.get(server.origin, { fetch: hang, timeout: false, totalTimeout: 1 })),
        seen,
        guards,
      ];
    },
    [
      { http: 503, data: 'no' },
      'network',
      'timeout',
      'timeout',
      [
        [{ http: 503, data: 'no' }, 1, 'GET', 1],
        ['network', 1, 'GET', 1],
        ['timeout', 1, 'GET', 1],
        ['timeout', 0, 'GET', 1],
      ],
      [
        [true, false, false, 'HTTPError'],
        [false, true, false, 'NetworkError'],
        [false, false, true, 'TimeoutError'],
        [false, false, true, 'TimeoutError'],
      ],
    ],
  );

  sameAsKy(
    'may give another error, which is what the user gets, and what the next hook sees',
    [404],
    async ({ create, server }) => {
      class Mine extends Error {
        override name = 'Mine';
      }
      const mine = new Mine('mine');
      const seen: unknown[] = [];
      const hooks: Hooks = {
        beforeError: [
          () => mine,
          ({ error }) => {
            seen.push(error === mine);
            return undefined as never;
          },
        ],
      };
      const error = await create({ hooks })
        .get(server.origin)
        .json()
        .catch((thrown) => thrown);
      return [error === mine, inWords(error), seen];
    },
    [true, { name: 'Mine', message: 'mine' }, [true]],
  );

  sameAsKy(
    'may change the error: the user sees its message, its name and what was added',
    [{ status: 404, body: 'gone' }],
    async ({ create, server }) => {
      const hooks: Hooks = {
        beforeError: [
          ({ error }) => {
            error.message = `${isHTTPError(error) ? error.data : 'offline'}!`;
            error.name = 'GitHubError';
            return Object.assign(error, { hint: 'look elsewhere' });
          },
        ],
      };
      const refused = async () => {
        throw new TypeError('fetch failed');
      };
      const told = ({ name, message, hint }: Error & { hint?: string }) => ({ name, message, hint });
      const api = create({ hooks, retry: 0 });
      return [
        await api.get(server.origin).catch(told),
        await api.get(server.origin, { fetch: refused }).json().catch(told),
      ];
    },
    [
      { name: 'GitHubError', message: 'gone!', hint: 'look elsewhere' },
      { name: 'GitHubError', message: 'offline!', hint: 'look elsewhere' },
    ],
  );

  sameAsKy(
    'may throw',
    [404],
    async ({ create, server }) => {
      const hooks: Hooks = {
        beforeError: [
          () => {
            throw new Error('of the hook');
          },
        ],
      };
      return outcome(create({ hooks }).get(server.origin));
    },
    { name: 'Error', message: 'of the hook' },
  );

  sameAsKy(
    'is called for an abort of the caller',
    [200],
    async ({ create, server }) => {
      const seen: unknown[] = [];
      const signal = AbortSignal.abort(new Error('left'));
      return [await outcome(create({ hooks: seeing(seen) }).get(server.origin, { signal })), seen];
    },
    [{ name: 'Error', message: 'left' }, [[{ name: 'Error', message: 'left' }, 0, 'GET', 2]]],
  );
});

describe('hooks of client, extension and call', () => {
  sameAsKy(
    'run one after the other, each with the one context of its call, which no other call sees',
    [503, 200],
    async ({ create, server }) => {
      const seen: unknown[] = [];
      const at = (name: string): Hooks => ({
        beforeRequest: [
          ({ options: { context } }) => {
            context['path'] = `${context['path'] ?? ''}${name}`;
          },
        ],
        beforeRetry: [
          ({ options: { context } }) => void seen.push(`retry ${name} ${context['path']} ${context['of']}`),
        ],
        afterResponse: [
          ({ options: { context } }) => void seen.push(`after ${name} ${context['path']} ${context['of']}`),
        ],
      });
      const api = create({ baseUrl: server.origin, retry, hooks: at('a'), context: { of: 'client', own: 1 } }).extend({
        hooks: at('b'),
      });
      await api.get('x', { hooks: at('c'), context: { of: 'call' } });
      await api.get('x', { hooks: replaceOption(at('d')) });
      return seen;
    },
    [
      ...['a', 'b', 'c'].map((name) => `after ${name} abc call`),
      ...['a', 'b', 'c'].map((name) => `retry ${name} abc call`),
      ...['a', 'b', 'c'].map((name) => `after ${name} abc call`),
      'after d d client',
    ],
  );
});
