import type { CircuitSnapshot } from '@holdfast/circuit-breaker';
import { expect, test } from 'vitest';
import { origin, quick, scene } from './support/scene.ts';

const throughJson = (snapshot: readonly CircuitSnapshot[]): CircuitSnapshot[] =>
  JSON.parse(JSON.stringify(snapshot)) as CircuitSnapshot[];

test('a snapshot is plain JSON', async () => {
  const { attempts, breaker, clock } = scene(quick);
  await attempts(4, 503);
  await attempts(1, 200, 'https://b.example.com/');
  await clock.advance(250);
  expect(throughJson(breaker.snapshot())).toEqual([
    { key: origin, state: 'open', retryAfterMs: 750, failures: 4, successes: 0 },
    { key: 'https://b.example.com', state: 'closed', failures: 0, successes: 1 },
  ]);
});

test('an open circuit is carried over with the rest of its open time', async () => {
  const before = scene(quick);
  await before.attempts(4, 503);
  await before.clock.advance(250);

  const after = scene({ ...quick, initialState: throughJson(before.breaker.snapshot()) });
  expect(after.breaker.snapshot()).toEqual([
    { key: origin, state: 'open', retryAfterMs: 750, failures: 4, successes: 0 },
  ]);
  await after.clock.advance(749);
  expect(await after.attempt(200)).toBe('CIRCUIT_OPEN');
  await after.clock.advance(1);
  expect(await after.attempt(200)).toBe(200);
  expect(after.state).toBe('closed');
  expect(after.log.lines).toEqual([
    'call.rejected 1: CIRCUIT_OPEN',
    'circuit.halfOpened 1: openTimeOver',
    'circuit.closed 1: probeSucceeded',
  ]);
});

test('one that was opened by hand for a day is carried over for an hour: the list comes from a store', () => {
  const before = scene(quick);
  before.breaker.circuits.open(origin, 86_400_000);
  const after = scene({ ...quick, initialState: throughJson(before.breaker.snapshot()) });
  expect(after.retryAfterMs).toBe(3_600_000);
});

test('values that other programs have written into the store are used only within bounds', () => {
  const open = { state: 'open', retryAfterMs: 2 ** 31 - 1, failures: 1, successes: 0 } as const;
  const forged = [
    { ...open, key: 'no origin' },
    { ...open, key: `${origin}/with/a/path` },
    { ...open, key: `https://${'a'.repeat(3000)}.example.com` },
    { ...open, key: origin, openings: 1e9, further: 'junk' },
    ...Array.from({ length: 5000 }, (_, host) => ({ ...open, key: `https://h${host}.example.com` })),
  ];
  const { breaker } = scene({ ...quick, initialState: forged });
  const circuits = breaker.snapshot();
  expect(circuits).toHaveLength(1000);
  expect(circuits[0]).toEqual({
    ...{ key: origin, state: 'open', retryAfterMs: 3_600_000, openings: 100, failures: 1, successes: 0 },
  });
});

test('a half-open circuit is carried over as half-open: the first call probes', async () => {
  const before = scene(quick);
  await before.attempts(4, 503);
  await before.clock.advance(1000);
  const after = scene({ ...quick, initialState: throughJson(before.breaker.snapshot()) });
  expect(after.state).toBe('halfOpen');
  const probe = after.begin();
  expect(after.begin().sent).toBe(false);
  await probe.answer(503);
  expect(after.retryAfterMs).toBe(2000);
});

test('a closed circuit starts with an empty window', async () => {
  const before = scene(quick);
  await before.attempts(3, 503);
  const after = scene({ ...quick, initialState: throughJson(before.breaker.snapshot()) });
  expect(after.breaker.snapshot()).toEqual([]);
  expect(await after.attempt(503)).toBe(503);
  expect(after.state).toBe('closed');
});

test('the growth of the open time continues from process to process', async () => {
  const growing = { ...quick, maxOpenMs: 30_000 };
  let one = scene(growing);
  await one.attempts(4, 503);
  const times: (number | undefined)[] = [];
  for (let process = 0; process < 4; process++) {
    times.push(one.retryAfterMs);
    const initialState = throughJson(one.breaker.snapshot());
    one = scene({ ...growing, initialState });
    await one.clock.advance(one.retryAfterMs ?? 0);
    await one.attempt(503);
  }
  expect(times).toEqual([1000, 2000, 4000, 8000]);
});
