import { expect, it } from 'vitest';
import { LostConnections } from './lost-connections.ts';

function lostOf(count: number): LostConnections {
  const lost = new LostConnections();
  for (let attempt = 0; attempt < count; attempt++) lost.note(true);
  return lost;
}

it('up to sixteen lost connections in a row, the others may go; nothing before the first', () => {
  expect([0, 1, 15, 16, 17].map((count) => lostOf(count).left)).toEqual([0, 15, 1, 0, 0]);
});

it('after sixteen, one more call looks, once, and only if calls have retried for this reason', () => {
  const lost = lostOf(15);
  expect(lost.takeLeft()).toBe(1);
  expect(lost.takeLook()).toBe(false);
  lost.note(true);
  expect([lost.takeLook(), lost.takeLook()]).toEqual([true, false]);
  expect(lostOf(16).takeLook()).toBe(false);
});

it('a failure of another kind ends the count until an answer', () => {
  const lost = lostOf(3);
  lost.takeLeft();
  lost.note(false);
  lost.note(true);
  expect(lost.left).toBe(0);
  lost.forget();
  lost.note(true);
  expect(lost.left).toBe(15);
});
