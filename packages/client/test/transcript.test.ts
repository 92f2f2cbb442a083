import { hang, networkFailureOf } from '@holdfast/core/testing';
import { bearerToken, retry } from 'holdfast';
import { expect, test } from 'vitest';
import { rejection, scripted, until } from './support/scripted.ts';

const call = 'call.started: GET https://api.example.com/v1/orders/42';

test('a success is one attempt', async () => {
  const { api, clock, log } = scripted([{ json: { id: 42 } }]);
  expect(await clock.run(api.get('orders/42').json())).toEqual({ id: 42 });
  expect(log.lines).toEqual([call, 'attempt.started 1', 'attempt.ended 1: 200', 'call.ended: success after 1 attempt']);
  expect(clock.pending).toBe(0);
});

test('a call that fails twice and then succeeds reports each wait and its reason', async () => {
  const busy = { status: 429, headers: { 'retry-after': '2' } };
  const { api, clock, log } = scripted([503, busy, { json: { id: 42 } }]);
  expect(await clock.run(api.get('orders/42').json())).toEqual({ id: 42 });
  expect(log.lines).toEqual([
    call,
    'attempt.started 1',
    'attempt.ended 1: 503',
    'retry.scheduled 1: 503 → retry 1 of 2 in 125 ms (backoff)',
    'attempt.started 2',
    'limiter.paused 2: 2000 ms (Retry-After)',
    'attempt.ended 2: 429',
    'retry.scheduled 2: 429 → retry 2 of 2 in 2100 ms (Retry-After)',
    'attempt.started 3',
    'limiter.resumed',
    'attempt.ended 3: 200',
    'call.ended: success after 3 attempts',
  ]);
  expect(clock.now()).toBe(125 + 2100);
  expect(clock.pending).toBe(0);
});

test('a call whose retries are used up says so', async () => {
  const { api, clock, log } = scripted([500, networkFailureOf('ECONNRESET'), 502]);
  await clock.run(rejection(api.get('orders/42').json()));
  expect(log.lines).toEqual([
    call,
    'attempt.started 1',
    'attempt.ended 1: 500',
    'retry.scheduled 1: 500 → retry 1 of 2 in 125 ms (backoff)',
    'attempt.started 2',
    'attempt.ended 2: NETWORK',
    // A retry has failed, so the next wait is longer than an interruption of half a second.
    'retry.scheduled 2: network error (ECONNRESET) → retry 2 of 2 in 788 ms (backoff)',
    'attempt.started 3',
    'attempt.ended 3: 502',
    'retry.denied 3: 502 → fail: all 2 retries are used up',
    'call.ended: failure after 3 attempts',
  ]);
});

test('a POST that the server may have acted on is denied its retry', async () => {
  const { api, clock, log } = scripted([500]);
  await clock.run(rejection(api.post('orders', { json: { id: 1 } })));
  expect(log.lines).toEqual([
    'call.started: POST https://api.example.com/v1/orders',
    'attempt.started 1',
    'attempt.ended 1: 500',
    'retry.denied 1: 500 → fail: the server may have acted on this POST, and it has no idempotency key',
    'call.ended: failure after 1 attempt',
  ]);
});

test('a 401 is followed by one refresh and one more attempt, which uses up no retry', async () => {
  const auth = bearerToken({ token: 'old', refresh: () => 'new' });
  const { api, clock, log, transport } = scripted([401, 200], { auth, policies: { '5xx': retry({ limit: 0 }) } });
  await clock.run(api.get('orders/42'));
  expect(log.lines).toEqual([
    call,
    'attempt.started 1',
    'attempt.ended 1: 401',
    'credentials.refreshed',
    'attempt.started 2',
    'attempt.ended 2: 200',
    'call.ended: success after 2 attempts',
  ]);
  expect(transport.requests.map(({ headers }) => headers['authorization'])).toEqual(['Bearer old', 'Bearer new']);
});

test('a refresh that fails ends the call', async () => {
  const refresh = () => Promise.reject(new Error('the identity provider is down'));
  const { api, clock, log } = scripted([401], { auth: bearerToken({ token: 'old', refresh }) });
  await clock.run(rejection(api.get('orders/42')));
  expect(log.lines).toEqual([
    call,
    'attempt.started 1',
    'attempt.ended 1: 401',
    'credentials.failed: the identity provider is down',
    'call.ended: failure after 1 attempt',
  ]);
  expect(clock.pending).toBe(0);
});

