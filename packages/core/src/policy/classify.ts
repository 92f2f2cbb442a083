import { isFinalServerStatus, isOverloadStatus } from '../api-answer/statuses.ts';
import type { NetworkError } from '../errors/network-error.ts';
import { isResilienceError } from '../errors/resilience-error.ts';
import type { Applied } from '../kernel/decision.ts';
import type { Outcome } from '../kernel/outcome.ts';
import type { Verdict } from '../kernel/verdict.ts';
import { isNetworkCode, networkFailure } from '../platform/network.ts';
import type { ServerTiming } from '../server-timing/wait.ts';

const transientStatuses: ReadonlySet<number> = new Set([408, 425, 429]);
const rejections: ReadonlySet<string> = new Set([
  'CIRCUIT_OPEN',
  'QUEUE_FULL',
  'QUEUE_TIMEOUT',
  'COST_TOO_HIGH',
  'CREDENTIALS',
  'DISALLOWED_ORIGIN',
  'CLIENT_CLOSED',
]);

function isTransientStatus(status: number): boolean {
  return transientStatuses.has(status) || (status >= 500 && status <= 599 && !isFinalServerStatus(status));
}

/** Did an attempt's own time run out: before its headers, or while its body was waited for? */
export function isTimeoutCode(code: string): boolean {
  return code === 'ATTEMPT_TIMEOUT' || code === 'IDLE_TIMEOUT';
}

/** The verdict on an outcome. */
export function classify(outcome: Outcome): Verdict {
  if (outcome.kind === 'response') {
    if (outcome.status < 400) return 'success';
    const kind = outcome.api?.kind;
    if (kind === 'rateLimited' || kind === 'overloaded') return 'transient';
    if (kind === 'quotaSpent') return 'permanent';
    return isTransientStatus(outcome.status) ? 'transient' : 'permanent';
  }
  if (outcome.code === 'ABORTED') return 'cancelled';
  if (isTimeoutCode(outcome.code)) return 'transient';
  if (rejections.has(outcome.code)) return 'rejected';
  return isNetworkOutcome(outcome) && !isPermanent(outcome.error) ? 'transient' : 'permanent';
}

/** An error outcome that the network caused: ours says `NETWORK`, the platform's has a code such as `ECONNRESET`. */
export function isNetworkOutcome(outcome: Outcome): boolean {
  return outcome.kind === 'error' && (outcome.code === 'NETWORK' || isNetworkCode(outcome.code));
}

/**
 * Did the server act on the request?
 *
 * @see RFC 9110 section 9.2.2: a request that was certainly not applied may be repeated whatever its method;
 * RFC 8470 section 5.2 (425), RFC 9110 section 15.5.20 (421), RFC 6585 section 4 (429)
 */
export function appliedBy(outcome: Outcome, timing: ServerTiming | undefined): Applied {
  if (outcome.kind === 'error') {
    if (classify(outcome) === 'rejected') return isAfterRedirect(outcome.error) ? 'unknown' : 'no';
    if (!isNetworkOutcome(outcome)) return 'unknown';
    // The code that made the error knew more: what was requested, and how much of it had been sent.
    if (isNetworkError(outcome.error)) return outcome.error.neverSent ? 'no' : 'unknown';
    return isNeverSent(outcome) ? 'no' : 'unknown';
  }
  const { status, api } = outcome;
  if (status < 400) return 'yes';
  if (api?.applied === 'no') return 'no';
  // A success that a dialect calls an error: part of the work may be done.
  if (outcome.response.status < 400) return 'unknown';
  if (status === 408) return 'unknown';
  if (status < 500 || status === 501 || status === 505) return 'no';
  // If the answer names a time, the server refused the request.
  return isOverloadStatus(status) && timing !== undefined ? 'no' : 'unknown';
}

/** The server had the request, and answered with a redirect that a user's fence refuses. */
function isAfterRedirect(error: unknown): boolean {
  return isResilienceError(error) && (error as { readonly redirected?: boolean }).redirected === true;
}

function isPermanent(error: unknown): boolean {
  return (isNetworkError(error) && error.permanent) || networkFailure(error).permanent;
}

function isNetworkError(error: unknown): error is NetworkError {
  return isResilienceError(error) && error.code === 'NETWORK';
}

function isNeverSent(outcome: Outcome & { readonly kind: 'error' }): boolean {
  return networkFailure(outcome.error).neverSent || networkFailure({ code: outcome.code }).neverSent;
}
