import { bearerToken } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { baseUrl, rejection, type Scene, scripted } from './support/scripted.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const keys = ({ transport }: Scene, header = 'idempotency-key') =>
  transport.requests.map(({ headers }) => headers[header]);

describe('idempotency keys', () => {
  test('are off by default', async () => {
    const scene = scripted([200]);
    await scene.clock.run(scene.api.post('x'));
    expect(keys(scene)).toEqual([undefined]);
  });

  test('are the same on each attempt, and make a POST safe to send again', async () => {
    for (const start of [
      ({ api }: Scene) => api.post('x', { json: { a: 1 } }),
      ({ api }: Scene) => api.patch('x', { body: 'text' }),
      ({ api }: Scene) => api.fetch(`${baseUrl}x`, { method: 'POST', body: 'text' }),
      ({ api }: Scene) => api.fetch(new Request(`${baseUrl}x`, { method: 'POST', body: 'text' })),
    ]) {
      const scene = scripted([500, 502, 200], { idempotencyKeys: true });
      expect((await scene.clock.run<Response>(start(scene))).status).toBe(200);
      const [first, ...others] = keys(scene);
      expect(first).toMatch(uuid);
      expect(others).toEqual([first, first]);
      expect(new Set(scene.transport.requests.map(({ body }) => body)).size).toBe(1);
    }
  });

  test('differ from call to call', async () => {
    const scene = scripted([200, 200], { idempotencyKeys: true });
    await scene.clock.run(scene.api.post('x'));
    await scene.clock.run(scene.api.post('x'));
    expect(new Set(keys(scene)).size).toBe(2);
  });

  test('of the caller take precedence, and have the same effect', async () => {
    const scene = scripted([500, 200, 500, 200], { idempotencyKeys: { generate: () => 'ours' } });
    const headers = { 'idempotency-key': 'mine' };
    await scene.clock.run(scene.api.post('x', { headers }));
    await scene.clock.run(scene.api.fetch(`${baseUrl}x`, { method: 'POST', headers }));
    expect(keys(scene)).toEqual(['mine', 'mine', 'mine', 'mine']);
  });

  test('may use another header, other methods and another source', async () => {
    let made = 0;
    const idempotencyKeys = { header: 'X-Once', methods: ['delete'], generate: () => `k${++made}` };
    const scene = scripted([500, 200, 200, 500], { idempotencyKeys });
    await scene.clock.run(scene.api.delete('x'));
    await scene.clock.run(scene.api.post('x'));
    await scene.clock.run(rejection(scene.api.post('x')));
    expect(keys(scene, 'x-once')).toEqual(['k1', 'k1', undefined, undefined]);
    const marked = scripted([500, 200], { idempotencyKeys });
    await marked.clock.run(marked.api.post('x', { headers: { 'x-once': 'mine' } }));
    expect(keys(marked, 'x-once')).toEqual(['mine', 'mine']);
  });

  test('may be switched on and off for a call', async () => {
    const scene = scripted([200, 200, 200], { idempotencyKeys: true });
    await scene.clock.run(scene.api.post('x', { idempotencyKeys: false }));
    await scene.clock.run(scene.api.post('x', { idempotencyKeys: { generate: () => 'call' } }));
    await scene.clock.run(scene.api.fetch(`${baseUrl}x`, { method: 'POST', holdfast: { idempotencyKeys: false } }));
    expect(keys(scene)).toEqual([undefined, 'call', undefined]);
  });

  test('do not make a stream that can be sent once into one that can be sent twice', async () => {
    const scene = scripted([500], { idempotencyKeys: true });
    const body = new Blob(['once']).stream();
    const error = await scene.clock.run(rejection(scene.api.post('x', { body })));
    expect(error).toMatchObject({ decision: { because: 'notReplayable' } });
  });
});

