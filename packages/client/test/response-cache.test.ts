import { getEventListeners } from 'node:events';
import { hang, networkFailureOf } from '@holdfast/core/testing';
import { type ApiError, accept, bearerToken, type ClientOptions, type Dialect, failFast, retry } from 'holdfast';
import { describe, expect, test, vi } from 'vitest';
import { rejection, type Scene, scriptedPlatform } from './support/scripted.ts';

const fresh = { 'cache-control': 'max-age=60' };
const call = 'call.started: GET https://api.example.com/v1/orders/42';

/** A client with a cache, and the answers of the script. */
function cached(script: Parameters<typeof scriptedPlatform>[0], options: ClientOptions = {}): Scene {
  return scriptedPlatform(script, { responseCache: true, ...options });
}

describe('a client with a response cache', () => {
  test('answers a second call without an attempt', async () => {
    const { api, clock, log, transport } = cached([{ json: { id: 42 }, headers: fresh }]);
    expect(await clock.run(api.get('orders/42').json())).toEqual({ id: 42 });
    await clock.advance(10_000);
    expect(await clock.run(api.get('orders/42').json())).toEqual({ id: 42 });
    expect(transport.requests).toHaveLength(1);
    expect(log.lines.slice(4)).toEqual([call, 'cache.hit: 10000 ms old', 'call.ended: success after 0 attempts']);
    expect(api.snapshot().pipeline.slice(0, 3)).toEqual(['fallback', 'cache', 'deadline']);
  });

  describe('a success that a dialect calls an error', () => {
    const dialect: Dialect = { name: 'chat', error: { code: ['error'] }, failure: { when: { path: 'ok', is: false } } };
    const failure = { json: { ok: false, error: 'no_channel' }, headers: fresh };

    test.each([
      ['the ky face', (api: Scene['api']) => api.get('orders/42').json()],
      ['statuses that are not thrown', (api: Scene['api']) => api.get('orders/42', { throwHttpErrors: false }).json()],
      ['client.fetch', async (api: Scene['api']) => (await api.fetch('https://api.example.com/v1/orders/42')).json()],
    ])('is not stored: %s', async (_, ask) => {
      const { api, clock, transport } = cached([failure, { json: { ok: true }, headers: fresh }], {
        dialect,
        retry: 0,
      });
      await clock.run(ask(api).catch(() => undefined));
      expect(await clock.run(ask(api))).toEqual({ ok: true });
      expect(await clock.run(ask(api))).toEqual({ ok: true });
      expect(transport.requests).toHaveLength(2);
    });

    test('is a failure, in whose place what is stored is given', async () => {
      const busy: Dialect = { ...dialect, verdicts: [{ when: { code: 'busy' }, kind: 'overloaded' }] };
      const failing = { json: { ok: false, error: 'busy' }, headers: fresh };
      const { api, clock, log, transport } = cached([{ json: { ok: true }, headers: fresh }, failing, failing], {
        ...{ dialect: busy, retry: 0, responseCache: { staleIfErrorMs: 600_000 } },
      });
      await clock.run(api.get('orders/42').json());
      await clock.advance(120_000);
      expect(await clock.run(api.get('orders/42').json())).toEqual({ ok: true });
      expect(log.lines).toContain('cache.stale: 120000 ms old (error: 503)');
      expect(await clock.run(api.get('orders/42').json())).toEqual({ ok: true });
      expect(transport.requests).toHaveLength(3);
    });
  });

  test('serves client.fetch from the same cache', async () => {
    const { api, clock, transport } = cached([{ json: { id: 42 }, headers: fresh }]);
    const first = await clock.run(api.fetch('https://api.example.com/v1/orders/42'));
    expect(await first.json()).toEqual({ id: 42 });
    const second = await clock.run(api.fetch('https://api.example.com/v1/orders/42'));
    expect([second.url, await second.json()]).toEqual(['https://api.example.com/v1/orders/42', { id: 42 }]);
    expect(transport.requests).toHaveLength(1);
  });

  test('gives what it has when the server is gone, after the retries', async () => {
    const { api, clock, log } = cached(
      [{ json: { id: 42 }, headers: fresh }, 503, networkFailureOf('ECONNREFUSED'), 503],
      { responseCache: { staleIfErrorMs: 600_000 } },
    );
    await clock.run(api.get('orders/42').json());
    await clock.advance(120_000);
    expect(await clock.run(api.get('orders/42').json())).toEqual({ id: 42 });
    expect(log.lines.slice(-3)).toEqual([
      'retry.denied 3: 503 → fail: all 2 retries are used up',
      expect.stringMatching(/^cache\.stale: 12\d{4} ms old \(error: 503\)$/),
      'call.ended: success after 3 attempts',
    ]);
  });

  test('gives what it has when the time of the call is up', async () => {
    const { api, clock, log } = cached([{ json: { id: 42 }, headers: fresh }, hang()], {
      ...{ responseCache: { staleIfErrorMs: 600_000 }, totalTimeout: 2000, timeout: false },
    });
    await clock.run(api.get('orders/42').json());
    await clock.advance(120_000);
    expect(await clock.run(api.get('orders/42').json())).toEqual({ id: 42 });
    expect(log.lines).toContain('cache.stale: 122000 ms old (error: DEADLINE_EXCEEDED)');
    expect(clock.pending).toBe(0);
  });

  test('does not answer an aborted call, nor any call once it is closed', async () => {
    const { api, clock, transport } = cached([{ json: { id: 42 }, headers: fresh }]);
    await clock.run(api.get('orders/42').json());
    const reason = new Error('gone');
    expect(await rejection(api.get('orders/42', { signal: AbortSignal.abort(reason) }))).toBe(reason);
    await api.close();
    expect(await rejection(api.get('orders/42'))).toMatchObject({ code: 'CLIENT_CLOSED' });
    expect(transport.requests).toHaveLength(1);
  });

  test('shares it with the clients that it is extended to, unless they have one of their own', async () => {
    const { api, clock, transport } = cached([{ headers: fresh }, { headers: fresh }, { headers: fresh }]);
    const read = async (client: typeof api): Promise<string> => clock.run(client.get('orders/42').text());
    await read(api);
    await read(api.extend({ headers: { 'accept-language': 'de' } }));
    await read(api.extend((parent) => ({ ...parent, timeout: 500 })));
    expect(transport.requests).toHaveLength(1);
    await read(api.extend({ responseCache: {} }));
    await read(api.extend({ responseCache: false }));
    expect(transport.requests).toHaveLength(3);
  });
});

