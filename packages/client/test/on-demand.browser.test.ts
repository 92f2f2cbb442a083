import { type Clock, systemClock } from '@holdfast/core';
import { ManualClock } from '@holdfast/core/testing';
import type { ApiError, ClientOptions, createResilientClient } from 'holdfast';
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import type { Delivery } from './support/bundle-for-pages.ts';
import { rejection } from './support/scripted.ts';

/**
 * A client from a bundle that only this test loads. Its time stands still unless the test says otherwise, because a call
 * waits at most a second for some parts, and loading them takes longer on a busy machine.
 */
async function bundled(options: ClientOptions, delivery: Readonly<Record<string, Delivery>> = {}) {
  const url = `${inject('bundle')}/${crypto.randomUUID()}`;
  const deliver = async (chunk: string, how: Delivery): Promise<void> => {
    await fetch(`${url}/deliver/${chunk}/${how}`);
  };
  for (const [chunk, how] of Object.entries(delivery)) await deliver(chunk, how);
  // A browser opens few connections to one server, and requests that hang keep theirs.
  onTestFinished(async () => {
    for (const chunk of Object.keys(delivery)) await deliver(chunk, 'as it is');
  });
  const module = (await import(/* @vite-ignore */ `${url}/index.js`)) as {
    readonly createResilientClient: typeof createResilientClient;
  };
  const requests: string[] = [];
  const answers: ((request: Request) => Response | Promise<Response>)[] = [];
  const client = module.createResilientClient({
    ...{ baseUrl: 'https://api.example.com/', retry: 0, random: () => 0, clock: new ManualClock() },
    async fetch(input) {
      const request = input as Request;
      requests.push(new URL(request.url).pathname);
      return (answers.shift() ?? (() => Response.json({ id: requests.length })))(request);
    },
    ...options,
  });
  onTestFinished(() => client.close());
  return {
    ...{ client, requests, answers, deliver },
    /** The parts that were fetched on demand. */
    async fetched(): Promise<readonly string[]> {
      const names = (await (await fetch(`${url}/log`)).json()) as string[];
      return names.filter((name) => parts.has(name));
    },
  };
}

const parts: ReadonlySet<string> = new Set([
  ...['cache', 'circuit-breaker', 'fast-bottleneck', 'further-hops', 'guides', 'opossum-for-pages', 'rate-limiter'],
  ...['read-api-answer', 'resumed-body', 'streams'],
]);
/** A page loads these parts when it is idle after its first answer. */
const soon = ['circuit-breaker', 'guides', 'rate-limiter', 'read-api-answer'];
/**
 * A clock that advances while parts are loaded, as real time does. Use it only in tests in which each requested part
 * hangs, because loading takes real time, and this clock would run ahead.
 */
function unheldClock(): ManualClock {
  return Object.assign(new ManualClock(), { hold: undefined });
}

/** Switches off the loading in idle time, whose moment no test can know. */
function neverIdle(): void {
  vi.stubGlobal('requestIdleCallback', () => 0);
  onTestFinished(() => void vi.unstubAllGlobals());
}

function clockWhere(how: 'fails' | 'hangs'): ManualClock {
  return how === 'hangs' ? unheldClock() : new ManualClock();
}
const down = (): Response => new Response(null, { status: 503 });
const missing = (): Response => new Response(null, { status: 404 });
const fresh = (): Response => new Response('kept', { headers: { 'cache-control': 'max-age=60' } });

test('a page whose calls go well loads only what a failure would need, when it is idle after the first answer', async () => {
  const { client, fetched } = await bundled({});
  expect(await fetched()).toEqual([]);
  expect(await client.get('a').json()).toEqual({ id: 1 });
  await expect.poll(async () => [...(await fetched())].sort()).toEqual(soon);
});

