import { isBrokenUpload } from '../bodies/broken-upload.ts';
import { aboutRequest } from '../errors/about-request.ts';
import { NetworkError } from '../errors/network-error.ts';
import { resilienceErrorOf, restoreCaller } from '../errors/resilience-error.ts';
import { AttemptTimeoutError } from '../errors/timeout-errors.ts';
import type { CallContext } from '../kernel/call-context.ts';
import { isServer } from '../platform/is-server.ts';
import { isNetworkFailure, networkFailure } from '../platform/network.ts';
import { userErrorIn } from '../platform/of-user.ts';
import { originOf } from '../platform/origin.ts';
import { platformLimitMs } from './cut-short.ts';

/** What is known about a function that sends, and has failed. */
export interface Failed {
  /** True for a user's function, which can fail for reasons of its own, such as a bug or a missing file. */
  readonly isOwn: boolean;
  /** True if it follows no redirect by itself. @defaultValue false */
  readonly stays?: boolean;
  /** How long a user's function took, in milliseconds. */
  readonly tookMs?: number;
}

/**
 * The error with which an attempt rejects when the function that sends has thrown.
 *
 * Only an error of a transport is a network failure, and here it is marked as one, by a {@link NetworkError}. No other
 * code looks at error codes or messages. So an error of a parser, a schema, a hook, a strategy or a fallback is thrown
 * unchanged, even if it has a code such as `ECONNRESET` or says "fetch failed".
 */
export function transportFailure(error: unknown, request: Request, context: CallContext, failed: Failed): unknown {
  const { signal } = context;
  if (signal.aborted) {
    restoreCaller(signal.reason);
    return signal.reason;
  }
  // The `fetch` of a client inside this one: its errors have been judged already.
  const known = resilienceErrorOf(error) ?? userErrorIn(error);
  if (known) return known;
  const isFetchError = !failed.isOwn || (error as { name?: unknown } | null)?.name === 'TypeError';
  if (isFetchError && isBrokenUpload(request, error)) return brokenUpload(error, context);
  if (failed.isOwn && isTimeout(error)) {
    const limitMs = Math.round(failed.tookMs ?? 0);
    return foreignTimeout(error, context.call, limitMs, ` in the given fetch after ${limitMs} ms`);
  }
  if (failed.isOwn && !isNetworkFailure(error)) return error;
  return networkError(error, context, request.url, failed.stays);
}

/**
 * A {@link NetworkError} for what the platform said.
 *
 * @param stays The function follows no redirect by itself.
 */
export function networkError(
  error: unknown,
  { call, settings }: Pick<CallContext, 'call'> & Partial<Pick<CallContext, 'settings'>>,
  url: string,
  stays = false,
): NetworkError | AttemptTimeoutError {
  const { reason, permanent, neverSent, elsewhere } = networkFailure(error, url, stays);
  if (reason === 'UND_ERR_HEADERS_TIMEOUT' && waitsLonger(settings?.timeout))
    return foreignTimeout(error, call, platformLimitMs, ofNode);
  if (reason === integrityMismatch) {
    const message = aboutRequest(call, (request) => `${request} got an answer that does not match its integrity`);
    return new NetworkError({ call, message, cause: error, permanent: true, neverSent: false, applied: 'yes', reason });
  }
  const why = reason ?? hiddenReason(url);
  // ky's words, which its users may know.
  return new NetworkError({
    call,
    message: aboutRequest(
      call,
      (request) => `Request failed due to a network error: ${request}${why === undefined ? '' : ` (${why})`}`,
    ),
    cause: error,
    permanent,
    neverSent,
    elsewhere,
    reason,
  });
}

/** Does the attempt have as much time as Node's fetch? If it has less, the limit comes from the user's dispatcher. */
function waitsLonger(timeout: number | false = false): boolean {
  return timeout === false || timeout >= platformLimitMs;
}

/** The name is the platform's (`AbortSignal.timeout()`), ky's and got's. */
function isTimeout(error: unknown): boolean {
  return (error as { name?: unknown } | null)?.name === 'TimeoutError';
}

/** A limit that is not ours ended the attempt: the server may still be working, as after a timeout of ours. */
function foreignTimeout(
  cause: unknown,
  call: CallContext['call'],
  limitMs: number,
  words: string,
): AttemptTimeoutError {
  const message = aboutRequest(call, (request) => `${request} timed out${words}`);
  return new AttemptTimeoutError({ call, limitMs, message, cause });
}

/** Node's own fetch gave up waiting for the headers. */
const ofNode = `: this platform's fetch waits ${platformLimitMs} ms for headers; undiciTransport() has no limit of its own`;

/** Node's own message. */
const integrityMismatch = 'integrity mismatch';

/** The request's own body failed while it was sent. The server may have seen a part of it. */
function brokenUpload(error: unknown, { call }: CallContext): NetworkError {
  const { reason } = networkFailure(error);
  return new NetworkError({
    call,
    message: aboutRequest(
      call,
      (request) =>
        `${request} was not sent completely, since its body could not be read${reason === undefined ? '' : `: ${reason}`}`,
    ),
    cause: error,
    permanent: true,
    neverSent: false,
    reason,
  });
}

/** Possible causes of a failure about which a page gets no details: for another origin, also CORS. */
function hiddenReason(url: string): string | undefined {
  const page = isServer ? undefined : (globalThis as { location?: { origin?: string } }).location?.origin;
  if (page === undefined || originOf(url) === page) return undefined;
  return `the connection failed, or CORS does not let ${page} see the answer; a browser does not say which, its console does`;
}
