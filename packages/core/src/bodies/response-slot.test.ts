import { expect, test } from 'vitest';
import { responseSlot } from './response-slot.ts';

test('a slot keeps what was put into it last, for each object and each slot by itself', () => {
  const [one, two] = [responseSlot<number>(), responseSlot<number>()];
  const [a, b] = [new Response(), new Response()];
  one.set(a, 1);
  one.set(a, 2);
  two.set(a, 3);
  expect([one.get(a), two.get(a), one.get(b)]).toEqual([2, 3, undefined]);
  expect([Reflect.ownKeys(a), a instanceof Response, one.get(a.clone())]).toEqual([
    Reflect.ownKeys(b),
    true,
    undefined,
  ]);
});

test('an object that is frozen has a slot as well', () => {
  const slot = responseSlot<string>();
  const frozen = Object.freeze(new Response());
  slot.set(frozen, 'a');
  slot.set(frozen, 'b');
  expect(slot.get(frozen)).toBe('b');
});
