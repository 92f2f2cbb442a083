import type { CallContext } from '@holdfast/core';
import { ManualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { patienceOf } from '../src/limiter/patience.ts';
import type { Permits } from '../src/limiter/permits.ts';
import type { Patience } from '../src/waiting/waiting-call.ts';

interface Signs {
  isInDistress: boolean;
  isAnswered: boolean;
}

/** The patience of a first attempt that comes while the server is in distress. */
function inDistress(): { clock: ManualClock; signs: Signs; patience: Patience } {
  const clock = new ManualClock();
  const signs: Signs = { isInDistress: true, isAnswered: false };
  const permits = Object.assign(signs, { isDistressAlone: true, usualMs: 0 }) as unknown as Permits;
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

test('a call waits two seconds in distress', async () => {
  const { clock, patience } = inDistress();
  expect(patience.ms).toBe(2000);
  await clock.advance(2000);
  expect(patience.isOver()).toBeTypeOf('function');
});

test('a call that came in distress waits four seconds if the server answers again by then', async () => {
  const { clock, signs, patience } = inDistress();
  await clock.advance(2000);
  signs.isAnswered = true;
  expect(patience.isOver()).toBe(2000);
  // A timer that fires a fraction of a millisecond early is not set again, since the clock might not move.
  await clock.advance(1999.9);
  expect(patience.isOver()).toBeTypeOf('function');
});

test('a call waits on if the distress is over', async () => {
  const { clock, signs, patience } = inDistress();
  await clock.advance(2000);
  signs.isInDistress = false;
  expect(patience.isOver()).toBeUndefined();
});
