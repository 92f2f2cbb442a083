import { brotliCompressSync, constants } from 'node:zlib';
import { accept, type ClientOptions, createResilientClient, isApiError, RequestRefusedError } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { rejection, scripted, until } from './support/scripted.ts';
import { serve } from './support/server.ts';

const kib = 1024;

/** A body of this many KiB that counts what is read of it. */
function counted(kibs: number) {
  const seen = { taken: 0, cancelled: undefined as unknown };
  const stream = new ReadableStream(
    {
      pull(controller) {
        if (seen.taken === kibs) return controller.close();
        seen.taken++;
        controller.enqueue(new Uint8Array(kib).fill(0x20));
      },
      cancel(reason) {
        seen.cancelled = reason;
      },
    },
    { highWaterMark: 0 },
  );
  return { seen, response: () => new Response(stream) };
}

const shortcuts = ['json', 'text', 'blob', 'arrayBuffer', 'bytes', 'formData'] as const;

test.for(shortcuts)('.%s() reads no further than the limit, cancels the body, and is not retried', async (shortcut) => {
  const { seen, response } = counted(1000);
  const { api, transport, log } = scripted([response, 200], { maxResponseBytes: 8 * kib });
  const error = await rejection<RequestRefusedError>(api.get('x')[shortcut]());
  expect(error).toBeInstanceOf(RequestRefusedError);
  expect(error).toMatchObject({ code: 'RESPONSE_TOO_LARGE', applied: 'yes', attempts: [{ status: 200 }] });
  expect(error.message).toBe('Response is larger than maxResponseBytes (8192): GET https://api.example.com/v1/x');
  expect(seen).toEqual({ taken: 9, cancelled: error });
  expect(transport.requests).toHaveLength(1);
  expect(log.lines.at(-1)).toBe('call.ended: failure after 1 attempt');
});

test('exactly the limit is allowed, and one byte more is not', async () => {
  const body = JSON.stringify({ text: 'ä'.repeat(10) });
  const bytes = new TextEncoder().encode(body).byteLength;
  for (const headers of [{}, { 'content-length': String(bytes) }]) {
    for (const length of [0, 1, bytes]) {
      const chunks = new ReadableStream({
        start(controller) {
          const whole = new TextEncoder().encode(body);
          controller.enqueue(whole.subarray(0, length));
          controller.enqueue(whole.subarray(length));
          controller.close();
        },
      });
      const [one, other] = chunks.tee();
      const { api } = scripted([new Response(one, { headers })], { maxResponseBytes: bytes });
      expect(await api.get('x').json()).toEqual({ text: 'ä'.repeat(10) });
      const { api: less } = scripted([new Response(other, { headers })], { maxResponseBytes: bytes - 1 });
      expect(await rejection(less.get('x').json())).toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
    }
  }
  const { api } = scripted([new Response(''), new Response('x')], { maxResponseBytes: 0 });
  expect(await api.get('x').text()).toBe('');
  expect(await rejection(api.get('x').text())).toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
});

test('a body that says that it is too long is not read at all, unless that is its length before decoding', async () => {
  const { seen, response } = counted(1000);
  const long = () => new Response(response().body, { headers: { 'content-length': String(1000 * kib) } });
  const { api } = scripted([long], { maxResponseBytes: kib });
  expect(await rejection(api.get('x').json())).toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
  expect(seen.taken).toBe(0);
  const encoded = new Response('[1]', { headers: { 'content-length': '4096', 'content-encoding': 'gzip' } });
  expect(await scripted([encoded], { maxResponseBytes: kib }).api.get('x').json()).toEqual([1]);
});

test('a body of 300 bytes that expands to 200 MB is cancelled at the limit', async () => {
  const bomb = brotliCompressSync(Buffer.alloc(200 * kib * kib, ' '), {
    params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 24 },
  });
  expect(bomb.byteLength).toBeLessThan(2 * kib);
  const { origin, requests } = await serve((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'br', 'content-type': 'application/json' }).end(bomb);
  });
  let read = 0;
  const countingFetch = async (...given: Parameters<typeof fetch>) => {
    const response = await fetch(...given);
    const counting = new TransformStream({
      transform(chunk: Uint8Array, controller) {
        read += chunk.byteLength;
        controller.enqueue(chunk);
      },
    });
    return new Response(response.body?.pipeThrough(counting), response);
  };
  const api = createResilientClient({ baseUrl: origin, maxResponseBytes: 100 * kib, fetch: countingFetch });
  expect(await rejection(api.get('x').json())).toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
  expect(read).toBeLessThan(kib * kib);
  expect(requests).toHaveLength(1);
});

