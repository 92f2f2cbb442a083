import { sha256 } from '@noble/hashes/sha2.js';
import type { HeaderFields } from '../rules/policy.ts';
import type { Resource } from './store.ts';
import { withoutFragment } from './without-fragment.ts';

/** The key of the record of a URL, for all its senders. */
export function resourceKey(url: string): string {
  return JSON.stringify(['resource', withoutFragment(url)]);
}

/**
 * Stands for all headers of a request in the place of a header's name. As the server's own `Vary` it would never match.
 */
export const anyHeader = '*';

/**
 * The key of the response that such a request gets: by its URL, by its sender, and by what the responses vary by.
 *
 * @see RFC 9111 section 4.1
 */
export function variantKey(
  url: string,
  { id, vary }: Pick<Resource, 'id' | 'vary'>,
  identity: string,
  headers: HeaderFields,
): string {
  const values = vary.map((name) => [name, name === anyHeader ? headers : (headers[name] ?? null)]);
  return JSON.stringify(['variant', withoutFragment(url), id, identity, values]);
}

/**
 * A key for a store that others may read. It is hashed, since a URL may hold secrets, and the identity of a sender
 * usually is one. The hash is computed in JavaScript, since a browser's own hashes exist only in secure contexts, and
 * are asynchronous.
 *
 * The number is that of the format: a newer version does not find the items that an older one has written.
 */
export function hashedKey(key: string): string {
  const hash = sha256(new TextEncoder().encode(key));
  return `holdfast:2:${Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