describe('an answer that is revalidated in the background', () => {
  const meanwhile = { 'cache-control': 'max-age=60, stale-while-revalidate=600', etag: '"a"' };

  test('is a call of its own, which has its retries and its end', async () => {
    const { api, clock, log, transport } = cached([{ body: '1', headers: meanwhile }, 503, { status: 304 }]);
    await clock.run(api.get('orders/42').text());
    await clock.advance(100_000);
    const before = log.lines.length;
    expect(await clock.run(api.get('orders/42').text())).toBe('1');
    await clock.advance(10_000);
    const [own, background] = [...new Set(log.events.slice(before).map(({ callId }) => callId))].map((id) =>
      log.lines.filter((_, index) => index >= before && log.events[index]?.callId === id),
    );
    expect(own).toEqual([call, 'cache.stale: 100000 ms old (revalidating)', 'call.ended: success after 0 attempts']);
    expect(background).toEqual([
      ...[call, 'attempt.started 1', 'attempt.ended 1: 503'],
      'retry.scheduled 1: 503 → retry 1 of 2 in 125 ms (backoff)',
      ...['attempt.started 2', 'attempt.ended 2: 304', 'cache.revalidated: 304 (same)'],
      'call.ended: success after 2 attempts',
    ]);
    expect(transport.requests[2]?.headers).toMatchObject({ 'if-none-match': '"a"' });
    expect([api.snapshot().callsInFlight, clock.pending]).toEqual([0, 0]);
  });

  test('asks no hook of the call that caused it, and touches nothing of it', async () => {
    const seen: number[] = [];
    const { api, clock, transport } = cached(
      [
        { body: '1', headers: meanwhile },
        { body: '2', headers: meanwhile },
      ],
      {
        hooks: { afterResponse: [({ response }) => void seen.push(response.status)] },
      },
    );
    await clock.run(api.get('orders/42').text());
    await clock.advance(100_000);
    await clock.run(api.get('orders/42').text());
    await clock.settle();
    expect(await clock.run(api.get('orders/42').text())).toBe('2');
    expect([seen, transport.requests.length]).toEqual([[200, 200, 200], 2]);
  });

  test('ends when the client is closed, also where its body is still on the way', async () => {
    for (const last of [hang(), { headers: meanwhile, body: new ReadableStream() }]) {
      const { api, clock, log } = cached([{ body: '1', headers: meanwhile }, last]);
      await clock.run(api.get('orders/42').text());
      await clock.advance(100_000);
      await clock.run(api.get('orders/42').text());
      await clock.settle();
      expect(api.snapshot().callsInFlight).toBe(1);
      await api.close();
      await clock.settle();
      expect(log.lines.slice(-2)).toContainEqual(expect.stringMatching(/^call.ended: failure after [01] attempts?$/));
      expect([api.snapshot().callsInFlight, clock.pending]).toEqual([0, 0]);
    }
  });

  test('takes no longer than a call may take', async () => {
    const { api, clock, log } = cached([
      { body: '1', headers: meanwhile },
      { headers: meanwhile, body: new ReadableStream() },
    ]);
    await clock.run(api.get('orders/42').text());
    await clock.advance(100_000);
    await clock.run(api.get('orders/42').text());
    await clock.advance(30_000);
    expect(log.lines).toContain('deadline.exceeded: 30000 ms');
    expect([api.snapshot().callsInFlight, clock.pending]).toEqual([0, 0]);
  });
});

