import type { Call } from '../call.ts';
import { originOf } from '../origin.ts';
import type { CallContext, Strategy } from '../pipeline.ts';
import { followRedirects } from './follow-redirects.ts';
import type { CredentialsKeeper } from './keeper.ts';
import { noSender, type Sender } from './sender.ts';

/** May credentials be sent there? */
function mayGoTo(url: string, origins: readonly string[]): boolean {
  return origins.includes('*') || origins.includes(originOf(url));
}

/** As whom requests are sent, for rings further outside that share something among requests. */
export interface CredentialsIdentity {
  /** The header that is put on further inside, in lower case. */
  readonly header: string;
  /**
   * As whom this request will be sent: `noSender` where none of ours are put on, `undefined` where that is not known yet.
   * It may have to ask the user's own function, in the context of the call.
   */
  expected(request: Request, context: CallContext): Promise<Sender | undefined> | Sender;
  /** As whom the call's last attempt was sent, where ours were put on. */
  sentAs(call: Call): Sender | undefined;
}

/** As whom the requests that {@link credentialsRing} lets through are sent as. */
export function credentialsIdentity(keeper: CredentialsKeeper, origins: readonly string[]): CredentialsIdentity {
  return {
    header: keeper.header.toLowerCase(),
    expected: (request, context) =>
      request.headers.has(keeper.header) || !mayGoTo(request.url, origins) ? noSender : keeper.identity(context),
    sentAs: keeper.sentAs,
  };
}

/**
 * Puts the credentials on at the last moment, so that a request that stood in a queue leaves with today's token; and
 * only for the origins that they are for.
 *
 * A credential header that the caller set wins, and its 401 is the caller's business; but it, too, stays at home.
 */
export function credentialsRing(keeper: CredentialsKeeper, origins: readonly string[]): Strategy {
  const anywhere = origins.includes('*');
  const allowed = (url: string): boolean => mayGoTo(url, origins);
  // fetch itself drops this header, and no other, when a redirect leaves the origin.
  const droppedByFetch = keeper.header === 'authorization';
  const follow: CallContext['follow'] = (request, send, context) =>
    followRedirects(request, send, context, (url) => (allowed(url) ? [] : [keeper.header]));
  return {
    name: 'credentials',
    async execute(request, next, context) {
      if (!allowed(request.url)) return next(request, context);
      if (isOurs(keeper, request, context)) request.headers.set(keeper.header, await keeper.valueFor(context));
      if (droppedByFetch || anywhere || request.redirect !== 'follow') return next(request, context);
      return next(request, { ...context, follow });
    },
  };
}

/**
 * Waits for a refresh that is needed before the queue of a limiter: whoever is let go goes. With a permit in hand they
 * would wait for the token, and then go all at once, with those who are let go next.
 */
export function credentialsReady(keeper: CredentialsKeeper, origins: readonly string[]): Strategy {
  return {
    name: 'credentialsReady',
    execute(request, next, context) {
      const needed = mayGoTo(request.url, origins) && isOurs(keeper, request, context);
      const refreshed = needed ? keeper.refreshed(context) : undefined;
      return refreshed ? refreshed.then(() => next(request, context)) : next(request, context);
    },
  };
}

/** No credential header is there, or the one that the attempt before was sent with. */
function isOurs(keeper: CredentialsKeeper, request: Request, context: CallContext): boolean {
  const present = request.headers.get(keeper.header);
  return present === null || present === keeper.sentBy(context.call);
}
