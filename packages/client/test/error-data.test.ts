import { type ApiError, type ClientOptions, createResilientClient, type HTTPError, isApiError, ky } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { rejection, scripted } from './support/scripted.ts';

const never = (): Promise<never> => new Promise(() => {});
const failed = (body: string, type: string) => ({ status: 422, body, headers: { 'content-type': type } });

async function dataOf(step: Parameters<typeof scripted>[0][number], options: ClientOptions = {}): Promise<unknown> {
  const { api, clock } = scripted([step], { retry: 0, ...options });
  const error = await clock.run(rejection<ApiError>(api.get('x')));
  expect(isApiError(error)).toBe(true);
  return error.data;
}

describe('data', () => {
  test('is the result of parseJson, which may be asynchronous, and is called once', async () => {
    const texts: string[] = [];
    const parseJson = async (text: string, { response }: { response: Response }) => {
      texts.push(`${response.status} ${text}`);
      return { ...JSON.parse(text), seen: true };
    };
    const step = failed('{"a":1}', 'application/json');
    expect(await dataOf(step, { parseJson: parseJson as never })).toEqual({ a: 1, seen: true });
    expect(await dataOf(step, { parseJson: parseJson as never, hooks: { beforeError: [] } })).toEqual({
      a: 1,
      seen: true,
    });
    const hooks = { beforeError: [({ error }: { error: Error }) => error] };
    expect(await dataOf(step, { parseJson: parseJson as never, hooks })).toEqual({ a: 1, seen: true });
    expect(texts).toEqual(['422 {"a":1}', '422 {"a":1}', '422 {"a":1}']);
  });

  test('of a failure that is retried does not hold the retry up for longer than timeout', async () => {
    let sent = 0;
    const api = createResilientClient({
      parseJson: never,
      timeout: 10,
      retry: { limit: 1, delay: () => 0 },
      fetch: async () => Response.json({}, { status: ++sent === 1 ? 503 : 200 }),
    });
    expect((await api.get('https://api.example.com/x')).status).toBe(200);
  });

  test.for<[string, string, string, unknown]>([
    ['JSON', '{"a":1}', 'application/json; charset=utf-8', { a: 1 }],
    ['problem details', '{"a":1}', 'application/problem+json', { a: 1 }],
    ['what looks like JSON and is called text', '{"a":1}', 'text/plain', '{"a":1}'],
    ['a sequence of JSON', '{"a":1}', 'application/json-seq', '{"a":1}'],
    ['malformed JSON', '{"a"', 'application/json', undefined],
    ['an empty body', '', 'application/json', undefined],
    ['HTML', '<p>no</p>', 'text/html', '<p>no</p>'],
  ])('of %s follows the content type', async ([, body, type, data]) => {
    expect(await dataOf(failed(body, type))).toEqual(data);
  });

  test.for(['text/plain', 'application/json'])(
    'of a body that is too long to be read whole is undefined, for hooks too: %s',
    async (type) => {
      const shown: unknown[] = [];
      const beforeError = [
        ({ error }: { error: Error }) => {
          shown.push((error as HTTPError).data);
          return error;
        },
      ];
      const long = `"${'x'.repeat(64 * 1024)}"`;
      expect(await dataOf(failed(long, type))).toBeUndefined();
      expect(await dataOf(failed(long, type), { hooks: { beforeError } })).toBeUndefined();
      expect(await dataOf(failed('"short"', type), { hooks: { beforeError } })).toMatch(/short/);
      expect(shown).toEqual([undefined, expect.stringContaining('short')]);
    },
  );

  test('is undefined where parseJson throws or rejects', async () => {
    const step = failed('{"a":1}', 'application/json');
    const error = new Error('no');
    expect(
      await dataOf(step, {
        parseJson: () => {
          throw error;
        },
      }),
    ).toBeUndefined();
    expect(await dataOf(step, { parseJson: async () => Promise.reject(error) })).toBeUndefined();
  });

  test('the API’s facts are read whatever the content type is', async () => {
    const { api } = scripted([failed('{"error":{"code":"late","message":"Too late"}}', 'text/plain')]);
    const error = await rejection<ApiError>(api.get('x'));
    expect(error.error).toEqual({ code: 'late', message: 'Too late' });
  });

  test('is read by text() where a platform shows no stream', async () => {
    const response = Response.json({ error: { code: 'late' } }, { status: 422 });
    Object.defineProperty(response, 'body', { value: undefined });
    expect(await dataOf(() => response)).toEqual({ error: { code: 'late' } });
  });
});

