import { bearerToken, type ClientOptions, createResilientClient, type ResilientClient } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { baseUrl, rejection } from './support/scripted.ts';

/** A stream that records the reason with which it was cancelled. */
function upload(): { readonly stream: ReadableStream; readonly reasons: unknown[] } {
  const reasons: unknown[] = [];
  const stream = new ReadableStream(
    { pull: (controller) => controller.enqueue(new Uint8Array(1)), cancel: (reason) => void reasons.push(reason) },
    { highWaterMark: 0 },
  );
  return { stream, reasons };
}

const url = `${baseUrl}x`;
const post = (body: ReadableStream): RequestInit => ({ method: 'POST', body, duplex: 'half' }) as RequestInit;

type Send = (api: ResilientClient, body: ReadableStream, signal?: AbortSignal) => Promise<Response>;
const faces: readonly (readonly [string, Send])[] = [
  ['post()', (api, body, signal) => api.post(url, { ...post(body), ...(signal && { signal }) } as object)],
  ['a Request', (api, body, signal) => api.post(new Request(url, post(body)), signal && { signal })],
  ['fetch()', (api, body, signal) => api.fetch(url, { ...post(body), ...(signal && { signal }) })],
  ['fetch() of a Request', (api, body, signal) => api.fetch(new Request(url, post(body)), signal && { signal })],
];

const failing = new Error('it failed');
const fails = (): never => {
  throw failing;
};
const answers = async () => new Response('answered');

const scenes: readonly (readonly [string, ClientOptions, ((api: ResilientClient) => unknown)?])[] = [
  ['its client is closed', {}, (api) => api.close()],
  ['another origin is allowed', { allowedOrigins: ['https://other.example.com'] }],
  ['its circuit is open', {}, (api) => api.circuits.open('https://api.example.com')],
  ['a custom fetch throws', { fetch: fails }],
  ['a custom fetch rejects', { fetch: async () => fails() }],
  ['a transport throws', { transport: fails }],
  ['a perCall strategy throws', { perCall: [{ name: 'own', execute: fails }] }],
  ['a perAttempt strategy throws', { perAttempt: [{ name: 'own', execute: fails }] }],
  [
    'a perAttempt strategy throws, where a 401 would be refreshed',
    { baseUrl, auth: bearerToken({ token: 't', refresh: fails }), perAttempt: [{ name: 'own', execute: fails }] },
  ],
  ['its credentials can’t be had', { baseUrl, auth: bearerToken({ refresh: fails }) }],
];

describe.each(faces)('a request stream given to %s is cancelled', (_face, send) => {
  test.for(scenes)('if %s', async ([, options, prepare]) => {
    const api = createResilientClient({ fetch: answers, retry: 0, ...options });
    await prepare?.(api);
    const { stream, reasons } = upload();
    await rejection(send(api, stream));
    // A stream that is read through another one is cancelled a turn later.
    await new Promise((resolve) => setImmediate(resolve));
    expect(reasons).toHaveLength(1);
  });

  test('if the signal was aborted before, with the caller’s reason', async () => {
    const { stream, reasons } = upload();
    const api = createResilientClient({ fetch: answers });
    expect(await rejection(send(api, stream, AbortSignal.abort(failing)))).toBe(failing);
    await new Promise((resolve) => setImmediate(resolve));
    expect(reasons).toEqual([failing]);
  });

  test.each<[string, ClientOptions]>([
    ['a perCall strategy', { perCall: [{ name: 'own', execute: answers }] }],
    ['a perAttempt strategy', { perAttempt: [{ name: 'own', execute: answers }] }],
    [
      'a perAttempt strategy, where a 401 would be refreshed',
      { baseUrl, auth: bearerToken({ token: 't', refresh: fails }), perAttempt: [{ name: 'own', execute: answers }] },
    ],
  ])('if %s answers without sending', async (_name, options) => {
    const { stream, reasons } = upload();
    const response = await send(createResilientClient({ fetch: fails, ...options }), stream);
    expect(await response.text()).toBe('answered');
    await new Promise((resolve) => setImmediate(resolve));
    expect(reasons).toHaveLength(1);
  });
});

describe('before it is sent', () => {
  test.each([
    ['throws', fails],
    ['answers', answers],
  ] as const)('a request stream is cancelled if a beforeRequest hook %s', async (_name, hook) => {
    const { stream, reasons } = upload();
    const api = createResilientClient({ hooks: { beforeRequest: [hook] } });
    await api.post(url, post(stream) as object).catch(() => {});
    expect(reasons).toHaveLength(1);
  });

  test('a text is left to beforeError hooks', async () => {
    const read: unknown[] = [];
    const beforeError = [
      async ({ request, error }: { readonly request: Request; readonly error: Error }) => {
        read.push(await request.text());
        return error;
      },
    ];
    const api = createResilientClient({ hooks: { beforeRequest: [fails], beforeError } });
    await rejection(api.post(url, { body: 'text' }));
    expect(read).toEqual(['text']);
  });
});
