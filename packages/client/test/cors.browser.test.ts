import type { ApiError, NetworkError } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { page } from './support/page.ts';
import { rejection } from './support/scripted.ts';

describe('an answer that CORS keeps from the page', () => {
  test('is a network error whose message says so, whatever the server did', async () => {
    const { client, url, log, origin } = page();
    const api = client({ retry: 0 });
    const error = await rejection<NetworkError>(api.get(url('none', 'status/200')));
    expect(error).toMatchObject({ code: 'NETWORK', applied: 'unknown', permanent: false });
    expect(error.message).toMatch(`network error: GET ${origin}/none/`);
    expect(error.message).toContain(
      ` (the connection failed, or CORS does not let ${location.origin} see the answer; a browser does not say which, its console does)`,
    );
    expect(error.cause).toBeInstanceOf(TypeError);
    expect(await log()).toHaveLength(1);
  });

  test('is retried like a broken connection, which looks the same', async () => {
    for (const deed of ['status/200', 'reset']) {
      const { client, url, log } = page();
      const error = await rejection<NetworkError>(client().get(url('none', deed)));
      expect(error.attempts.map(({ errorCode }) => errorCode)).toEqual(['NETWORK', 'NETWORK', 'NETWORK']);
      expect((await log()).length).toBeGreaterThanOrEqual(3); // Chromium sends a request again by itself after a reset.
    }
  });

  test('may have been acted upon: a POST is not sent again', async () => {
    const { client, url, log } = page();
    // Such a body needs no preflight: the server receives it, but the page can't see the answer.
    const error = await rejection<NetworkError>(client().post(url('none', 'status/201'), { body: 'order' }));
    expect(error).toMatchObject({ code: 'NETWORK', applied: 'unknown', decision: { because: 'notReplayable' } });
    expect((await log()).map(({ method, body }) => [method, body])).toEqual([['POST', 'order']]);
  });

  test('a preflight that is refused looks the same, and the server sees no request', async () => {
    const { client, url, log } = page();
    const error = await rejection<NetworkError>(client().post(url('none', 'status/201'), { json: { item: 1 } }));
    expect(error).toMatchObject({ code: 'NETWORK', applied: 'unknown' });
    expect(error.message).toContain('CORS');
    expect(await log()).toEqual([]);
  });

  test('the message for the page’s own origin does not mention CORS', async () => {
    const { client } = page();
    const broken = (): Promise<Response> => Promise.reject(new TypeError('Failed to fetch'));
    const error = await rejection<NetworkError>(client({ retry: 0, fetch: broken }).get('/orders'));
    const message = `Request failed due to a network error: GET ${location.origin}/orders`;
    expect(error).toMatchObject({ code: 'NETWORK', message });
  });

  test('a refused connection cannot be distinguished from the others', async () => {
    const { client, dead } = page();
    const error = await rejection<NetworkError>(client({ retry: 0 }).get(dead));
    expect(error).toMatchObject({ code: 'NETWORK', applied: 'unknown', neverSent: false });
  });
});

describe('what a server tells of its limits', () => {
  const told = async (cors: 'plain' | 'exposed') => {
    const { client, url } = page();
    const api = client({ random: () => 0.5, totalTimeout: false });
    const scheduled = new Promise<number>((resolve) => {
      api.on('retry.scheduled', ({ delayMs }) => resolve(delayMs));
    });
    api.get(url(cors, 'busy')).catch(() => undefined);
    const delayMs = await scheduled;
    const { quotas, limiters } = api.snapshot();
    await api.close();
    return {
      delayMs,
      quotas,
      pausedUntil: limiters.find((one) => one.pausedUntil)?.pausedUntil,
      ...(await requestIdOf(cors)),
    };
  };

  const requestIdOf = async (cors: 'plain' | 'exposed') => {
    const { client, url } = page();
    const error = await rejection<ApiError>(client({ retry: 0 }).get(url(cors, 'busy')));
    return { retryAfterMs: error.retryAfterMs, requestId: error.requestId };
  };

  test('is hidden from a page unless it is exposed', async () => {
    expect(await told('plain')).toEqual({ delayMs: 500, quotas: [] });
  });

  test('is respected if it is exposed', async () => {
    const { delayMs, quotas, pausedUntil, retryAfterMs, requestId } = await told('exposed');
    expect(delayMs).toBeGreaterThan(2000);
    expect({ retryAfterMs, requestId }).toEqual({ retryAfterMs: 2000, requestId: 'req_1' });
    expect(pausedUntil).toBeGreaterThan(0);
    expect(quotas).toEqual([expect.objectContaining({ remaining: 0, limit: 100 })]);
  });
});

test('an opaque answer is returned unchanged: there is nothing to decide on', async () => {
  const { client, url, log } = page();
  const response = await client().fetch(url('none', 'status/503'), { mode: 'no-cors' });
  expect([response.type, response.status]).toEqual(['opaque', 0]);
  const viaKy = await client().get(url('none', 'status/503'), { mode: 'no-cors', throwHttpErrors: false });
  expect(viaKy.type).toBe('opaque');
  expect(await log()).toHaveLength(2);
});
