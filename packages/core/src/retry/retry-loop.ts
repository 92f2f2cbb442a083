import pRetry from 'p-retry';
import { discard } from '../bodies/discard.ts';
import { ownRequest } from '../bodies/own-request.ts';
import { renewed, requestBody } from '../bodies/request-body.ts';
import { errorOfCall } from '../errors/error-of-call.ts';
import { noteOf } from '../errors/guides/after-decision.ts';
import { isResilienceError } from '../errors/resilience-error.ts';
import type { Call } from '../kernel/call.ts';
import type { CallContext } from '../kernel/call-context.ts';
import { sleep } from '../kernel/clock.ts';
import type { Decision } from '../kernel/decision.ts';
import type { Outcome } from '../kernel/outcome.ts';
import { deadlineExceeded } from '../time/deadline.ts';
import { isResponse } from '../transport/fetch-transport.ts';
import { askPolicyEngine } from './ask.ts';
import { type AttemptEnd, answeredByHook, errorOutcome, failedBy, recordDecision, sendOnce } from './attempt.ts';
import type { Loop } from './loop.ts';

/** The result of the loop: thrown values are wrapped, since p-retry takes every thrown value for a failure. */
type Final = { readonly response: Response } | { readonly thrown: unknown };

/** Thrown through p-retry to repeat the attempt. No caller sees it, so it has no stack. */
const onceMore: Error = Object.freeze(Object.create(Error.prototype) as Error);

/** Asks, waits and sends until the policy engine says that it is over. Attempt 1 has ended already. */
export async function retryLoop(loop: Loop): Promise<Response> {
  const { call } = loop.context;
  // No limit and no wait of p-retry's own: both come with the policy, which differs from outcome to outcome.
  const final = await pRetry((attempt) => turn(loop, attempt), {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: 0,
    shouldConsumeRetry: () => call.decision?.action === 'retry',
  });
  if ('response' in final) return final.response;
  endBetweenAttempts(call, final.thrown, loop.context.signal);
  throw final.thrown;
}

/** One turn of the loop. p-retry counts them as we count attempts. */
async function turn(loop: Loop, attempt: number): Promise<Final> {
  let final: Final | undefined;
  try {
    if (attempt > 1) {
      const answer = await prepare(loop);
      loop.end = answer
        ? await answeredByHook(answer, loop.request, loop.context, loop.retries)
        : await send(loop, { ...loop.context, attempt: loop.context.attempt + attempt - 1 });
    }
    final = await consider(loop);
  } catch (error) {
    final = { thrown: error };
  }
  if (final === undefined) throw onceMore;
  if ('thrown' in final) discardEnd(loop);
  return final;
}

function send(loop: Loop, context: CallContext): Promise<AttemptEnd> {
  const request = requestToSend(loop);
  // Hooks may read the body of what they see, and send it again.
  if (context.settings.hooks?.afterResponse) loop.request = renewed(loop.request, loop.body);
  context.call.lastOutcome = loop.end.outcome;
  return sendOnce(request, loop.next, context, loop.retries, loop.request);
}

/**
 * Has the outcome judged, and emits the events. Returns the result of the call, or nothing if there is to be another
 * attempt.
 */
async function consider(loop: Loop): Promise<Final | undefined> {
  if (loop.end.final) return lastWord(loop);
  const { outcome, judgement } = await askPolicyEngine(loop);
  const { call, emit } = loop.context;
  const { decision } = judgement;
  call.decision = decision;
  call.fallback = judgement.fallback;
  recordDecision(call, decision);
  const attempt = call.attempts.at(-1)?.attempt ?? 1;
  const event = { attempt, ...failedBy(outcome), decision };
  if (decision.action === 'refreshCredentials') return undefined;
  if (decision.action === 'retry') {
    emit['retry.scheduled']?.({ call, attempt }, { ...event, delayMs: decision.delayMs ?? 0 });
    return undefined;
  }
  if (decision.because !== 'policy' && decision.because !== 'cancelled')
    emit['retry.denied']?.({ call, attempt }, event);
  // The hook that asked for another attempt no longer needs the response.
  return loop.end.forced ? { thrown: forcedTooLate(loop, decision) } : finalOf(withNote(outcome, call));
}

