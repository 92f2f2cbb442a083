import { ManualClock } from '@holdfast/core/testing';
import {
  bearerToken,
  type ClientOptions,
  createResilientClient,
  isResilienceError,
  type ResilienceError,
} from 'holdfast';
import { describe, expect, test } from 'vitest';
import { baseUrl, rejection } from './support/scripted.ts';

const hang = (): Promise<Response> => new Promise(() => {});
const answer = (body: string | null, init?: ResponseInit) => async (): Promise<Response> => new Response(body, init);
const refuse = async (): Promise<never> => {
  throw Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) });
};
const brokenBody = async (): Promise<Response> =>
  new Response(new ReadableStream({ pull: (controller) => controller.error(new TypeError('terminated')) }));
const full = { requests: 1, perMs: 1000 };

interface Kind {
  readonly options: ClientOptions;
  /** What happened, as the message reports it. */
  readonly words: RegExp;
  readonly group: string;
  /** How the call continues. */
  readonly passMs?: number;
  /** An earlier call, which takes the only permit or opens the circuit. */
  readonly before?: boolean;
}

const kinds: Record<string, Kind> = {
  'no connection': {
    options: { fetch: refuse },
    words: /network error: .* \(ECONNREFUSED\)/,
    group: 'NetworkError NETWORK',
  },
  'a body cut short': { options: { fetch: brokenBody }, words: /was cut short/, group: 'NetworkError NETWORK' },
  'a timeout': {
    options: { fetch: hang, timeout: 50 },
    words: /timed out after 50 ms \(attempt 1\)/,
    group: 'AttemptTimeoutError ATTEMPT_TIMEOUT',
    passMs: 50,
  },
  'a deadline': {
    options: { fetch: hang, timeout: false, totalTimeout: 50 },
    words: /timed out after 50 ms \(the whole call\)/,
    group: 'DeadlineExceededError DEADLINE_EXCEEDED',
    passMs: 50,
  },
  'a full queue': {
    options: { fetch: answer(''), rateLimit: { ...full, maxQueue: 0 } },
    words: /was not queued/,
    group: 'QueueRejectedError QUEUE_FULL',
    before: true,
  },
  'a long queue': {
    options: { fetch: answer(''), rateLimit: { ...full, maxQueueMs: 50 } },
    words: /did not wait any longer/,
    group: 'QueueRejectedError QUEUE_TIMEOUT',
    passMs: 50,
    before: true,
  },
  'an open circuit': {
    options: { fetch: answer('', { status: 503 }), circuitBreaker: { minimumCalls: 1 } },
    words: /Circuit for api\.example\.com is open/,
    group: 'CircuitOpenError CIRCUIT_OPEN',
    before: true,
  },
  'no credentials': {
    options: { auth: bearerToken({ refresh: async () => Promise.reject(new Error('it is down')) }) },
    words: /could not be obtained: it is down/,
    group: 'CredentialsError CREDENTIALS',
  },
  'no JSON': {
    options: { fetch: answer('<html>') },
    words: /Body is not valid JSON: 200 .* from GET/,
    group: 'InvalidBodyError INVALID_BODY',
  },
  'too large a body': {
    options: { fetch: answer('x'.repeat(99)), maxResponseBytes: 9 },
    words: /larger than maxResponseBytes \(9\)/,
    group: 'RequestRefusedError RESPONSE_TOO_LARGE',
  },
  'another origin': {
    options: { allowedOrigins: ['https://other.example'] },
    words: /Refused by allowedOrigins/,
    group: 'RequestRefusedError DISALLOWED_ORIGIN',
  },
  'too high a cost': {
    options: { rateLimit: { unit: 'tokens', amount: 1, perMs: 1000, cost: () => 2, usage: 'usage' } },
    words: /costs more tokens than its limit ever grants/,
    group: 'CostError COST_TOO_HIGH',
  },
  'a 404': {
    options: { fetch: answer('{"error":{"code":"missing","message":"No such order."}}', { status: 404 }) },
    words: /^404 Not Found: GET .* — No such order \(missing\)/,
    group: 'NotFoundError API_ERROR:404',
  },
  'a 409': {
    options: { fetch: answer('', { status: 409 }) },
    words: /^409 Conflict: GET/,
    group: 'ApiError API_ERROR:409',
  },
};

const paths = [
  'users/ada@example.com/orders/1001?page=2',
  'users/bob%40example.org/orders/deadbeef0815?page=77',
] as const;

async function failure({ options, passMs = 0, before = false }: Kind, path: string): Promise<ResilienceError> {
  const clock = new ManualClock();
  const api = createResilientClient({ baseUrl, clock, retry: 0, ...options });
  if (before) await api.get('x').catch(() => undefined);
  const failed = rejection<ResilienceError>(api.get(path).json());
  await clock.advance(passMs);
  return failed;
}

describe('two calls of one route, whose ids differ, that fail alike', () => {
  test.each(Object.entries(kinds))('%s', async (_, kind) => {
    const [first, second] = await Promise.all(paths.map((path) => failure(kind, path)));
    expect(isResilienceError(first)).toBe(true);
    expect(first?.fingerprint).toBe(`${kind.group} GET api.example.com /v1/users/:id/orders/:id`);
    expect(second?.fingerprint).toBe(first?.fingerprint);
    const [one = '', other = ''] = [first?.message, second?.message];
    const end = [...one].findIndex((character, index) => character !== other[index]);
    const same = end < 0 ? one : one.slice(0, end);
    expect(same).toMatch(kind.words);
    expect(same).not.toMatch(/ada|1001|page/);
  });

  test.each(Object.entries(kinds))(
    '%s, with a URL of ten kilobytes: the message is short, and says so',
    async (_, kind) => {
      const long = 'abcdefghi/'.repeat(500);
      for (const path of [`orders?filter=${long}`, `orders/${long}x?last=1`]) {
        const { message, request } = await failure(kind, path);
        expect(message).toMatch(kind.words);
        expect(message.length).toBeLessThan(2500);
        if (message.includes('orders')) expect(message).toMatch(/…\(\d+ characters left out\)…/);
        expect(request.url).toBe(baseUrl + path);
      }
    },
  );

  test('the URL itself is at the end of the message', async () => {
    const { message } = await failure(kinds['no connection'] as Kind, paths[0]);
    expect(message).toBe(
      `Request failed due to a network error: GET ${baseUrl}users/:id/orders/:id (ECONNREFUSED) [GET ${baseUrl}users/ada@example.com/orders/1001?page=2]`,
    );
  });
});

test('the error of client.fetch has the fingerprint of the typed error, and both have it as JSON', async () => {
  const { fetch } = createResilientClient({ retry: 0, fetch: refuse });
  const error = await rejection<ResilienceError>(fetch('https://api.example.com/orders/42'));
  expect(error).toBeInstanceOf(TypeError);
  expect(error.fingerprint).toBe('NetworkError NETWORK GET api.example.com /orders/:id');
  expect(JSON.parse(JSON.stringify(error))).toMatchObject({ fingerprint: error.fingerprint });
});

test('secrets and passwords of a URL are in no fingerprint', async () => {
  const { fetch } = createResilientClient({ retry: 0, fetch: refuse });
  const error = await rejection<ResilienceError>(fetch('https://api.example.com/a;jsessionid=hush/b?token=hush'));
  expect(error.fingerprint).toBe('NetworkError NETWORK GET api.example.com /a/b');
});
