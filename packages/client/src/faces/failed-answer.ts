import {
  bodyOfText,
  type Call,
  type CredentialsKeeper,
  createApiError,
  type ErrorBody,
  isApiError,
  markFinal,
  readErrorBody,
  rebuildResponse,
} from '@holdfast/core/internal';
import {
  applyChanges,
  changesMade,
  HTTPError,
  type Input,
  isKyNetworkError,
  type KyOptions,
  redactedHttpError,
} from '@holdfast/ky';
import type { CallScope } from '../call/call-scope.ts';
import type { ResolvedOptions } from '../call/resolved-options.ts';

/** A failed answer, and what was read of its body before ky got a bounded copy of it. */
export interface ReadFailure {
  readonly response: Response;
  readonly body: ErrorBody;
}

/** How long the body of an error may take, if the call has that much time left. */
const longestReadMs = 1000;

/** Reads the body of a failed answer. ky would read up to 10 MiB, for up to ten seconds. */
export function readFailure(response: Response, { signal, remainingMs, call }: CallScope): Promise<ErrorBody> {
  return readErrorBody(response, { clock: call.clock, signal, maxMs: Math.min(remainingMs, longestReadMs) });
}

/** The inputs of the typed error of a failed answer, besides ky's own error. */
export interface FailedCall {
  readonly call: Call;
  readonly options: Readonly<KyOptions>;
  readonly input: Input;
  readonly resolved: Pick<ResolvedOptions, 'links' | 'settings'>;
  readonly credentials: Pick<CredentialsKeeper, 'header'> | undefined;
  /** Absent if a hook has answered. */
  readonly failure: ReadFailure | undefined;
}

/** What a call fails with, and the status that the caller is shown, if it was answered. */
export interface FinalFailure {
  readonly error: unknown;
  readonly status: number | undefined;
}

/**
 * What a call fails with: the typed error in place of ky's. If typing it fails, since a hook has put a getter on it that
 * throws, the call fails with what was thrown.
 *
 * @param thrown What the pipeline has thrown: ky wraps some of it as a NetworkError of its own.
 */
export function finalFailure(given: unknown, thrown: unknown, typed: (error: HTTPError) => unknown): FinalFailure {
  try {
    const cause = isKyNetworkError(given) && given.cause === thrown ? thrown : given;
    const error = cause instanceof HTTPError ? typed(cause) : cause;
    const isAnswer = isApiError(error) && (error !== cause || error.status < 400);
    return { error, status: isAnswer ? error.response.status : undefined };
  } catch (error) {
    return { error, status: undefined };
  }
}

/** The typed error in place of ky's, with the changes that the user's hooks made to ky's error. */
export function apiErrorOf(error: HTTPError, failed: FailedCall): Error {
  const { call, options, input, resolved, credentials } = failed;
  const { response, body } = failed.failure ?? answeredByHook(error);
  const shown = rebuildResponse(response, body);
  markFinal(shown);
  const { baseUrl, prefix, context } = options;
  const base = { ...(baseUrl && { baseUrl: String(baseUrl) }), ...(prefix && { prefix: String(prefix) }) };
  const apiError = createApiError({
    call,
    response,
    body,
    links: resolved.links,
    dialects: resolved.settings.dialects,
    options: { method: call.method, context: context ?? {} },
    data: error.data,
    cause: redactedHttpError(error, shown, credentials && [credentials.header]),
    ...(typeof input === 'string' && { base: { path: input, ...base } }),
  });
  return options.hooks?.beforeError?.length ? applyChanges(apiError, changesMade(error)) : apiError;
}

/** A hook has answered with this status: ky has read its body already. */
function answeredByHook({ response, data }: HTTPError): { readonly response: Response; readonly body: ErrorBody } {
  const text = typeof data === 'string' ? data : jsonOf(data);
  return { response, body: bodyOfText(text) };
}

/** What `parseJson` makes of a body need not be JSON: it may hold a BigInt, or itself. */
function jsonOf(data: unknown): string {
  try {
    return JSON.stringify(data, (_, value) => (typeof value === 'bigint' ? String(value) : value)) ?? '';
  } catch {
    return '';
  }
}
