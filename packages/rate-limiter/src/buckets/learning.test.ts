import { ManualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { Learning } from './learning.ts';

test('however many senders come, what one has learned stays while a call of it holds a share', () => {
  const clock = new ManualClock();
  const spec = {
    unit: 'tokens',
    amount: 100,
    perMs: 1000,
    learn: true,
    path: 'rateLimit',
    usage: undefined,
    cost: () => 1,
  };
  const learning = new Learning([{ spec }], clock);
  learning.noteQuotas('ann', [{ counts: 'tokens', remaining: 10, resetAt: clock.wallNow() + 1000 }], clock.wallNow());
  const [gate] = learning.of('ann');
  const call = { costs: [1], charges: undefined, takeShares: () => undefined };
  gate?.take(call);
  for (let sender = 0; sender < 20_000; sender++) learning.of(String(sender));
  expect(learning.of('ann')[0]).toBe(gate);
  gate?.giveBack(call);
  for (let sender = 0; sender < 20_000; sender++) learning.of(String(sender));
  expect(learning.of('ann')[0]).not.toBe(gate);
});