describe('the option of a call', () => {
  test.each([
    ['no-store', 2],
    ['reload', 2],
    ['force-cache', 1],
    ['default', 1],
  ] as const)("fetch's own cache: '%s'", async (mode, count) => {
    const { api, clock, transport } = cached([{ headers: fresh }, { headers: fresh }]);
    await clock.run(api.get('orders/42').text());
    await clock.run(api.get('orders/42', { cache: mode }).text());
    expect(transport.requests).toHaveLength(count);
  });

  test('only-if-cached without an answer is a 504 that no server sent', async () => {
    const { api, clock, log } = cached([]);
    const headers = { 'cache-control': 'only-if-cached' };
    expect(await clock.run(rejection(api.get('orders/42', { headers })))).toMatchObject({
      code: 'API_ERROR',
      status: 504,
    });
    expect((await clock.run(api.fetch('https://api.example.com/v1/orders/42', { headers }))).status).toBe(504);
    expect(log.lines).toContain('call.ended: failure after 0 attempts');
  });

  test('responseCache is shared by calls, so it is not one', async () => {
    const { api } = cached([]);
    expect(() => api.get('x', { responseCache: false } as never)).toThrow('extend({responseCache})');
  });
});

describe('an error that is stored', () => {
  const gone = { status: 404, headers: fresh, json: { error: { code: 'no_such_order' } } };

  test('is the call’s own typed error, without an attempt', async () => {
    const { api, clock, log, transport } = cached([gone]);
    const errors = [];
    for (let time = 0; time < 2; time++) errors.push(await clock.run(rejection<ApiError>(api.get('orders/42'))));
    const [first, second] = errors as [ApiError, ApiError];
    expect([first, second].map(({ status, error, applied }) => [status, error.code, applied])).toEqual(
      Array(2).fill([404, 'no_such_order', 'no']),
    );
    expect([first.attempts.length, second.attempts.length, transport.requests.length]).toEqual([1, 0, 1]);
    expect(first.callId).not.toBe(second.callId);
    expect(log.lines.slice(-2)).toEqual(['cache.hit: 0 ms old', 'call.ended: failure after 0 attempts']);
  });

  test('is judged by the policies of the call', async () => {
    const { api, clock, transport } = cached([gone, { json: 'there again' }]);
    await clock.run(rejection(api.get('orders/42')));
    const read = (policies: ClientOptions['policies']): Promise<unknown> =>
      clock.run(api.get('orders/42', { policies: policies as never }).json());
    expect(await read({ 404: accept() })).toEqual({ error: { code: 'no_such_order' } });
    expect(await read({ '4xx': failFast({ fallback: () => 'none' }) })).toBe('none');
    expect(transport.requests).toHaveLength(1);
    expect(await read({ 404: retry() })).toBe('there again');
    expect(transport.requests).toHaveLength(2);
  });

  test('is judged by rules that read its body, too', async () => {
    const { api, clock, transport } = cached([gone]);
    await clock.run(rejection(api.get('orders/42')));
    const rules = [{ when: { errorCode: 'no_such_order' }, policy: accept() }];
    expect((await clock.run(api.get('orders/42', { rules }))).status).toBe(404);
    expect(transport.requests).toHaveLength(1);
  });

  test('is not used where shouldRetry has to be asked', async () => {
    const { api, clock, transport } = cached([gone, gone]);
    await clock.run(rejection(api.get('orders/42')));
    const asked: number[] = [];
    const shouldRetry = ({ retryCount }: { readonly retryCount: number }): boolean => {
      asked.push(retryCount);
      return false;
    };
    await clock.run(rejection(api.get('orders/42', { retry: { shouldRetry } as never })));
    expect([asked, transport.requests.length]).toEqual([[1], 2]);
  });

  test('of a server that fails is asked for again, unless nothing would be tried again', async () => {
    const down = { status: 503, headers: fresh };
    const { api, clock, transport } = cached([down, down, down, { json: 1 }]);
    await clock.run(rejection(api.get('orders/42')));
    expect(transport.requests).toHaveLength(3);
    expect(await clock.run(rejection(api.get('orders/42', { retry: 0 })))).toMatchObject({ status: 503 });
    expect(transport.requests).toHaveLength(3);
    expect(await clock.run(api.get('orders/42').json())).toBe(1);
  });
});

