import { hang, networkFailureOf } from '@holdfast/core/testing';
import {
  type ApiError,
  accept,
  CircuitOpenError,
  type ClientOptions,
  createResilientClient,
  DeadlineExceededError,
  failFast,
  isApiError,
  NetworkError,
  type ResilienceError,
  type ResilientClient,
  retry,
  type Strategy,
} from 'holdfast';
import { describe, expect, test } from 'vitest';
import { baseUrl, rejection, scriptedPlatform, until } from './support/scripted.ts';
import { json, listen, serve } from './support/server.ts';

const shared = (script: Parameters<typeof scriptedPlatform>[0], options: ClientOptions = {}) =>
  scriptedPlatform(script, { coalesce: true, ...options });

/** An answer that arrives when the test says so. */
function later(): { readonly step: () => Promise<Response>; answer(response: Response): void } {
  let answer!: (response: Response) => void;
  const promise = new Promise<Response>((resolve) => {
    answer = resolve;
  });
  return { step: () => promise, answer };
}

/** A step whose body the test writes, and which records whether the body was cancelled. */
function streaming() {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const seen = { cancelled: false };
  const body = new ReadableStream<Uint8Array>({
    start(own) {
      controller = own;
    },
    cancel() {
      seen.cancelled = true;
    },
  });
  return {
    seen,
    step: () => new Response(body, { headers: { 'content-type': 'text/plain', 'x-a': 'b' } }),
    write: (text: string) => controller.enqueue(new TextEncoder().encode(text)),
    close: () => controller.close(),
  };
}