describe('what never ends', () => {
  const body = { error: { code: 'late' } };

  test('a parseJson of an error ends with timeout, and data is undefined', async () => {
    const { api, clock } = scripted([{ status: 422, json: body }], { parseJson: never, timeout: 500 });
    const error = await clock.run(rejection<ApiError>(api.get('x')));
    expect([error.code, error.status, error.data]).toEqual(['API_ERROR', 422, undefined]);
    expect(clock.now()).toBe(500);
    expect(clock.pending).toBe(0);
  });

  test('a parseJson of an error ends with the deadline, which is what the call fails with', async () => {
    const { api, clock } = scripted([{ status: 422, json: body }], {
      parseJson: never,
      timeout: false,
      totalTimeout: 250,
    });
    const error = await clock.run(rejection(api.get('x')));
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', limitMs: 250 });
    expect(clock.now()).toBe(250);
    expect(clock.pending).toBe(0);
  });

  test('beforeError ends with the deadline; the failure is the cause', async () => {
    const { api, clock } = scripted([{ status: 422, json: body }], {
      hooks: { beforeError: [never] },
      timeout: 100,
      totalTimeout: 250,
    });
    const error = await clock.run(rejection(api.get('x')));
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', limitMs: 250, cause: { name: 'HTTPError' } });
    expect(clock.now()).toBe(250);
    expect(clock.pending).toBe(0);
  });

  test('beforeError has a second if it is shown the deadline’s own error', async () => {
    const seen: unknown[] = [];
    const { api, clock } = scripted([() => never()], {
      hooks: {
        beforeError: [
          ({ error }) => {
            seen.push(error.name);
            return never();
          },
        ],
      },
      timeout: false,
      totalTimeout: 250,
    });
    const error = await clock.run(rejection(api.get('x')));
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', limitMs: 250 });
    expect(seen).toEqual(['TimeoutError']);
    expect(clock.now()).toBe(1250);
    expect(clock.pending).toBe(0);
  });

  test('a fallback ends with the deadline; the failure is the cause', async () => {
    const { api, clock } = scripted([{ status: 422, json: body }], {
      fallback: never,
      timeout: 100,
      totalTimeout: 250,
    });
    const error = await clock.run(rejection(api.get('x')));
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', limitMs: 250, cause: { status: 422 } });
    expect(clock.now()).toBe(250);
    expect(clock.pending).toBe(0);
  });

  test('a fallback for a deadline has a second, and an answer within it counts', async () => {
    const { api, clock } = scripted([() => never(), () => never()], { timeout: false, totalTimeout: 250 });
    const late = api
      .get('x', { fallback: () => new Promise((resolve) => clock.setTimer(() => resolve(new Response('kept')), 500)) })
      .text();
    expect(await clock.run(late)).toBe('kept');
    const hanging = await clock.run(rejection(api.get('x', { fallback: never })));
    expect(hanging).toMatchObject({ code: 'DEADLINE_EXCEEDED', limitMs: 250 });
    expect(clock.now()).toBe(750 + 1250);
    expect(clock.pending).toBe(0);
  });

  test.for<[string, ClientOptions]>([
    ['parseJson', { parseJson: never }],
    ['beforeError', { hooks: { beforeError: [never] } }],
    ['fallback', { fallback: never }],
  ])('%s ends when the caller aborts, with the reason of the caller', async ([, options]) => {
    const controller = new AbortController();
    const { api, clock } = scripted([{ status: 422, json: body }], { ...options, totalTimeout: false, timeout: false });
    const failure = rejection(api.get('x', { signal: controller.signal }));
    await clock.advance(100);
    controller.abort('enough');
    expect(await failure).toBe('enough');
  });
});

describe('beforeError is asked', () => {
  test('about a body that the call could not read', async () => {
    const seen: string[] = [];
    const hooks = {
      beforeError: [
        ({ error }: { error: Error }) => {
          seen.push(error.name);
          return new Error('mine');
        },
      ],
    };
    const { api, clock } = scripted([{ body: 'no JSON' }, { body: new ReadableStream() }], {
      hooks,
      timeout: 100,
      totalTimeout: 250,
    });
    expect(await rejection(api.get('x').json())).toEqual(new Error('mine'));
    expect(await clock.run(rejection(api.get('x').text()))).toEqual(new Error('mine'));
    expect(seen).toHaveLength(2);
    expect(seen[1]).toBe('TimeoutError');
  });

  test('with the number of retries that were sent: one whose wait was cut short is not one', async () => {
    const counts: number[] = [];
    const hooks = {
      beforeError: [
        ({ error, retryCount }: { error: Error; retryCount: number }) => {
          counts.push(retryCount);
          return error;
        },
      ],
    };
    const { api, clock } = scripted([503, 503], {
      hooks: {
        ...hooks,
        beforeRetry: [
          ({ error, retryCount }) => {
            if (retryCount === 2) throw error;
          },
        ],
      },
    });
    await clock.run(rejection(api.get('x')));
    expect(counts).toEqual([1]);
  });
});

describe('hooks', () => {
  /** As another realm, or a polyfill, makes them. */
  const foreign = (request: Request): Request =>
    Object.create(
      { [Symbol.toStringTag]: 'Request' },
      Object.fromEntries(
        ['url', 'method', 'headers', 'body', 'redirect', 'mode'].map((key) => [
          key,
          { value: request[key as keyof Request], enumerable: true },
        ]),
      ),
    );

  test('may give a Request of another realm, before the call and before a retry', async () => {
    const mark = (request: Request, value: string): Request => {
      request.headers.set('x-mark', value);
      return foreign(request);
    };
    const { api, clock, transport } = scripted([503, 200], {
      hooks: {
        beforeRequest: [({ request }) => mark(request, 'first')],
        beforeRetry: [({ request }) => mark(request, 'again')],
      },
    });
    await clock.run(api.put('x', { body: 'kept' }));
    expect(transport.requests.map(({ headers, body }) => [headers['x-mark'], body])).toEqual([
      ['first', 'kept'],
      ['again', 'kept'],
    ]);
  });

  test('that ask for a retry beyond the deadline get a typed error, at once', async () => {
    const { api, clock } = scripted([200], {
      hooks: { afterResponse: [() => ky.retry({ delay: 2000 })] },
      timeout: 100,
      totalTimeout: 500,
    });
    const error = await clock.run(rejection(api.get('x')));
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', limitMs: 500, cause: { name: 'ForceRetryError' } });
    expect(clock.now()).toBe(0);
  });
});
