/**
 * How a request's body can be sent again. A Request made from a string shows a stream, as one made from a file of ten
 * gigabytes does; so whoever makes the Request says what the body was made from.
 */
export type RequestBody =
  /** No body: the same Request serves all attempts. */
  | { readonly kind: 'none' }
  /** Made from a value that is still at hand: each attempt gets a Request built anew, nothing is teed. */
  | { readonly kind: 'value'; readonly value: BodyInit }
  /** A caller's own Request: cloned, where it may be sent again. */
  | { readonly kind: 'request' }
  /** A stream that can be read once: never buffered, never teed, never sent again. */
  | { readonly kind: 'oneShot' };

export const noBody: RequestBody = { kind: 'none' };
const oneShot: RequestBody = { kind: 'oneShot' };
const ofRequest: RequestBody = { kind: 'request' };

/** What can be done with the body that a request was made from. */
export function requestBody(value: unknown, request: Request): RequestBody {
  if (request.body === null) return noBody;
  if (value === undefined || value === null) return ofRequest;
  if (value instanceof ReadableStream || (typeof value === 'object' && Symbol.asyncIterator in value)) return oneShot;
  return { kind: 'value', value: value as BodyInit };
}

/**
 * The Request for one attempt. The first of a value's is the one that was given, since it holds the body already.
 *
 * @param keep Whether there may be another attempt after it.
 */
export function requestForAttempt(request: Request, body: RequestBody, attempt: number, keep: boolean): Request {
  if (body.kind === 'request') return keep ? request.clone() : request;
  if (body.kind !== 'value' || attempt === 1) return request;
  const headers = new Headers(request.headers);
  // A form is written anew with another boundary, which only the platform knows.
  if (body.value instanceof FormData) headers.delete('content-type');
  return new Request(request, { headers, body: body.value });
}
