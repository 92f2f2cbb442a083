import { apiKey, bearerToken, createResilientClient } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { rejection, scripted } from './support/scripted.ts';

const sent = (requests: readonly { headers: Readonly<Record<string, string>> }[], name = 'authorization') =>
  requests.map(({ headers }) => headers[name]);

describe('ahead of expiry', () => {
  test('a token is refreshed while calls continue with the old one', async () => {
    let give: (token: string) => void = () => {};
    const wallStart = Date.UTC(2026, 0, 1);
    const refresh = () =>
      new Promise<string>((resolve) => {
        give = resolve;
      });
    const auth = bearerToken({
      token: { token: 'old', expiresAt: wallStart + 100_000 },
      refresh,
      refreshAheadMs: 30_000,
    });
    const { api, clock, transport } = scripted([200, 200, 200, 200], { auth });
    await clock.advance(69_999);
    await clock.run(api.get('x'));
    expect(api.snapshot().auth).toEqual({ refreshing: false, expiresAt: wallStart + 100_000 });
    await clock.advance(1);
    await clock.run(api.get('x'));
    await clock.run(api.get('x'));
    expect(api.snapshot().auth.refreshing).toBe(true);
    give('new');
    await clock.advance(0);
    await clock.run(api.get('x'));
    expect(sent(transport.requests)).toEqual(['Bearer old', 'Bearer old', 'Bearer old', 'Bearer new']);
    expect(clock.pending).toBe(0);
  });

  test('a refresh that fails then fails no call', async () => {
    const wallStart = Date.UTC(2026, 0, 1);
    const refresh = () => Promise.reject(new Error('down'));
    const auth = bearerToken({ token: { token: 'old', expiresAt: wallStart + 50_000 }, refresh });
    const { api, clock, log } = scripted([200, 200], { auth });
    await clock.run(api.get('x'));
    await clock.run(api.get('x'));
    expect(log.lines.filter((line) => line.startsWith('credentials'))).toEqual(['credentials.failed: down']);
  });

  test('an expired token is not sent: the call waits for the next', async () => {
    const wallStart = Date.UTC(2026, 0, 1);
    const auth = bearerToken({ token: { token: 'old', expiresAt: wallStart - 1 }, refresh: () => 'new' });
    const { api, clock, transport } = scripted([200], { auth });
    await clock.run(api.get('x'));
    expect(sent(transport.requests)).toEqual(['Bearer new']);
  });

  test('a token that lives shorter than refreshAheadMs is not refreshed by each call', async () => {
    let refreshes = 0;
    const wallStart = Date.UTC(2026, 0, 1);
    const auth = bearerToken({ refresh: () => ({ token: `t${++refreshes}`, expiresAt: wallStart + 20_000 }) });
    const { api, clock } = scripted(Array(5).fill(200), { auth });
    for (let call = 0; call < 5; call++) await clock.run(api.get('x'));
    expect(refreshes).toBe(1);
  });
});

describe('keys as functions', () => {
  test('rotate without a restart', async () => {
    let today = 'k1';
    const { api, clock, transport } = scripted([200, 200, 503, 200], { auth: apiKey({ key: () => today }) });
    await clock.run(api.get('x'));
    today = 'k2';
    await clock.run(api.get('x'));
    const third = api.get('x');
    await clock.advance(0);
    today = 'k3';
    await clock.run(third);
    expect(sent(transport.requests, 'x-api-key')).toEqual(['k1', 'k2', 'k2', 'k3']);
  });

  test('tokens as functions do, too', async () => {
    let today = 't1';
    const { api, clock, transport } = scripted([200, 200], { auth: bearerToken({ token: async () => today }) });
    await clock.run(api.get('x'));
    today = 't2';
    await clock.run(api.get('x'));
    expect(sent(transport.requests)).toEqual(['Bearer t1', 'Bearer t2']);
  });

  test('that throw, or give no key, end the call with the cause', async () => {
    const keys = [() => Promise.reject(new Error('vault sealed')), () => '', () => undefined, () => 'a\nb'];
    for (const key of keys) {
      const { api, clock, transport } = scripted([], { auth: apiKey({ key: key as never }) });
      const error = await clock.run(rejection(api.get('x')));
      expect(error).toMatchObject({ code: 'CREDENTIALS', applied: 'no' });
      expect(transport.requests).toHaveLength(0);
    }
  });
});

describe('environment', () => {
  test('a key of the other environment is refused at construction', () => {
    expect(() => apiKey({ key: 'sk_live_abc', environment: 'test' })).toThrow(
      /apiKey: key belongs to the production environment, but environment is 'test'; use a key of test/,
    );
    expect(() => apiKey({ key: 'sk_test_abc', environment: 'test' })).not.toThrow();
    expect(() => apiKey({ key: 'unknown', environment: 'test' })).not.toThrow();
  });

  test('the message does not hold the key', () => {
    const error = (() => {
      try {
        return apiKey({ key: 'sk_live_verysecret', environment: 'test' });
      } catch (thrown) {
        return thrown as Error;
      }
    })();
    expect(String(error)).not.toContain('verysecret');
  });

  test('prefixes of one’s own are known', () => {
    const prefixes = { staging: 'stg-', production: ['prd-', 'live-'] };
    expect(() => apiKey({ key: 'live-1', environment: 'staging', prefixes })).toThrow(/to the production environment/);
    expect(() => apiKey({ key: 'stg-1', environment: 'staging', prefixes })).not.toThrow();
    expect(() => apiKey({ key: 'x', environment: 'stagin', prefixes })).toThrow(/must be one of staging, production/);
  });

  test('a key that a function gives is refused when it is used', async () => {
    const { api, clock } = scripted([], { auth: apiKey({ key: () => 'sk_live_abc', environment: 'test' }) });
    const error = await clock.run(rejection(api.get('x')));
    expect(error).toMatchObject({ code: 'CREDENTIALS' });
    expect(error.message).toMatch(/apiKey\.key\(\) belongs to the production environment, but environment is 'test'/);
  });
});

test('auth without any origin to send it to is refused', () => {
  expect(() => createResilientClient({ auth: apiKey({ key: 'k' }) })).toThrow(/set baseUrl, prefix or authOrigins/);
  expect(() => createResilientClient({ auth: apiKey({ key: 'k' }), prefix: 'https://a.example/v1' })).not.toThrow();
  expect(() => createResilientClient({ auth: apiKey({ key: 'k' }), authOrigins: ['https://a.example'] })).not.toThrow();
});

test('a header of one’s own choice is used, on both faces', async () => {
  const { api, clock, transport } = scripted([200, 200], { auth: apiKey({ key: 'k', header: 'X-Tenant-Key' }) });
  await clock.run(api.get('x'));
  await clock.run(api.fetch('https://api.example.com/x'));
  expect(sent(transport.requests, 'x-tenant-key')).toEqual(['k', 'k']);
});
