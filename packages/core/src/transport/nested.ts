import { isResilienceError } from '../errors/resilience-error.ts';
import type { Outcome } from '../kernel/outcome.ts';

/**
 * Retries do not multiply: where one client's `fetch` is another client, three attempts inside three attempts are nine.
 * If an inner client has given up on a request, the outer one does not send it again.
 */
const finalResponses = new WeakSet<Response>();

/** Marks a response with an error status as a client's final answer. */
export function markFinal(response: Response): void {
  finalResponses.add(response);
}

/** Requests on whose behalf a client has given up: a `fetch` in between may replace our Response by its own. */
const givenUp = new WeakSet<object>();

/** A client has failed to get an answer to this request, and has retried it as far as it may. */
export function giveUpOn(request: object): void {
  givenUp.add(request);
}

/** Has a client inside this one given up on the request that was handed to it? */
export function isGivenUp(request: Request): boolean {
  return givenUp.has(request);
}

/** Does the outcome come from a client inside this one, which has given up already? */
export function isRetriedBelow(outcome: Outcome, callId: string): boolean {
  if (outcome.kind === 'response') return finalResponses.has(outcome.response);
  return isResilienceError(outcome.error) && outcome.error.callId !== callId;
}
