/**
 * Directives by name, in lower case, the first of a name; one without a value has ''.
 *
 * http-cache-semantics takes names as they are written, and a comma in quotes for the end of a directive; so what it is
 * shown goes through here first.
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

/** A delta-seconds; `undefined` where there is none, or none that can be read. */
export function secondsOf(directives: Directives, name: string): number | undefined {
  const value = directives.get(name);
  return value !== undefined && /^\d+$/.test(value) ? Math.min(Number(value), longestSeconds) : undefined;
}

/** @see RFC 9111 section 1.2.2 */
const longestSeconds = 2 ** 31;

/** What a response's directives come to. */
export interface Terms {
  /** What http-cache-semantics is shown. */
  readonly shown: string;
  /** It may not be served stale (unless the request asks for an answer of any age). */
  readonly neverStale: boolean;
  /** How long it may be served stale when the server fails, in milliseconds. */
  readonly staleIfErrorMs: number;
  /** The longest that it may be of use beyond its freshness. */
  readonly staleMs: number;
}

/** What an option says where the server does not. */
export interface StaleOptions {
  readonly staleIfErrorMs: number;
  readonly staleWhileRevalidateMs: number;
}

/**
 * http-cache-semantics takes `must-revalidate` for `no-cache`, and lets `stale-while-revalidate` and `max-stale` go
 * before `no-cache`; so it is not shown what it would get wrong.
 *
 * @param isError An error is given while it is fresh, and never after.
 */
export function termsOf(directives: Directives, options: StaleOptions, isError = false): Terms {
  const neverStale = isError || directives.has('no-cache') || directives.has('must-revalidate');
  const allowed = (name: string, ms: number): number =>
    neverStale ? 0 : Math.max(ms, 1000 * (secondsOf(directives, name) ?? 0));
  const staleIfErrorMs = allowed('stale-if-error', options.staleIfErrorMs);
  const staleWhileRevalidateMs = allowed('stale-while-revalidate', options.staleWhileRevalidateMs);
  const shown = ['no-store', 'no-cache', 'public', 'private'].filter((name) => directives.has(name));
  // What can't be read as a time is the past.
  if (directives.has('max-age')) shown.push(`max-age=${secondsOf(directives, 'max-age') ?? 0}`);
  if (staleWhileRevalidateMs > 0) shown.push(`stale-while-revalidate=${Math.ceil(staleWhileRevalidateMs / 1000)}`);
  return {
    shown: shown.join(', '),
    neverStale,
    staleIfErrorMs,
    staleMs: Math.max(staleIfErrorMs, staleWhileRevalidateMs),
  };
}