describe('explain()', () => {
  test('gives the decision, and sends nothing', () => {
    const { api, transport } = scripted([], { retry: { limit: 5 } });
    expect(api.explain({ status: 429, headers: { 'retry-after': '2' } })).toEqual({
      action: 'retry',
      because: 'policy',
      reason: '429 → retry 1 of 5 in 2100 ms (Retry-After)',
      rule: 'retry',
      applied: 'no',
      delayMs: 2100,
      retryAfterMs: 2000,
    });
    expect(api.explain({ status: 200 })).toMatchObject({ action: 'accept' });
    expect(api.explain({ method: 'POST', status: 500 })).toMatchObject({ action: 'fail', because: 'notReplayable' });
    expect(api.explain({ error: 'ECONNREFUSED', method: 'POST' })).toMatchObject({ action: 'retry', applied: 'no' });
    expect(api.explain({ error: 'timeout' })).toMatchObject({ action: 'retry', applied: 'unknown' });
    expect(api.explain({ status: 401 })).toMatchObject({ action: 'fail', because: 'noCredentials' });
    expect(api.explain({ status: 503, attempt: 6 })).toMatchObject({ because: 'limitReached' });
    expect(api.explain({ status: 503, headers: { 'retry-after': '40' } })).toMatchObject({ because: 'deadline' });
    expect(api.explain({ status: 503, headers: { 'retry-after': '61' } })).toMatchObject({
      because: 'retryAfterTooLong',
    });
    expect(transport.requests).toHaveLength(0);
    expect(api.snapshot().budgets).toEqual([]);
  });

  test('agrees with what a call does', async () => {
    for (const status of [400, 404, 408, 413, 425, 429, 500, 501, 502, 503, 504]) {
      const { api, clock, log } = scripted([status, 200]);
      const { action, reason } = api.explain({ url: 'x', status });
      await clock.run(api.get('x', { throwHttpErrors: false }));
      expect(log.lines.some((line) => line.startsWith('retry.scheduled'))).toBe(action === 'retry');
      if (action === 'retry') expect(log.lines).toContain(`retry.scheduled 1: ${reason}`);
    }
  });

  test('knows which methods get a key, and where credentials go', () => {
    const { api } = scripted([], {
      idempotencyKeys: { methods: ['LOCK'] },
      auth: bearerToken({ refresh: () => ({ token: 't' }) }),
    });
    expect(api.explain({ method: 'LOCK', status: 500 })).toMatchObject({ action: 'retry' });
    expect(api.explain({ method: 'POST', status: 500 })).toMatchObject({ because: 'notReplayable' });
    expect(api.explain({ url: 'x', status: 401 })).toMatchObject({ action: 'refreshCredentials' });
    expect(api.explain({ url: 'https://other.example/', status: 401 })).toMatchObject({ because: 'noCredentials' });
    expect(() => api.explain({ status: 500, attempt: 0 })).toThrow(/explain: attempt must be an integer ≥ 1, got 0/);
  });

  test('reads the body that a rule asks for', () => {
    const rules = [{ name: 'locked', when: { errorCode: 'locked' }, policy: () => undefined }];
    const { api } = scripted([], { rules: [{ ...rules[0], policy: { kind: 'accept' } as never } as never] });
    expect(api.explain({ status: 409, body: { error: { code: 'locked' } } })).toMatchObject({
      action: 'accept',
      rule: 'rules[0] (locked)',
    });
    expect(api.explain({ status: 409, body: { error: { code: 'other' } } })).toMatchObject({ action: 'fail' });
  });
});

test('snapshot() is plain JSON of what is known', async () => {
  const { api, clock } = scripted([200]);
  await clock.run(api.get('x'));
  const snapshot = api.snapshot();
  expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
  expect(snapshot).toEqual({
    pipeline: ['fallback', 'deadline', 'retry', 'circuitGate', 'rateLimiter', 'circuit', 'attemptTimeout', 'transport'],
    circuits: [{ key: 'https://api.example.com', state: 'closed', failures: 0, successes: 1 }],
    limiters: [{ key: 'https://api.example.com', running: 0, queued: 0 }],
    budgets: [{ key: 'https://api.example.com', tokens: 2.1 }],
    auth: { refreshing: false },
    callsInFlight: 0,
    quotas: [],
  });
});
