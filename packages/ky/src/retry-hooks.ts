import {
  alsoNetworkError,
  type CallSettings,
  discard,
  type ForcedRetry,
  isResilienceError,
  isResponse,
  type Outcome,
  ownRequest,
  peekErrorBody,
  type RetryHooks,
  systemClock,
} from '@holdfast/core/internal';
import { dataOf, withParseJson } from './error-data.ts';
import type { HookState } from './hook-state.ts';
import {
  ForceRetryError,
  type Hooks,
  HTTPError,
  ky,
  NetworkError,
  type NormalizedOptions,
  type Options,
  TimeoutError,
} from './kys-own.ts';

/** `ky.retry()` returns an instance of a class that ky does not export. */
const RetryMarker = ky.retry().constructor as abstract new (...args: never[]) => ReturnType<typeof ky.retry>;

/** Thrown if a hook returned `ky.stop`; not an Error, so that ky calls no `beforeError` hook. */
export const stopped: typeof ky.stop = ky.stop;

/**
 * ky's hooks between attempts, in the form that the retry ring calls. ky itself never runs them, since its own retry is
 * off.
 *
 * @returns `undefined` if there are none, so that a call without hooks pays nothing.
 */
export function retryHooks(hooks: Hooks, options: Options, state: HookState): RetryHooks | undefined {
  const { afterResponse = [], beforeRetry = [] } = hooks;
  const shouldRetry = typeof options.retry === 'object' ? options.retry.shouldRetry : undefined;
  if (afterResponse.length === 0 && beforeRetry.length === 0 && shouldRetry === undefined) return undefined;

  const errors = new Map<Outcome, Promise<Error>>();
  /** The error is made once for an outcome: the hooks pass it from one to the next. */
  const errorOf = (outcome: Outcome, request: Request): Promise<Error> => {
    const error = errors.get(outcome) ?? kyError(outcome, request, state.shown(), options);
    errors.set(outcome, error);
    return error;
  };
  return {
    get forced() {
      return state.forced;
    },
    ...(afterResponse.length > 0 && {
      afterResponse: (response, request, retryCount) =>
        runAfterResponse(afterResponse, { response, request, retryCount }, options, state),
    }),
    ...(shouldRetry && {
      async shouldRetry(outcome, request, retryCount) {
        const error = await errorOf(outcome, request);
        const answer: unknown = await state.within(() => shouldRetry({ error, retryCount }));
        return typeof answer === 'boolean' ? answer : undefined;
      },
    }),
    ...(beforeRetry.length > 0 && {
      beforeRetry: (error, request, retryCount) => runBeforeRetry(beforeRetry, { error, request, retryCount }, state),
    }),
    describe: async (failure, request) => (failure.kind === 'forcedRetry' ? failure.error : errorOf(failure, request)),
  };
}

/** Asks `parseJson` about the body of a failure that is retried. */
export function readRetriedOf(options: Options, hooks?: RetryHooks): CallSettings['readRetried'] {
  if (!options.parseJson) return undefined;
  return async (failure, request) => {
    if (hooks) return hooks.describe(failure, request);
    return failure.kind === 'response' ? readFailure(failure.response, request, options) : undefined;
  };
}

/** The answer of the server, or of a hook in its place. */
interface Answered {
  readonly response: Response;
  readonly request: Request;
  readonly retryCount: number;
}

/** Shows an answer to each hook in turn; if a hook replaces it, the next hook sees the replacement. */
async function runAfterResponse(
  hooks: NonNullable<Hooks['afterResponse']>,
  { response: first, request, retryCount }: Answered,
  options: Options,
  state: HookState,
): Promise<Response | ForcedRetry> {
  state.isSeen = true;
  state.request = request;
  let response = first;
  for (const hook of hooks) {
    const copy = withParseJson(response.clone(), request, options);
    const seen = [copy, response];
    let kept: Response | undefined;
    try {
      const given = await state.within(() => hook({ request, options: state.shown(), response: copy, retryCount }));
      if (given instanceof RetryMarker) {
        if (given.options?.request) state.isReplaced = true;
        return forcedRetry(given);
      }
      if (isResponse(given)) response = given;
      kept = response;
    } finally {
      // What is not handed on is discarded; a hook may have returned another response with the same body.
      for (const one of seen) if (one !== kept && one.body !== kept?.body) discard(one);
    }
  }
  return response;
}

