import { expect, test } from 'vitest';
import { quick, scene } from './support/scene.ts';

test('a late success from before the outage does not close an open circuit', async () => {
  const { attempts, begin, breaker } = scene(quick);
  const late = begin();
  await attempts(4, 503);
  expect(await late.answer(200)).toBe(200);
  expect(breaker.snapshot()).toMatchObject([{ state: 'open', failures: 4, successes: 0 }]);
});

test('a late success from before the outage does not close a half-open circuit', async () => {
  const { attempts, begin, breaker, clock } = scene(quick);
  const late = begin();
  await attempts(4, 503);
  await clock.advance(1000);
  const probe = begin();
  await late.answer(200);
  expect(breaker.snapshot()[0]?.state).toBe('halfOpen');
  await probe.answer(503);
  expect(breaker.snapshot()[0]?.state).toBe('open');
});

test('a late failure from before the outage does not open a half-open circuit again', async () => {
  const { attempts, begin, breaker, clock, log } = scene(quick);
  const late = begin();
  await attempts(4, 503);
  await clock.advance(1000);
  const probe = begin();
  await late.answer(503);
  expect(breaker.snapshot()[0]?.state).toBe('halfOpen');
  await probe.answer(200);
  expect(log.lines).toEqual([
    'circuit.opened 1: failureRatio',
    'circuit.halfOpened 1: openTimeOver',
    'circuit.closed 1: probeSucceeded',
  ]);
});

test('late failures from before the outage are not counted once it has closed again', async () => {
  const { attempt, attempts, begin, breaker, clock } = scene(quick);
  const late = Array.from({ length: 20 }, () => begin());
  await attempts(4, 503);
  await clock.advance(1000);
  await attempt(200);
  for (const one of late) await one.answer(503);
  expect(breaker.snapshot()).toMatchObject([{ state: 'closed', failures: 0, successes: 0 }]);
});

test('a probe of an earlier half-open time has no effect in a later one', async () => {
  const { begin, attempt, attempts, breaker, clock, log } = scene({ ...quick, probes: 2 });
  await attempts(4, 503);
  await clock.advance(1000);
  const early = begin();
  await attempt(503);
  await clock.advance(2000);
  const probe = begin();
  expect(log.lines.filter((line) => line.includes('halfOpened'))).toHaveLength(2);
  await early.answer(200);
  expect(breaker.snapshot()).toMatchObject([{ state: 'halfOpen', successes: 0 }]);
  await probe.answer(200);
  expect(breaker.snapshot()).toMatchObject([{ state: 'halfOpen', successes: 1 }]);
});

test('after closing, a circuit begins with an empty window', async () => {
  const { attempt, attempts, breaker, clock } = scene({ ...quick, openMs: 100 });
  await attempts(4, 503);
  await clock.advance(100);
  await attempt(200);
  await attempts(3, 503);
  expect(breaker.snapshot()).toMatchObject([{ state: 'closed', failures: 3, successes: 0 }]);
});
