import { tagOf } from './tag-of.ts';

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
