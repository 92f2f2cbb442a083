import { inspect } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { CircuitOpenError } from './circuit-open-error.ts';
import { ClientClosedError } from './client-closed-error.ts';
import { CredentialsError } from './credentials-error.ts';
import { NetworkError } from './network-error.ts';
import { QueueRejectedError } from './queue-rejected-error.ts';
import { isResilienceError, ResilienceError } from './resilience-error.ts';
import { decision, retried503, stillClock, testCall, wallStart } from './test-call.test-support.ts';
import { AttemptTimeoutError, DeadlineExceededError } from './timeout-errors.ts';

const message = 'GET https://api.example.com/orders/42 failed';

function family() {
  const init = { call: testCall(), message, cause: new TypeError('fetch failed') };
  return [
    [new NetworkError({ ...init, reason: 'ECONNREFUSED' }), 'NetworkError', 'NETWORK'],
    [new AttemptTimeoutError({ ...init, limitMs: 500 }), 'TimeoutError', 'ATTEMPT_TIMEOUT'],
    [new DeadlineExceededError({ ...init, limitMs: 500 }), 'TimeoutError', 'DEADLINE_EXCEEDED'],
    [new CircuitOpenError({ ...init, retryAfterMs: 10, key: 'k' }), 'CircuitOpenError', 'CIRCUIT_OPEN'],
    [new QueueRejectedError({ ...init, code: 'QUEUE_FULL', key: 'k' }), 'QueueRejectedError', 'QUEUE_FULL'],
    [new QueueRejectedError({ ...init, code: 'QUEUE_TIMEOUT', key: 'k' }), 'QueueRejectedError', 'QUEUE_TIMEOUT'],
    [new CredentialsError(init), 'CredentialsError', 'CREDENTIALS'],
    [new ClientClosedError(init), 'ClientClosedError', 'CLIENT_CLOSED'],
  ] as const;
}

describe('every error', () => {
  test.each(family())('%# has its name, code, message and cause', (error, name, code) => {
    expect(error).toBeInstanceOf(ResilienceError);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe(name);
    expect(error.code).toBe(code);
    expect(String(error)).toBe(`${name}: ${message}`);
    expect(error.stack).toContain(`${name}: ${message}`);
    expect((error.cause as Error).message).toBe('fetch failed');
    expect(Object.keys(error)).not.toContain('name');
    expect(error.toJSON()).toMatchObject({
      name,
      code,
      message,
      cause: { name: 'TypeError', message: 'fetch failed' },
    });
  });

  test.each(family())('%# shows decision and attempts to code that copies its own enumerable properties', (error) => {
    expect(Object.keys(error)).toEqual(expect.arrayContaining(['attempts', 'decision']));
    expect({ ...error }).toMatchObject({ attempts: error.attempts });
  });

  test('shows them as they are added, and without secrets', () => {
    const call = testCall();
    const error = new NetworkError({ call, message });
    expect({ ...error }.decision).toBeUndefined();
    call.attempts.push({
      attempt: 1,
      errorCode: 'NETWORK',
      detail: 'Bearer abcdef123456',
      startedMs: 0,
      durationMs: 1,
    });
    call.decision = decision();
    expect({ ...error }.decision).toBe(call.decision);
    expect({ ...error }.attempts).toMatchObject([{ attempt: 1, errorCode: 'NETWORK' }]);
    expect(JSON.stringify({ ...error })).not.toContain('abcdef123456');
  });

  test('without an answer is printed with what ended the call, and the option', () => {
    const call = testCall();
    call.decision = decision({ because: 'budgetExhausted' });
    expect(inspect(new NetworkError({ call, message }))).toContain('`retryBudget: false`');
    call.decision = decision({ action: 'retry', because: 'policy' });
    expect(inspect(new NetworkError({ call, message }))).not.toContain('What to do');
  });

  test('has no cause where none was given', () => {
    expect('cause' in new ClientClosedError({ call: testCall(), message })).toBe(false);
  });

  test('has its own facts, also as JSON', () => {
    const init = { call: testCall(), message };
    const network = new NetworkError({ ...init, reason: 'CERT_HAS_EXPIRED', permanent: true });
    expect(network.toJSON()).toMatchObject({ reason: 'CERT_HAS_EXPIRED', permanent: true });
    expect(new NetworkError(init).permanent).toBe(false);
    expect('reason' in new NetworkError(init)).toBe(false);
    expect(new AttemptTimeoutError({ ...init, limitMs: 500 }).toJSON()).toMatchObject({ limitMs: 500 });
    expect(new DeadlineExceededError({ ...init, limitMs: 900 }).toJSON()).toMatchObject({ limitMs: 900 });
    const circuit = new CircuitOpenError({ ...init, retryAfterMs: 1200, key: 'api.example.com' });
    expect(circuit.toJSON()).toMatchObject({ retryAfterMs: 1200, key: 'api.example.com', retryAt: wallStart + 1200 });
    const queue = new QueueRejectedError({ ...init, code: 'QUEUE_FULL', key: 'k', queued: 7 });
    expect(queue.toJSON()).toMatchObject({ key: 'k', queued: 7 });
  });

  test('reads the call live: a later decision is visible on it', () => {
    const clock = stillClock();
    const call = testCall('https://api.example.com/', clock);
    clock.advance(100);
    const error = new NetworkError({ call, message });
    expect(error.decision).toBeUndefined();
    expect(error.attempts).toEqual([]);
    clock.advance(50);
    expect(error.elapsedMs).toBe(100);
    call.attempts.push(retried503());
    call.decision = decision({ retryAfterMs: 3000 });
    call.endedAt = 140;
    expect(error.attempts).toHaveLength(1);
    expect(error.decision?.reason).toBe('503 → fail');
    expect(error.elapsedMs).toBe(140);
    expect(error.retryAt).toBe(wallStart + 100 + 3000);
  });

  test('says when to try again only where that is known', () => {
    expect(new NetworkError({ call: testCall(), message }).retryAt).toBeUndefined();
    expect(new NetworkError({ call: testCall(), message, retryAt: 5 }).retryAt).toBe(5);
  });

  test('says whether the server acted on the request', () => {
    const call = testCall();
    const error = new NetworkError({ call, message });
    expect(error.applied).toBe('no');
    call.attempts.push({ attempt: 1, startedMs: 0, durationMs: 1 });
    expect(error.applied).toBe('unknown');
    call.decision = decision({ applied: 'no' });
    expect(error.applied).toBe('no');
    call.decision = decision({ applied: 'yes' });
    expect(error.applied).toBe('yes');
    expect(new NetworkError({ call, message, applied: 'no' }).applied).toBe('no');
  });

  test('says that the server has acted if a successful answer broke off', () => {
    const call = testCall();
    call.attempts.push({ attempt: 1, status: 200, startedMs: 0, durationMs: 1 });
    expect(new NetworkError({ call, message }).applied).toBe('yes');
  });

  test('stays unknown if an earlier attempt left it unknown', () => {
    const call = testCall();
    call.attempts.push(retried503());
    call.decision = decision({ applied: 'no' });
    expect(new NetworkError({ call, message }).applied).toBe('unknown');
    expect(new NetworkError({ call, message, applied: 'no' }).applied).toBe('unknown');
    expect(new NetworkError({ call, message, applied: 'yes' }).applied).toBe('yes');
  });
});

