import { type Entry, judged } from './entry.ts';
import type { Judge } from './policy.ts';
import type { Item, Marker } from './store.ts';

/** An item as text, its body in base64: every store can hold that, Redis and files alike. */
export function encode({ kept, marker }: Item): string {
  if (marker) return JSON.stringify({ marker });
  const { body } = kept.entry;
  return JSON.stringify({ entry: { ...kept.entry, body: toBase64(body), bytes: body.byteLength } });
}

/** What a store gave, if it is an item: somebody else may have written there, or an older version, or half of it. */
export function decode(text: unknown, judge: Judge): Item | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const { entry, marker } = JSON.parse(text) as { entry?: unknown; marker?: unknown };
    if (isMarker(marker)) return { marker };
    if (!isEntry(entry)) return undefined;
    const { bytes, ...rest } = entry;
    const body = fromBase64(rest.body);
    // Throws where a part of it is none that a response can have.
    new Response(null, { ...rest, headers: rest.headers as [string, string][] });
    return body.byteLength === bytes ? { kept: judged({ ...rest, body }, judge) } : undefined;
  } catch {
    // Told by whoever asked.
    return undefined;
  }
}

type Encoded = Omit<Entry, 'body'> & { readonly body: string; readonly bytes: number };

function isEntry(value: unknown): value is Encoded {
  const { status, statusText, headers, body, requestedAt, receivedAt } = Object(value) as Partial<Encoded>;
  const times = [requestedAt, receivedAt].every((time) => typeof time === 'number' && Number.isFinite(time));
  const texts = [statusText, body].every((text) => typeof text === 'string');
  return texts && times && isSuccess(status) && Array.isArray(headers) && headers.every(isHeader);
}

function isSuccess(status: unknown): boolean {
  return typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 299;
}

function isHeader(header: unknown): boolean {
  return Array.isArray(header) && header.length === 2 && header.every((part) => typeof part === 'string');
}

function isMarker(value: unknown): value is Marker {
  const { id, vary, variants } = Object(value) as Partial<Marker>;
  return typeof id === 'string' && [vary, variants].every((list) => Array.isArray(list) && list.every(isString));
}

function isString(value: unknown): boolean {
  return typeof value === 'string';
}

/** Node's own is many times faster than what all platforms have. */
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
