import { redactHeaders, redactText, redactUrl } from '@holdfast/core';
import { HTTPError } from 'ky';

/**
 * ky's error as the `cause` of ours: the same class, status and data, but with a request that has no secrets. ky's own
 * message holds the URL with its query, and whoever prints the error prints the request's headers.
 *
 * @param secretHeaders Headers that are secrets though their names do not say so.
 */
export function redactedHttpError(
  error: HTTPError,
  response: Response,
  secretHeaders: readonly string[] = [],
): HTTPError {
  const { request } = error;
  const bare = new Request(redactUrl(request.url), {
    method: request.method,
    headers: redactHeaders(request.headers, secretHeaders),
  });
  const { body: _body, ...options } = error.options as typeof error.options & { body?: unknown };
  const safe = new HTTPError(response, bare, { ...options, headers: bare.headers, context: {} });
  safe.message = redactText(error.message);
  safe.data = error.data;
  if (error.stack !== undefined) safe.stack = redactText(error.stack);
  return safe;
}
