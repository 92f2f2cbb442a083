import type { HTTPError, Options } from 'ky';
import { replaceOption } from 'ky';
import { describe, expect, test } from 'vitest';
import { outcome, sameAsKy } from './support/parity.ts';

describe('the URL', () => {
  const joins: readonly [string, Options, string, string][] = [
    ['baseUrl and a relative path', { baseUrl: '/v1/' }, 'orders/42', '/v1/orders/42'],
    ['baseUrl without a trailing slash, which a relative path replaces', { baseUrl: '/v1' }, 'orders', '/orders'],
    ['baseUrl and an absolute path', { baseUrl: '/v1/' }, '/orders', '/orders'],
    ['baseUrl and a query alone', { baseUrl: '/v1/x' }, '?a=1', '/v1/x?a=1'],
    ['prefix and a relative path', { prefix: '/v1' }, 'orders', '/v1/orders'],
    ['prefix and an absolute path', { prefix: '/v1/' }, '/orders', '/v1/orders'],
    ['prefix under baseUrl', { baseUrl: '/a/', prefix: 'b' }, 'c', '/a/b/c'],
  ];
  for (const [name, options, path, url] of joins) {
    sameAsKy(
      `joins ${name}`,
      [200],
      async ({ create, server, told }) => {
        const absolute = (part: string): string => (part.startsWith('/') ? `${server.origin}${part}` : part);
        const at = Object.fromEntries(Object.entries(options).map(([key, part]) => [key, absolute(String(part))]));
        await create(at).get(path);
        return told()[0]?.path;
      },
      url,
    );
  }

  sameAsKy(
    'may be absolute, a URL or a Request, and baseUrl lets these be',
    [200],
    async ({ create, server, told }) => {
      const api = create({ baseUrl: `${server.origin}/v1/` });
      await api.get(`${server.origin}/a`);
      await api.get(new URL(`${server.origin}/b?c=1`));
      await api(new Request(`${server.origin}/d`, { method: 'PUT', body: 'e', headers: { 'x-f': 'g' } }));
      return told('x-f');
    },
    [
      { method: 'GET', path: '/a', body: '', headers: {} },
      { method: 'GET', path: '/b?c=1', body: '', headers: {} },
      { method: 'PUT', path: '/d', body: 'e', headers: { 'x-f': 'g' } },
    ],
  );

  sameAsKy(
    'has no search parameters, and hooks no context, where these are null',
    [404, 404],
    async ({ create, server, told }) => {
      const seen: unknown[] = [];
      const beforeError = [
        ({ error, options }: { readonly error: Error; readonly options: Options }): Error => {
          seen.push(options.context);
          return error;
        },
      ];
      const api = create({ searchParams: { a: 1 }, context: { b: 2 } });
      const none = { searchParams: null, context: null } as unknown as Options;
      for (const options of [none, { ...none, hooks: { beforeError } } as Options]) {
        const error = await api.get(`${server.origin}/x`, options).catch((thrown: HTTPError) => thrown);
        seen.push((error as HTTPError).options.context);
      }
      await create(none).get(`${server.origin}/x`, { throwHttpErrors: false });
      return [seen, told().map(({ path }) => path)];
    },
    [
      [{}, {}, {}],
      ['/x', '/x', '/x'],
    ],
  );

  const searches: readonly [string, Options['searchParams'], string][] = [
    ['a string', 'a=1&b=2', '/x?q=0&a=1&b=2'],
    ['a string with a question mark', '?a=1', '/x?q=0&a=1'],
    ['an object', { a: 1, b: 'two', c: false }, '/x?q=0&a=1&b=two&c=false'],
    ['an object with undefined, which removes', { q: undefined, a: 1 }, '/x?a=1'],
    [
      'a list of pairs',
      [
        ['a', 1],
        ['a', 'ü'],
      ],
      '/x?q=0&a=1&a=%C3%BC',
    ],
    ['URLSearchParams', new URLSearchParams([['a', '1']]), '/x?q=0&a=1'],
    ['nothing', undefined, '/x?q=0'],
    ['an empty string', '', '/x?q=0'],
  ];
  for (const [name, searchParams, url] of searches) {
    sameAsKy(
      `gets searchParams given as ${name}`,
      [200],
      async ({ create, server, told }) => {
        await create({ baseUrl: server.origin }).get('x?q=0', { searchParams });
        return told()[0]?.path;
      },
      url,
    );
  }

  sameAsKy(
    'gets the searchParams of client, extension and call together, unless they are replaced',
    [200],
    async ({ create, server, told }) => {
      const api = create({ baseUrl: server.origin, searchParams: { a: 1, gone: 2 } }).extend({ searchParams: 'b=2' });
      await api.get('x', { searchParams: { c: 3, gone: undefined } });
      await api.get('x', { searchParams: replaceOption({ d: 4 }) });
      return told().map(({ path }) => path);
    },
    ['/x?a=1&b=2&c=3', '/x?d=4'],
  );
});

