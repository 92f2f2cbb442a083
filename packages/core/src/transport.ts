import { isBrokenUpload } from './bodies/broken-upload.ts';
import { refuseWrongLength } from './bodies/content-length.ts';
import { platformLimitMs } from './bodies/cut-short.ts';
import { followRedirects } from './credentials/follow-redirects.ts';
import { letGoOfBody } from './discard.ts';
import { NetworkError } from './errors/network-error.ts';
import { resilienceErrorOf } from './errors/resilience-error.ts';
import { AttemptTimeoutError } from './errors/timeout-errors.ts';
import { isNetworkCode, isNetworkMessage, networkFailure } from './network.ts';
import { show } from './options/validate.ts';
import { originOf } from './origin.ts';
import type { CallContext, Handler } from './pipeline.ts';
import { unmemoised } from './platform/memoised-fetch.ts';
import { platformFetch } from './platform/platform-fetch.ts';
import { isIdempotent } from './policy/replay.ts';
import { referrerOf } from './referrer.ts';
import { isGivenUp, markFinal } from './retry/nested.ts';
import { bodySource } from './retry/request-body.ts';
import { declareSender } from './sharing/sharing-scope.ts';

/** What sends, as the platform's `fetch`. */
export type Fetch = (input: Request, init: RequestInit) => Promise<Response>;

/**
 * The innermost handler: the platform's `fetch` by default, looked up at each call so that whoever replaces it later
 * (a test, a tracer) is used. "No response" becomes a {@link NetworkError} here, and only here. A `fetch` of the user's
 * own may also fail for reasons of its own, such as a bug: those are rethrown as they are, and no retry makes up for them.
 *
 * @param given What sends. @defaultValue the platform's `fetch`
 */
export function fetchTransport(given?: Fetch, { follows = true, through }: FetchTransportOptions = {}): Handler {
  const sends: Fetch = given ?? platformFetch;
  const send: Handler = async (asked, context) => {
    const request = context.attempt > 1 ? unmemoised(asked) : asked;
    const { signal } = context;
    const { fetch: own } = context.settings;
    const referrer = referrerOf(request);
    const init: RequestInit = { ...referrer, ...context.init, signal };
    let response: unknown;
    let sent = request;
    try {
      refuseWrongLength(request, context);
      // The platform's takes the signal from the init; somebody's own may look for it in the request.
      sent = own ? new Request(request, { ...referrer, ...redirectOf(init), signal }) : request;
      response = await (own ? own(sent, init) : sends(request, withSource(init, request, context)));
    } catch (error) {
      if (context.body.kind === 'oneShot') letGoOfBody(sent, signal.aborted ? signal.reason : error);
      if (signal.aborted) throw signal.reason;
      // A client inside this one: what its `fetch` rejects with has been judged already.
      const typed = resilienceErrorOf(error);
      if (typed) throw typed;
      if (own && !isNoAnswer(error)) throw error;
      if (isBrokenUpload(request, error)) throw brokenUpload(error, context);
      throw networkError(error, context, request.url, (init.redirect ?? request.redirect) !== 'follow');
    }
    if (isResponse(response)) {
      if (own && isGivenUp(sent)) markFinal(response);
      return response;
    }
    throw new TypeError(`fetch: the given function must give a Response, got ${show(response)}`);
  };
  const transport: Handler = (request, context) => {
    const byHand = (!follows && request.redirect === 'follow') || hidesAnswers(request, context);
    const follow = context.follow ?? (byHand ? followByHand : undefined);
    return follow ? follow(request, send, context) : send(request, context);
  };
  const sender = through ?? (given === undefined ? 'anyone' : undefined);
  if (sender !== undefined) declareSender(transport, sender);
  return transport;
}

/** What is known of the function that a transport sends with. */
export interface FetchTransportOptions {
  /** `false`: it sends once, and follows no redirect by itself. @defaultValue true */
  readonly follows?: boolean;
  /**
   * What it adds to requests that may say who is asking: `'anyone'` for nothing, an object (such as a connection pool with
   * a client certificate) for the same to all requests that are sent through that object.
   *
   * @defaultValue 'anyone' for the platform's `fetch`; unknown for a given function: then `coalesce` and `responseCache`
   * share nothing
   */
  readonly through?: 'anyone' | object | undefined;
}

/** A fetch of the user's own may look at the request alone. */
function redirectOf({ redirect }: RequestInit): RequestInit | undefined {
  return redirect === undefined ? undefined : { redirect };
}

/**
 * A Request shows its body as a stream, and to fetch a Request is to pipe that stream through another one: more than all
 * rings cost together. Where it was made from what nobody can change since, that is sent in its place.
 */
