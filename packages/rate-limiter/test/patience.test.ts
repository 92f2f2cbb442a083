import type { CallContext } from '@holdfast/core';
import { ManualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { AdaptiveLimit } from '../src/limiter/adaptive.ts';
import { patienceOf } from '../src/limiter/patience.ts';
import type { Permits } from '../src/limiter/permits.ts';
import type { Patience } from '../src/waiting/waiting-call.ts';

interface Signs {
  isInDistress: boolean;
  unansweredMs: number;
  usualMs: number;
}

/** The patience of a first attempt that comes while the server is in distress. */
function inDistress(unansweredMs: number, usualMs = 0): { clock: ManualClock; signs: Signs; patience: Patience } {
  const clock = new ManualClock();
  const signs: Signs = { isInDistress: true, unansweredMs, usualMs };
  const permits = Object.assign(signs, { isDistressAlone: true }) as unknown as Permits;
  const limits = {
    key: 'k',
    shownKey: 'k',
    clock,
    maxQueue: 10,
    maxQueueMs: Number.POSITIVE_INFINITY,
    queued: () => 1,
  };
  return { clock, signs, patience: patienceOf({ attempt: 1 } as CallContext, 0, permits, limits) };
}

test('a call waits two seconds where nothing has been answered for five', async () => {
  const { clock, patience } = inDistress(5000);
  expect(patience.ms).toBe(2000);
  // A timer that fires a fraction of a millisecond early is not set again, since the clock might not move.
  await clock.advance(1999.9);
  expect(patience.isOver()).toBeTypeOf('function');
});

test('a call waits twice the usual time of an answer, if that is longer', () => {
  expect(inDistress(5000, 1500.2).patience.ms).toBe(3001);
  expect(inDistress(0, 8000).patience.ms).toBe(16_000);
});

test('a call that comes earlier waits until nothing has been answered for five seconds, two at least', async () => {
  const { clock, signs, patience } = inDistress(1000);
  expect(patience.ms).toBe(4000);
  await clock.advance(4000);
  signs.unansweredMs = 5000;
  expect(patience.isOver()).toBeTypeOf('function');
  expect(inDistress(4500).patience.ms).toBe(2000);
});

test('while the server answers now and then, a call waits ten seconds', async () => {
  const { clock, signs, patience } = inDistress(0);
  expect(patience.ms).toBe(5000);
  await clock.advance(5000);
  signs.unansweredMs = 100;
  expect(patience.isOver()).toBe(4900);
  await clock.advance(4900);
  signs.unansweredMs = 50;
  expect(patience.isOver()).toBe(100);
  await clock.advance(100);
  expect(patience.isOver()).toBeTypeOf('function');
});

test('a call waits on if the distress is over', async () => {
  const { clock, signs, patience } = inDistress(5000);
  await clock.advance(2000);
  signs.isInDistress = false;
  expect(patience.isOver()).toBeUndefined();
});

test('a failure before a pause of half a minute says nothing about how long the server has been silent', () => {
  const limit = new AdaptiveLimit();
  limit.started(0, 0);
  limit.ended('distress', 0, 1000, 1);
  expect(limit.unansweredMs(29_000)).toBe(28_000);
  limit.admits(0, 30_000);
  expect(limit.unansweredMs(30_000)).toBe(0);
});