describe('headers', () => {
  const forms: readonly [string, Options['headers']][] = [
    ['an object', { 'x-one': 'call', 'x-two': undefined }],
    ['Headers', new Headers({ 'x-one': 'call', 'x-two': 'undefined' })],
  ];
  for (const [name, headers] of forms) {
    sameAsKy(
      `given for a call as ${name} are laid over the client's, and undefined removes`,
      [200],
      async ({ create, server, told }) => {
        const api = create({ baseUrl: server.origin, headers: { 'x-one': 'client', 'x-two': '2', 'x-three': '3' } });
        await api.get('x', headers === undefined ? {} : { headers });
        return told('x-one', 'x-two', 'x-three')[0]?.headers;
      },
      { 'x-one': 'call', 'x-three': '3' },
    );
  }

  sameAsKy(
    'of extensions are merged, and a function gets to see the merged ones',
    [200],
    async ({ create, server, told }) => {
      const seen: unknown[] = [];
      const api = create({ baseUrl: server.origin, headers: { a: '1', b: '1' } })
        .extend({ headers: { b: '2', c: '2' } })
        .extend((parent) => {
          seen.push(Object.fromEntries(new Headers(parent.headers as Record<string, string>)));
          return { headers: { d: String(Object.keys(parent.headers ?? {}).length) } };
        });
      await api.get('x');
      await api.get('x', { headers: replaceOption({ e: '5' }) });
      return { seen, told: told('a', 'b', 'c', 'd', 'e').map(({ headers }) => headers) };
    },
    { seen: [{ a: '1', b: '2', c: '2' }], told: [{ a: '1', b: '2', c: '2', d: '3' }, { e: '5' }] },
  );

  const accepts: readonly ['json' | 'text' | 'blob' | 'arrayBuffer' | 'bytes' | 'formData', string][] = [
    ['json', 'application/json'],
    ['text', 'text/*'],
    ['blob', '*/*'],
    ['arrayBuffer', '*/*'],
    ['bytes', '*/*'],
    ['formData', 'multipart/form-data'],
  ];
  for (const [type, accept] of accepts) {
    sameAsKy(
      `ask for ${accept} where .${type}() was called, also by a second attempt`,
      [503, { body: '{}' }],
      async ({ create, server, told }) => {
        const api = create({ baseUrl: server.origin, retry: { delay: () => 1 } });
        await api
          .get('x')
          [type]()
          .catch(() => undefined);
        return told('accept').map(({ headers }) => headers?.['accept']);
      },
      [accept, accept],
    );
  }

  sameAsKy(
    "leave the caller's own Accept alone",
    [{ body: '{}' }],
    async ({ create, server, told }) => {
      await create()
        .get(server.origin, { headers: { accept: 'application/vnd.api+json' } })
        .json();
      return told('accept')[0]?.headers;
    },
    { accept: 'application/vnd.api+json' },
  );
});

describe('the body', () => {
  const form = (): FormData => {
    const data = new FormData();
    data.set('a', '1');
    return data;
  };
  const bodies: readonly [string, () => Options, string | RegExp, string | RegExp][] = [
    ['json', () => ({ json: { a: [1, null] } }), '{"a":[1,null]}', 'application/json'],
    ['json that is falsy', () => ({ json: 0 }), '0', 'application/json'],
    [
      'json with a content type',
      () => ({ json: {}, headers: { 'content-type': 'application/x+json' } }),
      '{}',
      'application/x+json',
    ],
    ['a string', () => ({ body: 'text' }), 'text', 'text/plain;charset=UTF-8'],
    ['bytes', () => ({ body: new Uint8Array([97, 98]) }), 'ab', ''],
    ['an ArrayBuffer', () => ({ body: new Uint8Array([97]).buffer }), 'a', ''],
    ['a Blob', () => ({ body: new Blob(['blob'], { type: 'x/y' }) }), 'blob', 'x/y'],
    [
      'URLSearchParams',
      () => ({ body: new URLSearchParams({ a: 'b c' }) }),
      'a=b+c',
      'application/x-www-form-urlencoded;charset=UTF-8',
    ],
    ['a stream', () => ({ body: new Blob(['stream']).stream() }), 'stream', ''],
    ['FormData', () => ({ body: form() }), /name="a"\r\n\r\n1\r\n/, /^multipart\/form-data; boundary=/],
  ];
  for (const [name, options, body, type] of bodies) {
    sameAsKy(
      `arrives where it is ${name}`,
      [200],
      async ({ create, server, told }) => {
        await create().post(server.origin, options());
        const [request] = told('content-type');
        const matches = (text: string, wanted: string | RegExp): unknown =>
          typeof wanted === 'string' ? text : wanted.test(text);
        return [matches(request?.body ?? '', body), matches(request?.headers?.['content-type'] ?? '', type)];
      },
      [typeof body === 'string' ? body : true, typeof type === 'string' ? type : true],
    );
  }

  for (const [name, options, body] of bodies.filter(([name]) => name !== 'a stream' && name !== 'FormData')) {
    sameAsKy(
      `arrives with each attempt where it is ${name}`,
      [503, 503, 200],
      async ({ create, server, told }) => {
        await create({ retry: { delay: () => 1 } }).put(server.origin, options());
        return told().map((request) => request.body);
      },
      [body, body, body],
    );
  }

  sameAsKy(
    'is made by stringifyJson, once',
    [503, 200],
    async ({ create, server, told }) => {
      const seen: unknown[] = [];
      const stringifyJson = (data: unknown): string => {
        seen.push(data);
        return `<${JSON.stringify(data)}>`;
      };
      await create({ stringifyJson, retry: { delay: () => 1 } }).put(server.origin, { json: [1] });
      return { seen, bodies: told().map(({ body }) => body) };
    },
    { seen: [[1]], bodies: ['<[1]>', '<[1]>'] },
  );

  sameAsKy(
    'and the method of a Request may be overridden',
    [200],
    async ({ create, server, told }) => {
      const request = (): Request => new Request(`${server.origin}/x`, { method: 'POST', body: 'old' });
      await create().put(request(), { body: 'new' });
      await create()(request(), { json: { a: 1 }, headers: { 'x-b': 'c' } });
      await create()(request());
      return told('x-b');
    },
    [
      { method: 'PUT', path: '/x', body: 'new', headers: {} },
      { method: 'POST', path: '/x', body: '{"a":1}', headers: { 'x-b': 'c' } },
      { method: 'POST', path: '/x', body: 'old', headers: {} },
    ],
  );
});

