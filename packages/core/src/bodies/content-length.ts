import type { CallContext } from '../kernel/call-context.ts';

/**
 * A caller's `Content-Length` that does not match the body. If it is too small, the server takes the rest for another
 * request: it answers late, or cuts the connection, and the platform may not report it.
 *
 * @throws TypeError as Node's fetch does for one that is too large; no retry helps.
 */
export function refuseWrongLength({ headers }: Request, { body }: Pick<CallContext, 'body'>): void {
  if (body.kind !== 'value') return;
  const given = headers.get('content-length');
  if (given === null) return;
  const size = sizeOf(body.value);
  if (size === undefined || Number(given) === size) return;
  const cause = Object.assign(new Error('Request body length does not match content-length header'), {
    name: 'RequestContentLengthMismatchError',
    code: 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
  });
  throw new TypeError('fetch failed', { cause });
}

/** How many bytes a body has, before any coding. Only the platform knows the length of an encoded form. */
export function sizeOf(body: unknown): number | undefined {
  if (typeof body === 'string' || body instanceof URLSearchParams)
    return new TextEncoder().encode(`${body}`).byteLength;
  const { byteLength, size } = Object(body) as { readonly byteLength?: number; readonly size?: number };
  return byteLength ?? size;
}
