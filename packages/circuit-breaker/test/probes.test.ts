import { describe, expect, test } from 'vitest';
import { Probes } from '../src/circuit/probes.ts';
import { quick, scene } from './support/scene.ts';

async function halfOpen(options = {}): Promise<ReturnType<typeof scene>> {
  const one = scene({ ...quick, ...options });
  await one.attempts(4, 503);
  await one.clock.advance(1000);
  return one;
}

test('exactly one probe is sent, and the others wait for its verdict', async () => {
  const { begin, log } = await halfOpen();
  const probe = begin();
  const others = Array.from({ length: 50 }, () => begin());
  expect([probe, ...others].filter(({ sent }) => sent)).toEqual([probe]);
  expect(await probe.answer(200)).toBe(200);
  for (const other of others) expect(await other.answer(200)).toBe(200);
  expect(log.lines).toEqual([
    'circuit.opened 1: failureRatio',
    'circuit.halfOpened 1: openTimeOver',
    'circuit.closed 1: probeSucceeded',
  ]);
});

test('calls that wait are rejected together when the probe fails, and say what they waited for', async () => {
  const { begin, clock, log } = await halfOpen();
  const probe = begin();
  const others = Array.from({ length: 50 }, () => begin());
  await clock.advance(30);
  await probe.answer(503);
  for (const other of others) {
    expect(await other.end).toBe('CIRCUIT_OPEN');
    expect(other.sent).toBe(false);
  }
  expect(await others[0]?.error).toMatchObject({
    retryAfterMs: 2000,
    message: 'Circuit for api.example.com is open; next probe in 2000 ms; see `circuitBreaker`',
    timeline: [
      expect.stringContaining('waited 30 ms for the probe of the open circuit: it failed'),
      expect.stringContaining('ended: CIRCUIT_OPEN'),
    ],
  });
  expect(log.lines.slice(2)).toEqual([
    'circuit.opened 1: probeFailed',
    ...Array(50).fill('call.rejected 1: CIRCUIT_OPEN'),
  ]);
});

test('a call waits for a probe for a second at most, and no longer than `openMs`', async () => {
  for (const [openMs, patienceMs] of [
    [60_000, 1000],
    [200, 200],
  ] as const) {
    const { begin, clock } = await halfOpen({ openMs, maxOpenMs: 60_000 });
    await clock.advance(openMs);
    begin();
    const other = begin();
    await clock.advance(patienceMs - 1);
    expect(await Promise.race([other.end, 'waiting'])).toBe('waiting');
    await clock.advance(1);
    expect(await other.end).toBe('CIRCUIT_OPEN');
    expect(await other.error).toMatchObject({
      message: `Circuit for api.example.com is being probed; try again in ${openMs} ms; see \`circuitBreaker\``,
      timeline: [expect.stringContaining('it has no result yet'), expect.anything()],
    });
    expect(clock.pending).toBe(0);
  }
});

test('an abort ends the wait at once', async () => {
  const { begin, clock } = await halfOpen();
  begin();
  const other = begin();
  expect(await other.abort(new DOMException('enough', 'AbortError'))).toBe('AbortError');
  expect(clock.pending).toBe(0);
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

test('a probe that is cancelled hands over to one of the calls that wait', async () => {
  const { begin, breaker } = await halfOpen();
  const probe = begin();
  const [next, last] = [begin(), begin()];
  expect(await probe.abort(new DOMException('enough', 'AbortError'))).toBe('AbortError');
  await Promise.resolve();
  expect(breaker.snapshot()).toMatchObject([{ state: 'halfOpen' }]);
  expect([next.sent, last.sent]).toEqual([true, false]);
  await next.answer(200);
  expect(breaker.snapshot()[0]?.state).toBe('closed');
  expect(await last.answer(200)).toBe(200);
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
    const [next, last] = [begin(), begin()];
    await probes[0]?.abort();
    await Promise.resolve();
    expect([next.sent, last.sent]).toEqual([true, false]);
  });
});

test('a probe that no timeout ends makes room for one call, and not for all that wait', () => {
  const probes = new Probes({ probes: 1, openMs: 1_000, maxOpenMs: 2_000 });
  probes.started(0);
  expect([probes.hasRoom(1_999), probes.hasRoom(2_000)]).toEqual([false, true]);
  const leave = probes.expect();
  expect(probes.hasRoom(2_000)).toBe(false);
  leave();
  expect(probes.hasRoom(2_000)).toBe(true);
});
