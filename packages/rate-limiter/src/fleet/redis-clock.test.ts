import { expect, test } from 'vitest';
import { RedisClock } from './redis-clock.ts';

test('the usual delay of answers is what the last ones had, without the one that was latest', () => {
  const clock = new RedisClock({ time: async () => [0, 0] });
  expect(clock.delayMs).toBe(0);
  // A process that was halted.
  clock.noteDelay(60_000);
  expect(clock.delayMs).toBe(0);
  clock.noteDelay(20);
  expect(clock.delayMs).toBe(20);
  clock.noteDelay(120);
  expect(clock.delayMs).toBe(120);
  for (let answer = 0; answer < 8; answer++) clock.noteDelay(5);
  expect(clock.delayMs).toBe(5);
  clock.noteDelay(60_000);
  clock.noteDelay(60_000);
  expect(clock.delayMs).toBe(5_000);
});
