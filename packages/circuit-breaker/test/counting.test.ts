import {
  AttemptTimeoutError,
  ClientClosedError,
  CredentialsError,
  DeadlineExceededError,
  NetworkError,
  QueueRejectedError,
  systemClock,
} from '@holdfast/core';
import { createCall } from '@holdfast/core/internal';
import { describe, expect, test } from 'vitest';
import { networkFailure, quick, type Step, scene } from './support/scene.ts';

const call = createCall('GET', 'https://api.example.com/', systemClock);
const message = 'in a test';

describe('counted as a failure is', () => {
  test.each<[string, Step]>([
    ['500', 500],
    ['502', 502],
    ['503', 503],
    ['504', 504],
    ['520, which no standard names', 520],
    ['529', 529],
    ['a refused connection', networkFailure('ECONNREFUSED')],
    ['a reset connection', networkFailure('ECONNRESET')],
    ['a name that cannot be resolved', networkFailure('EAI_AGAIN')],
    ['a network error of ours', new NetworkError({ call, message })],
    ['the timeout of an attempt', new AttemptTimeoutError({ call, message, limitMs: 1000 })],
  ])('%s', async (_name, step) => {
    const { attempts, log } = scene(quick);
    await attempts(4, step);
    expect(log.lines).toEqual(['circuit.opened 1: failureRatio']);
    expect(log.events[0]).toMatchObject({ failures: 4, successes: 0 });
  });
});

describe('counted as a success is', () => {
  test.each<[string, Step]>([
    ['200', 200],
    ['204', 204],
    ['304', new Response(null, { status: 304 })],
    ...[400, 401, 403, 404, 408, 409, 413, 422, 425, 429].map((status): [string, Step] => [String(status), status]),
    ['429 with Retry-After', new Response(null, { status: 429, headers: { 'retry-after': '60' } })],
    ['501, which no second attempt can change', 501],
  ])('%s', async (_name, step) => {
    const { attempts, breaker } = scene(quick);
    await attempts(4, step);
    expect(breaker.snapshot()).toMatchObject([{ state: 'closed', failures: 0, successes: 4 }]);
  });

  test('the ratio covers all answers: 4 failures and 96 times 404 are 4 %', async () => {
    const { attempts, breaker } = scene({ ...quick, minimumCalls: 20, failureRatio: 0.9 });
    for (let round = 0; round < 4; round++) {
      await attempts(24, 404);
      await attempts(1, 500);
    }
    expect(breaker.snapshot()).toMatchObject([{ state: 'closed', failures: 4, successes: 96 }]);
  });

  test.each([404, 429, 501])('of a probe: a %i closes the circuit', async (status) => {
    const { attempt, attempts, clock, log } = scene(quick);
    await attempts(4, 503);
    await clock.advance(1000);
    await attempt(status);
    expect(log.lines.at(-1)).toBe('circuit.closed 1: probeSucceeded');
  });
});

const neutral: [string, Step][] = [
  ['a file of the caller’s that is missing', networkFailure('ENOENT')],
  ['an upload that failed', new NetworkError({ call, message, permanent: true })],
  ['a certificate that is refused', networkFailure('CERT_HAS_EXPIRED')],
  ['the deadline of the whole call', new DeadlineExceededError({ call, message, limitMs: 1000 })],
  ['a full queue', new QueueRejectedError({ call, message, code: 'QUEUE_FULL', key: 'x' })],
  ['too long a queue', new QueueRejectedError({ call, message, code: 'QUEUE_TIMEOUT', key: 'x' })],
  ['credentials that could not be obtained', new CredentialsError({ call, message })],
  ['a client that was closed', new ClientClosedError({ call, message })],
  ['an error of the user’s own code', new RangeError('a bug')],
  ['an abort by name', new DOMException('aborted', 'AbortError')],
];

describe('neutral, neither failure nor success, is', () => {
  test.each(neutral)('%s', async (_name, step) => {
    const { attempts, breaker, log } = scene(quick);
    await attempts(20, step);
    expect(breaker.snapshot()).toMatchObject([{ state: 'closed', failures: 0, successes: 0 }]);
    expect(log.lines).toEqual([]);
  });

  test.each<[string, unknown]>([
    ['the abort of the caller, without a reason', undefined],
    ['the abort of the caller, with an error of their own', new Error('changed my mind')],
    ['the abort of the caller, with what is no error at all', 'enough'],
    ['the abort of the caller, with another call’s timeout', new AttemptTimeoutError({ call, message, limitMs: 1 })],
  ])('%s', async (_name, reason) => {
    const { begin, breaker } = scene(quick);
    for (let sent = 0; sent < 20; sent++) await begin().abort(reason);
    expect(breaker.snapshot()).toMatchObject([{ state: 'closed', failures: 0, successes: 0 }]);
  });

  test.each(neutral)('of a probe: it closes nothing and opens nothing (%s)', async (_name, step) => {
    const { attempt, attempts, clock, log } = scene(quick);
    await attempts(4, 503);
    await clock.advance(1000);
    await attempt(step);
    expect(log.lines).toEqual(['circuit.opened 1: failureRatio', 'circuit.halfOpened 1: openTimeOver']);
    expect(await attempt(200)).toBe(200);
    expect(log.lines.at(-1)).toBe('circuit.closed 1: probeSucceeded');
  });
});

test('our own rejections are not counted: a circuit does not open itself again by being open', async () => {
  const { attempt, attempts, breaker, clock } = scene(quick);
  await attempts(4, 503);
  for (let rejected = 0; rejected < 50; rejected++) expect(await attempt(200)).toBe('CIRCUIT_OPEN');
  expect(breaker.snapshot()).toMatchObject([{ state: 'open', failures: 4, successes: 0 }]);
  await clock.advance(1000);
  expect(await attempt(200)).toBe(200);
  // opossum also divides by the calls that it rejected, so for the length of a window after an outage it reacts late.
  await attempts(4, 503);
  expect(breaker.snapshot()[0]?.state).toBe('open');
});

test('calls in flight are not part of the ratio', async () => {
  const { attempts, begin, breaker } = scene(quick);
  for (let hanging = 0; hanging < 100; hanging++) begin();
  await attempts(4, 503);
  expect(breaker.snapshot()[0]?.state).toBe('open');
});

test('a response is returned unchanged, with its body unread', async () => {
  const { breaker, begin } = scene(quick);
  const response = new Response('{"id":42}', { status: 503 });
  await begin().answer(response);
  expect(response.bodyUsed).toBe(false);
  expect(await response.text()).toBe('{"id":42}');
  await breaker.close();
});

test('a network failure is thrown as the transport has marked it', async () => {
  const { begin } = scene(quick);
  const error = networkFailure('ECONNRESET');
  const begun = begin();
  await begun.answer(error);
  expect(await begun.error).toMatchObject({ code: 'NETWORK', cause: error });
});
