import { isResilienceError } from '@holdfast/core';
import type { Kept } from './entry.ts';
import type { Plan } from './plan.ts';

/** What keeps a stale answer's place when the call came to it: a status, or the code of an error. */
export interface Failure {
  readonly status?: number;
  readonly errorCode?: string;
}

/** @see RFC 5861 section 4 */
const failures: ReadonlySet<number> = new Set([500, 502, 503, 504]);
/** The server could not be reached, or is spared. What the caller has done, or has to do something about, is not here. */
const unreachable: ReadonlySet<string> = new Set([
  ...['NETWORK', 'ATTEMPT_TIMEOUT', 'DEADLINE_EXCEEDED'],
  ...['CIRCUIT_OPEN', 'QUEUE_FULL', 'QUEUE_TIMEOUT'],
]);

/** Does this mean that the server fails? */
export function failureOf(came: { readonly response: Response } | { readonly error: unknown }): Failure | undefined {
  if ('response' in came) return failures.has(came.response.status) ? { status: came.response.status } : undefined;
  return isResilienceError(came.error) && unreachable.has(came.error.code) ? { errorCode: came.error.code } : undefined;
}

/** May a failing server be made up for by this? */
export function mayBeStale({ judged }: Kept, plan: Plan): boolean {
  if (judged.neverStale) return false;
  const allowedMs = plan.validates ? plan.staleIfErrorMs : Math.max(judged.staleIfErrorMs, plan.staleIfErrorMs);
  return allowedMs > 0 && judged.freshForMs() + allowedMs > 0;
}

/** @see RFC 9211 */
export function cacheStatus({ judged }: Kept, ...how: readonly string[]): string {
  return ['Holdfast', ...how, `ttl=${Math.floor(judged.freshForMs() / 1000)}`].join('; ');
}
