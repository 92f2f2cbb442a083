/** Does a media type say that the body is JSON: `application/json`, `application/problem+json`, `text/x.json`? */
export function isJsonType(contentType: string | null): boolean {
  const [type = ''] = (contentType ?? '').split(';', 1);
  return /\/(?:.*[.+-])?json$/i.test(type.trim());
}

/**
 * The body of an error, as ky gives it: JSON where the server says that it is JSON, else the text. `undefined` for an
 * empty body, and for JSON that cannot be parsed.
 */
export function errorData(text: string, contentType: string | null): unknown {
  if (text === '') return undefined;
  if (!isJsonType(contentType)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