test('a fallback answers in the end, and the call succeeds', async () => {
  const { api, clock, log } = scripted([404], { fallback: () => Response.json({ id: 0 }) });
  expect(await clock.run(api.get('orders/42').json())).toEqual({ id: 0 });
  expect(log.lines).toEqual([
    call,
    'attempt.started 1',
    'attempt.ended 1: 404',
    'fallback.used: 404 → fail fast; a fallback answered',
    'call.ended: success after 1 attempt',
  ]);
});

test("a caller's abort in flight ends the attempt and the call, in this order", async () => {
  const { api, clock, log, transport } = scripted([hang()]);
  const controller = new AbortController();
  const failure = rejection(api.get('orders/42', { signal: controller.signal }));
  await until(() => transport.requests.length === 1);
  controller.abort('enough');
  expect(await failure).toBe('enough');
  await clock.advance(0);
  expect(log.lines).toEqual([
    call,
    'attempt.started 1',
    'attempt.ended 1: ABORTED',
    'call.ended: cancelled after 1 attempt',
  ]);
  expect(clock.pending).toBe(0);
});

test("a caller's abort during a wait ends the call, and no further attempt begins", async () => {
  const { api, clock, log } = scripted([503]);
  const controller = new AbortController();
  const failure = rejection(api.get('orders/42', { signal: controller.signal }));
  await clock.advance(100);
  controller.abort('enough');
  expect(await failure).toBe('enough');
  expect(log.lines).toEqual([
    call,
    'attempt.started 1',
    'attempt.ended 1: 503',
    'retry.scheduled 1: 503 → retry 1 of 2 in 125 ms (backoff)',
    'call.ended: cancelled after 1 attempt',
  ]);
  expect(clock.pending).toBe(0);
});

test('attempts that time out are reported as such, each before its own end', async () => {
  const { api, clock, log } = scripted([hang(), 200], { timeout: 1000 });
  await clock.run(api.get('orders/42'));
  expect(log.lines).toEqual([
    call,
    'attempt.started 1',
    'attempt.timedOut 1: 1000 ms',
    'attempt.ended 1: ATTEMPT_TIMEOUT',
    'retry.scheduled 1: timeout → retry 1 of 2 in 125 ms (backoff)',
    'attempt.started 2',
    'attempt.ended 2: 200',
    'call.ended: success after 2 attempts',
  ]);
});

test('a deadline in the middle of an attempt ends that attempt, then the call', async () => {
  const { api, clock, log } = scripted([503, hang()], { timeout: false, totalTimeout: 2000 });
  await clock.run(rejection(api.get('orders/42')));
  await clock.advance(0);
  expect(log.lines).toEqual([
    call,
    'attempt.started 1',
    'attempt.ended 1: 503',
    'retry.scheduled 1: 503 → retry 1 of 2 in 125 ms (backoff)',
    'attempt.started 2',
    'deadline.exceeded: 2000 ms',
    'attempt.ended 2: DEADLINE_EXCEEDED',
    'retry.denied 2: DEADLINE_EXCEEDED → fail: the time for the whole call is up',
    'call.ended: failure after 2 attempts',
  ]);
  expect(clock.pending).toBe(0);
});

test('a wait that would outlast the deadline is not begun', async () => {
  const { api, clock, log } = scripted([{ status: 503, headers: { 'retry-after': '20' } }], { totalTimeout: 15_000 });
  await clock.run(rejection(api.get('orders/42')));
  expect(log.lines.slice(4)).toEqual([
    'retry.denied 1: 503 → fail: a wait of 20250 ms is more than the 15000 ms left',
    'call.ended: failure after 1 attempt',
  ]);
  expect(clock.now()).toBe(0);
});

test('client.fetch leaves the same transcript, and returns the error status', async () => {
  const { api, clock, log } = scripted([503, 404]);
  const response = await clock.run(api.fetch('https://api.example.com/v1/orders/42'));
  expect(response.status).toBe(404);
  expect(log.lines).toEqual([
    call,
    'attempt.started 1',
    'attempt.ended 1: 503',
    'retry.scheduled 1: 503 → retry 1 of 2 in 125 ms (backoff)',
    'attempt.started 2',
    'attempt.ended 2: 404',
    'call.ended: failure after 2 attempts',
  ]);
});

test('every event is frozen, JSON-safe, and names its call', async () => {
  const { api, clock, log } = scripted([503, 200]);
  await clock.run(api.get('orders/42?api_key=hush'));
  for (const event of log.events) {
    expect(Object.isFrozen(event)).toBe(true);
    expect(JSON.parse(JSON.stringify(event))).toEqual(event);
    expect(event.url).toBe('https://api.example.com/v1/orders/42?api_key=***');
  }
  expect(new Set(log.events.map(({ callId }) => callId)).size).toBe(1);
});
