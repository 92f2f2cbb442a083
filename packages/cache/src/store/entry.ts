import { parseHttpDate } from '@holdfast/core';
import type { HeaderFields, Judge, Judged, Times } from '../rules/policy.ts';
import { withoutFragment } from './without-fragment.ts';

/** A stored response. Plain data, except for the bytes. */
export interface Entry extends Times {
  readonly status: number;
  readonly statusText: string;
  /** The headers in their original order; a name may occur more than once (`set-cookie`). */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array<ArrayBuffer>;
}

/** An entry, and the policy that judges it. */
export interface Stored {
  readonly entry: Entry;
  readonly judged: Judged;
  /** The headers with which it is served, except those that change with each answer. */
  readonly shown: readonly [name: string, value: string][];
}

/** Headers that belong to a connection, or to a proxy on the way. @see RFC 9111 section 3.1 */
const ofConnection: ReadonlySet<string> = new Set([
  ...['connection', 'proxy-connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['proxy-authenticate', 'proxy-authentication-info', 'proxy-authorization'],
]);

/** Headers that describe the stored body; a 304 has no body to describe. @see RFC 9111 section 3.2 */
const ofBody: ReadonlySet<string> = new Set([
  ...['content-encoding', 'content-length', 'content-range'],
  ...['content-md5', 'content-digest', 'repr-digest', 'digest'],
]);

/** The headers that are stored. */
export function storedHeaders(headers: Headers): Entry['headers'] {
  const connection = headers.get('connection');
  const named = connection === null ? none : new Set(listOf(connection));
  return [...headers].filter(([name]) => !ofConnection.has(name) && !named.has(name));
}

/** The members of a list such as `Connection` or `Vary`, in lower case. */
export function listOf(field: string): readonly string[] {
  const members = field.split(',').map((member) => member.trim().toLowerCase());
  return members.filter((member) => member !== '');
}

const none: ReadonlySet<string> = new Set();

/**
 * Headers as an object. Of a name that occurs more than once the last value counts: no such name matters to a cache.
 */
export function fieldsOf(headers: Entry['headers']): HeaderFields {
  return Object.fromEntries(headers);
}

export function judged(entry: Entry, judge: Judge): Stored {
  return storedAs(entry, judge(entry.status, fieldsOf(entry.headers), entry));
}

export function storedAs(entry: Entry, judgement: Judged): Stored {
  return { entry, judged: judgement, shown: entry.headers.filter(([name]) => name !== 'age') as [string, string][] };
}

/** The entry, updated by a 304. */
export function freshened(entry: Entry, headers: Headers, times: Times): Entry {
  const { etag } = fieldsOf(entry.headers);
  const isOfAnother = ([name, value]: readonly [string, string]): boolean => name === 'etag' && !isSameTag(value, etag);
  const newer = storedHeaders(headers).filter((field) => !ofBody.has(field[0]) && !isOfAnother(field));
  const names = new Set(newer.map(([name]) => name));
  // The entry's earlier age no longer applies.
  const older = entry.headers.filter(([name]) => !names.has(name) && name !== 'age' && name !== 'date');
  return { ...entry, ...times, headers: [...older, ...newer] };
}

/**
 * Does a 304 confirm this entry? A 304 with another `ETag` does so only if our own `ETag` was the only validator in the
 * request: some servers send a different form of it, such as without the suffix of a content coding. If the request had
 * a date, too, the server may have compared only that, and the entry may be outdated.
 *
 * @see RFC 9111 section 4.3.4; docs/decisions/2026-11-29-cache-by-resource.md
 */
export function isConfirmed({ headers: fields }: Entry, headers: Headers): boolean {
  const { etag, 'last-modified': modified } = fieldsOf(fields);
  const named = headers.get('etag');
  return named === null || isSameTag(named, etag) || modified === undefined;
}

function isSameTag(one: string, other: string | undefined): boolean {
  return other === undefined || one.replace(/^W\//, '') === other.replace(/^W\//, '');
}

/** When an answer was requested and received, and when its server made it, if known. By the wall clock. */
export interface Moment extends Times {
  readonly madeAt: number | undefined;
}

export function momentOf({ headers, requestedAt, receivedAt }: Pick<Entry, 'headers' | keyof Times>): Moment {
  const date = headers.find(([name]) => name === 'date')?.[1];
  return { requestedAt, receivedAt, madeAt: date === undefined ? undefined : parseHttpDate(date, receivedAt) };
}

/**
 * Is one answer older than another? Not one that was requested after the other was received. If both were under way at
 * the same time, the server's own `Date` decides; if that is the same second, or missing, the order of the requests.
 *
 * @see RFC 9111 section 4
 */
export function isOlder(one: Moment, other: Moment): boolean {
  if (one.requestedAt >= other.receivedAt) return false;
  if (other.requestedAt >= one.receivedAt) return true;
  const isDated = one.madeAt !== undefined && other.madeAt !== undefined && one.madeAt !== other.madeAt;
  return isDated ? (one.madeAt as number) < (other.madeAt as number) : one.requestedAt < other.requestedAt;
}

/**
 * A new Response with the entry's contents.
 *
 * @param cacheStatus The value of the header `Cache-Status` (RFC 9211).
 */
export function toResponse(
  { entry, judged: { ageMs }, shown }: Stored,
  { method, url }: Request,
  cacheStatus: string,
): Response {
  const { body, status, statusText } = entry;
  const age = String(Math.floor(ageMs() / 1000));
  const headers: [string, string][] = [...shown, ['age', age], ['cache-status', cacheStatus]];
  const bytes = method === 'HEAD' || status === 204 || status === 205 ? null : body;
  return locatedResponse(url, bytes, { status, statusText, headers });
}

/**
 * A response that is made by hand has no URL, and neither have its clones; so they report the request's URL, without
 * its fragment.
 */
export function locatedResponse(url: string, body: Uint8Array<ArrayBuffer> | null, init: ResponseInit): Response {
  return new LocatedResponse(url, body, init);
}

/** A prototype is used, since defining a property on each response would cost as much as hashing its key. */
class LocatedResponse extends Response {
  readonly #url: string;

  constructor(url: string, body: Uint8Array<ArrayBuffer> | ReadableStream | null, init: ResponseInit) {
    super(body, init);
    this.#url = url;
  }

  override get url(): string {
    return withoutFragment(this.#url);
  }

  override clone(): Response {
    const { body, status, statusText, headers } = super.clone();
    return new LocatedResponse(this.#url, body, { status, statusText, headers });
  }
}
