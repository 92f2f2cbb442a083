import { type ApiError, type ClientOptions, createResilientClient } from 'holdfast';
import { afterEach, expect, test, vi } from 'vitest';
import { rejection } from './support/scripted.ts';

afterEach(() => void vi.restoreAllMocks());

/** As in React Native: a Response has no stream, and can be read only by its methods. */
const streamless =
  (status = 200, type = 'application/json') =>
  async (): Promise<Response> =>
    Object.defineProperty(
      new Response('{"id":42}', { status, headers: { 'content-type': type, etag: '"1"' } }),
      'body',
      { value: undefined },
    );

test.for<[string, ClientOptions]>([
  ['nothing else', {}],
  ['responseCache', { responseCache: true }],
  ['coalesce', { coalesce: { partition: () => 'all' } }],
  ['idleTimeout', { idleTimeout: 1000 }],
  ["readBody: 'inAttempt'", { readBody: 'inAttempt' }],
  ["readBody: 'firstChunk'", { readBody: 'firstChunk' }],
  ['resumeBody', { resumeBody: true }],
  ['maxConcurrent', { rateLimit: { maxConcurrent: 1 } }],
  ['limits in a unit', { rateLimit: { unit: 'tokens', amount: 100, perMs: 1000, cost: () => 1, usage: 'id' } }],
])('a body without a stream is read, with %s', async ([, options]) => {
  const api = createResilientClient({ baseUrl: 'https://api.example.com/', fetch: streamless(), ...options });
  const all = await Promise.all([api.get('x').json(), api.get('x').json()]);
  expect(all).toEqual([{ id: 42 }, { id: 42 }]);
  expect(await (await api.fetch('https://api.example.com/x')).json()).toEqual({ id: 42 });
  await api.close();
});

test('a stream of events says that this platform shows no streams', async () => {
  const api = createResilientClient({
    baseUrl: 'https://api.example.com/',
    fetch: streamless(200, 'text/event-stream'),
  });
  const error = await rejection(
    (async () => {
      for await (const event of api.events('x')) return event;
    })(),
  );
  expect(error).toMatchObject({ code: 'INVALID_BODY', message: expect.stringContaining('cannot be read as a stream') });
});

test('an error status is reported where there is no URL.canParse() either', async () => {
  vi.spyOn(URL, 'canParse').mockImplementation(() => {
    throw new TypeError('URL.canParse is not a function');
  });
  const baseUrl = 'https://api.example.com/v1/';
  const api = createResilientClient({ baseUrl, fetch: streamless(404), allowedOrigins: [baseUrl] });
  const error = await rejection<ApiError>(api.get('x'));
  expect([error.code, error.status, error.data]).toEqual(['API_ERROR', 404, { id: 42 }]);
});

test('idempotency keys need random bytes, and say so where a platform has none', () => {
  vi.stubGlobal('crypto', undefined);
  try {
    expect(() => createResilientClient({ idempotencyKeys: true })).toThrow(/idempotencyKeys: .*give generate/);
    expect(() => createResilientClient({ idempotencyKeys: { generate: () => 'mine' } })).not.toThrow();
  } finally {
    vi.unstubAllGlobals();
  }
});
