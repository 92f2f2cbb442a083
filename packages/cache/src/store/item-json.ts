import type { Judge } from '../rules/policy.ts';
import { type Entry, judged } from './entry.ts';
import type { Item, Resource } from './store.ts';

/** An item as text, its body in base64: every store can hold that, Redis and files alike. */
export function encode(key: string, { stored, resource }: Item): string {
  if (resource) return JSON.stringify({ key, resource });
  const { body } = stored.entry;
  return JSON.stringify({ key, entry: { ...stored.entry, body: toBase64(body), bytes: body.byteLength } });
}

/** What an item is checked against. */
export interface Expected {
  /** The key under which it was found. */
  readonly key: string;
  readonly wallNow: number;
  readonly maxEntryBytes: number;
}

/**
 * What a store returned, if it is an item that this cache may have put there. Other programs may write to the store: an
 * item may come from an older version, be cut short, or be forged by an attacker. So length, number and time are
 * bounded: an entry from the future would stay fresh for ever.
 */
export function decode(text: unknown, expected: Expected, judge: Judge): Item | undefined {
  if (typeof text !== 'string' || text.length > longestText(expected)) return undefined;
  try {
    const { key, entry, resource } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (key !== expected.key) return undefined;
    if (isResource(resource, expected)) return { resource: plainResource(resource) };
    if (!isEntry(entry, expected)) return undefined;
    const { status, statusText, headers, requestedAt, receivedAt, bytes } = entry;
    const body = fromBase64(entry.body);
    // Throws if a part of it is not valid in a response.
    new Response(null, { status, statusText, headers: headers as [string, string][] });
    if (body.byteLength !== bytes) return undefined;
    const stored = judged({ status, statusText, headers, requestedAt, receivedAt, body }, judge);
    return stored.judged.storable ? { stored } : undefined;
  } catch {
    // The caller reports it.
    return undefined;
  }
}

/** Room for a body in base64, and for more headers than a server sends. */
function longestText({ maxEntryBytes }: Expected): number {
  return Math.ceil((maxEntryBytes * 4) / 3) + 1024 * 1024;
}

/** How much the clocks of two processes may differ. */
const mostSkewMs = 300_000;
/** The longest time for which an entry may be used, whatever it says. */
const longestUseMs = 366 * 86_400_000;

type Encoded = Omit<Entry, 'body'> & { readonly body: string; readonly bytes: number };

function isEntry(value: unknown, { wallNow }: Expected): value is Encoded {
  const { status, statusText, headers, body, requestedAt, receivedAt } = Object(value) as Partial<Encoded>;
  const earliest = wallNow - longestUseMs;
  const latest = wallNow + mostSkewMs;
  const isTime = (time: unknown): time is number => isNumberFrom(time, earliest) && time <= latest;
  const texts = [statusText, body].every((text) => typeof text === 'string');
  const isInTime = isTime(requestedAt) && isTime(receivedAt) && requestedAt <= receivedAt;
  const isFinal = isNumberFrom(status, 200) && Number.isInteger(status) && status <= 599;
  return texts && isInTime && isFinal && Array.isArray(headers) && headers.every(isHeader);
}

function isHeader(header: unknown): boolean {
  return Array.isArray(header) && header.length === 2 && header.every((part) => typeof part === 'string');
}

/** As many names as a record may have, each a header's name. */
function isResource(value: unknown, { wallNow }: Expected): value is Resource {
  const { id, vary, changed, until } = Object(value) as Partial<Resource>;
  const isName = (name: unknown): boolean => typeof name === 'string' && /^[!#$%&'*+.^_`|~\w-]{1,200}$/.test(name);
  const isId = typeof id === 'string' && id.length > 0 && id.length <= 200;
  const isVary = Array.isArray(vary) && vary.length <= 32 && vary.every(isName);
  // A record lives a day longer than its responses.
  return isId && isVary && typeof changed === 'boolean' && isNumberFrom(until, 0) && until <= wallNow + longestUntilMs;
}

/** `max-age` is bounded by 2^31 seconds. */
const longestUntilMs = 1000 * 2 ** 31 + 2 * 86_400_000;

function plainResource({ id, vary, changed, until }: Resource): Resource {
  return { id, vary, changed, until };
}

function isNumberFrom(value: unknown, least: number): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= least;
}
/** Node's own function is many times faster than the one that all platforms have. */
const node = (
  globalThis as { Buffer?: { from(...bytes: unknown[]): Uint8Array & { toString(encoding: string): string } } }
).Buffer;

function toBase64(bytes: Uint8Array): string {
  if (node) return node.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (node) return new Uint8Array(node.from(text, 'base64'));
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
