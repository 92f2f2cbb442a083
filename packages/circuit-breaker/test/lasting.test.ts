import { expect, test } from 'vitest';
import { Evidence } from '../src/circuit/evidence.ts';
import { origin, scene } from './support/scene.ts';

test('a burst of failures opens no circuit, however large it is', async () => {
  const one = scene();
  await one.attempts(1000, 503);
  expect(one.state).toBe('closed');
});

test('two bursts at a distance of five seconds open it', async () => {
  const { attempts, clock, log } = scene();
  await attempts(20, 503);
  await clock.advance(4_999);
  await attempts(20, 503);
  expect(log.lines).toEqual([]);
  await clock.advance(1);
  await attempts(1, 503);
  expect(log.lines).toEqual(['circuit.opened 1: failureRatio']);
});

test('two small bursts do not, and three do', async () => {
  const { attempts, clock, log } = scene();
  await attempts(30, 503);
  await clock.advance(6_000);
  await attempts(5, 503);
  expect(log.lines).toEqual([]);
  await clock.advance(1_000);
  await attempts(1, 503);
  expect(log.lines).toEqual(['circuit.opened 1: failureRatio']);
});

test('two bursts are enough where each has half as many failures as open a circuit', () => {
  const twoBurstsOf = (count: number): boolean => {
    const evidence = new Evidence({ windowMs: 30_000, minimumCalls: 20 });
    for (const startedAt of [0, 6_000]) {
      for (let call = 0; call < count; call++) evidence.failed({ startedAt, now: startedAt + 1, isRetry: false });
    }
    return evidence.isEnough();
  };
  expect([twoBurstsOf(9), twoBurstsOf(10)]).toEqual([false, true]);
});

test('once a circuit has closed, what opened it is forgotten', async () => {
  const { attempts, clock, log, breaker } = scene();
  await attempts(20, 503);
  await clock.advance(5_000);
  await attempts(10, 503);
  breaker.circuits.close(origin);
  await clock.advance(1_000);
  await attempts(30, 503);
  expect(log.lines).toEqual(['circuit.opened 1: failureRatio', 'circuit.closed: byHand']);
});

test('answers do not count as moments of failure', async () => {
  const { attempt, attempts, clock, log } = scene();
  await attempts(120, 503);
  for (const status of [200, 200, 503]) {
    await clock.advance(3_000);
    await attempt(status);
  }
  expect(log.lines).toEqual([]);
});

test('failures before a window without any are forgotten', async () => {
  const { attempts, clock, log } = scene();
  await attempts(60, 503);
  await clock.advance(31_000);
  await attempts(60, 503);
  expect(log.lines).toEqual([]);
});

test('calls that are slow at the same moment open no circuit either', async () => {
  const one = scene({ slowCallMs: 100 });
  for (const [bursts, state] of [
    [1, 'closed'],
    [2, 'closed'],
    [3, 'open'],
  ] as const) {
    const begun = Array.from({ length: 30 }, () => one.begin());
    await one.clock.advance(2_500);
    for (const attempt of begun) await attempt.answer(200);
    expect([bursts, one.state]).toEqual([bursts, state]);
  }
});

test('a quick answer to a retry does not end a time of slow calls, as it ends one of failures', async () => {
  const one = scene({ slowCallMs: 100, slowCallRatio: 0.9 });
  for (let burst = 0; burst < 3; burst++) {
    const begun = Array.from({ length: 30 }, () => one.begin());
    await one.clock.advance(2_500);
    await one.begin(undefined, 2).answer(200);
    for (const attempt of begun) await attempt.answer(200);
  }
  expect(one.log.lines).toEqual(['circuit.opened 1: slowCallRatio']);
});

test('a window that is too short for five seconds takes failures for half of it', async () => {
  const { attempt, clock, log } = scene({ windowMs: 2_000 });
  for (let failure = 0; failure < 21; failure++) {
    await attempt(503);
    await clock.advance(50);
  }
  expect(log.lines).toEqual(['circuit.opened 1: failureRatio']);
});

