import { isSecretHeader } from '@holdfast/core';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { HeaderFields } from './policy.ts';

/**
 * Where an answer is kept: by its URL, and by whom it is for. All of that is hashed, since a URL may hold secrets, and
 * what tells whose an answer is usually is one. In JavaScript, for a browser hashes by itself in secure contexts alone,
 * and never at once.
 */
export function keyOf(url: string, partition: readonly unknown[]): string {
  return hashed(JSON.stringify([...partition, withoutFragment(url)]));
}

/** As a server sees it. */
export function withoutFragment(url: string): string {
  const end = url.indexOf('#');
  return end < 0 ? url : url.slice(0, end);
}

/** In the place of a header's name: all that a request has. As a `Vary` of the server's it would never match. */
export const anyHeader = '*';

/** Where that variant is kept which such a request gets. @see RFC 9111 section 4.1 */
export function variantKey(shelf: string, vary: readonly string[], headers: HeaderFields): string {
  return hashed(
    JSON.stringify([shelf, ...vary.map((name) => [name, name === anyHeader ? headers : (headers[name] ?? null)])]),
  );
}

/** A format of its own each: what an older version has written is not found by a newer one. */
function hashed(text: string): string {
  return `holdfast:1:${bytesToHex(sha256(utf8ToBytes(text)))}`;
}

/** What is new for each request says nothing of who sends it. */
const ofOneRequest = /csrf|xsrf|^idempotency-key$|^sec-/;

/** Does a header of this name, in lower case, tell who sends the request? */
export function isCredential(name: string, idempotencyHeader: string | undefined): boolean {
  return isSecretHeader(name) && !ofOneRequest.test(name) && name !== idempotencyHeader?.toLowerCase();
}