describe('the limiter', () => {
  const busy = (): Response => new Response(null, { status: 429, headers: { 'retry-after': '2' } });

  test('comes with the answer that asks for a pause, and the pause holds for the next call', async () => {
    const clock = new ManualClock();
    const { client, answers } = await bundled({ clock });
    answers.push(busy);
    await clock.run(rejection(client.get('a')));
    expect(clock.now()).toBe(0);
    await clock.run(client.get('a').text());
    expect(clock.now()).toBeGreaterThanOrEqual(2000);
  });

  test('where it cannot be loaded, calls without a limit go on; a pause holds once it can', async () => {
    const { client, answers, requests, deliver } = await bundled({}, { 'rate-limiter': 'fails' });
    answers.push(busy, busy);
    for (let count = 0; count < 2; count++) await rejection(client.get('a'));
    expect(await client.get('b').json()).toEqual({ id: 3 });
    await deliver('rate-limiter', 'as it is');
    answers.push(busy);
    await rejection(client.get('a'));
    expect(await rejection<ApiError>(client.get('a', { timeout: 1000, totalTimeout: 1000 }))).toMatchObject({
      code: 'QUEUE_TIMEOUT',
    });
    expect(requests).toEqual(['/a', '/a', '/b', '/a']);
  });

  test('where it hangs, an answer waits for it no longer than a second', async () => {
    const clock = unheldClock();
    const { client, answers } = await bundled({ clock }, { 'rate-limiter': 'hangs', 'read-api-answer': 'hangs' });
    answers.push(busy);
    expect((await clock.run(rejection<ApiError>(client.get('a')))).status).toBe(429);
    // As long again for the other part that a failed answer needs.
    expect(clock.now()).toBeLessThanOrEqual(3000);
  });

  test('where it cannot be loaded, no call goes out without its limit; the next one tries again', async () => {
    const { client, requests, deliver } = await bundled(
      { rateLimit: { maxConcurrent: 1 } },
      { 'rate-limiter': 'fails' },
    );
    const error = await rejection<ApiError>(client.get('a'));
    expect(error).toMatchObject({ code: 'QUEUE_FULL', applied: 'no' });
    expect(error.message).toMatch(/^GET https:\/\/api.example.com\/a was not queued: The rate limiter could not be /);
    expect(requests).toEqual([]);
    await deliver('rate-limiter', 'as it is');
    expect(await client.get('a').json()).toEqual({ id: 1 });
  });

  test('where it hangs, a call waits for it as long as it would for a permit', async () => {
    const clock = unheldClock();
    const { client, requests } = await bundled(
      { clock, rateLimit: { maxConcurrent: 1, maxQueueMs: 300 } },
      { 'rate-limiter': 'hangs' },
    );
    const error = await clock.run(rejection<ApiError>(client.get('a')));
    expect([error.code, clock.now(), requests]).toEqual(['QUEUE_TIMEOUT', 300, []]);
  });
});

describe('the reader of answers', () => {
  const invalid = (): Response =>
    Response.json(
      { error: { code: 'bad_order', message: 'No such order', errors: [{ field: 'id', message: 'is unknown' }] } },
      { status: 422, headers: { 'x-request-id': 'req_1' } },
    );

  test('comes with the first failed answer, which is read as a whole', async () => {
    const { client, answers, fetched } = await bundled({});
    answers.push(invalid);
    const error = await rejection<ApiError>(client.get('a'));
    expect(error.error).toMatchObject({ code: 'bad_order', message: 'No such order', requestId: 'req_1' });
    expect(error.issues).toHaveLength(1);
    expect(await fetched()).toContain('read-api-answer');
  });

  test.each(['fails', 'hangs'] as const)('where it %s, an answer is read plainly, and decided on', async (how) => {
    const clock = clockWhere(how);
    const { client, answers } = await bundled({ clock, retry: 1 }, { 'read-api-answer': how, 'rate-limiter': how });
    answers.push(() => new Response('{"code":"busy"}', { status: 503, headers: { 'retry-after': '3' } }), invalid);
    const decided: unknown[] = [];
    client.on('retry.scheduled', ({ decision }) => decided.push(decision));
    const error = await clock.run(rejection<ApiError>(client.get('a')));
    expect(decided).toMatchObject([{ action: 'retry', applied: 'no', retryAfterMs: 3000 }]);
    expect(error).toMatchObject({ status: 422, kind: 'invalid', requestId: 'req_1', issues: [] });
    expect(error.error).toMatchObject({ code: 'bad_order', message: 'No such order' });
  });
});

