import { expect, test } from 'vitest';
import { RedisClock } from './redis-clock.ts';

test('the usual delay of answers is what the last ones had, without the one that was latest', () => {
  const clock = new RedisClock({ time: async () => [0, 0] });
  expect(clock.delayMs).toBe(0);
  // A process that was halted.
  clock.heard(60_000);
  expect(clock.delayMs).toBe(0);
  clock.heard(20);
  expect(clock.delayMs).toBe(20);
  clock.heard(120);
  expect(clock.delayMs).toBe(120);
  for (let answer = 0; answer < 8; answer++) clock.heard(5);
  expect(clock.delayMs).toBe(5);
  clock.heard(60_000);
  clock.heard(60_000);
  expect(clock.delayMs).toBe(5_000);
});
