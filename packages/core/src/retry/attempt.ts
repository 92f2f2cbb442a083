import { outcomeOf } from '../api-answer/outcome-of.ts';
import { discard, letGoOfBody } from '../bodies/discard.ts';
import { resilienceErrorOf } from '../errors/resilience-error.ts';
import type { AttemptRecord, Call } from '../kernel/call.ts';
import type { CallContext } from '../kernel/call-context.ts';
import type { Decision } from '../kernel/decision.ts';
import type { AttemptEnded } from '../kernel/events.ts';
import type { ErrorOutcome, Outcome } from '../kernel/outcome.ts';
import type { Handler } from '../kernel/pipeline.ts';
import { networkFailure } from '../platform/network.ts';
import { classify } from '../policy/classify.ts';
import type { ForcedRetry, RetryHooks } from './hooks.ts';

declare module '../kernel/call-context.js' {
  interface CallContext {
    /** The outcome of the attempt before this one. The body of its response is gone. */
    readonly previous?: Outcome;
  }
  interface CallSettings {
    /** Retries that were used up before this run of the pipeline. @defaultValue 0 */
    readonly spentRetries?: number;
    /** An SDK above this client is retrying the call itself: each of its attempts is sent once. @defaultValue false */
    readonly retriedAbove?: boolean;
    /** What the retry ring calls between the attempts, such as ky's hooks. */
    readonly hooks?: RetryHooks;
    /** Reads each failure that is retried, before its answer is discarded. */
    readonly readRetried?: (failure: Outcome, request: Request) => Promise<unknown>;
  }
}

declare module '../kernel/call.js' {
  interface Call {
    /** A hook has replaced the call's request or its answer, so no other call may get the answer. */
    changedByHook?: boolean;
  }
}

/** The outcome of an attempt; `forced` if a hook asked for another one anyway. */
export interface AttemptEnd {
  readonly outcome: Outcome;
  readonly forced?: ForcedRetry;
  /** A hook has decided: it threw, or answered in place of the server. No policy is consulted. */
  readonly final?: boolean;
}

/**
 * Sends once, and appends the attempt to the call's history. Never rejects: a failure is an outcome, too.
 *
 * @param seen The request for hooks, which may read its body.
 */
export async function sendOnce(
  request: Request,
  next: Handler,
  context: CallContext,
  retries: number,
  seen: Request = request,
): Promise<AttemptEnd> {
  const { call, attempt, emit, settings, signal } = context;
  const startedAt = call.clock.now();
  emit['attempt.started']?.(context, { attempt });
  let end: AttemptEnd;
  try {
    const response = await next(request, context);
    if (settings.hooks?.afterResponse) end = await shown(response, seen, context, retries);
    else {
      const outcome = outcomeOf(response, request, context);
      // Most outcomes are known at once, and need no `await`.
      end = { outcome: outcome instanceof Promise ? await outcome : outcome };
    }
  } catch (error) {
    end = { outcome: errorOutcome(error, signal, call) };
  }
  const { outcome } = end;
  // A clone that was not sent would keep the stream that it shares with its original from being cancelled.
  if (context.body.kind === 'request') letGoOfBody(request, outcome.kind === 'error' ? outcome.error : undefined);
  const durationMs = call.clock.now() - startedAt;
  call.attempts.push(recordOf(outcome, attempt, startedAt - call.startedAt, durationMs));
  emit['attempt.ended']?.(context, { ...endOf(outcome), attempt, durationMs });
  return end;
}

/** Shows a response to the hook, which may replace it or ask for another attempt. An error that it throws is final. */
async function shown(response: Response, request: Request, context: CallContext, retries: number): Promise<AttemptEnd> {
  const { call, settings, signal } = context;
  try {
    const given = (await settings.hooks?.afterResponse?.(response, request, retries)) ?? response;
    if (given !== response) call.changedByHook = true;
    return 'kind' in given
      ? { outcome: responseOutcome(response), forced: given }
      : { outcome: await outcomeOf(given, request, context) };
  } catch (error) {
    discard(response);
    return { outcome: errorOutcome(error, signal), final: true };
  }
}

/** A hook answered in place of the server: that is final, unless the next hook asks for another attempt. */
export async function answeredByHook(
  response: Response,
  request: Request,
  context: CallContext,
  retries: number,
): Promise<AttemptEnd> {
  const end = await shown(response, request, context, retries);
  return end.forced ? end : { ...end, final: true };
}

/**
 * Stands for an attempt that was not sent: a hook answered in place of the server, and a hook asked for a retry of
 * that.
 */
export function unsent(forced: ForcedRetry): AttemptEnd {
  return { outcome: responseOutcome(new Response()), forced };
}

function responseOutcome(response: Response): Outcome {
  return { kind: 'response', status: response.status, headers: response.headers, response };
}

/**
 * An error as an outcome: ours by its code, the caller's abort as `ABORTED`, and anything else as `UNKNOWN`, whatever
 * code it has: a failure of the network is a `NetworkError` once it leaves the transport.
 *
 * @param call The call of the attempt. An error of another call, such as the reason of an abort, is the caller's
 * reason.
 */
export function errorOutcome(error: unknown, signal?: AbortSignal, call?: Pick<Call, 'id'>): ErrorOutcome {
  const typed = resilienceErrorOf(error);
  const foreign = signal?.aborted && call !== undefined && typed?.callId !== call.id;
  if (typed && !foreign) return { kind: 'error', error: typed, code: typed.code };
  const isAbort = signal?.aborted || (error as { name?: unknown } | null | undefined)?.name === 'AbortError';
  return { kind: 'error', error, code: isAbort ? 'ABORTED' : 'UNKNOWN' };
}

/** What was thrown between attempts, as an outcome that ends the call: it is thrown again unchanged. */
export function thrownOutcome(error: unknown, { signal, call }: Pick<CallContext, 'signal' | 'call'>): ErrorOutcome {
  return { ...errorOutcome(error, signal, call), error };
}

function endOf(outcome: Outcome): Omit<AttemptEnded, 'attempt' | 'durationMs'> {
  const verdict = classify(outcome);
  const kind = outcome.kind === 'response' && outcome.status >= 400 ? outcome.api?.kind : undefined;
  return { ...failedBy(outcome), ...(kind !== undefined && { kind }), verdict };
}

/** The members of an outcome for events and the history. */
export function failedBy(outcome: Outcome): { readonly status: number } | { readonly errorCode: string } {
  return outcome.kind === 'response' ? { status: outcome.response.status } : { errorCode: outcome.code };
}

function recordOf(outcome: Outcome, attempt: number, startedMs: number, durationMs: number): AttemptRecord {
  if (outcome.kind === 'response') {
    const { status } = outcome.response;
    const isHidden = status !== outcome.status && outcome.api !== undefined;
    return { attempt, status, ...(isHidden && { kind: outcome.api.kind }), startedMs, durationMs };
  }
  const detail = outcome.code === 'NETWORK' ? networkFailure(outcome.error).reason : undefined;
  return { attempt, errorCode: outcome.code, ...(detail !== undefined && { detail }), startedMs, durationMs };
}

/** Records a decision as that of the call, and of the last attempt in its history. */
export function noteDecision(call: Call, decision: Decision): void {
  const { attempts } = call;
  const last = attempts.at(-1);
  call.decision = decision;
  if (last) attempts[attempts.length - 1] = { ...last, decision };
}

/** The number of the call's last attempt. */
export function lastAttempt({ attempts }: Call): number {
  return attempts.at(-1)?.attempt ?? 1;
}
