import pRetry from 'p-retry';
import { sleep } from '../clock.ts';
import type { CredentialsKeeper } from '../credentials/keeper.ts';
import { discard } from '../discard.ts';
import { parseApiErrorBody, readErrorBody } from '../errors/envelope.ts';
import { isResilienceError } from '../errors/resilience-error.ts';
import { originOf } from '../origin.ts';
import type { Outcome } from '../outcome.ts';
import type { CallContext, Handler, Strategy } from '../pipeline.ts';
import { type Judgement, judge } from '../policy/decide.ts';
import type { Decision } from '../policy/decision.ts';
import type { Facts } from '../policy/facts.ts';
import { isIdempotent } from '../policy/replay.ts';
import { remainingMs } from '../strategies/deadline.ts';
import { type AttemptEnd, errorOutcome, failedBy, recordDecision, sendOnce } from './attempt.ts';
import type { RetryBudget } from './budget.ts';
import { isRetriedBelow } from './nested.ts';
import { requestBody, requestForAttempt } from './request-body.ts';

/**
 * Asks the policy engine after each attempt, and does as it says.
 *
 * Retrying is easy to get wrong: too soon (the server named a time), too often (everybody retries, and the server stays
 * down), what must not be sent twice, with a body that is spent, past the deadline, after the caller has left, while
 * the failed answer still holds its connection. All of that is decided in one place, `policy/decide.ts`; this ring only
 * sends, waits, and keeps the history. It stands inside the deadline, which bounds its waits, and outside everything
 * that a second attempt must pass again.
 */
export interface RetryRingOptions {
  readonly budget?: RetryBudget | undefined;
  readonly credentials?: CredentialsKeeper | undefined;
}

/** The ring. Attempt 1 goes out before p-retry is entered: most calls need no loop. */
export function retryRing(options: RetryRingOptions = {}): Strategy {
  return {
    name: 'retry',
    async execute(request, next, context) {
      options.budget?.earn(originOf(request.url));
      const keep = context.body.kind === 'request' && isReplayable(request, context);
      const first = await sendOnce(requestForAttempt(request, context.body, 1, keep), next, context, 0);
      const { outcome } = first;
      if (!first.forced && outcome.kind === 'response' && outcome.status < 400 && !judgesSuccess(context)) {
        if (keep) spare(request);
        return outcome.response;
      }
      try {
        return await retryLoop(first, request, keep, next, context, options);
      } finally {
        if (keep) spare(request);
      }
    },
  };
}

/** Thrown through p-retry to say "once more"; it is no error that anybody sees, so it has no stack to be paid for. */
class Again {
  readonly decision: Decision;
  constructor(decision: Decision) {
    this.decision = decision;
  }
}
Object.setPrototypeOf(Again.prototype, Error.prototype);

/** What the loop ends with: thrown values travel as values, since p-retry takes whatever is thrown for a failure. */
type Final = { readonly response: Response } | { readonly thrown: unknown };

