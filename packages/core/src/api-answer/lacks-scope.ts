import { reader } from '#answer-reader';

/**
 * Does the answer say that the credentials are good, but lack a scope? A page that has not loaded the reader looks for
 * the word alone.
 *
 * @see RFC 6750 section 3.1
 */
export function lacksScope(headers: Pick<Headers, 'get'>): boolean {
  const header = headers.get('www-authenticate');
  if (header === null) return false;
  return reader.loaded?.saysScope(header) ?? /\berror\s*=\s*"?insufficient_scope\b/.test(header);
}
