import { redactUrl } from '@holdfast/core';
import { isSecretHeader, redactText } from '@holdfast/core/internal';

/** A shorter text is found in a secret by chance. */
const shortestSecret = 6;
let lastHidden = 0;

/**
 * A key as events, errors and snapshots may show it. A user's function may have made it from a URL, or from a token
 * of the request: then it is a number.
 */
export function shownKeyOf(key: string, { headers }: Request): string {
  for (const [name, value] of headers) {
    if (!isSecretHeader(name) || value.length < shortestSecret) continue;
    if (key.includes(value) || (key.length >= shortestSecret && value.includes(key))) return `key ${++lastHidden}`;
  }
  return redactText(redactUrl(key));
}