async function retryLoop(
  first: AttemptEnd,
  firstRequest: Request,
  keep: boolean,
  next: Handler,
  outer: CallContext,
  options: RetryRingOptions,
): Promise<Response> {
  const { call, signal, settings } = outer;
  const { hooks } = settings;
  let request = firstRequest;
  let { body } = outer;
  let end = first;
  let retries = 0;
  let refreshed = false;
  let answered: Response | undefined;

  const facts = async (): Promise<Facts> => {
    const origin = originOf(request.url);
    const shouldRetry = isFailure(end.outcome) ? await hooks?.shouldRetry?.(end.outcome, request, retries + 1) : undefined;
    return {
      method: request.method,
      url: request.url,
      attempt: call.attempts.length,
      retries,
      elapsedMs: call.clock.now() - call.startedAt,
      remainingMs: remainingMs(call, settings.totalTimeout),
      replayable: isReplayable(request, outer) && body.kind !== 'oneShot',
      oneShotBody: body.kind === 'oneShot' || (body.kind === 'request' && !keep),
      tokensLeft: options.budget?.tokens(origin) ?? Number.POSITIVE_INFINITY,
      random: outer.random,
      refreshable: options.credentials?.canRefreshFor(call) ?? false,
      refreshed,
      wallNow: call.clock.wallNow(),
      retriedBelow: isRetriedBelow(end.outcome, call.id),
      ...(shouldRetry !== undefined && { shouldRetry }),
      ...(end.forced && { forced: end.forced.delayMs === undefined ? {} : { delayMs: end.forced.delayMs } }),
    };
  };

  const consider = async (): Promise<Final> => {
    const outcome = await withApiError(end.outcome, request, outer);
    const judgement: Judgement = judge(outcome, await facts(), settings.levels);
    const { decision } = judgement;
    call.decision = decision;
    call.fallback = judgement.fallback;
    recordDecision(call.attempts, decision);
    const context = { call, attempt: call.attempts.length };
    const event = { attempt: context.attempt, ...failedBy(outcome), decision };
    if (decision.action === 'retry' || decision.action === 'refreshCredentials') {
      if (decision.action === 'retry') {
        if (!judgement.free) options.budget?.spend(originOf(request.url));
        outer.emit['retry.scheduled']?.(context, { ...event, delayMs: decision.delayMs ?? 0 });
      }
      throw new Again(decision);
    }
    if (decision.because !== 'policy' && decision.because !== 'cancelled') outer.emit['retry.denied']?.(context, event);
    return outcome.kind === 'response' ? { response: outcome.response } : { thrown: outcome.error };
  };

  /** Everything between two attempts. Gives `false` where there is no need for another one. */
  const prepare = async ({ action, delayMs = 0 }: Decision): Promise<boolean> => {
    const ordinary = action === 'retry';
    const failure = ordinary && hooks?.beforeRetry ? await hooks.describe(end.forced ?? end.outcome, request) : undefined;
    if (end.outcome.kind === 'response') discard(end.outcome.response);
    if (!ordinary) {
      refreshed = true;
      await options.credentials?.refreshFor(call, outer);
      return true;
    }
    await sleep(call.clock, delayMs, signal);
    retries++;
    if (end.forced?.request) replaceRequest(end.forced.request);
    const given = failure && (await hooks?.beforeRetry?.(failure, request, retries));
    if (given instanceof Response) answered = given;
    else if (given) replaceRequest(given);
    return answered === undefined;
  };

  const replaceRequest = (replacement: Request): void => {
    request = replacement;
    body = requestBody(undefined, replacement);
  };

  try {
    const final = await pRetry(
      async (number): Promise<Final> => {
        try {
          if (number > 1) {
            const context = { ...outer, attempt: number };
            end = await sendOnce(requestForAttempt(request, body, number, keep), next, context, retries);
          }
          return await consider();
        } catch (error) {
          if (error instanceof Again) throw error;
          if (end.outcome.kind === 'response') discard(end.outcome.response);
          return { thrown: error };
        }
      },
      {
        retries: Number.POSITIVE_INFINITY,
        minTimeout: 0,
        shouldConsumeRetry: ({ error }) => againOf(error).decision.action === 'retry',
        shouldRetry: ({ error }) => prepare(againOf(error).decision),
      },
    );
    if ('thrown' in final) throw final.thrown;
    return final.response;
  } catch (error) {
    if (answered && error instanceof Again) return answered;
    if (isResilienceError(error) || !(error instanceof Again)) failed(error);
    throw error;
  }

  /** A refresh that failed, a hook that threw, a caller who left while waiting: the last decision no longer holds. */
  function failed(error: unknown): void {
    const { decision } = call;
    if (decision?.action !== 'retry' && decision?.action !== 'refreshCredentials') return;
    const outcome = errorOutcome(error, signal);
    const cancelled = outcome.kind === 'error' && outcome.code === 'ABORTED';
    call.decision = {
      ...decision,
      action: 'fail',
      because: cancelled ? 'cancelled' : 'policy',
      reason: `${decision.reason}; ${cancelled ? 'the caller gave up' : 'it came to nothing'}`,
    };
  }
}

function againOf(error: Error): Again {
  return error as unknown as Again;
}

function isFailure(outcome: Outcome): boolean {
  return outcome.kind === 'error' ? outcome.code !== 'ABORTED' : outcome.status >= 400;
}

function judgesSuccess({ settings }: CallContext): boolean {
  return settings.levels.some((level) => level.judgesSuccess);
}

/** By its method, or since it carries an idempotency key. */
function isReplayable(request: Request, { settings }: CallContext): boolean {
  return isIdempotent(request.method) || request.headers.has(settings.idempotencyHeader ?? 'idempotency-key');
}

/** Reads the error envelope, from a bounded clone, where a rule asks for it and the rest of that rule holds. */
async function withApiError(outcome: Outcome, request: Request, { call, settings, signal }: CallContext): Promise<Outcome> {
  if (outcome.kind === 'error') return outcome;
  const asked = settings.levels.some(({ rules }) => rules.some((rule) => rule.needsBody(outcome.status, request)));
  if (!asked || outcome.response.bodyUsed) return outcome;
  const { text } = await readErrorBody(outcome.response.clone(), { clock: call.clock, signal });
  return { ...outcome, apiError: parseApiErrorBody(text, outcome.headers.get('content-type')) };
}

/** Lets go of the copy of a caller's body that was kept for another attempt. */
function spare(request: Request): void {
  const { body } = request;
  if (body && !body.locked) body.cancel().catch(() => undefined);
}
