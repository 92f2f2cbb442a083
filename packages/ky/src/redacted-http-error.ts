import { redactHeaders, redactText, redactUrl } from '@holdfast/core';
import { HTTPError, type NormalizedOptions } from 'ky';

/**
 * ky's error as the `cause` of ours: the same class, status and data, but with a request that has no secrets. ky's own
 * message holds the URL with its query, and whoever prints the error prints the request's headers.
 *
 * @param response The answer, read already: no one else's, since its headers and its URL are redacted, too.
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
  for (const [name, value] of Object.entries(redactHeaders(response.headers, secretHeaders))) {
    response.headers.set(name, value);
  }
  Object.defineProperty(response, 'url', { value: redactUrl(response.url), configurable: true });
  const safe = new HTTPError(response, bare, safeOptions(error.options, bare));
  safe.message = redactText(error.message);
  safe.data = error.data;
  if (error.stack !== undefined) safe.stack = redactText(error.stack);
  return safe;
}

/** What says how it was asked, and nothing of what was sent, where a caller may put anything. */
function safeOptions(
  { method, credentials, retry }: Readonly<NormalizedOptions>,
  { headers }: Request,
): NormalizedOptions {
  return { method, credentials, retry, headers, prefix: '', context: {} } as unknown as NormalizedOptions;
}
