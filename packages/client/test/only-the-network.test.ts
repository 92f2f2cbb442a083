import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkFailureOf, type Step } from '@holdfast/core/testing';
import {
  bearerToken,
  type CallOptions,
  type ClientOptions,
  createResilientClient,
  isResilienceError,
  type ResilientClient,
} from 'holdfast';
import { describe, expect, test } from 'vitest';
import { baseUrl, rejection, scripted } from './support/scripted.ts';

const disguises: readonly (readonly [string, () => Error])[] = [
  ['has the code of a reset', () => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
  ['says that a fetch has failed', () => new TypeError('fetch failed')],
  [
    'has a cause with a code',
    () => new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) }),
  ],
  ['has a code of undici’s', () => Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' })],
  ['says that a body broke', () => new TypeError('terminated')],
];

type Place = readonly [
  name: string,
  script: readonly Step[],
  options: (fail: () => never) => ClientOptions,
  own?: (fail: () => never) => CallOptions,
];

const places: readonly Place[] = [
  ['parseJson', [{ body: '{}' }], (parseJson) => ({ parseJson })],
  ['a perCall strategy', [200], (execute) => ({ perCall: [{ name: 'own', execute }] })],
  ['a perAttempt strategy', [200], (execute) => ({ perAttempt: [{ name: 'own', execute }] })],
  [
    'a strategy, after the answer',
    [200],
    (fail) => ({
      perAttempt: [{ name: 'own', execute: (request, next, context) => next(request, context).then(fail) }],
    }),
  ],
  ['a beforeRequest hook', [200], (hook) => ({ hooks: { beforeRequest: [hook] } })],
  ['an afterResponse hook', [200], (hook) => ({ hooks: { afterResponse: [hook] } })],
  ['a beforeRetry hook', [503, 200], (hook) => ({ hooks: { beforeRetry: [hook] } })],
  ['a policy', [503, 200], (policy) => ({ policies: { 503: policy } })],
  ['a fallback', [404], (fallback) => ({ fallback })],
];

describe.for(disguises)('an error that %s', ([, made]) => {
  test.for(places)('comes out of %s as itself, and is not retried', async ([, script, options]) => {
    const error = made();
    const fail = (): never => {
      throw error;
    };
    const { api, clock, transport } = scripted(script, options(fail));
    expect(await clock.run(rejection(api.get('x').json()))).toBe(error);
    expect(transport.requests.length).toBeLessThanOrEqual(1);
  });

  test('comes out of a schema as itself', async () => {
    const error = made();
    const fail = (): never => {
      throw error;
    };
    const schema = { '~standard': { version: 1, vendor: 'test', validate: fail } } as const;
    const { api } = scripted([{ body: '{}' }]);
    expect(await rejection(api.get('x').json(schema))).toBe(error);
  });

  test.for([
    ['a shortcut', (api, onDownloadProgress) => api.get('x', { onDownloadProgress }).json()],
    ['a shortcut, behind hooks', (api, onDownloadProgress) => api.get('x', { onDownloadProgress, hooks: {} }).text()],
    ['a reader', async (api, onDownloadProgress) => (await api.get('x', { onDownloadProgress })).text()],
    ['an upload', (api, onUploadProgress) => api.put('x', { body: 'x', onUploadProgress })],
    ['an upload of JSON', (api, onUploadProgress) => api.put('x', { json: {}, onUploadProgress }).json()],
  ] as readonly (readonly [string, (api: ResilientClient, fail: () => never) => Promise<unknown>])[])(
    'comes out of a function that is told the progress of %s as itself, and is not retried',
    async ([, call]) => {
      const error = made();
      const server = createServer((request, response) => request.resume().on('end', () => response.end('{}')));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const api = createResilientClient({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
      let calls = 0;
      const fail = (): never => {
        calls++;
        throw error;
      };
      expect(await rejection(call(api, fail))).toBe(error);
      expect(calls).toBe(1);
      await api.close();
      server.close();
    },
  );

  test('comes out of client.fetch as itself, from a strategy', async () => {
    const error = made();
    const execute = () => Promise.reject(error);
    const { api, clock } = scripted([], { perAttempt: [{ name: 'own', execute }] });
    expect(await clock.run(rejection(api.fetch(baseUrl)))).toBe(error);
  });

  test('is a network failure where the transport throws it, and is retried', async () => {
    let calls = 0;
    const transport = () => {
      calls++;
      return Promise.reject(made());
    };
    const { clock, api } = scripted([], { transport });
    const error = await clock.run(rejection(createResilientClient({ clock, transport }).get(baseUrl)));
    expect([isResilienceError(error) && error.code, calls]).toEqual(['NETWORK', 3]);
    await api.close();
  });
});

test.for([
  ['a bare error', Object.assign(new Error("ENOENT: no such file or directory, open 'key.pem'"), { code: 'ENOENT' })],
  ['the cause of an error', new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ENOENT' }) })],
  ['EACCES', Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })],
  ['a bug', new TypeError("Cannot read properties of undefined (reading 'x')")],
] as const)(
  'a custom fetch or transport that fails with %s is not retried, and what it threw comes out',
  async ([, error]) => {
    const own = scripted([error, error]);
    expect(await own.clock.run(rejection(own.api.get('x')))).toBe(error);
    expect(own.transport.requests).toHaveLength(1);
    let calls = 0;
    const transport = () => {
      calls++;
      return Promise.reject(error);
    };
    expect(await rejection(createResilientClient({ transport }).get(baseUrl))).toBe(error);
    expect(calls).toBe(1);
  },
);

test.for(['CERT_HAS_EXPIRED', 'ERR_SSL_WRONG_VERSION_NUMBER', 'HPE_INVALID_CONSTANT', 'EAI_AGAIN', 'ECONNRESET'])(
  'a custom fetch that fails with %s has had no answer',
  async (code) => {
    const failures = [1, 2, 3].map(() => Object.assign(new Error(code), { code }));
    const { api, clock } = scripted(failures);
    expect(await clock.run(rejection(api.get('x')))).toMatchObject({ code: 'NETWORK', reason: code });
  },
);

test('a TypeError in Safari’s words with a host is a failure of the network where it has no stack, or Sentry’s, as in ky', async () => {
  const made = new TypeError('Load failed (api.example.com)');
  const { api, clock } = scripted([made]);
  expect(await clock.run(rejection(api.get('x')))).toBe(made);
  const bare: Error = new TypeError('Load failed (api.example.com)');
  delete bare.stack;
  const captured = Object.assign(new TypeError('Load failed (api.example.com)'), { __sentry_captured__: true });
  // Sentry's own `fetch` gives the error a stack, and says how much of it is its own.
  const traced = Object.assign(new TypeError('Load failed (api.example.com)'), { framesToPop: 1 });
  for (const error of [bare, captured, traced]) {
    const scene = scripted([error, 200]);
    expect((await scene.clock.run(scene.api.get('x'))).status).toBe(200);
  }
});

test('a refresh that fails for lack of an answer ends in a CredentialsError, whatever its words', async () => {
  const refresh = () => Promise.reject(new TypeError('fetch failed'));
  const { api, clock } = scripted([networkFailureOf('ECONNRESET')], { auth: bearerToken({ refresh }) });
  expect(await clock.run(rejection(api.get('x')))).toMatchObject({ code: 'CREDENTIALS' });
});