describe('Bottleneck', () => {
  /** A client whose first call holds the one permit that needs no Bottleneck. */
  const oneUnderWay = async (how: 'as it is' | 'fails' | 'hangs', options: ClientOptions = {}) => {
    const one = await bundled({ ...options, rateLimit: { maxConcurrent: 2 } }, { 'fast-bottleneck': how });
    let answer: (response: Response) => void = () => {};
    one.answers.push(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    const first = one.client.get('first').text();
    await expect.poll(() => one.requests).toEqual(['/first']);
    return { ...one, first, answer: () => answer(new Response('first')) };
  };

  test('comes with a limit; the first call does not wait for it, and a second one at once does', async () => {
    const { client, first, answer, fetched } = await oneUnderWay('as it is');
    expect(await client.get('a').text()).toBe('{"id":2}');
    expect(await fetched()).toContain('fast-bottleneck');
    answer();
    expect(await first).toBe('first');
  });

  test('where it cannot be loaded, no call goes out without its limit; the next one tries again', async () => {
    const { client, requests, deliver, first, answer } = await oneUnderWay('fails');
    const error = await rejection<ApiError>(client.get('a'));
    expect(error).toMatchObject({ code: 'QUEUE_FULL', applied: 'no' });
    expect(error.message).toMatch(/^GET https:\/\/api.example.com\/a was not queued: Bottleneck could not be loaded: /);
    expect(requests).toEqual(['/first']);
    await deliver('fast-bottleneck', 'as it is');
    expect(await client.get('a').json()).toEqual({ id: 2 });
    answer();
    expect(await first).toBe('first');
  });

  test('an abort, and closing the client, end the wait for it', async () => {
    const { client, requests, first } = await oneUnderWay('hangs', { clock: systemClock });
    const ended = rejection(first);
    const reason = new Error('left the page');
    const controller = new AbortController();
    const left = rejection(client.get('a', { signal: controller.signal }));
    const closed = rejection(client.get('b'));
    const late = rejection(client.get('c', { totalTimeout: 2000, timeout: 2000 }));
    expect(await late).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    controller.abort(reason);
    expect(await left).toBe(reason);
    await client.close();
    expect(await closed).toMatchObject({ code: 'CLIENT_CLOSED' });
    expect(await ended).toMatchObject({ code: 'CLIENT_CLOSED' });
    expect(requests).toEqual(['/first']);
  });
});

describe('streams', () => {
  const two = (): Response =>
    new Response('data: 1\n\ndata: 2\n\n', { headers: { 'content-type': 'text/event-stream' } });
  const read = async (stream: AsyncIterable<{ readonly data: string }>): Promise<string[]> => {
    const data: string[] = [];
    for await (const event of stream) data.push(event.data);
    return data;
  };

  test('come with the first look at one, before its request is sent', async () => {
    const { client, answers, requests, fetched, deliver } = await bundled({}, { streams: 'hangs' });
    answers.push(two, () => new Response('3\n4\n'));
    const stream = client.events('a');
    expect(await fetched()).not.toContain('streams');
    const data = read(stream);
    await expect.poll(fetched).toContain('streams');
    expect(requests).toEqual([]);
    await deliver('streams', 'as it is');
    expect(await data).toEqual(['1', '2']);
    const rows: unknown[] = [];
    for await (const row of client.lines('b')) rows.push(row);
    expect(rows).toEqual([3, 4]);
  });

  test('where they cannot be loaded, nothing is sent; the next one tries again', async () => {
    const { client, answers, requests, deliver } = await bundled({}, { streams: 'fails' });
    answers.push(two);
    expect(String(await rejection(read(client.events('a'))))).toMatch(/^Error: Streams could not be loaded: /);
    expect(requests).toEqual([]);
    await deliver('streams', 'as it is');
    expect(await read(client.events('a'))).toEqual(['1', '2']);
  });

  test('where they hang, a caller who leaves, or closes the stream, waits no longer', async () => {
    const { client, requests } = await bundled({}, { streams: 'hangs' });
    const controller = new AbortController();
    const left = rejection(read(client.events('a', { signal: controller.signal })));
    const streams = [client.events('b'), client.events('c'), client.events('d')] as const;
    const closed = Promise.all(streams.map(read));
    await expect.poll(() => client.snapshot().callsInFlight).toBe(4);
    controller.abort('left');
    expect(await left).toBe('left');
    streams[0].close();
    await streams[1].return?.();
    await streams[2][Symbol.asyncDispose]();
    expect(await closed).toEqual([[], [], []]);
    expect([requests, client.snapshot().callsInFlight]).toEqual([[], 0]);
  });

  test('while they hang, closing the client, and the deadline, end a stream with their errors', async () => {
    const clock = unheldClock();
    const { client, requests } = await bundled({ clock }, { streams: 'hangs' });
    const ended: string[] = [];
    client.on('call.ended', ({ errorCode }) => ended.push(String(errorCode)));
    const late = rejection(client.events('a', { timeout: false, totalTimeout: 2_000 }).next());
    expect(await clock.run(late)).toMatchObject({ code: 'DEADLINE_EXCEEDED', limitMs: 2_000 });
    expect([clock.now(), clock.pending]).toEqual([2_000, 0]);
    const waiting = [client.events('b').next(), client.lines('c').next(), client.extend({}).events('d').response];
    const failed = Promise.all(waiting.map(rejection));
    await client.close();
    for (const error of await failed) expect(error).toMatchObject({ code: 'CLIENT_CLOSED', applied: 'no' });
    expect(ended).toEqual(['DEADLINE_EXCEEDED', ...Array(3).fill('CLIENT_CLOSED')]);
    expect([requests, client.snapshot().callsInFlight, clock.pending]).toEqual([[], 0, 0]);
  });

  test.each(['fails', 'hangs'] as const)('where what resumes bodies %s, an answer comes without it', async (how) => {
    const clock = clockWhere(how);
    const { client, answers } = await bundled({ clock, resumeBody: true }, { 'resumed-body': how });
    answers.push(() => new Response('whole', { headers: { etag: '"v"' } }));
    expect(await clock.run(client.get('a').text())).toBe('whole');
    expect(clock.now()).toBeLessThanOrEqual(1000);
  });
});

// A page's own fetch may add credentials; here all callers are the same.
const shared = { partition: () => '' };

describe('the response cache', () => {
  test('comes with its option, and the first answer is kept already', async () => {
    neverIdle();
    const { client, requests, answers, fetched } = await bundled({ responseCache: shared });
    answers.push(fresh);
    expect(await client.get('a').text()).toBe('kept');
    expect(await client.get('a').text()).toBe('kept');
    expect(requests).toEqual(['/a']);
    expect(await fetched()).toEqual(['cache']);
  });

  test('bad options are refused at once', async () => {
    const { client } = await bundled({});
    expect(() => client.extend({ responseCache: { maxBytes: -1 } })).toThrow(
      'extend: responseCache.maxBytes must be an integer ≥ 1, got -1',
    );
  });

  test('if it cannot be loaded, calls go without it and that is reported; answers are stored once it can', async () => {
    const { client, requests, answers, deliver } = await bundled({ responseCache: shared }, { cache: 'fails' });
    const told: string[] = [];
    client.on('cache.degraded', ({ message }) => told.push(message));
    client.on('cache.recovered', ({ type }) => told.push(type));
    answers.push(fresh, fresh, fresh);
    expect(await client.get('a').text()).toBe('kept');
    expect(await client.get('b').text()).toBe('kept');
    await deliver('cache', 'as it is');
    expect(await client.get('a').text()).toBe('kept');
    expect(await client.get('a').text()).toBe('kept');
    expect(requests).toEqual(['/a', '/b', '/a']);
    expect(told).toEqual([expect.stringMatching(/^The response cache could not be loaded: /), 'cache.recovered']);
  });

  test('while it hangs, calls go without it in time; an abort, and closing the client, end the wait', async () => {
    const { client, requests } = await bundled({ clock: systemClock, responseCache: shared }, { cache: 'hangs' });
    const reason = new Error('left the page');
    const controller = new AbortController();
    const left = rejection(client.get('a', { signal: controller.signal }));
    const closed = rejection(client.get('b'));
    const told: string[] = [];
    client.on('cache.degraded', ({ message }) => told.push(message));
    expect(await client.get('c', { totalTimeout: 2000, timeout: 2000 }).json()).toEqual({ id: 1 });
    expect(told).toEqual(['The response cache is still being loaded']);
    controller.abort(reason);
    expect(await left).toBe(reason);
    await client.close();
    expect(await closed).toMatchObject({ code: 'CLIENT_CLOSED' });
    expect(requests).toEqual(['/c']);
  });

  test('as long as it hangs, only the first call waits for it', async () => {
    const waits: number[] = [];
    const clock: Clock = {
      ...systemClock,
      setTimer(callback, delayMs) {
        waits.push(delayMs);
        return systemClock.setTimer(callback, delayMs);
      },
    };
    const { client, requests, deliver } = await bundled({ clock, responseCache: shared }, { cache: 'hangs' });
    const recovered = new Promise((resolve) => client.on('cache.recovered', resolve));
    await client.get('a', { totalTimeout: 1000, timeout: 1000 }).text();
    await client.get('b').text();
    expect(waits).not.toContain(5000);
    expect(requests).toEqual(['/a', '/b']);
    await deliver('cache', 'as it is');
    await recovered;
  });
});

describe('opossum', () => {
  test('comes with the first failure, and only one that could open a circuit waits for it', async () => {
    const clock = new ManualClock();
    const { client, answers, fetched, deliver, requests } = await bundled(
      { clock, circuitBreaker: { minimumCalls: 2 } },
      { 'opossum-for-pages': 'hangs' },
    );
    answers.push(down, down);
    const codeOf = async (): Promise<string> => (await rejection<ApiError>(client.get('a'))).code;
    expect(await codeOf()).toBe('API_ERROR');
    expect(await fetched()).toContain('opossum-for-pages');
    let ended = false;
    const second = codeOf().finally(() => {
      ended = true;
    });
    while (requests.length < 2) await clock.settle();
    for (let count = 0; count < 20; count++) await clock.settle();
    expect(ended).toBe(false);
    await deliver('opossum-for-pages', 'as it is');
    expect([await second, await codeOf()]).toEqual(['API_ERROR', 'CIRCUIT_OPEN']);
  });

  test('where it cannot be loaded, circuits stay closed, and what failed meanwhile counts once it can', async () => {
    const { client, answers, deliver } = await bundled(
      { circuitBreaker: { minimumCalls: 3 } },
      { 'opossum-for-pages': 'fails' },
    );
    const told = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    onTestFinished(() => told.mockRestore());
    answers.push(...Array.from({ length: 10 }, () => down));
    const codeOf = async (): Promise<string> => (await rejection<ApiError>(client.get('a'))).code;
    for (let count = 0; count < 4; count++) expect(await codeOf()).toBe('API_ERROR');
    expect(client.snapshot().circuits).toMatchObject([{ state: 'closed', failures: 4, successes: 0 }]);
    expect(told.mock.calls.map(String)).toEqual(
      Array.from({ length: 2 }, () => expect.stringContaining('no circuit can open now')),
    );
    await deliver('opossum-for-pages', 'as it is');
    expect([await codeOf(), await codeOf()]).toEqual(['API_ERROR', 'CIRCUIT_OPEN']);
    expect(client.snapshot().circuits).toMatchObject([{ state: 'open', failures: 5, successes: 0 }]);
  });
});

describe('the circuit breaker', () => {
  test('where it cannot be loaded, circuits stay closed, and what failed meanwhile counts once it can', async () => {
    const { client, answers, deliver } = await bundled(
      { circuitBreaker: { minimumCalls: 3 } },
      { 'circuit-breaker': 'fails' },
    );
    const told = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    onTestFinished(() => told.mockRestore());
    answers.push(...Array.from({ length: 10 }, () => down));
    const codeOf = async (): Promise<string> => (await rejection<ApiError>(client.get('a'))).code;
    for (let count = 0; count < 4; count++) expect(await codeOf()).toBe('API_ERROR');
    expect(client.snapshot().circuits).toEqual([]);
    expect(told.mock.calls.map(String)).toEqual(
      Array.from({ length: 2 }, () => expect.stringContaining('no circuit can open now')),
    );
    await deliver('circuit-breaker', 'as it is');
    expect([await codeOf(), await codeOf()]).toEqual(['API_ERROR', 'CIRCUIT_OPEN']);
    expect(client.snapshot().circuits).toMatchObject([{ state: 'open', failures: 3, successes: 0 }]);
  });

  test('a circuit that is opened by hand before it is there is open for the first call', async () => {
    const { client, requests } = await bundled({});
    client.circuits.open('https://api.example.com');
    expect((await rejection<ApiError>(client.get('a'))).code).toBe('CIRCUIT_OPEN');
    expect(requests).toEqual([]);
    client.circuits.close('https://api.example.com');
    expect(await client.get('a').json()).toEqual({ id: 1 });
  });

  test('the state of an earlier page holds for the first call', async () => {
    const state = {
      key: 'https://api.example.com',
      state: 'open',
      retryAfterMs: 5000,
      failures: 9,
      successes: 0,
    } as const;
    const { client, requests } = await bundled({ circuitBreaker: { initialState: [state] } });
    expect((await rejection<ApiError>(client.get('a'))).code).toBe('CIRCUIT_OPEN');
    expect(requests).toEqual([]);
  });
});

describe('what shares requests', () => {
  test('comes with a client that shares them, and the first calls wait for it', async () => {
    const { client, requests } = await bundled({ coalesce: { partition: () => 'me' } });
    const answers = await Promise.all([client.get('a').json(), client.get('a').json()]);
    expect(answers).toEqual([{ id: 1 }, { id: 1 }]);
    expect(requests).toEqual(['/a']);
  });

  test('where it cannot be loaded, each call sends its own request', async () => {
    const { client, requests } = await bundled({ coalesce: { partition: () => 'me' } }, { coalesce: 'fails' });
    await Promise.all([client.get('a').json(), client.get('a').json()]);
    expect(requests).toEqual(['/a', '/a']);
  });
});

test('what reads bodies within the attempt comes with the first request; without it, the answer comes as it is', async () => {
  const broken = (): Response =>
    new Response(new ReadableStream({ start: (body) => body.error(new TypeError('network error')) }));
  const clock = new ManualClock();
  const { client, answers } = await bundled({ clock, readBody: 'inAttempt', retry: 1 });
  answers.push(broken);
  expect(await clock.run(client.get('a').json())).toEqual({ id: 2 });
  const without = await bundled({ readBody: 'inAttempt', retry: 1 }, { received: 'fails' });
  expect(await without.client.get('a').json()).toEqual({ id: 1 });
});

test('the redirects that a fetch of the page shows are followed by code that is loaded then', async () => {
  const { client, answers, fetched, requests } = await bundled({
    auth: { header: 'x-api-key', get: () => 'k' },
    authOrigins: ['https://api.example.com'],
  });
  answers.push(() => new Response(null, { status: 302, headers: { location: '/b' } }));
  expect(await client.get('a').json()).toEqual({ id: 2 });
  expect(requests).toEqual(['/a', '/b']);
  expect(await fetched()).toContain('further-hops');
});

describe('the error reference', () => {
  test('comes with the first error, which has the guide of its status', async () => {
    const { client, answers, fetched } = await bundled({});
    answers.push(missing);
    const error = await rejection<ApiError>(client.get('a'));
    expect(error.guide.title).toBe('There is nothing at this URL');
    expect(await fetched()).toContain('guides');
  });

  test('where it cannot be loaded, the error has the guide of its class; the next one tries again', async () => {
    const { client, answers, deliver } = await bundled({}, { guides: 'fails' });
    answers.push(missing, missing);
    expect((await rejection<ApiError>(client.get('a'))).guide.title).toBe('The API refused the request');
    await deliver('guides', 'as it is');
    expect((await rejection<ApiError>(client.get('a'))).guide.title).toBe('There is nothing at this URL');
  });

  test('where it cannot be loaded, a support report has the facts all the same', async () => {
    const { client, answers } = await bundled({}, { guides: 'fails' });
    answers.push(missing);
    const error = await rejection<ApiError>(client.get('a'));
    expect(error.supportReport()).toMatch(
      /^Problem: NotFoundError: 404 Not Found: GET .*\nTime: 20.*\nCall: .*attempt 1: 404/s,
    );
  });

  test('an error waits for it no longer than the call may take', async () => {
    const { client, answers } = await bundled(
      { clock: systemClock, totalTimeout: 2000, timeout: 2000 },
      { guides: 'hangs' },
    );
    answers.push(missing);
    expect((await rejection<ApiError>(client.get('a'))).guide.title).toBe('The API refused the request');
  });
});

test('parts come to a client of another time, too: no virtual time passes while they do', async () => {
  const clock = new ManualClock();
  const { client } = await bundled({ clock, rateLimit: { requests: 1, perMs: 1000 }, responseCache: true });
  await clock.run(client.get('a').text());
  expect(clock.now()).toBe(0);
  await clock.run(client.get('b').text());
  expect(clock.now()).toBe(1000);
});
