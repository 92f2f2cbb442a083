import { isOutcomeOfAnother } from '../errors/from-elsewhere.ts';
import type { Outcome } from '../kernel/outcome.ts';
import { answeredUrl, originOf } from '../platform/origin.ts';

/**
 * Whose retry budget such an outcome concerns: that of the origin that answered. One that only redirects there keeps its
 * retries for failures of its own.
 */
export function budgetKey(request: Pick<Request, 'url'>, outcome: Outcome): string {
  if (outcome.kind === 'response') return originOf(answeredUrl(request, outcome.response));
  const origin = originOf(request.url);
  // No platform says which server failed.
  return isOutcomeOfAnother(outcome, request) ? `${origin} (redirected)` : origin;
}