describe('what a hook has changed is for its own call alone', () => {
  test('an answer in the place of the server’s', async () => {
    const { api, clock, transport } = cached([
      { json: { data: 1 }, headers: fresh },
      { json: { data: 2 }, headers: fresh },
    ]);
    const unwrap = async ({ response }: { readonly response: Response }): Promise<Response> => {
      const { data } = (await response.json()) as { data: number };
      return Response.json(data, { headers: fresh });
    };
    const hooks = { afterResponse: [unwrap as never] };
    expect(await clock.run(api.get('orders/42', { hooks }).json())).toBe(1);
    expect(await clock.run(api.get('orders/42').json())).toEqual({ data: 2 });
    expect(await clock.run(api.get('orders/42', { hooks }).json())).toBe(2);
    expect(transport.requests).toHaveLength(2);
  });

  test('a request in the place of the caller’s', async () => {
    const { api, clock, transport } = cached([
      503,
      { json: 'for ann', headers: fresh },
      { json: 'for all', headers: fresh },
    ]);
    const beforeRetry = ({ request }: { readonly request: Request }): Request =>
      new Request(request, { headers: { 'x-user': 'ann' } });
    expect(await clock.run(api.get('orders/42', { hooks: { beforeRetry: [beforeRetry as never] } }).json())).toBe(
      'for ann',
    );
    expect(await clock.run(api.get('orders/42').json())).toBe('for all');
    expect(transport.requests).toHaveLength(3);
  });

  test('a header on the request that it is shown', async () => {
    const { api, clock, transport } = cached([
      503,
      { json: 'for ann', headers: fresh },
      { json: 'for all', headers: fresh },
    ]);
    const beforeRetry = ({ request }: { readonly request: Request }): void => request.headers.set('x-user', 'ann');
    expect(await clock.run(api.get('orders/42', { hooks: { beforeRetry: [beforeRetry as never] } }).json())).toBe(
      'for ann',
    );
    expect(await clock.run(api.get('orders/42').json())).toBe('for all');
    expect(transport.requests).toHaveLength(3);
  });
});

test('many hits on one signal that lives long leave no listener', async () => {
  const { api, clock } = cached([{ body: '1', headers: fresh }]);
  const { signal } = new AbortController();
  for (let call = 0; call < 200; call++) await clock.run(api.get('orders/42', { signal }).text());
  expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1);
});

test('a listener that throws breaks no hit', async () => {
  const complaints = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const { api, clock } = cached([{ body: '1', headers: fresh }]);
  api.on('cache.hit', () => {
    throw new Error('listener');
  });
  for (let time = 0; time < 2; time++) expect(await clock.run(api.get('orders/42').text())).toBe('1');
  expect(complaints).toHaveBeenCalledTimes(1);
  complaints.mockRestore();
});

