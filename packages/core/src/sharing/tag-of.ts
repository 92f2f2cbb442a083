import { systemRandom } from '../kernel/clock.ts';

/** Distinguishes the objects of this process from those of other processes that write to the same store. */
const processTag: string = [1, 2, 3, 4].map(() => Math.trunc(systemRandom() * 36 ** 6).toString(36)).join('');

const tags = new WeakMap<object, string>();
let lastNumber = 0;

/** A text that belongs to one object, in one process. */
export function tagOf(value: object): string {
  let tag = tags.get(value);
  if (tag === undefined) {
    tag = `#${++lastNumber}.${processTag}`;
    tags.set(value, tag);
  }
  return tag;
}
