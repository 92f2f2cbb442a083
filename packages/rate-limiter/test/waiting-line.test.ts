import { expect, test } from 'vitest';
import { WaitingLine } from '../src/waiting/waiting-line.ts';

test('goes by priority, within a priority by retries first, and among equals in the order of arrival', () => {
  const line = new WaitingLine<string>();
  const places = (['low', 'auto', 'high'] as const).flatMap((priority) =>
    ['first 1', 'retry 1', 'first 2', 'retry 2'].map((name) =>
      line.enter(`${priority} ${name}`, priority, name.startsWith('retry'), 0),
    ),
  );
  const order = ['high', 'auto', 'low'].flatMap((priority) =>
    ['retry 1', 'retry 2', 'first 1', 'first 2'].map((name) => `${priority} ${name}`),
  );
  expect(line.all()).toEqual(order);
  for (const next of order) {
    expect(line.first()).toBe(next);
    const place = places.find(({ value }) => value === next);
    if (place) line.leave(place);
  }
  expect([line.first(), line.length]).toEqual([undefined, 0]);
});

test('a call that has waited elsewhere goes before those that came later', () => {
  const line = new WaitingLine<string>();
  for (const [name, since] of [
    ['a', 1],
    ['d', 4],
    ['b', 2],
    ['c', 2],
    ['first', 0],
  ] as const) {
    line.enter(name, 'auto', false, since);
  }
  const order: (string | undefined)[] = [];
  expect(line.all()).toEqual(['first', 'a', 'b', 'c', 'd']);
  const place = line.enter('x', 'auto', false, 3);
  order.push(...line.all());
  line.leave(place);
  expect([order, line.all()]).toEqual([
    ['first', 'a', 'b', 'c', 'x', 'd'],
    ['first', 'a', 'b', 'c', 'd'],
  ]);
});
