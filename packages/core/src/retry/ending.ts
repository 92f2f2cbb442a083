import { errorOfCall } from '../errors/error-of-call.ts';
import { noteOf } from '../errors/guides/after-decision.ts';
import { isResilienceError } from '../errors/resilience-error.ts';
import type { Call } from '../kernel/call.ts';
import type { CallContext } from '../kernel/call-context.ts';
import type { Action, Because, Decision } from '../kernel/decision.ts';
import type { ErrorOutcome, Outcome } from '../kernel/outcome.ts';
import type { Obstacle } from '../policy/policies.ts';
import { deadlineExceeded } from '../time/deadline.ts';
import { type AttemptEnd, noteDecision, thrownOutcome } from './attempt.ts';

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
  if (outcome.kind === 'response' || !isResilienceError(outcome.error)) return outcome;
  const note = noteOf(call.decision);
  return note === '' ? outcome : { ...outcome, error: errorOfCall(outcome.error, call, outcome.error.message + note) };
}

/** A hook's own answer or error is not judged. */
export function decideByHook(outcome: Outcome, { call, signal }: CallContext): void {
  if (outcome.kind === 'error') {
    const because = signal.aborted ? 'cancelled' : 'policy';
    noteDecision(call, ofHook('fail', because, 'a hook threw → fail'));
  } else {
    const action = outcome.status < 400 ? 'accept' : 'fail';
    call.decision = ofHook(action, 'policy', `a hook answered with ${outcome.status} → ${action}`);
  }
}

function ofHook(action: Action, because: Because, reason: string): Decision {
  return Object.freeze({ action, because, reason, rule: 'hooks', applied: 'unknown' });
}

const endsBetweenAttempts: ReadonlyMap<string, Obstacle> = new Map([
  ['ABORTED', ['cancelled', 'the caller gave up']],
  ['DEADLINE_EXCEEDED', ['deadline', 'the time for the whole call was up first']],
]);

/** A refresh that failed, a hook that threw, a caller that aborted while waiting: the last decision no longer holds. */
export function endBetweenAttempts(call: Call, { code }: ErrorOutcome): void {
  const { decision } = call;
  if (decision?.action !== 'retry' && decision?.action !== 'refreshCredentials') return;
  const [because, words] = endsBetweenAttempts.get(code) ?? ['policy', 'it failed'];
  call.decision = Object.freeze({ ...decision, action: 'fail', because, reason: `${decision.reason}; ${words}` });
}
