import { builtinModule } from '../platform/builtin-module.ts';

/**
 * fetch reports a request body that failed with the same message as a failed connection, and its cause may even be a
 * network error: that of another response, whose body is passed on. The failure is still the caller's: no retry helps,
 * and it says nothing about the server.
 */

/** Node can show whether a stream has failed, although fetch holds its lock; browsers cannot. */
const isErrored = builtinModule<{ isErrored?(stream: unknown): boolean }>('node:stream')?.isErrored;

/** Did the request's own body fail: its stream, or the file behind a Blob? */
export function isBrokenUpload({ body }: Request, error: unknown): boolean {
  if (body === null) return false;
  return isErrored?.(body) === true || isUnreadable(error);
}

/** A Blob of a file that has changed, or is gone, cannot be read. */
function isUnreadable(error: unknown): boolean {
  let one = error;
  for (let depth = 0; depth < 5 && one instanceof Error; depth++) {
    if (one.name === 'NotReadableError') return true;
    one = one.cause;
  }
  return false;
}
