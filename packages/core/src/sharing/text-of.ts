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

/**
 * A text that only equal values have: plain values by their contents, functions and instances by their identity. It is
 * used in keys.
 */
export function textOf(value: unknown, depth = 0): string {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') {
    return `${typeof value} ${typeof value === 'string' ? JSON.stringify(value) : String(value)}`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = Array.isArray(value) || prototype === Object.prototype || prototype === null;
  if (!isPlain || depth > deepest) return tagOf(value);
  const members = Reflect.ownKeys(value)
    .sort((a, b) => (String(a) < String(b) ? -1 : 1))
    .map((key) => `${JSON.stringify(String(key))}: ${textOf((value as Record<PropertyKey, unknown>)[key], depth + 1)}`);
  return `{${members.join(', ')}}`;
}

/** Options may refer to themselves. */
const deepest = 6;
