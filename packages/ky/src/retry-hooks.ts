import {
  discard,
  type ForcedRetry,
  type Outcome,
  parseApiErrorBody,
  type RetryHooks,
  readErrorBody,
  systemClock,
} from '@holdfast/core';
import ky, {
  ForceRetryError,
  type Hooks,
  HTTPError,
  NetworkError as KyNetworkError,
  type NormalizedOptions,
  type Options,
  TimeoutError,
} from 'ky';

/** `ky.retry()` gives an instance of a class that ky does not export. */
const RetryMarker = ky.retry().constructor as abstract new (...args: never[]) => ReturnType<typeof ky.retry>;

/** Thrown where a hook returned `ky.stop`: not an Error, so that ky asks no `beforeError` hook about it. */
export const stopped: typeof ky.stop = ky.stop;

/**
 * ky's hooks between attempts, as the retry ring asks for them. ky itself never runs them, since its own retry is off.
 *
 * @returns `undefined` where there are none, so that a call without hooks pays nothing.
 */
export function retryHooks(
  hooks: Hooks,
  options: Options,
  normalized: () => Readonly<NormalizedOptions>,
): RetryHooks | undefined {
  const { afterResponse = [], beforeRetry = [] } = hooks;
  const shouldRetry = typeof options.retry === 'object' ? options.retry.shouldRetry : undefined;
  if (afterResponse.length === 0 && beforeRetry.length === 0 && shouldRetry === undefined) return undefined;

  const runAfterResponse = async (
    first: Response,
    request: Request,
    retryCount: number,
  ): Promise<Response | ForcedRetry> => {
    let response = first;
    for (const hook of afterResponse) {
      const copy = withParseJson(response.clone(), request, options);
      let given: Awaited<ReturnType<typeof hook>>;
      try {
        given = await hook({ request, options: normalized(), response: copy, retryCount });
      } catch (error) {
        discard(copy);
        discard(response);
        throw error;
      }
      if (given instanceof RetryMarker) {
        discard(copy);
        discard(response);
        return forcedRetry(given);
      }
      const next = given instanceof Response ? given : response;
      if (copy !== next && copy.body !== next.body) discard(copy);
      if (response !== next && response.body !== next.body) discard(response);
      response = next;
    }
    return response;
  };

  return {
    ...(afterResponse.length > 0 && { afterResponse: runAfterResponse }),
    ...(shouldRetry && {
      async shouldRetry(outcome, request, retryCount) {
        const answer = await shouldRetry({ error: await kyError(outcome, request, normalized(), options), retryCount });
        return typeof answer === 'boolean' ? answer : undefined;
      },
    }),
    ...(beforeRetry.length > 0 && {
      async beforeRetry(error, request, retryCount) {
        for (const hook of beforeRetry) {
          const given = await hook({ request, options: normalized(), error, retryCount });
          if (given === stopped) throw stopped;
          if (given instanceof Request || given instanceof Response) return given;
        }
        return undefined;
      },
    }),
    describe: (failure, request) =>
      failure.kind === 'forcedRetry'
        ? Promise.resolve(failure.error)
        : kyError(failure, request, normalized(), options),
  };
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
async function kyError(
  outcome: Outcome,
  request: Request,
  normalized: Readonly<NormalizedOptions>,
  options: Options,
): Promise<Error> {
  if (outcome.kind === 'response') {
    // A clone, since the answer may turn out to be the last one, and then its body is the caller's.
    const { response } = outcome;
    const { bytes, text } = await readErrorBody(response.clone(), { clock: systemClock });
    const { status, statusText, headers } = response;
    const shown = new Response(bytes.length === 0 ? null : bytes.slice(), { status, statusText, headers });
    const error = new HTTPError(withParseJson(shown, request, options), request, normalized);
    error.data = parseApiErrorBody(text, headers.get('content-type')).data ?? undefined;
    return error;
  }
  if (outcome.code === 'NETWORK') return new KyNetworkError(request, { cause: outcome.error as Error });
  if (outcome.code === 'ATTEMPT_TIMEOUT') return new TimeoutError(request);
  return outcome.error instanceof Error ? outcome.error : new Error(String(outcome.error), { cause: outcome.error });
}

function withParseJson(response: Response, request: Request, { parseJson }: Options): Response {
  if (parseJson) response.json = async () => parseJson(await response.text(), { request, response });
  return response;
}
