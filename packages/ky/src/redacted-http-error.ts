import { redactHeaders, redactText, redactUrl } from '@holdfast/core';
import { HTTPError } from 'ky';

/**
 * ky's error as the `cause` of ours: the same class, status and data, but with a request that has no secrets. ky's own
 * message holds the URL with its query, and whoever prints the error prints the request's headers.
 */
export function redactedHttpError(error: HTTPError, response: Response): HTTPError {
  const { request } = error;
  const bare = new Request(redactUrl(request.url), { method: request.method, headers: redactHeaders(request.headers) });
  const safe = new HTTPError(response, bare, { ...error.options, headers: bare.headers, context: {} });
  safe.message = redactText(error.message);
  safe.data = error.data;
  if (error.stack !== undefined) safe.stack = redactText(error.stack);
  return safe;
}
