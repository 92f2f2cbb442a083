import type { AttemptRecord, Call } from '../call.ts';
import { classify } from '../classify.ts';
import { discard } from '../discard.ts';
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
  const { call, attempt, emit, settings, signal } = context;
  const startedAt = call.clock.now();
  emit['attempt.started']?.(context, { attempt });
  let end: AttemptEnd;
  try {
    const response = await next(request, context);
    end = settings.hooks?.afterResponse
      ? await shown(response, request, context, retries)
      : { outcome: responseOutcome(response) };
  } catch (error) {
    end = { outcome: errorOutcome(error, signal) };
  }
  const { outcome } = end;
  const durationMs = call.clock.now() - startedAt;
  call.attempts.push(recordOf(outcome, attempt, startedAt - call.startedAt, durationMs));
  emit['attempt.ended']?.(context, { attempt, ...failedBy(outcome), durationMs, verdict: classify(outcome) });
  return end;
}

/** Shows a response to the hook, which may replace it or ask for another attempt. */
async function shown(
  response: Response,
  request: Request,
  { settings }: CallContext,
  retries: number,
): Promise<AttemptEnd> {
  try {
    const given = (await settings.hooks?.afterResponse?.(response, request, retries)) ?? response;
    return 'kind' in given
      ? { outcome: responseOutcome(response), forced: given }
      : { outcome: responseOutcome(given) };
  } catch (error) {
    discard(response);
    throw error;
  }
}

/** No attempt at all: a hook answered in the server's place, and a hook asked for a retry of that. */
export function unsent(forced: ForcedRetry): AttemptEnd {
  return { outcome: responseOutcome(new Response()), forced };
}

function responseOutcome(response: Response): Outcome {
  return { kind: 'response', status: response.status, headers: response.headers, response };
}

/** An error as an outcome: ours by its code, the caller's abort as `ABORTED`, and anything else as `UNKNOWN`. */
export function errorOutcome(error: unknown, signal?: AbortSignal): Outcome {
  if (isResilienceError(error)) return { kind: 'error', error, code: error.code };
  if (signal?.aborted || (error as { name?: unknown } | null | undefined)?.name === 'AbortError') {
    return { kind: 'error', error, code: 'ABORTED' };
  }
  return { kind: 'error', error, code: networkFailure(error).code ?? 'UNKNOWN' };
}

/** How an outcome stands in events and in the history. */
export function failedBy(outcome: Outcome): { readonly status: number } | { readonly errorCode: string } {
  return outcome.kind === 'response' ? { status: outcome.status } : { errorCode: outcome.code };
}

function recordOf(outcome: Outcome, attempt: number, startedMs: number, durationMs: number): AttemptRecord {
  if (outcome.kind === 'response') return { attempt, status: outcome.status, startedMs, durationMs };
  const detail = outcome.code === 'NETWORK' ? networkFailure(outcome.error).reason : undefined;
  return { attempt, errorCode: outcome.code, ...(detail !== undefined && { detail }), startedMs, durationMs };
}

/** Adds the decision to the attempt that was written down last. */
export function recordDecision({ attempts }: Call, decision: Decision): void {
  const last = attempts.at(-1);
  if (last) attempts[attempts.length - 1] = { ...last, decision };
}
