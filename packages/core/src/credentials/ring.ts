import { letGoOfBody } from '../bodies/discard.ts';
import { copyToSend } from '../bodies/request-copy.ts';
import type { CallContext } from '../kernel/call-context.ts';
import type { Handler, Strategy } from '../kernel/pipeline.ts';
import { isServer } from '../platform/is-server.ts';
import { originOf } from '../platform/origin.ts';
import { followRedirects } from '../transport/follow-redirects.ts';
import { dropsAuthorization } from './drops-authorization.ts';
import type { CredentialsKeeper } from './keeper.ts';
import { mayGoTo, putsOn } from './where.ts';

/**
 * Puts the credentials on at the last moment, so that a request that waited in a queue is sent with the current token;
 * and only for the origins that may have them.
 *
 * They are put on a copy of the request, one for each attempt. What rings and hooks further outside see never holds
 * them: a hook that sends the request to another URL, a failover, a second attempt start from a request without them.
 *
 * A credential header that the caller set takes precedence, and its 401 is left to the caller; but it, too, is sent
 * only to the allowed origins.
 */
export function credentialsRing(keeper: CredentialsKeeper, origins: readonly string[]): Strategy {
  const { header } = keeper;
  const byHand = mustFollow(header, origins);
  const mayGo = (url: string): boolean => mayGoTo(url, origins);
  return {
    name: 'credentials',
    async execute(request, next, context) {
      if (!mayGo(request.url)) return next(request, context);
      const isFollowed = byHand && request.redirect === 'follow';
      if (!putsOn(request, header, origins)) {
        const withhold = (headers: Headers, url: string): void => void (mayGo(url) || headers.delete(header));
        return next(request, isFollowed ? following(context, withhold) : context);
      }
      const given = keeper.valueFor(context);
      const value = typeof given === 'string' ? given : await given;
      const own = copyToSend(request, context.body);
      own.headers.set(header, value);
      let lastUrl = request.url;
      const carry = (headers: Headers, url: string): void => {
        lastUrl = url;
        if (mayGo(url)) headers.set(header, value);
        else headers.delete(header);
      };
      const response = await sent(own, next, isFollowed ? following(context, carry) : context);
      const reached = mayGo(response.url || lastUrl) && (isFollowed || isCarried(own, response));
      keeper.answered(context.call, response, reached);
      return response;
    },
  };
}

function following(context: CallContext, carry: (headers: Headers, url: string) => void): CallContext {
  return {
    ...context,
    follow: (request: Request, send: Handler, inner: CallContext) => followRedirects(request, send, inner, carry),
  };
}

/**
 * Are redirects followed by hand? They are where the platform would take the header along to any origin, and where it
 * would drop it on the way from one allowed origin to another.
 */
function mustFollow(header: string, origins: readonly string[]): boolean {
  if (origins.includes('*')) return false;
  return header !== 'authorization' || !dropsAuthorization() || (isServer && origins.length > 1);
}

/** Did the platform send the header to the origin that answered? It drops it when a redirect leaves the origin. */
function isCarried(request: Request, { url, redirected }: Response): boolean {
  return !redirected || originOf(url) === originOf(request.url);
}

/**
 * Waits for a needed refresh before the queue of a limiter: a call that gets a permit must be able to go. Otherwise
 * calls would hold permits while they wait for the token, and then all go at once, together with the next ones.
 */
export function credentialsReady(keeper: CredentialsKeeper, origins: readonly string[]): Strategy {
  return {
    name: 'credentialsReady',
    execute(request, next, context) {
      const refreshed = putsOn(request, keeper.header, origins) ? keeper.refreshed(context) : undefined;
      return refreshed ? refreshed.then(() => next(request, context)) : next(request, context);
    },
  };
}

/** A copy has taken over the stream of the caller's Request: if it is not sent, it is the copy that has to be cancelled. */
async function sent(copy: Request, next: Handler, context: CallContext): Promise<Response> {
  if (context.body.kind !== 'request') return next(copy, context);
  try {
    return await next(copy, context);
  } finally {
    letGoOfBody(copy);
  }
}

/**
 * It is inside the user's own strategies around an attempt: a strategy that sends the request to another origin does
 * not take our credentials along.
 */
export function credentialsFence(keeper: CredentialsKeeper, origins: readonly string[]): Strategy {
  return {
    name: 'credentialsFence',
    execute(request, next, context) {
      const { header } = keeper;
      const isOurs = !mayGoTo(request.url, origins) && request.headers.get(header) === keeper.sentBy(context.call);
      if (!isOurs || !request.headers.has(header)) return next(request, context);
      const bare = copyToSend(request, context.body);
      bare.headers.delete(header);
      return next(bare, context);
    },
  };
}
