import { bodyReaders, OptionError, OptionRangeError } from '@holdfast/core/internal';
import type { ResponsePromise } from '@holdfast/ky';

/** Was the call refused because of an option's value? */
export function isOptionError(error: unknown): boolean {
  return error instanceof OptionError || error instanceof OptionRangeError;
}

/**
 * A call with an option whose value is out of range rejects, as in ky, so that the caller's own `catch` gets the error
 * of a computed value. A name that is not an option is a mistake in the code, and throws at once.
 */
export function refusedCall(error: unknown): ResponsePromise {
  const promise = Promise.reject(error);
  // All members give the same promise, so that handling it once is enough.
  for (const name of bodyReaders) Object.assign(promise, { [name]: () => promise });
  return promise as unknown as ResponsePromise;
}
