import { responseWithBody } from './response-with-body.ts';

/** The error for a body that does not match `integrity`, with the message of Node's fetch. No retry helps. */
const mismatch = 'integrity mismatch';

const algorithms: ReadonlyMap<string, string> = new Map([
  ['sha256', 'SHA-256'],
  ['sha384', 'SHA-384'],
  ['sha512', 'SHA-512'],
]);

/**
 * Checks an answer against `integrity`, as fetch does: the whole body is read for it.
 *
 * @throws TypeError if the body does not match.
 * @see https://www.w3.org/TR/sri-2/ sections 3.3.2 to 3.3.4
 */
export async function checkIntegrity(response: Response, integrity: string): Promise<Response> {
  const wanted = strongest(integrity);
  if (wanted === undefined) return response;
  const bytes = new Uint8Array(await response.arrayBuffer());
  const digest = new Uint8Array(await crypto.subtle.digest(wanted.algorithm, bytes));
  const actual = btoa(String.fromCharCode(...digest)).replace(padding, '');
  if (wanted.digests.includes(actual)) return responseWithBody(response, bytes);
  throw new TypeError('fetch failed', { cause: new Error(mismatch) });
}

/** Of several algorithms the strongest counts, and any of its digests; values that are not digests are left out. */
function strongest(integrity: string): { readonly algorithm: string; readonly digests: readonly string[] } | undefined {
  let found: { algorithm: string; digests: string[] } | undefined;
  for (const token of integrity.split(/\s+/)) {
    const [, name = '', digest = ''] = /^(sha\d+)-([\w+/-]+={0,2})(?:\?|$)/i.exec(token) ?? [];
    const algorithm = algorithms.get(name.toLowerCase());
    if (algorithm === undefined || (found && algorithm < found.algorithm)) continue;
    if (found?.algorithm !== algorithm) found = { algorithm, digests: [] };
    found.digests.push(digest.replaceAll('-', '+').replaceAll('_', '/').replace(padding, ''));
  }
  return found;
}

/** Platforms accept a digest with or without padding. */
const padding = /=+$/;