describe('it does not concern', () => {
  const long = 'x'.repeat(10 * kib);
  const limited: ClientOptions = { maxResponseBytes: kib };

  test('the body of an error', async () => {
    const { api } = scripted([{ status: 422, json: { error: { message: 'no', detail: long } } }], limited);
    const error = await rejection(api.get('x').json());
    expect(isApiError(error) && error.data).toEqual({ error: { message: 'no', detail: long } });
  });

  test('a response that the caller reads, through either face', async () => {
    const { api } = scripted([new Response(long), new Response(long)], limited);
    const response = await api.get('x');
    expect(await response.text()).toBe(long);
    expect(await (await api.fetch('https://api.example.com/x')).text()).toBe(long);
  });

  test('another call of the client, which may set its own limit, or none', async () => {
    const { api } = scripted([new Response(long), new Response(long), new Response(long)], limited);
    expect(await api.get('x', { maxResponseBytes: false }).text()).toBe(long);
    expect(await api.get('x', { maxResponseBytes: 10 * kib }).text()).toBe(long);
    expect(await rejection(api.get('x').text())).toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
  });
});

test.for<[string, ClientOptions]>([
  ['a status that a policy accepts', { policies: { 404: accept() } }],
  ['throwHttpErrors: false', { throwHttpErrors: false }],
])('a shortcut is bounded whatever the status: %s', async ([, options]) => {
  const { api } = scripted([() => new Response('x'.repeat(2 * kib), { status: 404 })], {
    maxResponseBytes: kib,
    ...options,
  });
  expect(await rejection(api.get('x').text())).toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
});

test.for<[string, ClientOptions]>([
  ['hooks', { hooks: { afterResponse: [() => undefined], beforeRequest: [() => undefined] } }],
  ['parseJson', { parseJson: (text) => JSON.parse(text) }],
  ['onDownloadProgress', { onDownloadProgress: () => undefined }],
  ["readBody: 'inAttempt'", { readBody: 'inAttempt' }],
  ['a limiter', { rateLimit: { maxConcurrent: 1 } }],
  ['a cache', { responseCache: true }],
  ['coalescing', { coalesce: true }],
])('it applies with %s', async ([, options]) => {
  const body = () => new Response(JSON.stringify('x'.repeat(2 * kib)), { headers: { 'cache-control': 'max-age=60' } });
  const { api } = scripted([body, body, body], { maxResponseBytes: kib, ...options });
  for (let calls = 0; calls < 3; calls++) {
    expect(await rejection(api.get('x').json())).toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
  }
  expect(api.snapshot()).toMatchObject({ callsInFlight: 0 });
  await until(() => api.snapshot().limiters.every(({ running }) => running === 0));
});

test('it holds where the shortcut is called when the answer is there already, and for a response that is frozen', async () => {
  const late = scripted([new Response('x'.repeat(2 * kib))], { maxResponseBytes: kib }).api.get('x');
  await late;
  expect(await rejection(late.text())).toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
  const frozen = Object.freeze(new Response('x'.repeat(2 * kib)));
  const { api } = scripted([frozen], { maxResponseBytes: kib });
  expect(await rejection(api.get('x').text())).toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
});

test('it holds where a platform shows no stream', async () => {
  const streamless = (text: string) => Object.defineProperty(new Response(text), 'body', { value: undefined });
  const { api } = scripted([streamless('x'.repeat(kib)), streamless('x'.repeat(kib + 1))], { maxResponseBytes: kib });
  expect(await api.get('x').text()).toBe('x'.repeat(kib));
  expect(await rejection(api.get('x').text())).toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
});

test('a blob keeps its type, and a form is read', async () => {
  const form = new FormData();
  form.set('a', 'b');
  const { api } = scripted([new Response('x', { headers: { 'content-type': 'image/png' } }), new Response(form)], {
    maxResponseBytes: kib,
  });
  expect((await api.get('x').blob()).type).toBe('image/png');
  expect((await api.get('x').formData()).get('a')).toBe('b');
});

test('the option is checked', () => {
  for (const maxResponseBytes of [-1, 1.5, Number.NaN]) {
    expect(() => createResilientClient({ maxResponseBytes })).toThrow(/maxResponseBytes must be an integer ≥ 0/);
  }
  expect(() => createResilientClient({ maxResponseBytes: '1mb' as never })).toThrow(TypeError);
});
