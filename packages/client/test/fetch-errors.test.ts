import { inspect } from 'node:util';
import { hang, networkFailureOf, type Step } from '@holdfast/core/testing';
import {
  AttemptTimeoutError,
  bearerToken,
  CircuitOpenError,
  ClientClosedError,
  type ClientOptions,
  CredentialsError,
  DeadlineExceededError,
  isApiError,
  isResilienceError,
  NetworkError,
  QueueRejectedError,
  RequestRefusedError,
  type ResilienceError,
  type ResilientClient,
  resilienceErrorOf,
} from 'holdfast';
import { describe, expect, test } from 'vitest';
import { baseUrl, rejection, scripted } from './support/scripted.ts';

interface Row {
  readonly name: string;
  readonly type: new (...args: never[]) => ResilienceError;
  readonly script: readonly Step[];
  readonly options: ClientOptions;
  readonly before?: (api: ResilientClient) => unknown;
  /** A member of the class. */
  readonly member: Record<string, unknown>;
}

const refresh = (): Promise<never> => Promise.reject(new Error('no'));
const rows: readonly Row[] = [
  {
    name: 'a network failure',
    type: NetworkError,
    script: [networkFailureOf('ECONNRESET')],
    options: { retry: 0 },
    member: { code: 'NETWORK', reason: 'ECONNRESET' },
  },
  {
    name: 'a timeout',
    type: AttemptTimeoutError,
    script: [hang()],
    options: { timeout: 10, retry: 0 },
    member: { code: 'ATTEMPT_TIMEOUT', limitMs: 10 },
  },
  {
    name: 'a deadline',
    type: DeadlineExceededError,
    script: [hang()],
    options: { timeout: 20, totalTimeout: 20 },
    member: { code: 'DEADLINE_EXCEEDED', limitMs: 20 },
  },
  {
    name: 'an open circuit',
    type: CircuitOpenError,
    script: [],
    options: {},
    before: (api) => api.circuits.open('https://api.example.com'),
    member: { code: 'CIRCUIT_OPEN', key: 'https://api.example.com' },
  },
  {
    name: 'a full queue',
    type: QueueRejectedError,
    script: [hang()],
    options: { rateLimit: { maxConcurrent: 1, maxQueue: 0 } },
    before: (api) => void rejection(api.fetch(baseUrl)),
    member: { code: 'QUEUE_FULL' },
  },
  {
    name: 'credentials that cannot be had',
    type: CredentialsError,
    script: [],
    options: { auth: bearerToken({ refresh }) },
    member: { code: 'CREDENTIALS' },
  },
  {
    name: 'a closed client',
    type: ClientClosedError,
    script: [],
    options: {},
    before: (api) => api.close(),
    member: { code: 'CLIENT_CLOSED' },
  },
];

describe.for(rows)('client.fetch, where $name ends a call', ({ type, script, options, before, member }) => {
  async function failure(): Promise<TypeError & { readonly cause: ResilienceError }> {
    const { api, clock } = scripted(script, options);
    await before?.(api);
    return clock.run(rejection(api.fetch(`${baseUrl}x`)));
  }

  test('rejects with a TypeError, by constructor and name, whose cause is the typed error', async () => {
    const error = await failure();
    expect(error).toBeInstanceOf(TypeError);
    expect([error.constructor, error.name, Object.prototype.toString.call(error)]).toEqual([
      TypeError,
      'TypeError',
      '[object Error]',
    ]);
    expect(error.cause).toBeInstanceOf(type);
    // SDKs recognise a failed connection by the words of Node's fetch.
    const words = error.cause.code === 'NETWORK' ? 'fetch failed: ' : '';
    expect(error.message).toBe(`${words}${error.cause.message}`);
    expect(String(error)).toBe(`TypeError: ${error.message}`);
  });

  test('is recognised by the guards, and has the members of the typed error', async () => {
    const error = await failure();
    expect(isResilienceError(error)).toBe(true);
    expect(resilienceErrorOf(error)).toBe(error.cause);
    expect(resilienceErrorOf(error.cause)).toBe(error.cause);
    expect(resilienceErrorOf(new Proxy(error, {}))).toBe(error.cause);
    const { callId, timeline, elapsedMs, applied, retryAt, decision, attempts, request } = error.cause;
    const facts = { callId, timeline, elapsedMs, applied, retryAt, decision, attempts, request, ...member };
    expect(error).toMatchObject(facts);
    expect(error.cause).toMatchObject(facts);
  });

  test('prints the timeline of the call, and shows loggers no member of its own', async () => {
    const error = await failure();
    const printed = inspect(error);
    expect(printed).toContain(`TypeError: ${error.cause.name} [${error.cause.code}]: ${error.cause.message}`);
    expect(error.cause.timeline.length).toBeGreaterThan(0);
    for (const line of error.cause.timeline) expect(printed).toContain(line);
    expect({ ...error }).toEqual({});
    expect(JSON.parse(JSON.stringify(error))).toEqual(JSON.parse(JSON.stringify(error.cause)));
  });

  test('but the methods reject with the typed error itself', async () => {
    const { api, clock } = scripted(script, options);
    await before?.(api);
    expect(await clock.run(rejection(api.get('x')))).toBeInstanceOf(type);
  });
});

test('the caller’s abort reason is rethrown unchanged, also where it is a typed error of another call', async () => {
  const other = await scripted([networkFailureOf('ECONNRESET')], { retry: 0 });
  const typed = await other.clock.run(rejection<ResilienceError>(other.api.get('x')));
  for (const reason of [typed, new Error('mine'), 'gone', undefined]) {
    for (const early of [true, false]) {
      const { api, clock } = scripted([hang()]);
      const controller = new AbortController();
      if (early) controller.abort(reason);
      const failed = rejection(api.fetch(`${baseUrl}x`, { signal: controller.signal }));
      controller.abort(reason);
      expect(await clock.run(failed)).toBe(controller.signal.reason);
    }
  }
});

test('a limit that the caller has set is not a network failure, and rejects as itself', async () => {
  const { api } = scripted([], { allowedOrigins: ['https://api.example.com'] });
  expect(await rejection(api.fetch('https://evil.example/'))).toBeInstanceOf(RequestRefusedError);
});

test('an error of the caller’s own fetch that is no failure of the network rejects as itself', async () => {
  const bug = new TypeError('x is not a function');
  const { api } = scripted([bug]);
  expect(await rejection(api.fetch(baseUrl))).toBe(bug);
  expect([isResilienceError(bug), resilienceErrorOf(bug)]).toEqual([false, undefined]);
});

test('a client whose fetch is another client’s neither repeats nor wraps what that one has given up on', async () => {
  const inner = scripted([
    networkFailureOf('ECONNRESET'),
    networkFailureOf('ECONNRESET'),
    networkFailureOf('ECONNRESET'),
  ]);
  const { fetch } = inner.api;
  const outer = scripted([], { fetch: fetch as typeof globalThis.fetch });
  const error = await inner.clock.run(rejection<NetworkError>(outer.api.get('x')));
  expect(inner.transport.requests).toHaveLength(3);
  expect(error).toBeInstanceOf(NetworkError);
  expect(error.attempts).toHaveLength(3);
});

test('a refused check of the body is an ApiError, with the response that the client made of it', async () => {
  const requestSchema = {
    '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: 'no' }] }) },
  } as const;
  const { api } = scripted([], { requestSchema });
  const error = await rejection(
    api.fetch(baseUrl, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }),
  );
  expect(isApiError(error) && error.status).toBe(400);
});
