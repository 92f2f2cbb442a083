import { hidesAnswers, refuseWrongLength } from '#node-fetch';
import { texts } from '#reference-texts';
import { letGoOfBody } from '../bodies/discard.ts';
import { referrerOf } from '../bodies/referrer.ts';
import { bodySource } from '../bodies/request-body.ts';
import type { CallContext } from '../kernel/call-context.ts';
import type { Handler } from '../kernel/pipeline.ts';
import { show } from '../options/validate.ts';
import { unmemoised } from '../platform/memoised-fetch.ts';
import { platformFetch } from '../platform/platform-fetch.ts';
import { declareSender } from '../sharing/declared-sender.ts';
import { followRedirects } from './follow-redirects.ts';
import { isResponse } from './is-response.ts';
import { marksFailures } from './marking-failures.ts';
import { isGivenUp, markFinal } from './nested.ts';
import { noteSent } from './sent-as.ts';
import { transportFailure } from './transport-failure.ts';

declare module '../kernel/call-context.js' {
  interface CallContext {
    /** How the transport follows redirects, where the platform's way would give credentials away. */
    readonly follow?: (request: Request, send: Handler, context: CallContext) => Promise<Response>;
  }
  interface CallSettings {
    /** The function that sends, in place of the platform's `fetch`. */
    readonly fetch?: Fetch;
  }
}

/** A function that sends, with the signature of the platform's `fetch`. */
export type Fetch = (input: Request, init: RequestInit) => Promise<Response>;

/** The function with which a transport sends: a `fetch` that may look at the call as well. */
export type Sending = (input: Request, init: RequestInit, context: CallContext) => Promise<Response>;

/**
 * The innermost handler: the platform's `fetch` by default, looked up at each call, so that a replacement made later
 * (by a test, by a tracer) is used. "No response" becomes a `NetworkError` here, and only here. A user's own `fetch`
 * may also fail for reasons of its own, such as a bug: such errors are rethrown unchanged, since no retry repairs them.
 *
 * @param given The function that sends. @defaultValue the platform's `fetch`
 */
export function fetchTransport(given?: Sending, { follows = true, through }: FetchTransportOptions = {}): Handler {
  const sends: Sending = given ?? platformFetch;
  const send: Handler = async (asked, context) => {
    const request = context.attempt > 1 ? unmemoised(asked) : asked;
    const { signal } = context;
    const { fetch: own } = context.settings;
    const referrer = referrerOf(request);
    const init: RequestInit = { ...referrer, ...context.init, signal };
    let response: unknown;
    let sent = request;
    const startedAt = own && context.call.clock.now();
    try {
      refuseWrongLength(request, context);
      // The platform's fetch takes the signal from the init; a user's own `fetch` may look for it in the request.
      sent = own ? new Request(request, { ...referrer, ...redirectOf(init), signal }) : request;
      if (own) noteSent(asked, sent);
      response = await (own ? own(sent, init) : sends(request, withSource(init, request, context), context));
    } catch (error) {
      const { kind } = context.body;
      if (kind === 'oneShot' || kind === 'request') letGoOfBody(sent, signal.aborted ? signal.reason : error);
      const stays = (init.redirect ?? request.redirect) !== 'follow';
      const tookMs = startedAt === undefined ? 0 : context.call.clock.now() - startedAt;
      throw transportFailure(error, request, context, { isOwn: own !== undefined, stays, tookMs });
    }
    if (isResponse(response)) {
      texts.loadWhenIdle();
      if (own && isGivenUp(sent)) markFinal(response);
      return response;
    }
    throw new TypeError(`fetch: the given function must return a Response, got ${show(response)}`);
  };
  const transport: Handler = (request, context) => {
    if (context?.body === undefined) {
      throw new TypeError(
        'A transport such as undiciTransport() is not a fetch: give it as `transport`, not as `fetch`',
      );
    }
    const byHand = (!follows && request.redirect === 'follow') || hidesAnswers(request, context);
    const follow = context.follow ?? (byHand ? followByHand : undefined);
    return follow ? follow(request, send, context) : send(request, context);
  };
  const sender = through ?? (given === undefined ? 'anyone' : undefined);
  if (sender !== undefined) declareSender(transport, sender);
  return marksFailures(transport);
}

/** What is known about the function with which a transport sends. */
export interface FetchTransportOptions {
  /** `false`: it sends once, and follows no redirect by itself. @defaultValue true */
  readonly follows?: boolean;
  /**
   * What it adds to requests that may identify the sender: `'anyone'` for nothing, an object (such as a connection pool
   * with a client certificate) for the same to all requests that are sent through that object.
   *
   * @defaultValue 'anyone' for the platform's `fetch`; unknown for a given function: then `coalesce` and `responseCache`
   * share nothing
   */
  readonly through?: 'anyone' | object | undefined;
}

/** A user's fetch may look at the request alone. */
function redirectOf({ redirect }: RequestInit): RequestInit | undefined {
  return redirect === undefined ? undefined : { redirect };
}

/**
 * A Request shows its body as a stream, and fetching a Request pipes that stream through another one, which costs more
 * than all rings together. If it was made from a value that cannot have changed since, that value is sent in its place.
 */
function withSource(init: RequestInit, request: Request, { body }: CallContext): RequestInit {
  const source = body.kind === 'value' ? bodySource(request) : undefined;
  if (typeof source !== 'string' && !(source instanceof Blob)) return init;
  // If the content type was removed, fetch would set one.
  return request.headers.has('content-type') ? { ...init, body: source } : init;
}

const followByHand: NonNullable<CallContext['follow']> = (request, send, context) =>
  followRedirects(request, send, context, asItIs);

/** None of our credentials are sent. */
function asItIs(): void {}
