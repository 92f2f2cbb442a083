import { isResilienceError } from '@holdfast/core';
import type { Stored } from '../store/entry.ts';
import type { Plan } from './plan.ts';

/** The failure of the call that a stale response replaces: a status, or the code of an error. */
export interface Failure {
  readonly status?: number;
  readonly errorCode?: string;
}

/** @see RFC 5861 section 4 */
const failures: ReadonlySet<number> = new Set([500, 502, 503, 504]);
/**
 * Codes of errors after which a stale response may be served: the server could not be reached, or was not asked in
 * order to relieve it. Errors that the caller caused, or has to act on, are not in the list.
 */
const unreachable: ReadonlySet<string> = new Set([
  ...['NETWORK', 'ATTEMPT_TIMEOUT', 'IDLE_TIMEOUT', 'DEADLINE_EXCEEDED'],
  ...['CIRCUIT_OPEN', 'QUEUE_FULL', 'QUEUE_TIMEOUT'],
]);

/** Does this outcome mean that the server fails? */
export function failureOf(came: { readonly countsAs: number } | { readonly error: unknown }): Failure | undefined {
  if ('countsAs' in came) return failures.has(came.countsAs) ? { status: came.countsAs } : undefined;
  return isResilienceError(came.error) && unreachable.has(came.error.code) ? { errorCode: came.error.code } : undefined;
}

/** May this response be served in place of a failure? */
export function mayBeStale({ judged }: Stored, plan: Plan): boolean {
  if (judged.neverStale) return false;
  const allowedMs = plan.validates ? plan.staleIfErrorMs : Math.max(judged.staleIfErrorMs, plan.staleIfErrorMs);
  return allowedMs > 0 && judged.freshForMs() + allowedMs > 0;
}

/** @see RFC 9211 */
export function cacheStatus({ judged }: Stored, ...how: readonly string[]): string {
  return ['Holdfast', ...how, `ttl=${Math.floor(judged.freshForMs() / 1000)}`].join('; ');
}
