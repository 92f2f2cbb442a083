import type { Outcome } from '../kernel/outcome.ts';
import { isFromElsewhere } from '../platform/origin.ts';
import { NetworkError } from './network-error.ts';

/**
 * Does an outcome come from another server, to which the requested one has redirected? Such an outcome says nothing
 * about the requested server.
 */
export function isOutcomeOfAnother(outcome: Outcome, request: Pick<Request, 'url'>): boolean {
  if (outcome.kind === 'response') return isFromElsewhere(request, outcome.response);
  return outcome.error instanceof NetworkError && outcome.error.elsewhere;
}
