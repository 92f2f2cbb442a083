import { describe, expect, it } from 'vitest';
import { LinkedList } from './linked-list.ts';

describe('a list of what comes and goes', () => {
  it('holds what was added, until it is removed', () => {
    const list = new LinkedList<string>();
    const [first, second, third] = ['a', 'b', 'c'].map((value) => list.add(value));
    expect([...list]).toEqual(['a', 'b', 'c']);
    for (const [member, left] of [
      [second, ['a', 'c']],
      [third, ['a']],
      [first, []],
    ] as const) {
      list.remove(member as NonNullable<typeof member>);
      expect([...list]).toEqual(left);
      expect(list.size).toBe(left.length);
    }
  });

  it('allows a member to be removed twice', () => {
    const list = new LinkedList<number>();
    const one = list.add(1);
    list.add(2);
    list.remove(one);
    list.remove(one);
    expect([...list]).toEqual([2]);
    expect(list.size).toBe(1);
  });

  it('allows members to be removed during an iteration', () => {
    const list = new LinkedList<number>();
    const members = [1, 2, 3].map((value) => list.add(value));
    const seen: number[] = [];
    for (const value of list) {
      seen.push(value);
      for (const member of members) list.remove(member);
    }
    expect(seen).toHaveLength(3);
    expect(list.size).toBe(0);
  });

  it('leaves no removed member that points to a later one', () => {
    const list = new LinkedList<number>();
    const [one, two, three] = [1, 2, 3].map((value) => list.add(value)) as [never, never, never];
    list.remove(two);
    list.remove(one);
    for (const gone of [one, two]) expect(gone).toMatchObject({ next: undefined, previous: undefined });
    expect([...list]).toEqual([3]);
    list.remove(three);
    expect(list.size).toBe(0);
  });
});
