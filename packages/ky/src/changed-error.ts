import { HTTPError } from './kys-own.ts';

/**
 * Users change the error in a `beforeError` hook (ky's own example gives it a better message), and expect the change
 * where they catch it. They catch another error, so their changes are carried over to it.
 */
export function changesMade(error: HTTPError): Readonly<Record<string, unknown>> {
  return changesIn(error, new HTTPError(error.response, error.request, error.options));
}

/** The members in which an error differs from how it was made. */
export function changesIn(error: Error, unchanged: Error): Readonly<Record<string, unknown>> {
  const changed = Object.entries(error).filter(([key]) => key === 'name' || !Object.hasOwn(unchanged, key));
  const { name, message } = error;
  return {
    ...Object.fromEntries(changed.filter(([key]) => key !== 'name')),
    ...(name !== unchanged.name && { name }),
    ...(message !== unchanged.message && { message }),
  };
}

/** Puts changes on an error, even on members that its class makes read-only. */
export function applyChanges<T extends Error>(error: T, changes: Readonly<Record<string, unknown>>): T {
  for (const [key, value] of Object.entries(changes)) {
    const enumerable = key !== 'name' && key !== 'message';
    Object.defineProperty(error, key, { value, enumerable, configurable: true, writable: true });
  }
  return error;
}
