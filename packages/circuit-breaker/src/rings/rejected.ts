import { type CallContext, CircuitOpenError, isResilienceError, redactUrl } from '@holdfast/core';
import { bodyOfText, createApiError, shownUrl } from '@holdfast/core/internal/late';
import type { Circuit } from '../circuit/circuit.ts';

/** Makes the error of a call that is not let through, and emits the event. */
export function rejected(circuit: Circuit, context: CallContext): CircuitOpenError {
  const { retryAfterMs } = circuit;
  // A user's function may have made it from a URL, and errors hold no secrets.
  const key = redactUrl(circuit.key);
  context.emit['call.rejected']?.(context, { errorCode: 'CIRCUIT_OPEN', key });
  const subject = `Circuit for ${shownUrl(circuit.key).replace(/^https?:\/\//, '')}`;
  const fact = circuit.state === 'open' ? 'is open; next probe in' : 'is being probed; try again in';
  return new CircuitOpenError({
    call: context.call,
    key,
    retryAfterMs,
    message: `${subject} ${fact} ${retryAfterMs} ms; see \`circuitBreaker\``,
    cause: causeIn(context),
  });
}

/**
 * A circuit that opens between two attempts hides the original failure: so its error gets the error of the attempt
 * before as its cause. The body has been discarded by then, so the error of an answer is made from the status and the
 * headers.
 */
function causeIn({ call, previous }: CallContext): unknown {
  if (previous === undefined) return undefined;
  if (previous.kind === 'response') {
    const body = bodyOfText('');
    return createApiError({ call, response: previous.response, body });
  }
  const { error } = previous;
  // If the previous attempt was rejected, too, its error has the cause.
  return isResilienceError(error) && error.code === 'CIRCUIT_OPEN' ? error.cause : error;
}
