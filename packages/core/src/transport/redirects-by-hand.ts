import { referrerOf } from '../bodies/referrer.ts';
import { bodySource, madeFrom } from '../bodies/request-body.ts';

/**
 * The same request, whose redirects are left to the client. A user's transport may ignore the context's init, so the
 * request says it too.
 */
export function redirectsByHand(request: Request): Request {
  if (request.redirect !== 'follow') return request;
  const source = bodySource(request);
  const copy = new Request(request, { ...referrerOf(request), redirect: 'manual' });
  return source === undefined ? copy : madeFrom(copy, source);
}
