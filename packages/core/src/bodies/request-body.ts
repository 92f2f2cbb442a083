import { referrerOf } from './referrer.ts';

declare module '../kernel/call-context.js' {
  interface CallContext {
    /** How the body can be sent again. */
    readonly body: RequestBody;
  }
}

/**
 * How a request's body can be sent again. A Request made from a string shows a stream, like one made from a file of ten
 * gigabytes; so the code that makes the Request records what the body was made from.
 */
export type RequestBody =
  /** No body: the same Request serves all attempts. */
  | { readonly kind: 'none' }
  /** Made from a value that is still available: each attempt gets a new Request, and no stream is teed. */
  | { readonly kind: 'value'; readonly value: NonNullable<RequestInit['body']> }
  /** A caller's own Request: cloned, where it may be sent again; `keep`: whatever its method. */
  | { readonly kind: 'request'; readonly keep?: boolean }
  /** A stream that can be read once: never buffered, never teed, never sent again. */
  | { readonly kind: 'oneShot' };

export const emptyBody: RequestBody = { kind: 'none' };
const oneShot: RequestBody = { kind: 'oneShot' };
const ofRequest: RequestBody = { kind: 'request' };
/**
 * A hook has put it in the place of a Request that was made from a value: the value was in memory, so a clone costs
 * little.
 */
const ofHook: RequestBody = { kind: 'request', keep: true };

/**
 * What can be done with the body that a request was made from.
 *
 * @param replaced Another Request has replaced the one that was made from the value.
 */
export function requestBody(value: unknown, request: Request, replaced = false): RequestBody {
  if (request.body === null) return emptyBody;
  if (isStream(value)) {
    madeFrom(request, value as BodySource);
    return oneShot;
  }
  if (value === undefined || value === null) return ofRequest;
  if (replaced) return ofHook;
  madeFrom(request, value as BodySource);
  return { kind: 'value', value: value as BodySource };
}

type BodySource = NonNullable<RequestInit['body']>;
const sources = new WeakMap<Request, BodySource>();

/**
 * What a Request's body was made from, for a transport that would rather send that than read a stream; unknown where a
 * strategy or a hook has put a Request of its own in its place. The caller may have changed a mutable value since; the
 * Request itself has a copy, and so has the client (see `asGiven`).
 */
export function bodySource(request: Request): BodySource | undefined {
  return sources.get(request);
}

/** Records it, and returns the request. */
export function madeFrom(request: Request, source: BodySource): Request {
  sources.set(request, source);
  return request;
}

/** The same request with other settings. Its body counts as made from the same value. */
export function requestWith(request: Request, settings: RequestInit): Request {
  const source = bodySource(request);
  const copy = new Request(request, { ...referrerOf(request), ...settings });
  return source === undefined ? copy : madeFrom(copy, source);
}

/** Can it be read once only? */
export function isStream(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && (value instanceof ReadableStream || Symbol.asyncIterator in value)
  );
}

/** The same request with its body whole again, where its body was made from a value. */
export function renewed(request: Request, body: RequestBody): Request {
  if (body.kind !== 'value') return request;
  const { value } = body;
  const isForm = value instanceof FormData;
  const init: RequestInit = { ...referrerOf(request), body: value };
  // A form is encoded again with another boundary, which only the platform knows.
  if (isForm) init.headers = [...request.headers].filter(([name]) => name !== 'content-type');
  const again = new Request(request, init);
  // A hook may have removed the content type, and the platform would set it again.
  if (!isForm && !request.headers.has('content-type')) again.headers.delete('content-type');
  return madeFrom(again, value);
}
