import { discard } from '../bodies/discard.ts';
import { peekErrorBody } from '../bodies/read-error-body.ts';
import type { ErrorLinks } from '../errors/api-error.ts';
import { createApiError } from '../errors/create-api-error.ts';
import { isResilienceError, type ResilienceError } from '../errors/resilience-error.ts';
import { DeadlineExceededError } from '../errors/timeout-errors.ts';
import type { Call } from '../kernel/call.ts';
import type { CallContext } from '../kernel/call-context.ts';
import { ignore } from '../kernel/ignore.ts';
import type { Strategy } from '../kernel/pipeline.ts';
import { OptionError } from '../options/validate.ts';
import type { FallbackValue } from '../policy/policies.ts';
import { afterFailure } from '../time/within-call.ts';
import { isResponse } from '../transport/is-response.ts';
import { guidesAtHand } from './guides-at-hand.ts';

declare module '../kernel/call-context.js' {
  interface CallSettings {
    readonly fallback?: FallbackFunction;
  }
}

/**
 * The last resort, after retries: a substitute answer for a call that failed.
 *
 * @returns a Response, or `undefined` to let the failure stand.
 */
export type FallbackFunction = (
  error: ResilienceError,
  call: Pick<Call, 'id' | 'method' | 'url' | 'attempts'>,
) => Response | undefined | Promise<Response | undefined>;

/**
 * Sees the final outcome, so it is outermost. A caller's abort is not a failure that it replaces. The failed response
 * is read by a bounded clone only, so that it is still unread if the fallback returns nothing.
 */
export function fallback(links: ErrorLinks = {}): Strategy {
  return {
    name: 'fallback',
    async execute(request, next, context) {
      let end: End;
      try {
        end = await next(request, context);
      } catch (error) {
        end = { error };
      }
      if (mayBeReplaced(end, context)) return replace(end, context, links);
      if ('error' in end) throw end.error;
      return end;
    },
  };
}

/** How the call ended: an answer of any status, or no answer. */
type End = Response | { readonly error: unknown };

/** Is it a failure for which there is a fallback? */
function mayBeReplaced(end: End, { call, settings, signal }: CallContext): boolean {
  const { action } = call.decision ?? {};
  if (action !== 'fallback' && !settings.fallback) return false;
  if ('error' in end) return !signal.aborted && isResilienceError(end.error);
  return action !== 'accept' && (end.status >= 400 || action === 'fail' || action === 'fallback');
}

/** The answer of the fallback, or the failure if the fallback returns nothing. */
async function replace(failure: End, context: CallContext, links: ErrorLinks): Promise<Response> {
  const { call, signal } = context;
  const failed = 'error' in failure ? undefined : failure;
  const ofPolicy = call.decision?.action === 'fallback';
  let work: Promise<Response | undefined> | undefined;
  try {
    const error = 'error' in failure ? (failure.error as ResilienceError) : await errorOf(failure, context, links);
    signal.throwIfAborted();
    work = lastResort(error, ofPolicy, context);
    const answer = await afterFailure(work, context, error);
    if (answer === undefined) {
      if (ofPolicy) failAfterAll(call, 'which returned undefined');
      if (failed) return failed;
      throw error;
    }
    discard(failed);
    const reason = `${call.decision?.reason ?? error.message}; a fallback answered`;
    const decided = call.decision ?? { because: 'policy', rule: 'fallback', applied: error.applied };
    call.decision = { ...decided, action: 'fallback', reason };
    context.emit['fallback.used']?.({ call }, { reason });
    return answer;
  } catch (error) {
    discard(failed);
    // The fallback may still return a Response when no caller waits for it any more.
    work?.then(discard, ignore);
    if (!signal.aborted && ofPolicy)
      failAfterAll(call, error instanceof DeadlineExceededError ? 'which took too long' : 'which threw');
    throw error;
  }
}

function failAfterAll(call: Call, why: string): void {
  if (call.decision?.action !== 'fallback') return;
  call.decision = { ...call.decision, action: 'fail', reason: `${call.decision.reason}, ${why}` };
}

async function lastResort(
  error: ResilienceError,
  ofPolicy: boolean,
  { call, settings }: CallContext,
): Promise<Response | undefined> {
  try {
    const answer = ofPolicy ? await fromValue(call.fallback, error, call) : undefined;
    if (answer) return answer;
    const own: unknown = await settings.fallback?.(error, call);
    if (own === undefined) return undefined;
    if (isResponse(own)) return once(own);
    throw new OptionError('fallback', own, 'must return a Response or undefined');
  } catch (thrown) {
    // The failure that was to be replaced becomes the cause of the fallback's error, and is not hidden by it.
    if (thrown instanceof Error && thrown !== error && thrown.cause === undefined && Object.isExtensible(thrown)) {
      Object.defineProperty(thrown, 'cause', { value: error, configurable: true, writable: true });
    }
    throw thrown;
  }
}

/** Responses that were given to a call: their bodies belong to that call. */
const given = new WeakSet<Response>();

function once(response: Response): Response {
  if (response.bodyUsed || (response.body !== null && given.has(response))) {
    throw new TypeError(
      'fallback returned a Response that another call has already received; return a new one each time, or a clone',
    );
  }
  given.add(response);
  return response;
}

async function errorOf(response: Response, context: CallContext, links: ErrorLinks): Promise<ResilienceError> {
  const { call, signal } = context;
  const [body] = await Promise.all([peekErrorBody(response, { clock: call.clock, signal }), guidesAtHand(context)]);
  return createApiError({ call, response, body, links, dialects: context.settings.dialects });
}

/**
 * A Response is returned (as a clone, since the policy outlives the call), a function is called, any other value is
 * sent as JSON.
 */
async function fromValue(value: FallbackValue, error: ResilienceError, call: Call): Promise<Response | undefined> {
  if (isResponse(value)) {
    if (value.bodyUsed) throw new TypeError('fallback is a Response whose body has been read; give an unread one');
    return value.clone();
  }
  const answer: unknown = typeof value === 'function' ? await value(error, call) : value;
  if (answer === undefined) return undefined;
  if (isResponse(answer)) return once(answer);
  try {
    return Response.json(answer);
  } catch (cause) {
    throw new OptionError('fallback', answer, 'must be a Response, JSON, or a function that returns either', { cause });
  }
}

/** The events of fallbacks. */
export interface FallbackEvents {
  'fallback.used': { readonly reason: string };
}
