import { requestWith } from '../bodies/request-body.ts';

/**
 * The same request, whose redirects are left to the client. A user's transport may ignore the context's init, so the
 * request says it too.
 */
export function redirectsByHand(request: Request): Request {
  return request.redirect === 'follow' ? requestWith(request, { redirect: 'manual' }) : request;
}
