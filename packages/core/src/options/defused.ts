/**
 * A value from a function of the user's that must not be async. If it is, its promise is of no use to anybody, and were
 * it to reject, it would be an unhandled rejection, which ends a Node process.
 */
export function defused<T>(value: T): T {
  if (isThenable(value)) value.then(ignore, ignore);
  return value;
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

function ignore(): void {}
