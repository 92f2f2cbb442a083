import { requestWith } from './request-body.ts';

/** The same request, whose answer the platform does not check: `integrity` is not meant for the body of a redirect. */
export function withoutIntegrity(request: Request): Request {
  return request.integrity === '' ? request : requestWith(request, { integrity: '' });
}
