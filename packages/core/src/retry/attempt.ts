import type { AttemptRecord } from '../call.ts';
import { classify } from '../classify.ts';
import { isResilienceError } from '../errors/resilience-error.ts';
import { networkFailure } from '../network.ts';
import type { Outcome } from '../outcome.ts';
import type { CallContext, Handler } from '../pipeline.ts';
import type { Decision } from '../policy/decision.ts';
import type { ForcedRetry } from './hooks.ts';

/** What an attempt came to; `forced` where a hook asked for another one all the same. */
export interface AttemptEnd {
  readonly outcome: Outcome;
  readonly forced?: ForcedRetry;
}

/** Sends once and writes it into the call's history. Never rejects: whatever comes of it is an outcome. */
export async function sendOnce(
  request: Request,
  next: Handler,
  context: CallContext,
  retries: number,
): Promise<AttemptEnd> {
  const { call, attempt } = context;
  const startedAt = call.clock.now();
  context.emit['attempt.started']?.(context, { attempt });
  const end = await outcomeOf(request, next, context, retries);
  const failed = failedBy(end.outcome);
  const durationMs = call.clock.now() - startedAt;
  call.attempts.push({ attempt, ...failed, ...detailOf(end.outcome), startedMs: startedAt - call.startedAt, durationMs });
  context.emit['attempt.ended']?.(context, { attempt, ...failed, durationMs, verdict: classify(end.outcome) });
  return end;
}

async function outcomeOf(request: Request, next: Handler, context: CallContext, retries: number): Promise<AttemptEnd> {
  try {
    const response = await next(request, context);
    const given = (await context.settings.hooks?.afterResponse?.(response, request, retries)) ?? response;
    if (!('kind' in given)) return { outcome: responseOutcome(given) };
    return { outcome: responseOutcome(response), forced: given };
  } catch (error) {
    return { outcome: errorOutcome(error, context.signal) };
  }
}

function responseOutcome(response: Response): Outcome {
  return { kind: 'response', status: response.status, headers: response.headers, response };
}

/** An error as an outcome: ours by its code, the caller's abort as `ABORTED`, and anything else as `UNKNOWN`. */
export function errorOutcome(error: unknown, signal?: AbortSignal): Outcome {
  if (isResilienceError(error)) return { kind: 'error', error, code: error.code };
  if (signal?.aborted || (error as { name?: unknown } | null)?.name === 'AbortError') {
    return { kind: 'error', error, code: 'ABORTED' };
  }
  return { kind: 'error', error, code: networkFailure(error).reason ?? 'UNKNOWN' };
}

/** How an outcome stands in events and in the history. */
export function failedBy(outcome: Outcome): { readonly status: number } | { readonly errorCode: string } {
  return outcome.kind === 'response' ? { status: outcome.status } : { errorCode: outcome.code };
}

function detailOf(outcome: Outcome): { readonly detail?: string } {
  if (outcome.kind === 'response' || outcome.code !== 'NETWORK') return {};
  const { reason } = networkFailure(outcome.error);
  return reason === undefined ? {} : { detail: reason };
}

/** Adds the decision to the attempt that was written down last. */
export function recordDecision(attempts: AttemptRecord[], decision: Decision): void {
  const last = attempts.at(-1);
  if (last) attempts[attempts.length - 1] = { ...last, decision };
}
