import type { Call } from '../call.ts';
import { createApiError } from '../errors/api-error.ts';
import { isResilienceError } from '../errors/resilience-error.ts';
import type { Outcome } from '../outcome.ts';

/**
 * A circuit that opens between two attempts hides what went wrong: its error gets the outcome of the attempt before as
 * its cause. That one's body is gone by then, so that its error is made of the status and the headers.
 */
export function nameCause(rejected: Outcome, before: Outcome, call: Call): void {
  if (!isOpenCircuit(rejected)) return;
  const { error } = rejected;
  if (!isResilienceError(error) || error.callId !== call.id || error.cause !== undefined) return;
  const value = causeOf(before, call);
  // As the constructor of an Error would set it.
  if (value !== undefined) Object.defineProperty(error, 'cause', { value, configurable: true, writable: true });
}

function causeOf(outcome: Outcome, call: Call): unknown {
  if (isOpenCircuit(outcome)) return (outcome.error as Error).cause;
  if (outcome.kind === 'error') return outcome.error;
  const { response } = outcome;
  return createApiError({ call, response, body: { bytes: new Uint8Array(), text: '', truncated: false } });
}

function isOpenCircuit(
  outcome: Outcome,
): outcome is Outcome & { readonly kind: 'error'; readonly code: 'CIRCUIT_OPEN' } {
  return outcome.kind === 'error' && outcome.code === 'CIRCUIT_OPEN';
}
