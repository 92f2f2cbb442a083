/**
 * Directives by name, in lower case, the first of a name; one without a value has ''.
 *
 * http-cache-semantics does not ignore the case of names, and takes a comma in quotes for the end of a directive; so
 * its input is parsed here first.
 */
export type Directives = ReadonlyMap<string, string>;

const none: Directives = new Map();
const directive = /([!#$%&'*+.^_`|~\w-]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?/g;

/** @see RFC 9111 section 5.2 */
export function parseCacheControl(header: string | null | undefined): Directives {
  if (!header) return none;
  const directives = new Map<string, string>();
  for (const [, name = '', quoted, plain = ''] of header.matchAll(directive)) {
    const key = name.toLowerCase();
    if (!directives.has(key)) directives.set(key, quoted ?? plain);
  }
  return directives;
}

/** Reads a number of seconds (delta-seconds); `undefined` if it is absent or malformed. */
export function secondsOf(directives: Directives, name: string): number | undefined {
  const value = directives.get(name);
  return value !== undefined && /^\d+$/.test(value) ? Math.min(Number(value), longestSeconds) : undefined;
}

/** @see RFC 9111 section 1.2.2 */
const longestSeconds = 2 ** 31;

/** The meaning of a response's directives. */
export interface Terms {
  /** The `Cache-Control` that http-cache-semantics gets. */
  readonly shown: string;
  /** The response may not be served stale, unless the request accepts an answer of any age. */
  readonly neverStale: boolean;
  /** How long the response may be served stale when the server fails, in milliseconds. */
  readonly staleIfErrorMs: number;
  /** The longest time for which it may be used after it has become stale. */
  readonly staleMs: number;
}

/** The value of the option, if the server says nothing. */
export interface StaleOptions {
  readonly staleIfErrorMs: number;
  readonly staleWhileRevalidateMs: number;
}

/**
 * http-cache-semantics takes `must-revalidate` for `no-cache`, and lets `stale-while-revalidate` and `max-stale` go
 * before `no-cache`; so these directives are hidden from it.
 *
 * @param isError True for an error status: it is served while it is fresh, and never afterwards.
 */
export function termsOf(directives: Directives, options: StaleOptions, isError = false): Terms {
  const neverStale = isError || directives.has('no-cache') || directives.has('must-revalidate');
  const allowed = (name: string, ms: number): number =>
    neverStale ? 0 : Math.max(ms, 1000 * (secondsOf(directives, name) ?? 0));
  const staleIfErrorMs = allowed('stale-if-error', options.staleIfErrorMs);
  const staleWhileRevalidateMs = allowed('stale-while-revalidate', options.staleWhileRevalidateMs);
  const shown = ['no-store', 'no-cache', 'public', 'private'].filter((name) => directives.has(name));
  // A value that is not a time counts as past.
  if (directives.has('max-age')) shown.push(`max-age=${secondsOf(directives, 'max-age') ?? 0}`);
  if (staleWhileRevalidateMs > 0) shown.push(`stale-while-revalidate=${Math.ceil(staleWhileRevalidateMs / 1000)}`);
  return {
    shown: shown.join(', '),
    neverStale,
    staleIfErrorMs,
    staleMs: Math.max(staleIfErrorMs, staleWhileRevalidateMs),
  };
}