describe('the timeline', () => {
  test('lists the attempts line by line, and an end that none of them explains', () => {
    const clock = stillClock();
    const call = testCall('https://api.example.com/', clock);
    call.attempts.push(
      retried503(),
      retried503({
        attempt: 2,
        startedMs: 322.4,
        durationMs: 5,
        decision: decision({ action: 'retry', reason: 'again' }),
      }),
    );
    clock.advance(1000);
    const error = new DeadlineExceededError({ call, message, limitMs: 1000 });
    call.decision = decision({ because: 'deadline', reason: 'deadline of 1000 ms exceeded' });
    expect(error.timeline).toEqual([
      '+0 ms     attempt 1: 503 in 12 ms → retry 1 of 2 in 310 ms (backoff)',
      '+322 ms   attempt 2: 503 in 5 ms → again',
      '+1000 ms  ended: DEADLINE_EXCEEDED → deadline of 1000 ms exceeded',
    ]);
  });

  test('names the code and what the platform said where there was no answer', () => {
    const call = testCall();
    call.attempts.push({ attempt: 1, errorCode: 'NETWORK', detail: 'ECONNREFUSED', startedMs: 0, durationMs: 3 });
    expect(new NetworkError({ call, message }).timeline).toEqual(['+0 ms  attempt 1: NETWORK (ECONNREFUSED) in 3 ms']);
  });
});