/** A retry that is about to be sent. */
interface Retried {
  /** The error of the previous attempt. */
  readonly error: Error;
  readonly request: Request;
  readonly retryCount: number;
}

/** Calls the hooks in turn until one returns another request or an answer, or stops the call. */
async function runBeforeRetry(
  hooks: NonNullable<Hooks['beforeRetry']>,
  { error, request, retryCount }: Retried,
  state: HookState,
): Promise<Request | Response | undefined> {
  state.request = request;
  for (const hook of hooks) {
    let given: Awaited<ReturnType<typeof hook>>;
    try {
      given = await state.within(() => hook({ request, options: state.shown(), error, retryCount }));
    } catch (thrown) {
      if (thrown === error) throw originalOf(error);
      state.unasked = thrown;
      throw thrown;
    }
    if (given === stopped) throw stopped;
    const replacement = ownRequest(given);
    if (replacement) {
      if (replacement !== request) state.isReplaced = true;
      state.request = replacement;
      return replacement;
    }
    if (!isResponse(given)) continue;
    state.isAnswered = true;
    return given;
  }
  return undefined;
}

function forcedRetry({ options = {} }: ReturnType<typeof ky.retry>): ForcedRetry {
  return {
    kind: 'forcedRetry',
    error: new ForceRetryError(options),
    ...(options.delay !== undefined && { delayMs: options.delay }),
    ...(options.request && { request: options.request }),
  };
}

/** The error that ky's own retry would have shown to a hook. */
export async function kyError(
  outcome: Outcome,
  request: Request,
  normalized: Readonly<NormalizedOptions>,
  options: Options,
): Promise<Error> {
  if (outcome.kind === 'error') {
    const { error } = outcome;
    return asKyError(error instanceof Error ? error : new Error(String(error), { cause: error }), request);
  }
  const { shown, data } = await readFailure(outcome.response, request, options);
  return Object.assign(new HTTPError(shown, request, normalized), { data });
}

/** What a hook sees of a failed answer: a copy, since the answer may be the last one, and then its body belongs to the caller. */
async function readFailure(
  response: Response,
  request: Request,
  options: Options,
): Promise<{ readonly shown: Response; readonly data: unknown }> {
  const { bytes, text } = await peekErrorBody(response, { clock: systemClock });
  const { status, statusText, headers } = response;
  const copy = new Response(bytes.length === 0 ? null : bytes, { status, statusText, headers });
  const shown = withParseJson(copy, request, options);
  return { shown, data: await dataOf(text, copy, request, options) };
}

const originals = new WeakMap<Error, Error>();

/**
 * Converts our errors to ky's, for hooks that call `isNetworkError(error)` or `isTimeoutError(error)`; other errors
 * stay unchanged.
 */
export function asKyError(error: Error, request: Request): Error {
  if (!isResilienceError(error)) return error;
  const timedOut = ['ATTEMPT_TIMEOUT', 'IDLE_TIMEOUT', 'DEADLINE_EXCEEDED'].includes(error.code);
  if (!timedOut && error.code !== 'NETWORK') return error;
  const cause = error.cause as Error;
  const shown = timedOut ? new TimeoutError(request) : alsoNetworkError(new NetworkError(request, { cause }));
  originals.set(shown, error);
  return shown;
}

/** If a hook throws the error that it was shown, our own error is thrown. */
function originalOf(error: unknown): unknown {
  return (error instanceof Error && originals.get(error)) || error;
}
