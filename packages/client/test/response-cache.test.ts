import { hang, networkFailureOf } from '@holdfast/core/testing';
import { bearerToken, type ClientOptions } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { rejection, type Scene, scripted } from './support/scripted.ts';

const fresh = { 'cache-control': 'max-age=60' };
const call = 'call.started: GET https://api.example.com/v1/orders/42';

/** With a cache, and the script's answers. */
function cached(script: Parameters<typeof scripted>[0], options: ClientOptions = {}): Scene {
  return scripted(script, { responseCache: true, ...options });
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

  test('leaves a caller who has gone alone, and answers nothing once it is closed', async () => {
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
    await read(api.extend({ headers: { 'x-a': '1' } }));
    await read(api.extend((parent) => ({ ...parent, timeout: 500 })));
    expect(transport.requests).toHaveLength(1);
    await read(api.extend({ responseCache: {} }));
    await read(api.extend({ responseCache: false }));
    expect(transport.requests).toHaveLength(3);
  });
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
});
