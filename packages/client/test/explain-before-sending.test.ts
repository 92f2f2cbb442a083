import { bearerToken, type CircuitBreakerOptions } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { rejection, scripted } from './support/scripted.ts';

const search = (seconds: number) => ({
  status: 429,
  headers: { 'retry-after': String(seconds), 'x-ratelimit-resource': 'search' },
});
const url = 'https://api.example.com/v1/';

describe('explain() of a call that has not been sent', () => {
  test('names the paused bucket, and the end of its pause', async () => {
    const { api, clock } = scripted([search(20)], { retry: 0 });
    expect(api.explain({ method: 'GET', url: 'search' })).toEqual({
      ...{ action: 'accept', because: 'policy', rule: 'default', applied: 'no' },
      reason: `GET ${url}search → send now`,
    });
    await clock.run(rejection(api.get('search')));
    await clock.advance(5_000);
    expect(api.explain({ url: 'search' })).toEqual({
      ...{ action: 'accept', because: 'policy', rule: 'rateLimit', applied: 'no', delayMs: 15_000 },
      retryAfterMs: 15_000,
      reason: `GET ${url}search → send in 15000 ms: bucket "search" is paused for another 15000 ms, until 2026-01-01T00:00:20.000Z`,
    });
    expect(api.explain({ url: 'orders' }).reason).toContain('send now');
    await clock.advance(15_000);
    expect(api.explain({ method: 'get', url: 'search' }).reason).toBe(`GET ${url}search → send now`);
  });

  test('says that it would fail, where the pause is too long for it', async () => {
    const { api, clock } = scripted([search(40), search(90)], { retry: 0 });
    await clock.run(rejection(api.get('search')));
    const late = api.explain({ url: 'search' });
    expect(late).toMatchObject({ action: 'fail', because: 'deadline', retryAfterMs: 40_000 });
    expect(late.reason).toContain('bucket "search" is paused for another 40000 ms');
    const patient = api.extend({ totalTimeout: false, maxRetryAfter: 30_000 }).explain({ url: 'search' });
    expect(patient).toMatchObject({ action: 'fail', because: 'retryAfterTooLong' });
    expect(patient.reason).toContain('more than the 30000 ms allowed');
  });

  test('names the method and the path where the server names no bucket, and the sender whose pause it is', async () => {
    const headers = { 'retry-after': '9' };
    const { api, clock } = scripted([{ status: 429, headers }], { retry: 0, headers: { 'x-api-key': 'a secret' } });
    await clock.run(rejection(api.get('orders/1')));
    const { reason } = api.explain({ url: 'orders/2' });
    expect(reason).toContain('bucket "GET /v1/orders/:id" (sender 1) is paused for another 9000 ms');
    expect(reason).not.toContain('secret');
    expect(api.explain({ method: 'POST', url: 'orders/2' }).reason).toContain('send now');
  });

  test('says that all requests are paused, that others wait already, and that the circuit is open', async () => {
    const headers = { 'retry-after': '9' };
    const { api, clock } = scripted([{ status: 503, headers }], { retry: 0 });
    await clock.run(rejection(api.get('orders')));
    expect(api.explain({ url: 'invoices' }).reason).toContain('all requests are paused for another 9000 ms');
    const full = scripted([() => new Promise<Response>(() => {})], { rateLimit: { maxConcurrent: 1 } });
    const calls = [rejection(full.api.get('a')), rejection(full.api.get('b'))];
    await full.clock.advance(0);
    expect(full.api.explain({ url: 'c' })).toMatchObject({ action: 'accept', rule: 'rateLimit' });
    expect(full.api.explain({ url: 'c' }).reason).toContain('send later: calls that came before it wait (1)');
    full.api.circuits.open('https://api.example.com', 5_000);
    expect(full.api.explain({ url: 'c' })).toMatchObject({
      ...{ action: 'fail', rule: 'circuitBreaker', retryAfterMs: 5_000 },
      reason: `GET ${url}c → fail: the circuit is open`,
    });
    await full.api.close();
    await Promise.all(calls);
  });

  test('throws neither for a URL with a password nor for a method that no request may have', async () => {
    const { api } = scripted([], { retry: 0 });
    api.circuits.open('https://api.example.com', 5_000);
    expect(api.explain({ url: 'https://ann:secret@api.example.com/v1/a' })).toMatchObject({ action: 'fail' });
    expect(api.explain({ url: 'a', method: 'not one' }).action).toBe('accept');
    expect(() => api.explain({ url: 'a', headers: 'x-tenant: a' as never })).toThrow(/explain: headers must be an obj/);
  });

  test.each<[about: string, key: NonNullable<CircuitBreakerOptions['key']>, opened: string, headers?: HeadersInit]>([
    ['a list of routes', ['/v1/reports/**'], 'https://api.example.com/v1/reports/**'],
    ['a function of the URL', ({ url }) => new URL(url).pathname.split('/')[2] ?? '', 'reports'],
    ['a function of a header', ({ headers }) => `of ${headers.get('x-tenant')}`, 'of a', { 'x-tenant': 'a' }],
  ])('sees a circuit whose key is %s', async (_about, key, opened, headers) => {
    const { api, clock } = scripted([{}, {}], { circuitBreaker: { key }, headers: { 'x-tenant': 'b' } });
    api.circuits.open(opened, 5_000);
    const input = { url: 'reports/1', ...(headers && { headers }) };
    expect(api.explain(input)).toMatchObject({ action: 'fail', rule: 'circuitBreaker', retryAfterMs: 5_000 });
    expect(api.explain({ url: 'orders/1' }).action).toBe('accept');
    const refused = await clock.run(rejection(api.get('reports/1', headers && { headers })));
    expect(refused).toMatchObject({ code: 'CIRCUIT_OPEN' });
    await clock.advance(5_000);
    expect(api.explain(input).action).toBe('accept');
  });

  test('sees that a probe is under way', async () => {
    const { api, clock } = scripted([() => new Promise<Response>(() => {})], { timeout: 3_000, retry: 0 });
    api.circuits.open('https://api.example.com', 1_000);
    await clock.advance(1_000);
    expect(api.explain({ url: 'a' }).action).toBe('accept');
    const probe = rejection(api.get('a'));
    await clock.advance(1);
    expect(api.explain({ url: 'a' })).toMatchObject({ action: 'accept', rule: 'circuitBreaker' });
    await api.close();
    await probe;
  });

  test('shows the pauses of that sender alone whose headers it gets', async () => {
    const headers = { 'retry-after': '9' };
    const { api, clock } = scripted([{ status: 429, headers }], { retry: 0, headers: { 'x-app': 'shop' } });
    const asked = (tenant: string) => api.explain({ url: 'orders/2', headers: { 'x-tenant': tenant } }).reason;
    await clock.run(rejection(api.get('orders/1', { headers: { 'x-tenant': 'a' } })));
    expect(asked('a')).toContain('send in 9000 ms: bucket "GET /v1/orders/:id" (sender 1) is paused');
    expect(asked('b')).toContain('send now');
    expect(api.explain({ url: 'orders/2' }).reason).toContain('(sender 1)');
    const ofAll = scripted([{ status: 503, headers }], { retry: 0 });
    await ofAll.clock.run(rejection(ofAll.api.get('orders/1')));
    expect(ofAll.api.explain({ url: 'a', headers: { 'x-tenant': 'b' } }).reason).toContain('all requests are paused');
  });

  test('shows the pauses of all senders where the credentials of the client may depend on the caller', async () => {
    const headers = { 'retry-after': '9' };
    const { api, clock } = scripted([{ status: 429, headers }], { retry: 0, auth: bearerToken({ token: () => 't' }) });
    await clock.run(rejection(api.get('orders/1')));
    const asked = (own: HeadersInit) => api.explain({ url: 'orders/2', headers: own }).reason;
    expect(asked({ 'x-tenant': 'b' })).toContain('(sender 1) is paused');
    expect(asked({ authorization: 'Bearer other' })).toContain('send now');
  });

  test('says when the pace of a learned quota has room for it', async () => {
    const told = { 'x-ratelimit-limit-tokens': '100', 'x-ratelimit-remaining-tokens': '0' };
    const { api, clock } = scripted([{ headers: { ...told, 'x-ratelimit-reset-tokens': '8s' } }], {
      rateLimit: { unit: 'tokens', learn: true, cost: () => 1 },
    });
    await clock.run(api.get('a').text());
    expect(api.explain({ url: 'b' }).reason).toContain(
      'send in 8000 ms: the tokens that are left have to last for another 8000 ms, until ',
    );
    expect(api.explain({ url: 'b' }).delayMs).toBe(8_000);
  });

  test('needs a method or a URL, and fails for no key of the user’s', () => {
    const { api } = scripted([], {
      rateLimit: {
        requests: 1,
        perMs: 1,
        key: () => {
          throw new Error('no');
        },
      },
    });
    expect(() => api.explain({})).toThrow('explain: status must be');
    expect(api.explain({ url: 'orders' }).action).toBe('accept');
    const alone = scripted([], { baseUrl: undefined as never }).api;
    expect(alone.explain({ method: 'GET' }).reason).toBe('GET / → send now');
  });
});

