import { apiKey, createResilientClient, InvalidBodyError, isApiError, ky } from 'holdfast';
import type { Hooks, Options, ResponsePromise } from 'ky';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { outcome, sameAsKy, soon } from './support/parity.ts';

const json = { 'content-type': 'application/json' };

describe('a body', () => {
  sameAsKy(
    'is read by each shortcut, and by the response’s own methods',
    [{ headers: json, body: '{"a":"ü"}' }],
    async ({ create, server }) => {
      const get = () => create().get(server.origin);
      const text = new TextDecoder();
      return [
        await get().json(),
        await get().text(),
        await (await get().blob()).text(),
        text.decode(await get().arrayBuffer()),
        text.decode(await get().bytes()),
        await (await get()).json(),
        await (await get()).text(),
        (await get()).url === `${server.origin}/`,
      ];
    },
    [{ a: 'ü' }, ...Array(4).fill('{"a":"ü"}'), { a: 'ü' }, '{"a":"ü"}', true],
  );

  sameAsKy(
    'is read as a form',
    [{ headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=1&b=2' }],
    async ({ create, server }) => [...(await create().get(server.origin).formData())],
    [
      ['a', '1'],
      ['b', '2'],
    ],
  );

  sameAsKy(
    'that is empty is no JSON, and an empty text, with 200 and with 204',
    [200, 204, 200, 204],
    async ({ create, server }) => {
      const get = () => create().get(server.origin);
      return [await syntaxErrorOf(get()), await syntaxErrorOf(get()), await get().text(), await get().text()];
    },
    ['SyntaxError', 'SyntaxError', '', ''],
  );

  sameAsKy(
    'that is no JSON fails as JSON.parse does, which is the cause of the typed error',
    [{ body: '<html>' }],
    async ({ create, server }) => syntaxErrorOf(create().get(server.origin)),
    'SyntaxError',
  );

  sameAsKy(
    'is parsed by parseJson, which gets request and response, from shortcut and response alike',
    [{ body: 'x' }],
    async ({ create, server }) => {
      const seen: unknown[] = [];
      const parseJson: Options['parseJson'] = async (text, { request, response }) => {
        seen.push([text, request.method, response.status]);
        return { parsed: text };
      };
      const api = create({ parseJson });
      return [await api.put(server.origin).json(), await (await api.get(server.origin)).json(), seen];
    },
    [
      { parsed: 'x' },
      { parsed: 'x' },
      [
        ['x', 'PUT', 200],
        ['x', 'GET', 200],
      ],
    ],
  );

  sameAsKy(
    'is checked against a schema, whose transforms count and whose issues are thrown',
    [{ headers: json, body: '{"id":"42"}' }],
    async ({ create, server }) => {
      const good = z.object({ id: z.string().transform(Number) });
      const bad = z.object({ id: z.boolean() });
      return [
        await create().get(server.origin).json(good),
        await outcome(create().get(server.origin).json(bad)),
        inName(
          await outcome(
            create()
              .get(server.origin)
              .json({} as never),
          ),
        ),
      ];
    },
    [{ id: 42 }, { issues: ['Invalid input: expected boolean, received string'] }, 'TypeError'],
  );

  sameAsKy(
    'that is empty may satisfy a schema',
    [204],
    async ({ create, server }) => outcome(create().get(server.origin).json(z.undefined())),
    'nothing',
  );
});

describe('an error status', () => {
  sameAsKy(
    'is an HTTPError with status and data, as JSON or as text, for each way to read it',
    [
      { status: 404, headers: json, body: '{"why":"gone"}' },
      { status: 418, headers: { 'content-type': 'text/plain' }, body: 'teapot' },
      { status: 400, headers: { 'content-type': 'application/problem+json; charset=utf-8' }, body: '{"title":"t"}' },
      { status: 400, headers: json, body: '<html>' },
      { status: 403 },
    ],
    async ({ create, server }) => {
      const get = () => create().get(server.origin);
      return [
        await outcome(get()),
        await outcome(get().json()),
        await outcome(get().text()),
        await outcome(get().arrayBuffer()),
        await outcome(get().json(z.any())),
      ];
    },
    [
      { http: 404, data: { why: 'gone' } },
      { http: 418, data: 'teapot' },
      { http: 400, data: { title: 't' } },
      { http: 400 },
      { http: 403 },
    ],
  );

  sameAsKy(
    'is an answer where throwHttpErrors says so, for a client, for a call, or for that status',
    [{ status: 404, body: 'none' }],
    async ({ create, server }) => {
      const api = create({ throwHttpErrors: false });
      const some = create({ throwHttpErrors: (status) => status !== 404 });
      return [
        await outcome(api.get(server.origin)),
        await outcome(api.get(server.origin).text()),
        await outcome(create().get(server.origin, { throwHttpErrors: false })),
        await outcome(some.get(server.origin)),
        await outcome(api.get(server.origin, { throwHttpErrors: true })),
        await outcome(create({ throwHttpErrors: (status) => status === 404 }).get(server.origin)),
      ];
    },
    [
      { status: 404, body: 'none' },
      'none',
      { status: 404, body: 'none' },
      { status: 404, body: 'none' },
      { http: 404, data: 'none' },
      { http: 404, data: 'none' },
    ],
  );

  sameAsKy(
    'is also one of the three hundreds, where it is not followed',
    [{ status: 302, headers: { location: '/elsewhere' } }, 304],
    async ({ create, server }) => [
      await outcome(create().get(server.origin, { redirect: 'manual' })),
      await outcome(create().get(server.origin)),
    ],
    [{ http: 302 }, { http: 304 }],
  );

  sameAsKy(
    'is no error where the answer is opaque, which is given as it is',
    [200],
    async ({ create }) => {
      const opaque = Object.defineProperties(new Response(), {
        type: { value: 'opaque' },
        status: { value: 0 },
        ok: { value: false },
      });
      return (await create({ fetch: async () => opaque }).get('https://api.example.com/')) === opaque;
    },
    true,
  );

  sameAsKy(
    'has its data read by parseJson',
    [{ status: 400, headers: json, body: '{"a":1}' }],
    async ({ create, server }) => outcome(create({ parseJson: (text) => ({ text }) }).get(server.origin)),
    { http: 400, data: { text: '{"a":1}' } },
  );
});

describe('rejections', () => {
  test('do not occur, whichever promise of a failing call is awaited', async () => {
    const { createResilientClient } = await import('holdfast');
    const unhandled: unknown[] = [];
    const listen = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', listen);
    try {
      const fetch = async () => new Response('{', { status: 200 });
      const failing = async () => new Response('', { status: 404 });
      const api = createResilientClient({ fetch, baseUrl: 'https://api.example.com/' });
      const none = api.extend({ fetch: failing });
      await expect(api.get('x').json()).rejects.toThrow(InvalidBodyError);
      await expect(none.get('x').json()).rejects.toThrow('404');
      await expect(none.get('x')).rejects.toThrow('404');
      const both = none.get('x');
      await expect(Promise.all([both, both.json(), both.text()])).rejects.toThrow('404');
      const left = none.get('x').json();
      await left.catch(() => undefined);
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
      none.get('x');
      none.get('x').json();
      for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled.map((error) => isApiError(error) && error.status)).toEqual([404, 404]);
    } finally {
      process.off('unhandledRejection', listen);
    }
  });
});

describe('progress', () => {
  sameAsKy(
    'of a download ends with the whole',
    [{ headers: { 'content-length': '1000' }, body: 'x'.repeat(1000) }],
    async ({ create, server }) => {
      const seen: { percent: number; transferredBytes: number; totalBytes: number }[] = [];
      const onDownloadProgress: Options['onDownloadProgress'] = (progress) => void seen.push(progress);
      const text = await create({ onDownloadProgress }).get(server.origin).text();
      return [text.length, seen.at(-1)];
    },
    [1000, { percent: 1, totalBytes: 1000, transferredBytes: 1000 }],
  );

  const uploads: readonly [string, Options, number][] = [
    ['bytes', { body: new Uint8Array(5000) }, 5000],
    ['a string', { body: 'ü'.repeat(10) }, 20],
    ['json', { json: { a: 'b' } }, 9],
    ['URLSearchParams', { body: new URLSearchParams({ a: 'b' }) }, 3],
  ];
  for (const [name, options, size] of uploads) {
    sameAsKy(
      `of an upload of ${name} is reported for each attempt`,
      [503, 200],
      async ({ create, server, told }) => {
        const seen: unknown[] = [];
        const onUploadProgress: Options['onUploadProgress'] = (progress) => {
          if (progress.percent === 1) seen.push(progress);
        };
        await create({ onUploadProgress, retry: soon }).put(server.origin, options);
        return [told().map(({ body }) => body.length), seen];
      },
      [
        [name === 'a string' ? 10 : size, name === 'a string' ? 10 : size],
        Array(2).fill({ percent: 1, totalBytes: size, transferredBytes: size }),
      ],
    );
  }

  sameAsKy(
    'of an upload knows the whole from the beginning',
    [200],
    async ({ create, server }) => {
      const seen: unknown[] = [];
      const onUploadProgress: Options['onUploadProgress'] = ({ totalBytes }) => void seen.push(totalBytes);
      await create({ onUploadProgress }).put(server.origin, { body: new Blob(['x'.repeat(1000), 'y'.repeat(10)]) });
      return [seen.length > 1, new Set(seen).size, seen[0]];
    },
    [true, 1, 1010],
  );

  sameAsKy(
    'of an upload leaves alone what hooks put in its place',
    [503, 200, 503, 200],
    async ({ create, server, told }) => {
      const body = (text: string) => new Request(server.origin, { method: 'PUT', body: text });
      const all: readonly Hooks[] = [
        { beforeRequest: [() => body('before')] },
        { beforeRetry: [() => body('retry')] },
        {
          afterResponse: [
            ({ retryCount }) => (retryCount === 0 ? ky.retry({ request: body('after'), delay: 1 }) : undefined),
          ],
        },
      ];
      for (const hooks of all) {
        await create({ hooks, onUploadProgress: () => undefined, retry: soon }).put(server.origin, { body: 'given' });
      }
      return told().map((request) => request.body);
    },
    ['before', 'before', 'given', 'retry', 'given', 'after'],
  );

  sameAsKy(
    'of an upload goes with a fetch of the caller’s own',
    [200],
    async ({ create }) => {
      const seen: unknown[] = [];
      const fetch = async (request: unknown) => new Response(await (request as Request).text());
      const onUploadProgress: Options['onUploadProgress'] = ({ percent }) => void seen.push(percent);
      const text = await create({ fetch, onUploadProgress }).post('https://api.example.com/', { body: 'abc' }).text();
      return [text, seen];
    },
    ['abc', [1]],
  );
});

describe('signals', () => {
  sameAsKy(
    'of client and call both end a call, with their own reasons',
    [200],
    async ({ create, server }) => {
      const [client, call] = [new AbortController(), new AbortController()];
      const api = create({ signal: client.signal, baseUrl: server.origin });
      call.abort('of the call');
      const first = await outcome(api.get('x', { signal: call.signal }));
      client.abort(new Error('of the client'));
      return [
        first,
        await outcome(api.get('x')),
        await outcome(api.get('x', { signal: new AbortController().signal })),
      ];
    },
    [
      { thrown: 'of the call' },
      { name: 'Error', message: 'of the client' },
      { name: 'Error', message: 'of the client' },
    ],
  );

  sameAsKy(
    'of a Request end its call, unless the options bring their own',
    [200],
    async ({ create, server }) => {
      const request = () => new Request(server.origin, { signal: AbortSignal.abort('left') });
      return [
        await outcome(create()(request())),
        await outcome(create()(request(), { signal: new AbortController().signal })),
      ];
    },
    [{ thrown: 'left' }, { status: 200, body: '' }],
  );

  sameAsKy(
    'are seen by hooks in the request, and abort while a hook runs',
    [200],
    async ({ create, server }) => {
      const controller = new AbortController();
      const seen: unknown[] = [];
      const hooks: Options['hooks'] = {
        beforeRequest: [
          async ({ request }) => {
            const left = new Promise((resolve) => request.signal.addEventListener('abort', resolve));
            controller.abort('left');
            await left;
            seen.push(request.signal.reason);
          },
        ],
      };
      const result = await outcome(create({ hooks }).get(server.origin, { signal: controller.signal }));
      return [result, seen];
    },
    [{ thrown: 'left' }, ['left']],
  );
});

describe('time', () => {
  sameAsKy(
    'that a timeout allows is too short for a server that hangs, and long enough without one',
    [200],
    async ({ create }) => {
      const hang = () => new Promise<Response>(() => undefined);
      const slow = async () => new Response('slow');
      return [
        await outcome(create({ fetch: hang, timeout: 5, retry: 0 }).get('https://api.example.com/')),
        await outcome(
          create({ fetch: hang, totalTimeout: 5, timeout: false, retry: 0 }).get('https://api.example.com/'),
        ),
        await outcome(
          create({ fetch: slow, timeout: false, totalTimeout: false }).get('https://api.example.com/').text(),
        ),
      ];
    },
    ['timeout', 'timeout', 'slow'],
  );
});

/** The name of what JSON.parse throws: with ky the error itself, with Holdfast its cause. */
async function syntaxErrorOf(call: ResponsePromise): Promise<unknown> {
  const error: unknown = await call.json().catch((reason: unknown) => reason);
  return (error instanceof InvalidBodyError ? (error.cause as Error) : (error as Error)).name;
}

function inName(words: unknown): unknown {
  return (words as { name?: string }).name;
}

describe('parseJson', () => {
  for (const [name, hooks] of [
    ['', {}],
    [', beside hooks', { beforeRetry: [] as never[], afterResponse: [() => undefined] }],
  ] as const) {
    sameAsKy(
      `is asked about each attempt’s body, and gets the request that was given to fetch${name}`,
      [
        { status: 503, headers: json, body: '"no"' },
        { headers: json, body: '"yes"' },
      ],
      async ({ create, server }) => {
        const sent: unknown[] = [];
        const parsed: unknown[] = [];
        const parseJson: Options['parseJson'] = (text, { request, response }) => {
          parsed.push([text, response.status, sent.indexOf(request)]);
          return JSON.parse(text);
        };
        const own: Options['fetch'] = (input, init) => {
          sent.push(input);
          return fetch(input as Request, init);
        };
        const api = create({ parseJson, fetch: own, retry: soon, hooks: hooks as Hooks });
        return [await api.get(server.origin).json(), parsed];
      },
      [
        'yes',
        [
          ['"no"', 503, 0],
          ['"yes"', 200, 1],
        ],
      ],
    );
  }

  sameAsKy(
    'is asked about an empty body, too',
    [200],
    ({ create, server }) =>
      outcome(
        create({ parseJson: (text) => (text === '' ? 'empty' : JSON.parse(text)) })
          .get(server.origin)
          .json(),
      ),
    'empty',
  );

  test('sees no credentials that the client puts on', async () => {
    const seen: (string | null)[] = [];
    const api = createResilientClient({
      baseUrl: 'https://api.example.com/',
      auth: apiKey({ key: 'secret', header: 'x-key' }),
      fetch: async (request) => Response.json((request as Request).headers.get('x-key')),
      parseJson(text, { request }) {
        seen.push(request.headers.get('x-key'));
        return JSON.parse(text);
      },
    });
    expect([await api.get('x').json(), seen]).toEqual(['secret', [null]]);
  });
});
