import { referrerOf } from './referrer.ts';
import { bodySource, type RequestBody, requestWith } from './request-body.ts';

/**
 * A Request that is sent in place of another, with its own headers. It takes over the other's body, without a second
 * reader: nothing is teed. The other's headers stay unchanged, for hooks, for further attempts, for other URLs.
 *
 * The platform links a copy to the signal of the original, which costs more than the copy itself; here the context's
 * signal is the only one that counts, so there is no such link.
 */
export function copyToSend(request: Request, body: RequestBody): Request {
  const init: RequestInit = { ...referrerOf(request), signal: null };
  if (body.kind === 'none' || request.body === null) return new Request(request, init);
  const source = bodySource(request);
  if (isAsGoodAsCopied(source) && request.headers.has('content-type')) {
    return requestWith(request, { signal: null, body: source });
  }
  // A stream stays the same stream: to take it over would pipe it through another one.
  if (body.kind === 'oneShot') {
    return new Request(request, { ...init, body: request.body, duplex: 'half' } as RequestInit);
  }
  return requestWith(request, init);
}

/**
 * The value cannot have changed since, and encoding it again costs less than taking over the stream that was made from
 * it.
 */
function isAsGoodAsCopied(source: unknown): source is string | Blob {
  return typeof source === 'string' || source instanceof Blob;
}