function withSource(init: RequestInit, request: Request, { body }: CallContext): RequestInit {
  const source = body.kind === 'value' ? bodySource(request) : undefined;
  if (typeof source !== 'string' && !(source instanceof Blob)) return init;
  // Where somebody has taken the type away, fetch would name one.
  return request.headers.has('content-type') ? { ...init, body: source } : init;
}

/**
 * Would a redirect hide that the server has acted? A POST that is answered by "see there" has been acted on, and where
 * "there" is down, fetch says no more than that a connection was refused: to send the POST again would order twice. So
 * such redirects are followed by hand, where a platform shows them (a browser does not, nor does it tell of refusals).
 */
function hidesAnswers(request: Request, { body }: CallContext): boolean {
  const isResendable = body.kind === 'none' || body.kind === 'value';
  return isServer && !isElectron && isResendable && request.redirect === 'follow' && !isIdempotent(request.method);
}

/** Node and what passes for it, such as Bun and Deno: no browser, and no worker at the edge. */
export const isServer: boolean =
  (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node !== undefined;

/** Chromium's network hides redirects as it does from a page, in `net.fetch` and in a renderer with Node's modules. */
const isElectron: boolean =
  (globalThis as { process?: { versions?: { electron?: string } } }).process?.versions?.electron !== undefined;

const followByHand: NonNullable<CallContext['follow']> = (request, send, context) =>
  followRedirects(request, send, context, asItIs);

/** No credentials of ours are on the way. */
function asItIs(): void {}

/**
 * Did a fetch of the caller's own fail for lack of an answer? Whatever else it throws is the caller's, and no retry
 * helps against it.
 */
function isNoAnswer(error: unknown): boolean {
  const { name, message } = Object(error) as { name?: unknown; message?: unknown };
  if (isNetworkCode(networkFailure(error).code ?? '')) return true;
  return name === 'NetworkError' || (name === 'TypeError' && isNetworkMessage(String(message)));
}

/**
 * A {@link NetworkError} for what the platform said.
 *
 * @param stays It has followed no redirect by itself.
 */
export function networkError(
  error: unknown,
  { call, settings }: Pick<CallContext, 'call'> & Partial<Pick<CallContext, 'settings'>>,
  url: string,
  stays = false,
): NetworkError | AttemptTimeoutError {
  const { reason, permanent, neverSent, elsewhere } = networkFailure(error, url, stays);
  if (reason === 'UND_ERR_HEADERS_TIMEOUT' && waitsLonger(settings?.timeout)) return platformTimeout(error, call);
  if (reason === integrityMismatch) {
    const message = `${call.method} ${call.url} was answered with what does not match its integrity`;
    return new NetworkError({ call, message, cause: error, permanent: true, neverSent: false, applied: 'yes', reason });
  }
  const why = reason ?? hiddenReason(url);
  return new NetworkError({
    call,
    message: `${call.method} ${call.url} got no answer${why === undefined ? '' : `: ${why}`}`,
    cause: error,
    permanent,
    neverSent,
    elsewhere,
    ...(reason !== undefined && { reason }),
  });
}

/** Does the attempt have as much time as Node's fetch? Where it has less, the limit is one of the user's dispatcher. */
function waitsLonger(timeout: number | false = false): boolean {
  return timeout === false || timeout >= platformLimitMs;
}

/** Node's own fetch has waited long enough for the headers: the server may be at work, as after a timeout of ours. */
function platformTimeout(cause: unknown, call: CallContext['call']): AttemptTimeoutError {
  return new AttemptTimeoutError({
    call,
    limitMs: platformLimitMs,
    message: `${call.method} ${call.url} timed out: this platform's fetch waits ${platformLimitMs} ms for headers; undiciTransport() has no limit of its own`,
    cause,
  });
}

/** How Node words it. */
const integrityMismatch = 'integrity mismatch';

/** The request's own body failed while it was sent. The server may have seen a part of it. */
function brokenUpload(error: unknown, { call }: CallContext): NetworkError {
  const { reason } = networkFailure(error);
  return new NetworkError({
    call,
    message: `${call.method} ${call.url} was not sent completely, since its body could not be read${reason === undefined ? '' : `: ${reason}`}`,
    cause: error,
    permanent: true,
    neverSent: false,
    ...(reason !== undefined && { reason }),
  });
}

/** What may be behind a failure of which a page is told nothing: with another origin, CORS too. */
function hiddenReason(url: string): string | undefined {
  const page = isServer ? undefined : (globalThis as { location?: { origin?: string } }).location?.origin;
  if (page === undefined || originOf(url) === page) return undefined;
  return `the connection failed, or CORS does not let ${page} see the answer (a browser does not say which; its console does)`;
}

/** A Response, also one of another realm or a polyfill's. */
export function isResponse(value: unknown): value is Response {
  return value instanceof Response || Object.prototype.toString.call(value) === '[object Response]';
}