test('without the option there is no ring', () => {
  expect(scriptedPlatform([]).api.snapshot().pipeline).not.toContain('cache');
  expect(() => scriptedPlatform([], { responseCache: { maxBytes: 0 } })).toThrow(
    'createResilientClient: responseCache.maxBytes must be an integer ≥ 1, got 0',
  );
});

test('an open circuit: what there is is given at once, until it is too old', async () => {
  const { api, clock, log, transport } = cached([{ body: '1', headers: fresh }], {
    responseCache: { staleIfErrorMs: 600_000 },
  });
  await clock.run(api.get('orders/42').text());
  await clock.advance(120_000);
  api.circuits.open('https://api.example.com');
  expect(await clock.run(api.get('orders/42').text())).toBe('1');
  expect(log.lines).toContain('cache.stale: 120000 ms old (error: CIRCUIT_OPEN)');
  expect(transport.requests).toHaveLength(1);
});

test('many calls at once for one URL, with coalescing: one request, and its answer is kept', async () => {
  const { api, clock, transport } = cached([{ body: '1', headers: fresh }], { coalesce: true });
  const read = (): Promise<string> => api.get('orders/42').text();
  expect(await clock.run(Promise.all([read(), read(), read()]))).toEqual(['1', '1', '1']);
  expect(await clock.run(read())).toBe('1');
  expect(transport.requests).toHaveLength(1);
});

describe('credentials', () => {
  test('a new token sees nothing of what the old one has seen', async () => {
    let token = 'one';
    const { api, clock, transport } = cached(
      [
        { body: '1', headers: fresh },
        { body: '2', headers: fresh },
      ],
      {
        auth: bearerToken({ token: () => token }),
      },
    );
    const read = (): Promise<string> => clock.run(api.get('orders/42').text());
    expect([await read(), await read()]).toEqual(['1', '1']);
    token = 'two';
    expect([await read(), await read()]).toEqual(['2', '2']);
    token = 'one';
    expect(await read()).toBe('1');
    expect(transport.requests).toHaveLength(2);
  });

  test('an account keeps what it has seen through a refresh', async () => {
    let refreshes = 0;
    const { api, clock, transport } = cached([{ body: '1', headers: fresh }, 401, { body: '2' }], {
      auth: bearerToken({ account: 'user-42', refresh: () => `token-${++refreshes}` }),
    });
    const read = (path: string): Promise<string> => clock.run(api.get(path).text());
    expect(await read('orders/42')).toBe('1');
    expect(await read('orders/43')).toBe('2');
    expect([refreshes, await read('orders/42'), transport.requests.length]).toEqual([2, '1', 3]);
  });

  test('what a 401 on the way has refreshed is kept for the new token', async () => {
    let refreshes = 0;
    const { api, clock, transport } = cached([401, { body: '1', headers: fresh }], {
      auth: bearerToken({ token: 'token-0', refresh: () => `token-${++refreshes}` }),
    });
    const read = (): Promise<string> => clock.run(api.get('orders/42').text());
    expect([await read(), await read(), transport.requests.length]).toEqual(['1', '1', 2]);
  });

  test('clients of one cache with credentials of their own see nothing of each other', async () => {
    const { api, clock, transport } = cached([
      { body: 'a', headers: fresh },
      { body: 'b', headers: fresh },
    ]);
    const [one, other] = ['a', 'b'].map((token) => api.extend({ auth: bearerToken({ token }) }));
    const read = (client: typeof api | undefined): Promise<string> =>
      clock.run((client ?? api).get('orders/42').text());
    expect([await read(one), await read(other), await read(one), await read(other)]).toEqual(['a', 'b', 'a', 'b']);
    expect(transport.requests).toHaveLength(2);
  });

  test('no secret is in an event or the snapshot', async () => {
    const { api, clock, log } = cached([{ body: '1', headers: { ...fresh, 'set-cookie': 'sid=opensesame' } }], {
      auth: bearerToken({ token: 'opensesame' }),
    });
    for (let time = 0; time < 2; time++) await clock.run(api.get('orders/42?token=opensesame').text());
    expect(log.lines).toContain('cache.hit: 0 ms old');
    expect(JSON.stringify([log.events, api.snapshot()])).not.toContain('opensesame');
  });
});
