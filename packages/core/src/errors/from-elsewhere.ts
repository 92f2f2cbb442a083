import type { Outcome } from '../kernel/outcome.ts';
import { isFromElsewhere } from '../platform/origin.ts';
import { NetworkError } from './network-error.ts';

/**
 * Is it the outcome of another server than the requested one, to which that one has redirected? It says nothing about the
 * requested one.
 */
export function isOutcomeOfAnother(outcome: Outcome, request: Pick<Request, 'url'>): boolean {
  if (outcome.kind === 'response') return isFromElsewhere(request, outcome.response);
  return outcome.error instanceof NetworkError && outcome.error.elsewhere;
}
