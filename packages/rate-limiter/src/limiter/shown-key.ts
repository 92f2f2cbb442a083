import { isSecretHeader, redactText, redactUrl } from '@holdfast/core/internal';

/** In characters. A shorter text may be a part of a secret by chance. */
const shortestSecret = 6;
let lastHidden = 0;

/**
 * A key in the form for events, errors and snapshots. A user's function may have made the key from a URL, or from a
 * token of the request: then a number is shown in its place.
 */
export function shownKeyOf(key: string, request: Request): string {
  return shownLater(key, request)();
}

/** The same, made when it is first asked for: few keys are ever shown. The request is looked at now, and not kept. */
export function shownLater(key: string, { headers }: Request): () => string {
  let shown: string | undefined = hasSecret(key, headers) ? `key ${++lastHidden}` : undefined;
  return () => {
    shown ??= redactText(redactUrl(key));
    return shown;
  };
}

function hasSecret(key: string, headers: Headers): boolean {
  for (const [name, value] of headers) {
    if (!isSecretHeader(name) || value.length < shortestSecret) continue;
    if (key.includes(value) || (key.length >= shortestSecret && value.includes(key))) return true;
  }
  return false;
}
