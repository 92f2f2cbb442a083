import { NetworkError, type Strategy } from '@holdfast/core';
import { describe, expect, test, vi } from 'vitest';
import { counting, type Scene, type SceneParts, scene } from './support/scene.ts';

const meanwhile = { 'cache-control': 'max-age=60, stale-while-revalidate=30' };

async function primed(headers: Record<string, string>, options = {}, parts: SceneParts = {}): Promise<Scene> {
  const made = scene(options, parts);
  made.answer(counting(headers));
  expect(await made.get()).toBe('1');
  return made;
}

describe('stale-while-revalidate', () => {
  test('serves the stale answer at once, fetches a new one, and serves that from then on', async () => {
    const { clock, get, send, log, requests } = await primed(meanwhile);
    await clock.advance(70_000);
    const stale = await send();
    expect(stale.headers.get('cache-status')).toBe('Holdfast; hit; detail=stale-while-revalidate; ttl=-10');
    expect([await stale.text(), stale.headers.get('age')]).toEqual(['1', '70']);
    await clock.settle();
    expect([await get(), requests.length]).toEqual(['2', 2]);
    expect(log.lines).toEqual(['cache.stale: 70000 ms old (revalidating)', 'cache.hit: 0 ms old']);
    expect(clock.pending).toBe(0);
  });

  test('revalidates by the validator, and reports the result', async () => {
    const { clock, get, log, answer, requests } = await primed({ ...meanwhile, etag: '"a"' });
    answer(() => new Response(null, { status: 304, headers: { etag: '"a"' } }));
    await clock.advance(70_000);
    await get();
    await clock.settle();
    expect(requests.at(-1)?.headers).toMatchObject({ 'if-none-match': '"a"' });
    expect([await get(), requests.length]).toEqual(['1', 2]);
    expect(log.lines).toEqual([
      'cache.stale: 70000 ms old (revalidating)',
      'cache.revalidated: 304 (same)',
      'cache.hit: 0 ms old',
    ]);
  });

  test('revalidates once for all callers that get the stale one meanwhile', async () => {
    const { clock, get, requests } = await primed(meanwhile);
    await clock.advance(70_000);
    expect(await Promise.all([get(), get(), get()])).toEqual(['1', '1', '1']);
    await clock.settle();
    expect(requests).toHaveLength(2);
  });

  test('ends with its time', async () => {
    const { clock, get } = await primed(meanwhile);
    await clock.advance(90_000);
    expect(await get()).toBe('2');
  });

  test('may be an option, where the server says nothing', async () => {
    const { clock, get } = await primed({ 'cache-control': 'max-age=60' }, { staleWhileRevalidateMs: 30_000 });
    await clock.advance(89_999);
    expect(await get()).toBe('1');
    await clock.settle();
    expect(await get()).toBe('2');
  });

  test.each(['must-revalidate', 'no-cache'])('does not apply where the server says %s', async (directive) => {
    const { clock, get } = await primed(
      { 'cache-control': `max-age=60, stale-while-revalidate=60, ${directive}`, etag: '"a"' },
      { staleWhileRevalidateMs: 30_000 },
    );
    await clock.advance(60_000);
    expect(await get()).toBe('2');
  });

  test('that fails changes nothing', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const { clock, get, answer, requests } = await primed(meanwhile);
    answer(() => {
      throw new TypeError('fetch failed');
    });
    await clock.advance(70_000);
    expect(await get()).toBe('1');
    await clock.settle();
    expect([await get(), requests.length]).toEqual(['1', 2]);
    await clock.settle();
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  const anHour = { 'cache-control': 'max-age=60, stale-while-revalidate=3600', etag: '"a"' };
  const failures: Readonly<Record<string, () => Response>> = {
    'without an answer': () => {
      throw new TypeError('fetch failed');
    },
    'with a 500': () => new Response(null, { status: 500 }),
    'with a 503 that says for how long': () =>
      new Response(null, { status: 503, headers: { 'cache-control': 'max-age=9' } }),
    'with a 429': () => new Response(null, { status: 429 }),
    'with a 401': () => new Response(null, { status: 401 }),
    'in the middle of a body': () =>
      new Response(new ReadableStream({ pull: (controller) => controller.error(new TypeError('terminated')) }), {
        headers: anHour,
      }),
  };
  test.each(Object.entries(failures))(
    'that fails %s is not tried again at each hit, but after a pause that doubles up to a minute',
    async (_, failure) => {
      const { clock, get, answer, requests } = await primed(anHour);
      answer(failure);
      await clock.advance(70_000);
      const at: number[] = [];
      for (let second = 0; second < 260; second++) {
        const before = requests.length;
        expect(await get()).toBe('1');
        await clock.settle();
        if (requests.length > before) at.push(second);
        await clock.advance(1000);
      }
      expect(at).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
      answer(() => new Response(null, { status: 304 }));
      await clock.advance(60_000);
      await get();
      await clock.settle();
      // After the recovery, the next failure counts as the first one.
      answer(failure);
      await clock.advance(70_000);
      const before = requests.length;
      for (let second = 0; second < 2; second++) {
        await get();
        await clock.advance(1000);
      }
      expect(requests.length - before).toBe(2);
    },
  );

  test('is asked once for each variant, and for each sender', async () => {
    const { clock, get, answer, requests } = await primed({ ...meanwhile, vary: 'accept' });
    const asked = [
      { accept: 'a/a' },
      { accept: 'b/b' },
      { accept: 'a/a', authorization: 'Bearer 1' },
      { accept: 'a/a', 'x-tenant': '2' },
    ];
    for (const headers of asked) await get('/orders', { headers });
    expect(requests).toHaveLength(5);
    await clock.advance(70_000);
    const ends: (() => void)[] = [];
    answer(() => new Promise((resolve) => ends.push(() => resolve(new Response('new', { headers: meanwhile })))));
    for (const headers of [...asked, ...asked]) await get('/orders', { headers });
    await clock.settle();
    expect(
      requests.slice(5).map(({ headers }) => [headers['accept'], headers['authorization'] ?? headers['x-tenant']]),
    ).toEqual([
      ['a/a', undefined],
      ['b/b', undefined],
      ['a/a', 'Bearer 1'],
      ['a/a', '2'],
    ]);
    for (const end of ends) end();
    await clock.settle();
    for (const headers of asked) expect(await get('/orders', { headers })).toBe('new');
  });

  test('continues when the caller of the call that caused it has aborted', async () => {
    const { clock, get, answer } = await primed(meanwhile);
    await clock.advance(70_000);
    const caller = new AbortController();
    answer(() => new Response('new', { headers: meanwhile }));
    await get('/orders', { signal: caller.signal });
    caller.abort();
    await clock.settle();
    expect(await get()).toBe('new');
  });

  /** Answers the first call. Later calls hang until they are aborted. */
  const hanging = (): { readonly signals: AbortSignal[]; readonly ring: Strategy } => {
    const signals: AbortSignal[] = [];
    const ring: Strategy = {
      name: 'hanging',
      execute: (request, next, context) => {
        signals.push(context.signal);
        if (signals.length === 1) return next(request, context);
        return new Promise((_, reject) => {
          context.signal.addEventListener('abort', () => reject(context.signal.reason), { once: true });
        });
      },
    };
    return { signals, ring };
  };

  test('does not outlive the cache', async () => {
    const { signals, ring } = hanging();
    const { clock, get, cache } = await primed(meanwhile, {}, { inside: [ring] });
    await clock.advance(70_000);
    await get();
    await clock.advance(10_000);
    expect(signals[1]?.aborted).toBe(false);
    cache.close();
    expect(signals[1]?.aborted).toBe(true);
    await clock.settle();
    expect(clock.pending).toBe(0);
  });

  test('takes no longer than a call may take', async () => {
    const { signals, ring } = hanging();
    const { clock, get } = await primed(
      { 'cache-control': 'max-age=60, stale-while-revalidate=600' },
      {},
      { inside: [ring] },
    );
    await clock.advance(70_000);
    await get();
    await clock.advance(29_999);
    expect(signals[1]?.aborted).toBe(false);
    await clock.advance(1);
    expect([signals[1]?.aborted, clock.pending]).toEqual([true, 0]);
    await clock.advance(1000);
    await get();
    expect(signals).toHaveLength(3);
  });

  test('does not read a body that is not stored', async () => {
    const { clock, get, answer } = await primed(meanwhile);
    await clock.advance(70_000);
    let cancelled = false;
    const endless = new ReadableStream({
      cancel() {
        cancelled = true;
      },
    });
    answer(() => new Response(endless, { headers: { 'cache-control': 'no-store' } }));
    await get();
    await clock.settle();
    expect(cancelled).toBe(true);
  });
});

describe('stale-if-error', () => {
  const anHour = { staleIfErrorMs: 3_600_000 };
  const fresh = { 'cache-control': 'max-age=60' };

  test('reports the failure that it replaces', async () => {
    const { clock, send, log, answer } = await primed(fresh, anHour);
    await clock.advance(100_000);
    let cancelled = false;
    const body = new ReadableStream({
      cancel() {
        cancelled = true;
      },
    });
    answer(() => new Response(body, { status: 503 }));
    const response = await send();
    expect([response.status, await response.text()]).toEqual([200, '1']);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      ...{ age: '100', 'cache-status': 'Holdfast; fwd=stale; fwd-status=503; detail=stale-if-error; ttl=-40' },
    });
    expect(log.lines).toEqual(['cache.stale: 100000 ms old (error: 503)']);
    expect(cancelled).toBe(true);
  });

  test.each(['NETWORK', 'ATTEMPT_TIMEOUT', 'CIRCUIT_OPEN', 'QUEUE_FULL', 'QUEUE_TIMEOUT'])(
    'stands in for %s',
    async (code) => {
      const failing = failingWith(code);
      const { clock, get, log } = await primed(fresh, anHour, { inside: [failing.ring] });
      failing.on = true;
      await clock.advance(100_000);
      expect(await get()).toBe('1');
      expect(log.lines).toEqual([`cache.stale: 100000 ms old (error: ${code})`]);
    },
  );

  test.each(['CREDENTIALS', 'CLIENT_CLOSED'])('does not hide %s', async (code) => {
    const failing = failingWith(code);
    const { clock, get } = await primed(fresh, anHour, { inside: [failing.ring] });
    failing.on = true;
    await clock.advance(100_000);
    expect(await get()).toBe(code);
  });

  test('is used when the time of the call is up', async () => {
    const { clock, get, answer } = await primed(fresh, anHour);
    await clock.advance(100_000);
    answer(() => new Promise(() => undefined));
    const call = get('/orders', { settings: { totalTimeout: 1000 } });
    expect(await clock.run(call)).toBe('1');
    expect(clock.pending).toBe(0);
  });

  test('does not delay a caller that aborts', async () => {
    const { clock, send, answer } = await primed(fresh, anHour);
    await clock.advance(100_000);
    answer(() => new Promise(() => undefined));
    const caller = new AbortController();
    const reason = new Error('gone');
    const call = send('/orders', { signal: caller.signal });
    await clock.settle();
    caller.abort(reason);
    await expect(call).rejects.toBe(reason);
  });

  test('does not serve an answer that has become too old during the wait for the server', async () => {
    const { clock, get, answer } = await primed(fresh, { staleIfErrorMs: 60_000 });
    await clock.advance(119_000);
    answer(async () => {
      await new Promise<void>((resolve) => clock.setTimer(resolve, 2000));
      return new Response(null, { status: 503 });
    });
    expect(await clock.run(get())).toBe('503');
  });

  test('has its limit', async () => {
    const { clock, get, answer } = await primed(fresh, { staleIfErrorMs: 1000 });
    answer(() => new Response(null, { status: 503 }));
    await clock.advance(60_999);
    expect(await get()).toBe('1');
    await clock.advance(1);
    expect(await get()).toBe('503');
  });
});

/** A ring that fails with this error once it is switched on. */
function failingWith(code: string): { on: boolean; readonly ring: Strategy } {
  const failing = {
    on: false,
    ring: {
      name: 'failing',
      execute: (request, next, context) => {
        if (!failing.on) return next(request, context);
        const error = new NetworkError({ call: context.call, message: code, cause: undefined });
        throw Object.defineProperty(error, 'code', { value: code });
      },
    } satisfies Strategy,
  };
  return failing;
}
