import type { CallContext } from '../kernel/call-context.ts';
import { isArrayBuffer } from './as-given.ts';

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

/** Only the platform knows the length of an encoded form. */
function sizeOf(body: unknown): number | undefined {
  if (body instanceof Blob) return body.size;
  if (typeof body === 'string' || body instanceof URLSearchParams)
    return new TextEncoder().encode(`${body}`).byteLength;
  return ArrayBuffer.isView(body) || isArrayBuffer(body) ? body.byteLength : undefined;
}