describe('methods', () => {
  sameAsKy(
    'are those of the shortcuts, of the option, and a custom one as it is written',
    [200],
    async ({ create, server, told }) => {
      const api = create({ baseUrl: server.origin });
      await api('x');
      await api.get('x');
      await api.post('x');
      await api.put('x');
      await api.patch('x');
      await api.delete('x');
      await api.head('x');
      await api('x', { method: 'patch' });
      await api('x', { method: 'PURGE' });
      await api.query('x', { json: { q: 1 } });
      return told().map(({ method, body }) => method + body);
    },
    ['GET', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'PATCH', 'PURGE', 'QUERY{"q":1}'],
  );
});

describe('what fetch is given', () => {
  test('a runtime’s own options reach it untouched, by client and by call', async () => {
    const { createResilientClient, ky } = await import('holdfast');
    const dispatcher = { own: true };
    for (const create of [ky.create, createResilientClient]) {
      const seen: unknown[] = [];
      const options = {
        dispatcher,
        fetch: async (request: Request, init: Record<string, unknown>) => {
          const { signal: _signal, ...rest } = init;
          seen.push(rest['dispatcher'] === dispatcher, rest['next'], request.cache, request.credentials);
          return new Response();
        },
      } as object;
      const api = create(options) as typeof ky;
      await api.get('https://api.example.com/', {
        next: { revalidate: 1 },
        cache: 'no-store',
        credentials: 'omit',
      } as object);
      expect(seen).toEqual([true, { revalidate: 1 }, 'no-store', 'omit']);
    }
  });

  sameAsKy(
    'a fetch given for a call takes the place of the client’s, which takes that of the platform',
    [200],
    async ({ create }) => {
      const answering = (body: string) => async () => new Response(body);
      const api = create({ fetch: answering('client') });
      const other = 'https://api.example.com/';
      const own = api.extend({ fetch: answering('extension') });
      return [await api(other).text(), await api(other, { fetch: answering('call') }).text(), await own(other).text()];
    },
    ['client', 'call', 'extension'],
  );

  sameAsKy(
    'a fetch that looks for the signal in the request alone is aborted, too',
    [200],
    async ({ create }) => {
      const controller = new AbortController();
      const reasons: unknown[] = [];
      const fetch = (request: unknown): Promise<Response> =>
        new Promise((_resolve, reject) => {
          const { signal } = request as Request;
          signal.addEventListener('abort', () => {
            reasons.push(signal.reason);
            reject(signal.reason);
          });
          queueMicrotask(() => controller.abort('enough'));
        });
      const call = create({ fetch, timeout: false }).get('https://api.example.com/', { signal: controller.signal });
      return [await outcome(call), ...reasons];
    },
    [{ thrown: 'enough' }, 'enough'],
  );

  sameAsKy(
    'what the caller’s own fetch throws is thrown as it is, at once, where it is no network failure',
    [200],
    async ({ create }) => {
      let calls = 0;
      const throwing = (error: unknown) => async () => {
        calls++;
        throw error;
      };
      const api = create({ retry: { delay: () => 1 } });
      const bug = new TypeError('undefined is not a function');
      const own = Object.assign(new Error('no signature'), { name: 'SigningError' });
      return [
        await outcome(api('https://a.example/', { fetch: throwing(own) })),
        await outcome(api('https://a.example/', { fetch: throwing('text') })),
        await outcome(api('https://a.example/', { fetch: throwing(bug) })),
        calls,
      ];
    },
    [
      { name: 'SigningError', message: 'no signature' },
      { thrown: 'text' },
      { name: 'TypeError', message: 'undefined is not a function' },
      3,
    ],
  );
});
