import { isResilienceError, type Outcome } from '@holdfast/core';
import { classify, networkFailure } from '@holdfast/core/internal';

/** Has an attempt failed before its request left? */
export function neverSent(outcome: Outcome, url: string): boolean {
  if (outcome.kind === 'response') return false;
  // True if a ring further inside has refused the request, such as an open circuit; an error of the user's own code
  // says nothing.
  if (isResilienceError(outcome.error) && classify(outcome) === 'rejected') return true;
  return outcome.code !== 'ABORTED' && networkFailure(outcome.error, url).neverSent;
}
