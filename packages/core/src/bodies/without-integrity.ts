import { referrerOf } from './referrer.ts';
import { bodySource, madeFrom } from './request-body.ts';

/** The same request, whose answer the platform does not check: `integrity` is not meant for the body of a redirect. */
export function withoutIntegrity(request: Request): Request {
  if (request.integrity === '') return request;
  const source = bodySource(request);
  const bare = new Request(request, { ...referrerOf(request), integrity: '' });
  return source === undefined ? bare : madeFrom(bare, source);
}