test('where minimumCalls is given, ended attempts count one by one, overlapping or not', async () => {
  const one = scene({ minimumCalls: 20 });
  const begun = Array.from({ length: 20 }, () => one.begin());
  for (const attempt of begun) await attempt.answer(503);
  expect(one.state).toBe('open');
});

test('the retries of one call open no circuit, however long it takes', async () => {
  for (const [attempt, isOpened] of [
    [2, false],
    [1, true],
  ] as const) {
    const one = scene();
    for (let failure = 0; failure < 25; failure++) {
      await one.begin(undefined, attempt).answer(503);
      await one.clock.advance(500);
    }
    expect([attempt, one.log.lines.some((line) => line.startsWith('circuit.opened'))]).toEqual([attempt, isOpened]);
  }
});

test('calls that begin over three seconds open no circuit by their retries, and a call after five seconds does', async () => {
  const { attempts, begin, clock, log } = scene();
  for (let second = 0; second < 3; second++) {
    await attempts(10, 503);
    await clock.advance(1_000);
  }
  for (let retry = 2; retry <= 6; retry++) {
    for (let call = 0; call < 30; call++) await begin(undefined, retry).answer(503);
    await clock.advance(1_000);
  }
  expect(log.lines).toEqual([]);
  await attempts(1, 503);
  expect(log.lines).toEqual(['circuit.opened 1: failureRatio']);
});

test('where a retry is answered, the failures must last as long again', async () => {
  for (const [attempt, isOpened] of [
    [2, false],
    [1, true],
  ] as const) {
    const { attempts, begin, clock, log } = scene();
    await attempts(60, 503);
    await clock.advance(2_500);
    await attempts(60, 503);
    await begin(undefined, attempt).answer(200);
    await clock.advance(2_500);
    await attempts(1, 503);
    await clock.advance(2_500);
    await attempts(1, 503);
    expect([attempt, log.lines.length > 0]).toEqual([attempt, isOpened]);
    // Where nothing more is answered, five seconds from the next failure on are enough.
    await clock.advance(2_500);
    await attempts(1, 503);
    expect(log.lines[0]).toBe('circuit.opened 1: failureRatio');
  }
});

test('a single answered retry among many that failed changes nothing', async () => {
  const { attempts, begin, clock, log } = scene();
  await attempts(60, 503);
  for (let retry = 0; retry < 60; retry++) await begin(undefined, 2).answer(503);
  await clock.advance(2_500);
  await begin(undefined, 2).answer(200);
  await attempts(60, 503);
  await clock.advance(2_500);
  await attempts(1, 503);
  expect(log.lines).toEqual(['circuit.opened 1: failureRatio']);
});

test('once a circuit has closed, retries that failed before say nothing about those that follow', () => {
  const evidence = new Evidence({ windowMs: 30_000, minimumCalls: 20 });
  for (let retry = 0; retry < 60; retry++) evidence.failed({ startedAt: 0, now: 1, isRetry: true });
  evidence.clear();
  for (const startedAt of [2, 3_000]) evidence.failed({ startedAt, now: startedAt + 1, isRetry: false });
  evidence.answered({ isRetry: true });
  evidence.failed({ startedAt: 6_000, now: 6_001, isRetry: false });
  expect(evidence.isEnough()).toBe(false);
});

test('a retry does not begin a moment', () => {
  const momentsOf = (isRetry: boolean): boolean => {
    const evidence = new Evidence({ windowMs: 30_000, minimumCalls: 20 });
    evidence.failed({ startedAt: 0, now: 10, isRetry: false });
    for (let at = 1_000; at <= 6_000; at += 1_000) evidence.failed({ startedAt: at, now: at + 10, isRetry });
    return evidence.isEnough();
  };
  expect(momentsOf(false)).toBe(true);
  expect(momentsOf(true)).toBe(false);
});