describe('explain() of an outcome', () => {
  test('says that a retry would wait for a pause that another answer has asked for', async () => {
    const { api, clock } = scripted([search(20)], { retry: 0 });
    await clock.run(rejection(api.get('search')));
    const { reason, delayMs } = api.extend({ retry: 2 }).explain({ url: 'search', status: 500 });
    expect(reason).toMatch(
      /^500 → retry 1 of 2 in \d+ ms \(backoff\); bucket "search" is paused for another 20000 ms, until 2026-01-01T00:00:20.000Z$/,
    );
    expect(delayMs).toBeLessThan(20_000);
    expect(api.extend({ retry: 2 }).explain({ url: 'orders', status: 500 }).reason).not.toContain('bucket');
    expect(api.explain({ url: 'search', status: 404 }).reason).not.toContain('bucket');
  });

  test('names the bucket for whose pause a call was refused', async () => {
    const { api, clock } = scripted([search(300)], { retry: 0 });
    await clock.run(rejection(api.get('search')));
    const refused = await rejection(api.get('search'));
    expect(refused).toMatchObject({ code: 'QUEUE_TIMEOUT', bucket: 'search' });
    expect(api.explain({ error: refused }).reason).toBe(
      'QUEUE_TIMEOUT → fail: refused before sending, for the pause of bucket "search"',
    );
  });
});
