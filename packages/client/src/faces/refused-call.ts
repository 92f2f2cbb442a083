import { OptionError, OptionRangeError } from '@holdfast/core/internal';
import type { ResponsePromise } from '@holdfast/ky';

const shortcuts = ['json', 'text', 'blob', 'arrayBuffer', 'bytes', 'formData'] as const;

/** Is it an option's value that is refused? */
export function isOptionError(error: unknown): boolean {
  return error instanceof OptionError || error instanceof OptionRangeError;
}

/**
 * A call whose options hold a value out of range: it rejects, as it does in ky, so that the caller's own `catch` gets
 * the error of a computed value. A name that is not an option is a mistake in the code, and throws at once.
 */
export function refusedCall(error: unknown): ResponsePromise {
  const promise = Promise.reject(error);
  // The same promise for all: one that is handled is handled for each.
  for (const name of shortcuts) Object.assign(promise, { [name]: () => promise });
  return promise as unknown as ResponsePromise;
}
