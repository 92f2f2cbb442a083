import { originOf } from '../origin.ts';
import type { CallContext, Strategy } from '../pipeline.ts';
import { followRedirects } from './follow-redirects.ts';
import type { CredentialsKeeper } from './keeper.ts';

/**
 * Puts the credentials on at the last moment, so that a request that stood in a queue leaves with today's token; and
 * only for the origins that they are for.
 *
 * A credential header that the caller set wins, and its 401 is the caller's business; but it, too, stays at home.
 */
export function credentialsRing(keeper: CredentialsKeeper, origins: readonly string[]): Strategy {
  const anywhere = origins.includes('*');
  const allowed = (url: string): boolean => anywhere || origins.includes(originOf(url));
  // fetch itself drops this header, and no other, when a redirect leaves the origin.
  const droppedByFetch = keeper.header === 'authorization';
  const follow: CallContext['follow'] = (request, send, context) =>
    followRedirects(request, send, context, (url) => (allowed(url) ? [] : [keeper.header]));
  return {
    name: 'credentials',
    async execute(request, next, context) {
      if (!allowed(request.url)) return next(request, context);
      const present = request.headers.get(keeper.header);
      if (present === null || present === keeper.sentBy(context.call)) {
        request.headers.set(keeper.header, await keeper.valueFor(context));
      }
      if (droppedByFetch || anywhere || request.redirect !== 'follow') return next(request, context);
      return next(request, { ...context, follow });
    },
  };
}
