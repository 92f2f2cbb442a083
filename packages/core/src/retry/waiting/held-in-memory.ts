import { readErrorBody } from '../../bodies/read-error-body.ts';
import { responseWithBody } from '../../bodies/response-with-body.ts';
import type { CallContext } from '../../kernel/call-context.ts';
import type { Outcome } from '../../kernel/outcome.ts';

/**
 * The same outcome, with its body in memory: a call that waits must not hold a connection, or a permit that lasts until
 * the body has been read. Of a longer body, the first 64 KiB are kept.
 */
export async function heldInMemory(
  outcome: Outcome,
  { call, signal }: Pick<CallContext, 'call' | 'signal'>,
): Promise<Outcome> {
  if (outcome.kind === 'error' || outcome.response.body === null || outcome.response.bodyUsed) return outcome;
  const { bytes } = await readErrorBody(outcome.response, { clock: call.clock, signal });
  const response = responseWithBody(outcome.response, bytes);
  return { ...outcome, response, headers: response.headers };
}
