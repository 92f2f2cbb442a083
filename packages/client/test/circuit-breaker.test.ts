import { networkFailureOf, type Step } from '@holdfast/core/testing';
import { CircuitOpenError, constantBackoff, failFast, isApiError, retry } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { rejection, scripted } from './support/scripted.ts';

const origin = 'https://api.example.com';
const circuitBreaker = { failureRatio: 0.5, minimumCalls: 2, openMs: 1000 };
const noRetries = { '5xx': failFast(), network: failFast() };

test('the gate is before the limiter, and the circuit around the attempt', () => {
  const { api } = scripted([]);
  expect(api.snapshot().pipeline).toEqual([
    ...['fallback', 'deadline', 'retry', 'circuitGate', 'rateLimiter', 'circuit', 'attemptTimeout', 'transport'],
  ]);
});

test('false leaves it out', async () => {
  const { api, clock, transport } = scripted(Array<Step>(50).fill(500), {
    ...{ circuitBreaker: false, policies: noRetries },
  });
  expect(api.snapshot().pipeline).not.toContain('circuit');
  for (let call = 0; call < 50; call++) await clock.run(rejection(api.get('x')));
  expect(transport.requests).toHaveLength(50);
  expect(api.snapshot().circuits).toEqual([]);
  expect(() => api.circuits.open(origin)).toThrow('circuits.open: this client has circuitBreaker: false');
  api.circuits.close(origin);
  api.circuits.reset();
});

test('a client has circuits by default: 20 failures in a row over five seconds open them', async () => {
  const { api, clock, transport } = scripted(Array<Step>(20).fill(503), { policies: noRetries });
  for (let call = 0; call < 20; call++) {
    await clock.run(rejection(api.get('x')));
    await clock.advance(call < 19 ? 270 : 0);
  }
  expect(await clock.run(rejection(api.get('x')))).toBeInstanceOf(CircuitOpenError);
  expect(transport.requests).toHaveLength(20);
});

test('an outage, from the first failure to the first success, as a transcript', async () => {
  const { api, clock, log } = scripted([503, networkFailureOf('ECONNREFUSED'), 503, 200], {
    ...{ circuitBreaker, policies: noRetries, random: () => 1 },
  });
  await clock.run(rejection(api.get('x')));
  await clock.run(rejection(api.get('x')));
  const error = await clock.run(rejection<CircuitOpenError>(api.get('x')));
  await clock.advance(1000);
  await clock.run(rejection(api.get('x')));
  await clock.advance(2000);
  await clock.run(api.get('x'));
  expect(log.lines.filter((line) => !line.startsWith('call.started'))).toEqual([
    ...['attempt.started 1', 'attempt.ended 1: 503', 'call.ended: failure after 1 attempt'],
    ...['attempt.started 1', 'circuit.opened 1: failureRatio'],
    ...['attempt.ended 1: NETWORK', 'call.ended: failure after 1 attempt'],
    ...['attempt.started 1', 'call.rejected 1: CIRCUIT_OPEN'],
    ...['attempt.ended 1: CIRCUIT_OPEN', 'call.ended: failure after 1 attempt'],
    ...['attempt.started 1', 'circuit.halfOpened 1: openTimeOver', 'circuit.opened 1: probeFailed'],
    ...['attempt.ended 1: 503', 'call.ended: failure after 1 attempt'],
    ...['attempt.started 1', 'circuit.halfOpened 1: openTimeOver', 'circuit.closed 1: probeSucceeded'],
    ...['attempt.ended 1: 200', 'call.ended: success after 1 attempt'],
  ]);
  expect(error).toMatchObject({
    ...{ code: 'CIRCUIT_OPEN', key: origin, retryAfterMs: 1000, retryAt: Date.UTC(2026, 0, 1, 0, 0, 1), applied: 'no' },
    decision: { action: 'fail', because: 'policy', applied: 'no', retryAfterMs: 1000 },
  });
  expect(error.decision?.reason).toBe('CIRCUIT_OPEN → fail: refused before sending');
  expect(clock.pending).toBe(0);
});

