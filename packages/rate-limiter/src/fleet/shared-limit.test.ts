import { ManualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import type { Limit } from '../limits/limit.ts';
import { SharedLimit } from './shared-limit.ts';

test.each([
  [600, true],
  [601, false],
])('a permit that has counted for %i ms when it arrives may be taken: %s', async (ageMs, mayBeTaken) => {
  const slots = {
    acquire: async () => ({ ageMs, giveBack: () => undefined }),
    look: async () => undefined,
    close: () => undefined,
  };
  const fleet = { failure: undefined, isUp: true, start: () => undefined, slots: () => slots, fail: () => undefined };
  const local = { atHand: () => true, room: () => 5, isIdle: () => true, close: () => undefined } as unknown as Limit;
  const clock = new ManualClock();
  const limit = new SharedLimit('key', { size: 5, perMs: 60_000 }, fleet, local, clock, () => undefined);
  limit.ask(1);
  await clock.advance(0);
  expect(limit.atHand()).toBe(mayBeTaken);
  limit.close();
});
