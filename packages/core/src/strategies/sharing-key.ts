import type { CallContext } from '../pipeline.ts';
import type { PolicyLevel } from '../policy/table.ts';

/**
 * What must be equal in two calls that share a request: all that the server sees, and all that says how it is sent.
 * `undefined` where a call goes alone: by its method, for its body, or for hooks between the attempts, which belong to
 * one call and may change its request.
 */
export function sharingKey(request: Request, { settings, body, init }: CallContext): string | undefined {
  const { method, url, headers } = request;
  if ((method !== 'GET' && method !== 'HEAD') || body.kind !== 'none' || settings.hooks) return undefined;
  const { mode, credentials, cache, redirect, referrer, referrerPolicy, integrity } = request;
  const { levels, timeout, fetch, readBody } = settings;
  return JSON.stringify([
    ...[method, url, [...headers], mode, credentials, cache, redirect, referrer, referrerPolicy, integrity],
    ...[levels.map(textOfLevel), timeout, textOf(fetch), textOf(init ?? {}), readBody],
  ]);
}

const texts = new WeakMap<PolicyLevel, string>();

/** A call's own policies are resolved anew for each call: they are compared by what they were made of. */
function textOfLevel(level: PolicyLevel): string {
  const text = texts.get(level) ?? textOf(level.given ?? level);
  texts.set(level, text);
  return text;
}

const numbers = new WeakMap<object, number>();
let lastNumber = 0;

/** A text that only equal values have: plain ones by what is in them, functions and instances by their identity. */
function textOf(value: unknown, depth = 0): string {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') {
    return `${typeof value} ${typeof value === 'string' ? JSON.stringify(value) : String(value)}`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = Array.isArray(value) || prototype === Object.prototype || prototype === null;
  if (!isPlain || depth > deepest) {
    const number = numbers.get(value) ?? ++lastNumber;
    numbers.set(value, number);
    return `#${number}`;
  }
  const members = Reflect.ownKeys(value)
    .sort((a, b) => (String(a) < String(b) ? -1 : 1))
    .map((key) => `${JSON.stringify(String(key))}: ${textOf((value as Record<PropertyKey, unknown>)[key], depth + 1)}`);
  return `{${members.join(', ')}}`;
}

/** Options may refer to themselves. */
const deepest = 6;