describe('a retry of a call whose circuit opens in between', () => {
  test('fails with the last real outcome as the cause, here a response', async () => {
    const busy = { status: 503, headers: { 'x-request-id': 'req_7' }, body: 'down' };
    const { api, clock, log } = scripted([500, busy], { circuitBreaker });
    const error = await clock.run(rejection<CircuitOpenError>(api.get('x')));
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect(isApiError(error.cause)).toBe(true);
    expect(error.cause).toMatchObject({ name: 'ServiceUnavailableError', status: 503, requestId: 'req_7' });
    expect(Object.keys(error)).not.toContain('cause');
    expect(error.toJSON()['cause']).toMatchObject({ name: 'ServiceUnavailableError' });
    expect(error.attempts.map(({ status, errorCode }) => status ?? errorCode)).toEqual([500, 503, 'CIRCUIT_OPEN']);
    // The server may have acted on a 500 and on a bare 503, whatever the last attempt's outcome was.
    expect(error.applied).toBe('unknown');
    expect(log.lines.at(-1)).toBe('call.ended: failure after 3 attempts');
  });

  test('fails with the last real outcome as the cause, here an error', async () => {
    const { api, clock } = scripted([500, networkFailureOf('ECONNREFUSED')], { circuitBreaker });
    const error = await clock.run(rejection<CircuitOpenError>(api.get('x')));
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect(error.cause).toMatchObject({ code: 'NETWORK', reason: 'ECONNREFUSED' });
  });

  test('has no cause where there was no attempt before', async () => {
    const { api, clock } = scripted([]);
    api.circuits.open(origin);
    expect(await clock.run(rejection<CircuitOpenError>(api.get('x')))).not.toHaveProperty('cause');
  });

  test('is not turned into a wait by policies that speak of the server', async () => {
    const policies = { network: retry({ limit: 5 }), '5xx': retry({ limit: 5 }), default: retry({ limit: 5 }) };
    const { api, clock, transport } = scripted([], {
      ...{ circuitBreaker, policies, rules: [{ when: { path: '/**' }, policy: retry({ limit: 5 }) }], retry: 5 },
    });
    api.circuits.open(origin);
    await clock.run(rejection(api.get('x')));
    expect(clock.now()).toBe(0);
    expect(transport.requests).toHaveLength(0);
  });

  test.each([
    [
      'rules[0] (wait)',
      {
        rules: [
          {
            name: 'wait',
            when: (outcome: { kind: string; code?: string }) => outcome.code === 'CIRCUIT_OPEN',
            policy: retry({ limit: 3 }),
          },
        ],
      },
    ],
    [
      'rules[0]',
      {
        rules: [
          {
            when: { path: '/**' },
            policy: (outcome: { kind: string; code?: string }) =>
              outcome.code === 'CIRCUIT_OPEN' ? retry({ limit: 3 }) : undefined,
          },
        ],
      },
    ],
    [
      'policies.default',
      {
        policies: {
          default: (outcome: { kind: string; code?: string }) =>
            outcome.code === 'CIRCUIT_OPEN' ? retry({ limit: 3 }) : undefined,
        },
      },
    ],
  ])('waits for the circuit where a function of the user’s says so (%s)', async (rule, options) => {
    const atOnce = retry({ backoff: constantBackoff({ delayMs: 0 }) });
    const { api, clock, log } = scripted([500, 500, { json: 'back' }], {
      ...{ circuitBreaker, random: () => 0, ...options },
      policies: { 500: atOnce, ...('policies' in options ? options.policies : {}) },
    });
    expect(await clock.run(api.get('x').json())).toBe('back');
    const scheduled = log.events.filter((event) => event.type === 'retry.scheduled').map(({ decision }) => decision);
    expect(scheduled.at(-1)).toMatchObject({ rule, delayMs: 800, retryAfterMs: 800, applied: 'no' });
    expect(scheduled.at(-1)?.reason).toBe('CIRCUIT_OPEN → retry 3 of 3 in 800 ms (circuit)');
    expect(log.lines.at(-1)).toBe('call.ended: success after 4 attempts');
  });

  test('keeps the cause over several waits, and gives up within the limit', async () => {
    const wait = { when: ({ kind }: { kind: string }) => kind === 'error', policy: retry({ limit: 2 }) };
    const { api, clock } = scripted([500], {
      ...{ circuitBreaker: { ...circuitBreaker, minimumCalls: 1 } },
      rules: [wait],
    });
    const calling = rejection<CircuitOpenError>(api.get('x'));
    await clock.advance(200);
    api.circuits.open(origin, 20_000);
    const error = await clock.run(calling);
    expect(error).toMatchObject({ code: 'CIRCUIT_OPEN', cause: { status: 500 } });
    expect(['limitReached', 'deadline']).toContain(error.decision?.because);
  });

  test('does not wait longer than the call may last', async () => {
    const wait = { when: ({ kind }: { kind: string }) => kind === 'error', policy: retry({ limit: 2 }) };
    const { api, clock } = scripted([], { rules: [wait], totalTimeout: 10_000 });
    api.circuits.open(origin, 10_000);
    const error = await clock.run(rejection<CircuitOpenError>(api.get('x')));
    expect(error.decision).toMatchObject({ action: 'fail', because: 'deadline', retryAfterMs: 10_000 });
    expect(clock.now()).toBe(0);
  });

  test('may have a fallback of its own', async () => {
    const rules = [
      {
        when: (outcome: { kind: string; code?: string }) => outcome.code === 'CIRCUIT_OPEN',
        policy: failFast({ fallback: { stale: true } }),
      },
    ];
    const { api, clock } = scripted([], { rules });
    api.circuits.open(origin);
    expect(await clock.run(api.get('x').json())).toEqual({ stale: true });
  });
});

test('a fallback answers for an open circuit', async () => {
  const { api, clock } = scripted([], { fallback: (error) => Response.json({ code: error.code }) });
  api.circuits.open(origin);
  expect(await clock.run(api.get('x').json())).toEqual({ code: 'CIRCUIT_OPEN' });
});

