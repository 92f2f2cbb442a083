import { withoutFragment } from './key.ts';
import type { HeaderFields, Judge, Judged, Times } from './policy.ts';

/** A response as it is kept. Plain data, but for the bytes. */
export interface Entry extends Times {
  readonly status: number;
  readonly statusText: string;
  /** In the order in which they came; a name may come more than once (`set-cookie`). */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array<ArrayBuffer>;
}

/** An entry, and how it is judged. */
export interface Kept {
  readonly entry: Entry;
  readonly judged: Judged;
  /** Its headers as they are shown, but for those that change with each answer. */
  readonly shown: readonly [name: string, value: string][];
}

/** What belongs to a connection, or to a proxy on the way. @see RFC 9111 section 3.1 */
const ofConnection: ReadonlySet<string> = new Set([
  ...['connection', 'proxy-connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['proxy-authenticate', 'proxy-authentication-info', 'proxy-authorization'],
]);

/** They tell of the body that is kept, not of a 304, which has none. @see RFC 9111 section 3.2 */
const ofBody: ReadonlySet<string> = new Set(['content-encoding', 'content-length', 'content-range']);

/** The headers that are kept. */
export function keptHeaders(headers: Headers): Entry['headers'] {
  const connection = headers.get('connection');
  const named = connection === null ? none : new Set(connection.toLowerCase().split(/\s*,\s*/));
  return [...headers].filter(([name]) => !ofConnection.has(name) && !named.has(name));
}

const none: ReadonlySet<string> = new Set();

/** Headers as fields, a name that comes more than once with its last value: none of those matters to a cache. */
export function fieldsOf(headers: Entry['headers']): HeaderFields {
  return Object.fromEntries(headers);
}

export function judged(entry: Entry, judge: Judge): Kept {
  return keptAs(entry, judge(entry.status, fieldsOf(entry.headers), entry));
}

export function keptAs(entry: Entry, judgement: Judged): Kept {
  return { entry, judged: judgement, shown: entry.headers.filter(([name]) => name !== 'age') as [string, string][] };
}

/** The entry as a 304 has brought it up to date. */
export function freshened(entry: Entry, headers: Headers, times: Times): Entry {
  const newer = keptHeaders(headers).filter(([name]) => !ofBody.has(name));
  const names = new Set(newer.map(([name]) => name));
  // How old it was is of no account any more.
  const older = entry.headers.filter(([name]) => !names.has(name) && name !== 'age' && name !== 'date');
  return { ...entry, ...times, headers: [...older, ...newer] };
}

/** Does a 304 mean this entry? One that names another than we have asked for does not. @see RFC 9111 section 4.3.4 */
export function isMeant(entry: Entry, headers: Headers): boolean {
  const { etag } = fieldsOf(entry.headers);
  const named = headers.get('etag');
  return named === null || etag === undefined || named.replace(/^W\//, '') === etag.replace(/^W\//, '');
}

/**
 * A response of its own, to be read like any other.
 *
 * @param cacheStatus What RFC 9211 has for the header `Cache-Status`.
 */
export function toResponse(
  { entry, judged: { ageMs }, shown }: Kept,
  { method, url }: Request,
  cacheStatus: string,
): Response {
  const { body, status, statusText } = entry;
  const age = String(Math.floor(ageMs() / 1000));
  const headers: [string, string][] = [...shown, ['age', age], ['cache-status', cacheStatus]];
  const bytes = method === 'HEAD' || status === 204 ? null : body;
  return locatedResponse(url, bytes, { status, statusText, headers });
}

/** A response that is made by hand has no URL, nor have its clones; what a request asked for is told without its fragment. */
export function locatedResponse(url: string, body: Uint8Array<ArrayBuffer> | null, init: ResponseInit): Response {
  return new LocatedResponse(url, body, init);
}

/** A property for each response would cost as much as the hashing of its key. */
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
