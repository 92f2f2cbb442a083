import { ignore } from '../kernel/ignore.ts';

/**
 * A value from a user's function that must not be async. If it is async, its promise is useless, and if the promise
 * rejected, the unhandled rejection would end a Node process.
 */
export function defused<T>(value: T): T {
  if (isThenable(value)) value.then(ignore, ignore);
  return value;
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