describe('console.log', () => {
  test('shows name, code, message, timeline, cause and stack, and nothing else', () => {
    const call = testCall();
    call.attempts.push({ attempt: 1, errorCode: 'NETWORK', startedMs: 0, durationMs: 3 });
    const error = new NetworkError({ call, message, cause: new TypeError('fetch failed') });
    call.outage = { incident: { title: 'Orders are slow' } };
    error.stack = `NetworkError: ${message}\n    at here (file.ts:1:1)`;
    expect(inspect(error)).toBe(
      [
        `NetworkError [NETWORK]: ${message}`,
        '  +0 ms  attempt 1: NETWORK in 3 ms',
        '  Status page: Orders are slow',
        '  Cause: TypeError: fetch failed',
        '    at here (file.ts:1:1)',
      ].join('\n'),
    );
  });

  test('shows a stack that begins with its frames, as other engines write it', () => {
    const error = new NetworkError({ call: testCall(), message });
    error.stack = 'here@file.ts:1:1';
    expect(inspect(error).split('\n').at(-1)).toBe('here@file.ts:1:1');
  });
});

describe('the support report', () => {
  test('holds what a person needs to find the call', () => {
    const clock = stillClock();
    const call = testCall('https://api.example.com/orders?token=abc', clock);
    const refreshed = decision({ action: 'refreshCredentials', reason: '401 → refresh' });
    call.attempts.push(retried503(), retried503({ attempt: 2, startedMs: 320, status: 401, decision: refreshed }), {
      attempt: 3,
      startedMs: 340,
      durationMs: 160,
      errorCode: 'NETWORK',
      detail: 'ECONNRESET',
    });
    clock.advance(500);
    call.decision = decision({ reason: 'NETWORK → fail (not replayable)' });
    const error = new NetworkError({
      call,
      message,
      retryAt: wallStart + 60_000,
      cause: new TypeError('fetch failed'),
    });
    const url = 'https://status.example.com/i/1';
    call.outage = { incident: { title: 'Orders are slow', impact: 'minor', status: 'identified', url } };
    expect(error.supportReport().split('\n')).toEqual([
      `Problem: NetworkError: ${message}`,
      'Request: GET https://api.example.com/orders?token=***',
      'Time: 2026-01-02T03:04:05.500Z',
      `Call: ${call.id}`,
      'Tried: 3 attempts in 500 ms, 1 retry, credentials renewed 1 time, ended by: NETWORK → fail (not replayable)',
      'Acted on by the server: unknown',
      'Try again at: 2026-01-02T03:05:05.000Z',
      'Status page: Orders are slow (minor, identified), https://status.example.com/i/1',
      'Cause: TypeError: fetch failed',
      'Timeline:',
      '  +0 ms    attempt 1: 503 in 12 ms → retry 1 of 2 in 310 ms (backoff)',
      '  +320 ms  attempt 2: 401 in 12 ms → refresh',
      '  +340 ms  attempt 3: NETWORK (ECONNRESET) in 160 ms',
    ]);
  });

  test('can contain a time that no date can hold', () => {
    const error = new NetworkError({ call: testCall(), message, retryAt: 1e300 });
    expect(error.supportReport()).toContain('Try again at: 1e+300');
  });
});

describe('a cause', () => {
  test.each([
    ['a text', 'Bearer abc', { name: 'string', message: 'Bearer ***' }],
    ['an object with nothing to tell', {}, { name: 'Error', message: '' }],
    ['a name and message of other types', { name: 5, message: [] }, { name: 'Error', message: '' }],
    ['null', null, undefined],
    ['a long message', new Error('x'.repeat(9000)), { name: 'Error', message: `${'x'.repeat(499)}…` }],
    ['several lines', new Error('one\n\ttwo\u0000'), { name: 'Error', message: 'one two' }],
    [
      'a getter that throws',
      {
        get name(): string {
          throw new Error('no');
        },
      },
      { name: 'Error', message: '' },
    ],
  ])('that is %s is shown by name and message', (_, cause, expected) => {
    expect(new NetworkError({ call: testCall(), message, cause }).toJSON().cause).toEqual(expected);
  });
});

describe('isResilienceError', () => {
  test('knows the errors of another copy of the package', async () => {
    vi.resetModules();
    const copy = await import('./network-error.ts');
    const error = new copy.NetworkError({ call: testCall(), message });
    expect(copy.NetworkError).not.toBe(NetworkError);
    expect(error).not.toBeInstanceOf(NetworkError);
    expect(isResilienceError(error)).toBe(true);
  });

  test('is true for every class, and through a proxy', () => {
    for (const [error] of family()) expect(isResilienceError(error)).toBe(true);
    expect(isResilienceError(new Proxy(new NetworkError({ call: testCall(), message }), {}))).toBe(true);
  });

  test('is false for anything else, and never throws', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const throwing = new Proxy(
      {},
      {
        get() {
          throw new Error('no');
        },
      },
    );
    const others = [undefined, null, 0, 'NETWORK', Symbol('x'), 1n, () => {}, new Error('x'), { code: 'NETWORK' }];
    for (const other of [...others, proxy, throwing]) expect(isResilienceError(other)).toBe(false);
  });
});