describe('equal requests in flight', () => {
  test('are sent once, and each caller reads the answer', async () => {
    const { api, clock, transport, log } = shared([{ json: { id: 42 } }]);
    const calls = [1, 2, 3].map(() => api.get('orders/42').json());
    expect(await clock.run(Promise.all(calls))).toEqual([{ id: 42 }, { id: 42 }, { id: 42 }]);
    expect(transport.requests).toHaveLength(1);
    expect(log.lines).toEqual([
      `call.started: GET ${baseUrl}orders/42`,
      'attempt.started 1',
      ...Array(2)
        .fill([`call.started: GET ${baseUrl}orders/42`, 'call.coalesced'])
        .flat(),
      'attempt.ended 1: 200',
      ...Array(3).fill('call.ended: success after 1 attempt'),
    ]);
    const [leader, ...followers] = log.events.filter(({ type }) => type === 'call.started');
    const coalesced = log.events.filter((event) => event.type === 'call.coalesced');
    expect(coalesced.map(({ callId, leaderCallId }) => [callId, leaderCallId])).toEqual(
      followers.map(({ callId }) => [callId, leader?.callId]),
    );
  });

  test('a thousand at once are one request, as the server counts', async () => {
    const { origin, requests } = await serve((_request, response) =>
      setImmediate(() => json(response, 200, { id: 1 })),
    );
    const api = createResilientClient({ baseUrl: origin, coalesce: true });
    const answers = await Promise.all(Array.from({ length: 1000 }, () => api.get('orders').json()));
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(new Set(['{"id":1}']));
    expect(answers).toHaveLength(1000);
    expect(requests).toHaveLength(1);
    expect(api.snapshot().callsInFlight).toBe(0);
    await api.close();
  });

  test('share their retries, and what those cost', async () => {
    const { api, clock, transport } = shared([503, 503, 200], { retryBudget: { ratio: 0, minPerSecond: 0 } });
    const before = api.snapshot().budgets;
    const calls = Array.from({ length: 20 }, () => api.get('x'));
    expect((await clock.run(Promise.all(calls))).map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(transport.requests).toHaveLength(3);
    expect([before, api.snapshot().budgets]).toEqual([[], [expect.objectContaining({ tokens: 0 })]]);
  });

  test('are a fresh request once the answer is there', async () => {
    const { api, clock, transport } = shared([{ json: 1 }, { json: 2 }]);
    expect(await clock.run(api.get('x').json())).toBe(1);
    expect(await clock.run(api.get('x').json())).toBe(2);
    expect(transport.requests).toHaveLength(2);
  });

  test('are not shared unless asked for', async () => {
    const { api, clock, transport } = scriptedPlatform([200, 200]);
    await clock.run(Promise.all([api.get('x'), api.get('x')]));
    expect(transport.requests).toHaveLength(2);
  });

  test('go through client.fetch as well, also together with calls through ky’s face', async () => {
    const { api, clock, transport } = shared([{ json: 1 }]);
    const answers = Promise.all([
      api.fetch(`${baseUrl}x`, { headers: { accept: 'application/json' } }).then((response) => response.json()),
      api.fetch(new Request(`${baseUrl}x`, { headers: { accept: 'application/json' } })).then((one) => one.json()),
      api.get('x', { headers: { accept: 'application/json' } }).json(),
    ]);
    expect(await clock.run(answers)).toEqual([1, 1, 1]);
    expect(transport.requests).toHaveLength(1);
  });
});

describe('a request goes alone', () => {
  const alone: readonly [string, (api: ReturnType<typeof shared>['api']) => PromiseLike<unknown>][] = [
    ['of another URL', (api) => api.get('y')],
    ['of another method', (api) => api.head('x')],
    ['with another header', (api) => api.get('x', { headers: { 'accept-language': 'de' } })],
    ['with other credentials', (api) => api.get('x', { headers: { authorization: 'Bearer other' } })],
    ['with another time limit', (api) => api.get('x', { timeout: 77 })],
    [
      'with another dialect',
      (api) => api.get('x', { dialect: { name: 'd', failure: { when: { path: 'ok', is: false } } } }),
    ],
    ['with other policies', (api) => api.get('x', { policies: { 404: accept() } })],
    ['that reads its body within the attempt', (api) => api.get('x', { readBody: 'inAttempt' })],
    ['with another retry', (api) => api.get('x', { retry: 0 })],
    ['with a setting of fetch’s', (api) => api.get('x', { cache: 'no-store' })],
    ['with a setting of the runtime’s', (api) => api.get('x', { dispatcher: {} } as object)],
    ['with a hook between the attempts', (api) => api.get('x', { hooks: { afterResponse: [() => {}] } })],
    ['by POST', (api) => api.post('x')],
  ];
  test.for(alone)('%s', async ([, call]) => {
    const { api, clock, transport } = shared([200, 200]);
    await clock.run(Promise.all([api.get('x'), call(api)]));
    expect(transport.requests).toHaveLength(2);
  });

  test.for(alone.slice(-1))('%s, even where an equal one is in flight', async ([, call]) => {
    const { api, clock, transport } = shared([200, 200]);
    await clock.run(Promise.all([call(api), call(api)]));
    expect(transport.requests).toHaveLength(2);
  });

  test('but not for settings that mean the same', async () => {
    const { api, clock, transport } = shared([404]);
    const call = (totalTimeout: number) =>
      api.get('x', {
        policies: { 404: accept(), 503: retry({ limit: 1 }) },
        retry: { limit: 1 },
        timeout: 500,
        totalTimeout,
        fallback: () => undefined,
      });
    const answers = await clock.run(Promise.all([call(1000), call(2000)]));
    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
    expect(transport.requests).toHaveLength(1);
  });
});

describe('a caller that aborts', () => {
  test.for([
    ['the first', 0],
    ['a later one', 1],
  ] as const)('%s: does not affect the others, and rejects at once', async ([, who]) => {
    const { step, answer } = later();
    const { api, clock, log, transport } = shared([step]);
    const controller = new AbortController();
    const calls = [0, 1, 2].map((index) => api.get('x', index === who ? { signal: controller.signal } : {}).text());
    const left = rejection(calls[who] as Promise<string>);
    await clock.settle();
    controller.abort('left');
    expect(await left).toBe('left');
    expect(log.lines.at(-1)).toBe('call.ended: cancelled after 0 attempts');
    answer(new Response('here'));
    const others = calls.filter((_call, index) => index !== who);
    expect(await clock.run(Promise.all(others))).toEqual(['here', 'here']);
    expect(transport.requests).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test.for<[string, (api: ResilientClient, url: string, signal: AbortSignal) => Promise<Response>]>([
    ['through ky and a hook of its', (api, url, signal) => api.get(url, { signal })],
    ['with a Request that has a signal', (api, url, signal) => api.fetch(new Request(url, { signal }))],
  ])('as the first, %s, does not end the real request', async ([, begin]) => {
    const ends: (() => void)[] = [];
    const { origin } = await serve((_request, response) => ends.push(() => response.end('here')));
    const api = createResilientClient({ coalesce: true, hooks: { beforeRequest: [() => {}] } });
    let joined = 0;
    api.on('call.coalesced', () => joined++);
    const controller = new AbortController();
    const first = rejection(begin(api, origin, controller.signal));
    await until(() => ends.length === 1);
    const second = begin(api, origin, new AbortController().signal);
    await until(() => joined === 1);
    controller.abort('left');
    expect(await first).toBe('left');
    ends[0]?.();
    expect(await (await second).text()).toBe('here');
    expect(ends).toHaveLength(1);
    await api.close();
  });

  test('as the last ends the request, and the next call begins a new one', async () => {
    let signal: AbortSignal | undefined;
    const hanging = hang() as (request: Request, signal?: AbortSignal) => Promise<Response>;
    const { api, clock, log, transport } = shared([
      (request, given) => {
        signal = given;
        return hanging(request, given);
      },
      200,
    ]);
    const controllers = [new AbortController(), new AbortController()] as const;
    const failures = controllers.map((controller) => rejection(api.get('x', { signal: controller.signal })));
    await clock.settle();
    controllers[0].abort('first');
    await clock.settle();
    expect(signal?.aborted).toBe(false);
    controllers[1].abort('second');
    expect(signal?.aborted).toBe(true);
    const next = api.get('x');
    expect(await Promise.all(failures)).toEqual(['first', 'second']);
    expect((await clock.run(next)).status).toBe(200);
    expect(transport.requests).toHaveLength(2);
    expect(log.lines.filter((line) => line.startsWith('attempt.ended'))).toEqual([
      'attempt.ended 1: ABORTED',
      'attempt.ended 1: 200',
    ]);
  });

  test('while it reads loses its own body only', async () => {
    const { step, write, close, seen } = streaming();
    const { api, clock } = shared([step]);
    const controller = new AbortController();
    const [mine, other] = await clock.run(
      Promise.all([api.fetch(`${baseUrl}x`, { signal: controller.signal }), api.fetch(`${baseUrl}x`)]),
    );
    write('he');
    const mineRead = rejection(mine.text());
    const otherRead = other.text();
    await clock.settle();
    controller.abort('left');
    expect(await mineRead).toBe('left');
    write('llo');
    close();
    expect(await otherRead).toBe('hello');
    expect(seen.cancelled).toBe(false);
  });

  test('as the last reader ends the body', async () => {
    const { step, seen } = streaming();
    const { api, clock } = shared([step]);
    const answers = await clock.run(Promise.all([api.fetch(`${baseUrl}x`), api.fetch(`${baseUrl}x`)]));
    await answers[0].body?.cancel();
    expect(seen.cancelled).toBe(false);
    await answers[1].body?.cancel();
    await clock.settle();
    expect(seen.cancelled).toBe(true);
  });

  test('because its client was closed ends all of them', async () => {
    const { api, clock } = shared([hang()]);
    const failures = [rejection<ResilienceError>(api.get('x')), rejection<ResilienceError>(api.get('x'))];
    await clock.settle();
    await api.close();
    const errors = await Promise.all(failures);
    expect(errors.map(({ code }) => code)).toEqual(['CLIENT_CLOSED', 'CLIENT_CLOSED']);
    expect(new Set(errors.map(({ callId }) => callId)).size).toBe(2);
    expect([clock.pending, api.snapshot().callsInFlight]).toEqual([0, 0]);
  });
});

describe('time', () => {
  test('is each caller’s own: the first caller reaches it first', async () => {
    const { step, answer } = later();
    const { api, clock } = shared([step], { timeout: 1000, totalTimeout: 1000 });
    const first = rejection<DeadlineExceededError>(api.get('x', { totalTimeout: 1000, timeout: false }).text());
    await clock.advance(600);
    const second = api.get('x', { totalTimeout: 1000, timeout: false }).text();
    await clock.advance(400);
    const error = await first;
    expect(error).toBeInstanceOf(DeadlineExceededError);
    expect([error.elapsedMs, error.applied]).toEqual([1000, 'unknown']);
    answer(new Response('late, but here'));
    expect(await clock.run(second)).toBe('late, but here');
  });

  test('is enough for a retry where one of them has enough', async () => {
    const { step, answer } = later();
    const { api, clock, transport } = shared([step, { json: 'yes' }], {
      policies: { 503: retry({ limit: 1, backoff: { delayMs: () => 500 } as never }) },
      timeout: false,
    });
    const first = rejection<DeadlineExceededError>(api.get('x', { totalTimeout: 1000 }).json());
    await clock.advance(900);
    const second = api.get('x', { totalTimeout: 1000 }).json();
    await clock.settle();
    answer(new Response(null, { status: 503 }));
    expect(await clock.run(second)).toBe('yes');
    const error = await first;
    expect(error.timeline.map((line) => line.replace(/\s+/g, ' '))).toEqual([
      '+0 ms attempt 1: 503 in 900 ms → retry 1 of 1 in 500 ms (backoff)',
      '+1000 ms ended: DEADLINE_EXCEEDED → fail: the time for the whole call is up',
    ]);
    expect(transport.requests).toHaveLength(2);
  });
});

describe('a failure', () => {
  test('is each caller’s own error', async () => {
    const { step, answer } = later();
    const { api, clock, log } = shared([step], { retry: 0 });
    const first = rejection<ApiError>(api.get('x'));
    await clock.advance(100);
    const second = rejection<ApiError>(api.get('x'));
    await clock.settle();
    answer(Response.json({ error: { code: 'no_such_order' } }, { status: 404 }));
    const errors = await clock.run(Promise.all([first, second]));
    expect(errors.every(isApiError)).toBe(true);
    expect(errors.map(({ error }) => error.code)).toEqual(['no_such_order', 'no_such_order']);
    const started = log.events.filter(({ type }) => type === 'call.started').map(({ callId }) => callId);
    expect(errors.map(({ callId }) => callId)).toEqual(started);
    expect(errors.map(({ timeline }) => timeline)).toEqual([
      ['+0 ms  attempt 1: 404 in 100 ms → fail fast'],
      ['-100 ms  attempt 1: 404 in 100 ms → fail fast'],
    ]);
  });

  test('of the network, too, with its cause', async () => {
    const { api, clock } = shared([networkFailureOf('ECONNRESET')], { retry: 0 });
    const [first, second] = await clock.run(
      Promise.all([rejection<NetworkError>(api.get('x')), rejection<NetworkError>(api.get('x'))]),
    );
    expect(first).toBeInstanceOf(NetworkError);
    expect(second).toBeInstanceOf(NetworkError);
    expect(first.callId).not.toBe(second.callId);
    const facts = ({ message, reason, permanent, neverSent, applied, retryAt }: NetworkError) => ({
      ...{ message, reason, permanent, neverSent, applied, retryAt },
    });
    expect(facts(second)).toEqual(facts(first));
    expect(second.reason).toBe('ECONNRESET');
    expect(second.cause).toBe(first.cause);
    expect(second.decision?.reason).toBe(first.decision?.reason);
  });

  test('of a circuit that is open', async () => {
    const { api, clock, transport } = shared([], { retry: 0 });
    api.circuits.open(new URL(baseUrl).origin);
    const errors = await clock.run(Promise.all([1, 2].map(() => rejection<CircuitOpenError>(api.get('x')))));
    expect(errors.map((error) => error instanceof CircuitOpenError && error.key)).toEqual([
      'https://api.example.com',
      'https://api.example.com',
    ]);
    expect(errors[0]?.retryAfterMs).toBe(errors[1]?.retryAfterMs);
    expect(transport.requests).toHaveLength(0);
  });

  test('is replaced by each caller’s own fallback', async () => {
    const { api, clock, transport } = shared([404]);
    const call = (words: string) => api.get('x', { fallback: () => new Response(words) }).text();
    expect(await clock.run(Promise.all([call('mine'), call('yours')]))).toEqual(['mine', 'yours']);
    expect(transport.requests).toHaveLength(1);
  });

  test('is replaced by the fallback of a policy, and has the incident of the status page', async () => {
    const policies = { 503: failFast({ fallback: (error: ResilienceError) => error.incident ?? 'no incident' }) };
    const { api, clock } = shared([503], { policies, statusPage: () => ({ title: 'Failover' }) });
    const { step, answer } = later();
    const holding: Strategy = {
      name: 'holding',
      async execute(request, next, context) {
        const response = await next(request, context);
        await step();
        return response;
      },
    };
    const slow = api.extend({ perCall: [holding] });
    const calls = Promise.all([slow.get('x').json(), slow.get('x').json()]);
    await clock.settle();
    answer(new Response());
    expect(await clock.run(calls)).toEqual(Array(2).fill({ title: 'Failover' }));
  });

  test('that is not an error of ours is the same for all', async () => {
    const bug = new RangeError('a bug in a fetch');
    const fetch = (): never => {
      throw bug;
    };
    const { api, clock } = shared([], { fetch, coalesce: { partition: () => '' } });
    const failures = [rejection(api.get('x')), rejection(api.get('x'))];
    expect(await clock.run(Promise.all(failures))).toEqual([bug, bug]);
  });
});

describe('an answer', () => {
  test('that is shared is stored once by the cache, and found there by later calls', async () => {
    const kept: string[] = [];
    const items = new Map<string, unknown>();
    const store = {
      get: async (key: string) => items.get(key),
      set: async (key: string, value: unknown) => {
        kept.push(key);
        items.set(key, value);
      },
      delete: async (key: string) => items.delete(key),
    };
    const headers = { 'cache-control': 'max-age=60' };
    const { api, clock, transport } = shared([{ headers, body: '[1]' }], { responseCache: { store } });
    const answers = await clock.run(Promise.all(Array.from({ length: 5 }, () => api.get('x').json())));
    await clock.settle();
    const once = kept.length;
    expect(await clock.run(api.get('x').json())).toEqual([1]);
    expect([answers, transport.requests.length]).toEqual([Array(5).fill([1]), 1]);
    const alone = scriptedPlatform([{ headers, body: '[1]' }], { responseCache: { store } });
    kept.length = 0;
    await alone.clock.run(alone.api.get('y').json());
    await alone.clock.settle();
    expect(once).toBe(kept.length);
  });

  test('of one caller is the Response that fetch returned', async () => {
    const response = new Response('body');
    const { api, clock } = shared([response]);
    expect(await clock.run(api.fetch(`${baseUrl}x`))).toBe(response);
  });

  test('that is shared is streamed, and looks like fetch’s', async () => {
    const { origin } = await listen((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.write('he');
      pending.push(() => response.end('llo'));
    });
    const pending: (() => void)[] = [];
    const api = createResilientClient({ coalesce: true });
    const answers = await Promise.all([api.fetch(`${origin}/a?b=1`), api.fetch(`${origin}/a?b=1`)]);
    for (const response of answers) {
      expect(response).toMatchObject({
        url: `${origin}/a?b=1`,
        status: 200,
        ok: true,
        type: 'basic',
        redirected: false,
      });
      expect(response.clone().url).toBe(`${origin}/a?b=1`);
      expect(response.headers.get('content-type')).toBe('text/plain');
    }
    expect(pending).toHaveLength(1);
    const reader = (answers[0].body as ReadableStream<Uint8Array>).getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('he');
    pending[0]?.();
    expect(await answers[1].text()).toBe('hello');
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('llo');
    await api.close();
  });

  test('that is not read holds no place in the limiter', async () => {
    const { api, clock } = shared([{ json: 1 }, { json: 2 }], { rateLimit: { maxConcurrent: 1 } });
    await clock.run(Promise.all([api.get('x'), api.get('x')]));
    expect(await clock.run(api.get('y').json())).toBe(2);
  });

  test('without a body is shared as well', async () => {
    const { api, clock, transport } = shared([204, { headers: { 'x-count': '7' } }]);
    const none = await clock.run(Promise.all([api.get('x'), api.get('x')]));
    expect(none.map(({ status, body }) => [status, body])).toEqual([
      [204, null],
      [204, null],
    ]);
    const heads = await clock.run(Promise.all([api.head('x'), api.head('x')]));
    expect(heads.map(({ headers }) => headers.get('x-count'))).toEqual(['7', '7']);
    expect(transport.requests).toHaveLength(2);
  });
});

test('a listener that throws breaks no call, and a thousand calls leave nothing behind', async () => {
  const { api, clock } = shared([
    ...Array.from(
      { length: 20 },
      () => () => new Promise<Response>((resolve) => setImmediate(resolve, Response.json(1))),
    ),
  ]);
  const stop = api.on('call.coalesced', () => {
    throw new Error('mine');
  });
  const { error } = console;
  console.error = () => {};
  await Promise.all([api.get('x'), api.get('x')]);
  console.error = error;
  stop();
  for (let batch = 1; batch < 20; batch++) {
    await Promise.all(Array.from({ length: 50 }, () => api.get('x').json()));
  }
  await until(() => api.snapshot().callsInFlight === 0);
  expect(clock.pending).toBe(0);
});
