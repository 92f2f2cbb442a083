import { expect, test } from 'vitest';
import {
  anything,
  type Check,
  checkMembers,
  either,
  functionOf,
  integer,
  isHeaderName,
  listOf,
  members,
  milliseconds,
  must,
  needed,
  needs,
  number,
  orFalse,
} from './checks.ts';

const table: Readonly<Record<string, Check>> = {
  name: needed(must((value) => typeof value === 'string', 'must be a name')),
  count: integer(1),
  waitMs: milliseconds(),
  share: number(0, 1),
  mode: either('a', 'b'),
  limit: orFalse(integer(2)),
  make: functionOf('() => string'),
  other: anything,
  header: must(isHeaderName, 'must be the name of a header'),
  inner: members({ at: integer(0) }),
  list: listOf(integer(0)),
};
const good = { name: 'x', count: 1, waitMs: 0, share: 1, mode: 'b', limit: false, make: () => '', other: null };

test('an options object may leave out what is not needed, and may hold undefined', () => {
  expect(() => checkMembers({ name: 'x' }, 'own', table)).not.toThrow();
  expect(() => checkMembers({ ...good, header: 'x-a', inner: { at: 0 }, list: [0, 1] }, 'own', table)).not.toThrow();
  const nothing = Object.fromEntries(Object.keys(table).map((name) => [name, undefined]));
  expect(() => checkMembers({ ...nothing, name: 'x' }, 'own', table)).not.toThrow();
});

test.each<[object, string]>([
  [{ name: undefined }, 'own.name must be a name, got undefined'],
  [{ count: 0 }, 'own.count must be an integer ≥ 1, got 0'],
  [{ waitMs: '5' }, 'own.waitMs must be a number from 0 to 2147483647 (milliseconds), got "5"'],
  [{ share: 2 }, 'own.share must be a number from 0 to 1, got 2'],
  [{ mode: 'c' }, 'own.mode must be "a" or "b", got "c"'],
  [{ limit: 1 }, 'own.limit must be an integer ≥ 2, got 1'],
  [{ limit: true }, 'own.limit must be an integer ≥ 2, got true'],
  [{ make: 'x' }, 'own.make must be a function () => string, got "x"'],
  [{ header: 'x a' }, 'own.header must be the name of a header, got "x a"'],
  [{ inner: { at: -1 } }, 'own.inner.at must be an integer ≥ 0, got -1'],
  [{ inner: { att: 1 } }, 'own.inner: unknown option "att"; did you mean "at"?'],
  [{ list: [0, -1] }, 'own.list[1] must be an integer ≥ 0, got -1'],
  [{ list: 0 }, 'own.list must be a list, got 0'],
  [{ cuont: 1 }, 'own: unknown option "cuont"; did you mean "count"?'],
])('%j is refused by path, value and remedy', (wrong, message) => {
  expect(() => checkMembers({ ...good, ...wrong }, 'own', table)).toThrow(message);
});

test('the path may end in a colon, and of two wrong values the first of the table is named', () => {
  expect(() => checkMembers({ ...good, count: 0, waitMs: -1 }, 'own', table, ': ')).toThrow('own: count must be');
});

test('an option that needs another one says so', () => {
  expect(() => needs({ a: 1 }, 'a', 'b', 'own')).toThrow('own.a has no effect without b; set b, too');
  expect(() => needs({ a: 1, b: 2 }, 'a', 'b', 'own')).not.toThrow();
  expect(() => needs({}, 'a', 'b', 'own')).not.toThrow();
});