test('fetch rejects with a TypeError whose cause is the typed error, as for any "no response"', async () => {
  const { api, clock } = scripted([]);
  api.circuits.open(origin);
  const error = await clock.run(rejection(api.fetch(`${origin}/x`)));
  expect([error.name, error.cause]).toEqual(['TypeError', expect.any(CircuitOpenError)]);
});

test('explain says what an open circuit leads to', () => {
  const { api } = scripted([]);
  expect(api.explain({ error: 'CIRCUIT_OPEN' })).toMatchObject({ action: 'fail', because: 'policy', applied: 'no' });
});

test('an attempt that times out counts, and an abort does not', async () => {
  const never: Step = (_request, signal) =>
    new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
  const { api, clock } = scripted([never, never, never, never], {
    ...{ circuitBreaker: { ...circuitBreaker, windowMs: 60_000 }, retry: 0, timeout: 1000 },
  });
  const controller = new AbortController();
  const left = [1, 2].map(() => rejection(api.get('x', { signal: controller.signal })));
  await clock.advance(10);
  controller.abort();
  await clock.run(Promise.all(left));
  expect(api.snapshot().circuits).toMatchObject([{ state: 'closed', failures: 0 }]);
  await clock.run(Promise.all([1, 2].map(() => rejection(api.get('x')))));
  expect(api.snapshot().circuits).toMatchObject([{ state: 'open', failures: 2 }]);
});

describe('a client that was extended', () => {
  test('shares the circuits of its parent, and has the same listeners', async () => {
    const { api, clock, log } = scripted([503, 503], { circuitBreaker, policies: noRetries });
    const child = api.extend({ headers: { 'x-child': '1' } });
    const same = api.extend((parent) => ({ ...parent }));
    await clock.run(rejection(child.get('x')));
    await clock.run(rejection(same.get('x')));
    expect(await clock.run(rejection(api.get('x')))).toBeInstanceOf(CircuitOpenError);
    expect(child.snapshot().circuits).toEqual(api.snapshot().circuits);
    expect(log.lines).toContain('circuit.opened 1: failureRatio');
    child.circuits.reset();
    expect(api.snapshot().circuits).toEqual([]);
  });

  test('with options of its own has circuits of its own', async () => {
    const { api, clock } = scripted([503, 503, 200], { circuitBreaker, policies: noRetries });
    const child = api.extend({ circuitBreaker: { minimumCalls: 50 } });
    for (let call = 0; call < 2; call++) await clock.run(rejection(api.get('x')));
    expect((await clock.run(child.get('x'))).status).toBe(200);
    expect(child.snapshot().circuits).toMatchObject([{ state: 'closed', successes: 1 }]);
    await child.close();
    expect(api.snapshot().circuits).toMatchObject([{ state: 'open' }]);
  });

  test('may have no circuits', async () => {
    const { api, clock } = scripted([200]);
    api.circuits.open(origin);
    const child = api.extend({ circuitBreaker: false });
    expect((await clock.run(child.get('x'))).status).toBe(200);
  });
});

test('state is carried over from an earlier snapshot', async () => {
  const before = scripted([503, 503], { circuitBreaker, policies: noRetries });
  for (let call = 0; call < 2; call++) await before.clock.run(rejection(before.api.get('x')));
  const initialState = JSON.parse(JSON.stringify(before.api.snapshot().circuits));
  const after = scripted([], { circuitBreaker: { ...circuitBreaker, initialState } });
  expect(await after.clock.run(rejection(after.api.get('x')))).toBeInstanceOf(CircuitOpenError);
});

test('close removes all circuits without an event', async () => {
  const { api, clock, log } = scripted([503, 503], { circuitBreaker, policies: noRetries });
  for (let call = 0; call < 2; call++) await clock.run(rejection(api.get('x')));
  const told = log.lines.length;
  await api.close();
  expect(api.snapshot().circuits).toEqual([]);
  expect(log.lines).toHaveLength(told);
  expect(clock.pending).toBe(0);
});

test.each<[object, string]>([
  [{ circuitBreaker: { failureRatio: 50 } }, 'createResilientClient: circuitBreaker.failureRatio must be a number'],
  [{ circuitBreaker: { openMS: 5 } }, 'createResilientClient: circuitBreaker: unknown option "openMS"; did you mean'],
  [{ circuitBreaker: true }, 'createResilientClient: circuitBreaker takes an object with failureRatio'],
  [{ circuitBreaker: null }, 'createResilientClient: circuitBreaker takes an object with failureRatio'],
])('%j is refused at construction', (options, message) => {
  expect(() => scripted([], options)).toThrow(message);
});

test('a circuit breaker is not an option of a single call', () => {
  const { api } = scripted([]);
  expect(() => api.get('x', { circuitBreaker: false } as object)).toThrow('circuitBreaker');
});

test('calls that an open circuit rejects earn no retries', async () => {
  const { api, clock } = scripted([200]);
  await clock.run(api.get('x'));
  const before = api.snapshot().budgets;
  api.circuits.open('https://api.example.com');
  for (let call = 0; call < 50; call++) await rejection(clock.run(api.get('x')));
  expect(api.snapshot().budgets).toEqual(before);
});
