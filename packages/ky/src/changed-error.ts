import { HTTPError } from './kys-own.ts';

/**
 * People change the error that a `beforeError` hook sees (ky's own example gives it a better message), and look for
 * the change where they catch it. What they catch is another error; so what they changed is carried over.
 */
export function changesMade(error: HTTPError): Readonly<Record<string, unknown>> {
  return changesIn(error, new HTTPError(error.response, error.request, error.options));
}

/** What an error has otherwise than one that was made just now. */
export function changesIn(error: Error, unchanged: Error): Readonly<Record<string, unknown>> {
  const changed = Object.entries(error).filter(([key]) => key === 'name' || !Object.hasOwn(unchanged, key));
  const { name, message } = error;
  return {
    ...Object.fromEntries(changed.filter(([key]) => key !== 'name')),
    ...(name !== unchanged.name && { name }),
    ...(message !== unchanged.message && { message }),
  };
}

/** Lays changes over an error, whatever its class says of its members. */
export function applyChanges<T extends Error>(error: T, changes: Readonly<Record<string, unknown>>): T {
  for (const [key, value] of Object.entries(changes)) {
    const enumerable = key !== 'name' && key !== 'message';
    Object.defineProperty(error, key, { value, enumerable, configurable: true, writable: true });
  }
  return error;
}