/** A hook asked for another attempt, and it can't go out: past the deadline this is a timeout like any other. */
function forcedTooLate({ context, end }: Loop, { because }: Decision): unknown {
  const { totalTimeout } = context.settings;
  const error = end.forced?.error;
  return because === 'deadline' && totalTimeout !== false ? deadlineExceeded(context, totalTimeout, error) : error;
}

/** An error without an answer was made before the decision; where a guard has ended the call, its message says so. */
function withNote(outcome: Outcome, call: Call): Outcome {
  const note = outcome.kind === 'error' ? noteOf(call.decision) : '';
  if (outcome.kind === 'response' || note === '' || !isResilienceError(outcome.error)) return outcome;
  return { ...outcome, error: errorOfCall(outcome.error, call, `${outcome.error.message}${note}`) };
}

function finalOf(outcome: Outcome): Final {
  return outcome.kind === 'response' ? { response: outcome.response } : { thrown: outcome.error };
}

/** What a hook answered or threw is not judged. */
function lastWord({ context, end }: Loop): Final {
  const { outcome } = end;
  const { call, signal } = context;
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
  return finalOf(outcome);
}

/** Everything between two attempts. Returns a response if a hook answers in place of the next one. */
async function prepare(loop: Loop): Promise<Response | undefined> {
  const { call } = loop.context;
  if (call.decision?.action === 'retry') return prepareRetry(loop, call.decision);
  discardEnd(loop);
  loop.refreshed = true;
  await loop.ring.credentials?.refreshFor(call, loop.context);
  loop.request = renewed(loop.request, loop.body);
  return undefined;
}

async function prepareRetry(loop: Loop, { delayMs = 0 }: Decision): Promise<Response | undefined> {
  const { call, settings, signal } = loop.context;
  const { hooks } = settings;
  const { outcome, forced } = loop.end;
  // Described before the wait, while the response can still be read; the response is discarded before the wait, too.
  const failure = hooks?.beforeRetry && (await hooks.describe(forced ?? outcome, loop.request));
  discardEnd(loop);
  await sleep(call.clock, delayMs, signal);
  loop.retries++;
  const asked = ownRequest(forced?.request);
  if (asked) replaceRequest(loop, asked);
  else loop.request = renewed(loop.request, loop.body);
  const given = failure && (await hooks?.beforeRetry?.(failure, loop.request, loop.retries));
  const replacement = ownRequest(given);
  if (replacement && replacement !== loop.request) replaceRequest(loop, replacement);
  if (!isResponse(given)) return undefined;
  call.changedByHook = true;
  return given;
}

/** Sends a hook's Request from now on. There may be further attempts, so it is kept as a caller's own would be. */
function replaceRequest(loop: Loop, replacement: Request): void {
  loop.context.call.changedByHook = true;
  // The previous one is not discarded: a hook may have made the new one from it, and they would share a body.
  loop.request = replacement;
  loop.body = requestBody(undefined, replacement);
  loop.keep = loop.body.kind === 'request';
}

/** A caller's own Request is cloned, where it may be needed again. */
export function requestToSend({ request, keep }: Pick<Loop, 'request' | 'keep'>): Request {
  return keep ? request.clone() : request;
}

/** Discards the copy of a caller's body that was kept for another attempt. */
export function spareRequest({ request, keep }: Pick<Loop, 'request' | 'keep'>): void {
  if (keep && request.body && !request.body.locked) request.body.cancel().catch(ignore);
}

function discardEnd({ end }: Loop): void {
  if (end.outcome.kind === 'response') discard(end.outcome.response);
}

/** A refresh that failed, a hook that threw, a caller that aborted while waiting: the last decision no longer holds. */
function endBetweenAttempts(call: Call, error: unknown, signal: AbortSignal): void {
  const { decision } = call;
  if (decision?.action !== 'retry' && decision?.action !== 'refreshCredentials') return;
  const outcome = errorOutcome(error, signal, call);
  const code = outcome.kind === 'error' ? outcome.code : undefined;
  const [because, words] =
    code === 'ABORTED'
      ? (['cancelled', 'the caller gave up'] as const)
      : code === 'DEADLINE_EXCEEDED'
        ? (['deadline', 'the time for the whole call was up first'] as const)
        : (['policy', 'it failed'] as const);
  call.decision = Object.freeze({ ...decision, action: 'fail', because, reason: `${decision.reason}; ${words}` });
}

/** A body that breaks while it is discarded is no loss. */
function ignore(): void {}
