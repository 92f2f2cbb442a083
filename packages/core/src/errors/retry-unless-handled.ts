import { resilienceErrorOf } from './resilience-error.ts';

/** How often an error of another library is retried. */
const most = 3;

/**
 * Says whether a library above, such as TanStack Query, may retry. It may not if this client has dealt with the
 * failure: each retry of the library would make three attempts. Other errors are retried, up to three times.
 *
 * @param failureCount How often the library has failed before this failure.
 * @example
 * ```ts
 * import { retryUnlessHandled } from 'holdfast';
 *
 * // new QueryClient({ defaultOptions: { queries: { retry: retryUnlessHandled } } })
 * console.log(retryUnlessHandled(0, new Error('not ours'))); // true
 * ```
 */
export function retryUnlessHandled(failureCount: number, error: unknown): boolean {
  return failureCount < most && !isHandled(error);
}

/** An SDK puts what its `fetch` has rejected with into the cause of an error of its own. */
function isHandled(error: unknown): boolean {
  let one = error;
  for (let depth = 0; depth < 8 && one !== undefined && one !== null; depth++) {
    if (resilienceErrorOf(one)) return true;
    one = causeOf(one);
  }
  return false;
}

function causeOf(error: unknown): unknown {
  try {
    return Object(error).cause;
  } catch {
    return undefined;
  }
}
