import type { ApiAnswer } from '../api-answer/api-answer.ts';
import type { Outcome } from '../kernel/outcome.ts';
import { exponentialBackoff } from './backoff.ts';
import type { Facts } from './facts.ts';
import { type FoundPolicy, failFast, type Obstacle, type Policy, retry } from './policies.ts';

/**
 * What an answer says about another attempt takes precedence over the default table only, and never over a user's
 * policy.
 */

/**
 * The policy by the server's own word or by the API's code. A 401 keeps its policy: with new credentials it is a
 * different request.
 */
export function policyByAnswer(outcome: Outcome, facts: Facts): FoundPolicy | undefined {
  const api = outcome.kind === 'response' ? outcome.api : undefined;
  if (outcome.kind === 'error' || api?.retry === undefined || outcome.status === 401) return undefined;
  const rule = api.retrySource?.startsWith('dialect') ? api.retrySource : 'default';
  if (api.retry === 'yes') return { policy: isInProgress(outcome, facts) ? untilDone : retry(), rule };
  return { policy: failFast(), rule, refusal: refusalOf(api) };
}

function refusalOf({ kind, code, retrySource }: ApiAnswer): Obstacle {
  if (kind === 'quotaSpent') {
    const named = code === undefined ? '' : ` (${code})`;
    return ['quotaSpent', `the quota is used up, and a short wait does not bring it back${named}`];
  }
  const by = retrySource === undefined ? '' : ` (${retrySource})`;
  return ['serverSaysNo', `the server says that another attempt will not help${by}`];
}

/**
 * A 413: a `Retry-After` says that the server will accept the request later. Where its time can't be read, the backoff
 * decides on the wait.
 *
 * @see RFC 9110 section 15.5.14
 */
export function retryIfTimed(outcome: Outcome): Policy {
  if (outcome.kind === 'error') return failFast();
  return outcome.api?.waitMs !== undefined || outcome.headers.has('retry-after') ? retry() : failFast();
}

const inProgress =
  /in.?progress|in.?use|in.?process|outstanding|concurrent|still (?:being |running|processing)|being processed/i;
const otherRequest = /re-?used|mismatch|different/i;
const untilDone: Policy = retry({ limit: 5, backoff: exponentialBackoff({ initialMs: 1000, jitter: 'equal' }) });

/**
 * A 409 to a request with an idempotency key may say that the first request with that key is still in progress. Then
 * its answer will be there later. Any other conflict is final.
 *
 * @see draft-ietf-httpapi-idempotency-key-header, section 2.7
 */
export function retryIfInProgress(outcome: Outcome, facts: Facts): Policy {
  return isInProgress(outcome, facts) ? untilDone : failFast();
}

/** True if the answer says that the first request with this idempotency key has not ended yet. */
export function isInProgress(outcome: Outcome, { idempotencyKey }: Facts): boolean {
  if (outcome.kind === 'error' || outcome.status !== 409 || idempotencyKey === undefined) return false;
  const { code = '', type = '', message = '' } = outcome.api ?? {};
  const said = `${code} ${type} ${message}`;
  return inProgress.test(said) && !otherRequest.test(said);
}
