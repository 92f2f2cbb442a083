import { errorOfCall } from '../errors/error-of-call.ts';
import { noteOf } from '../errors/guides/after-decision.ts';
import { isResilienceError } from '../errors/resilience-error.ts';
import type { Call } from '../kernel/call.ts';
import type { CallContext } from '../kernel/call-context.ts';
import type { Decision } from '../kernel/decision.ts';
import type { Outcome } from '../kernel/outcome.ts';
import { deadlineExceeded } from '../time/deadline.ts';
import { type AttemptEnd, recordDecision, thrownOutcome } from './attempt.ts';

/** How a call ends in the retry ring: its result, and its last decision. */

/** The result of a call after whose last attempt the decision is not to send again. */
export function endedBy(decision: Decision, outcome: Outcome, { forced }: AttemptEnd, context: CallContext): Outcome {
  // The hook that asked for another attempt no longer needs the response.
  if (forced) return thrownOutcome(forcedTooLate(forced.error, decision, context), context);
  return withNote(outcome, context.call);
}

/** A hook asked for another attempt, and it cannot be sent: past the deadline this is a timeout like any other. */
function forcedTooLate(error: Error, { because }: Decision, context: CallContext): Error {
  const { totalTimeout } = context.settings;
  return because === 'deadline' && totalTimeout !== false ? deadlineExceeded(context, totalTimeout, error) : error;
}

/**
 * An error without an answer was made before the decision; if a guard has ended the call, the message has to say so.
 */
function withNote(outcome: Outcome, call: Call): Outcome {
  const note = outcome.kind === 'error' ? noteOf(call.decision) : '';
  if (outcome.kind === 'response' || note === '' || !isResilienceError(outcome.error)) return outcome;
  return { ...outcome, error: errorOfCall(outcome.error, call, `${outcome.error.message}${note}`) };
}

/** A hook's own answer or error is not judged. */
export function decideByHook(outcome: Outcome, { call, signal }: CallContext): void {
  const good = outcome.kind === 'response' && outcome.status < 400;
  call.decision = Object.freeze({
    action: good ? 'accept' : 'fail',
    because: outcome.kind === 'error' && signal.aborted ? 'cancelled' : 'policy',
    reason:
      outcome.kind === 'error'
        ? 'a hook threw → fail'
        : `a hook answered with ${outcome.status} → ${good ? 'accept' : 'fail'}`,
    rule: 'hooks',
    applied: 'unknown',
  });
  if (outcome.kind === 'error') recordDecision(call, call.decision);
}

/** A refresh that failed, a hook that threw, a caller that aborted while waiting: the last decision no longer holds. */
export function endBetweenAttempts(call: Call, outcome: Outcome): void {
  const { decision } = call;
  if (decision?.action !== 'retry' && decision?.action !== 'refreshCredentials') return;
  const code = outcome.kind === 'error' ? outcome.code : undefined;
  const [because, words] =
    code === 'ABORTED'
      ? (['cancelled', 'the caller gave up'] as const)
      : code === 'DEADLINE_EXCEEDED'
        ? (['deadline', 'the time for the whole call was up first'] as const)
        : (['policy', 'it failed'] as const);
  call.decision = Object.freeze({ ...decision, action: 'fail', because, reason: `${decision.reason}; ${words}` });
}
