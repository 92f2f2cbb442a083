import { describe, expect, test } from 'vitest';
import { quick, scene } from './support/scene.ts';

async function halfOpen(options = {}): Promise<ReturnType<typeof scene>> {
  const one = scene({ ...quick, ...options });
  await one.attempts(4, 503);
  await one.clock.advance(1000);
  return one;
}

test('exactly one probe is sent, and the others fail at once', async () => {
  const { begin, clock, log } = await halfOpen();
  const probe = begin();
  const others = Array.from({ length: 50 }, () => begin());
  expect(probe.sent).toBe(true);
  for (const other of others) {
    expect(await other.end).toBe('CIRCUIT_OPEN');
    expect(other.sent).toBe(false);
  }
  expect(await others[0]?.error).toMatchObject({
    retryAfterMs: 1000,
    retryAt: clock.wallNow() + 1000,
    message: 'Circuit for api.example.com is being probed; try again in 1000 ms; see `circuitBreaker`',
  });
  expect(await probe.answer(200)).toBe(200);
  expect(log.lines).toEqual([
    'circuit.opened 1: failureRatio',
    'circuit.halfOpened 1: openTimeOver',
    ...Array(50).fill('call.rejected 1: CIRCUIT_OPEN'),
    'circuit.closed 1: probeSucceeded',
  ]);
});

test('a probe that succeeds closes the circuit, and all calls are sent again', async () => {
  const { attempt, begin, log } = await halfOpen();
  await attempt(200);
  expect(log.events.at(-1)).toMatchObject({ type: 'circuit.closed', failures: 0, successes: 1 });
  expect([begin(), begin(), begin()].every(({ sent }) => sent)).toBe(true);
});

test('a probe that fails opens it again, for longer', async () => {
  const { attempt, begin, clock, log } = await halfOpen();
  await attempt(503);
  expect(log.events.at(-1)).toMatchObject({
    ...{ type: 'circuit.opened', because: 'probeFailed', failures: 1, successes: 0, retryAfterMs: 2000 },
  });
  await clock.advance(1999);
  expect(begin().sent).toBe(false);
  await clock.advance(1);
  expect(begin().sent).toBe(true);
});

test('a probe that is cancelled hands over to the next call', async () => {
  const { attempt, begin, breaker } = await halfOpen();
  const probe = begin();
  expect(await attempt(200)).toBe('CIRCUIT_OPEN');
  expect(await probe.abort(new DOMException('enough', 'AbortError'))).toBe('AbortError');
  expect(breaker.snapshot()).toMatchObject([{ state: 'halfOpen' }]);
  const next = begin();
  expect(next.sent).toBe(true);
  expect(begin().sent).toBe(false);
  await next.answer(200);
  expect(breaker.snapshot()[0]?.state).toBe('closed');
});

test('a probe that never settles does not block other probes for ever, although no timeout ends it', async () => {
  const { begin, breaker, clock } = await halfOpen({ maxOpenMs: 5000 });
  const hung = begin();
  await clock.advance(4999);
  expect(begin().sent).toBe(false);
  await clock.advance(1);
  const next = begin();
  expect(next.sent).toBe(true);
  expect(begin().sent).toBe(false);
  await hung.abort();
  expect(begin().sent).toBe(false);
  await next.answer(200);
  expect(breaker.snapshot()[0]?.state).toBe('closed');
});

test('half-open is reported with the first probe, and shown as soon as the open time is over', async () => {
  const { begin, breaker, log } = await halfOpen();
  expect(breaker.snapshot()).toEqual([
    { key: 'https://api.example.com', state: 'halfOpen', failures: 4, successes: 0 },
  ]);
  expect(log.lines).toEqual(['circuit.opened 1: failureRatio']);
  begin();
  expect(log.events.at(-1)).toMatchObject({ type: 'circuit.halfOpened', because: 'openTimeOver', failures: 4 });
});

describe('with several probes', () => {
  test('limits the probes at a time, and needs that many successes to close', async () => {
    const { begin, breaker } = await halfOpen({ probes: 3 });
    const probes = [begin(), begin(), begin()];
    expect(probes.map(({ sent }) => sent)).toEqual([true, true, true]);
    expect(begin().sent).toBe(false);
    await probes[0]?.answer(200);
    await probes[1]?.answer(200);
    expect(breaker.snapshot()).toMatchObject([{ state: 'halfOpen', successes: 2 }]);
    await probes[2]?.answer(204);
    expect(breaker.snapshot()[0]?.state).toBe('closed');
  });

  test('one failure opens it again, whatever the others say', async () => {
    const { begin, log } = await halfOpen({ probes: 3 });
    const probes = [begin(), begin(), begin()];
    await probes[0]?.answer(200);
    await probes[1]?.answer(503);
    await probes[2]?.answer(200);
    expect(log.events.at(-1)).toMatchObject({ because: 'probeFailed', failures: 1, successes: 1 });
  });

  test('a cancelled one leaves its place to another', async () => {
    const { begin } = await halfOpen({ probes: 2 });
    const probes = [begin(), begin()];
    expect(begin().sent).toBe(false);
    await probes[0]?.abort();
    expect(begin().sent).toBe(true);
    expect(begin().sent).toBe(false);
  });
});
