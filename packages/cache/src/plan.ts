import { type Directives, parseCacheControl, secondsOf } from './cache-control.ts';
import type { HeaderFields } from './policy.ts';
import { type ByteRange, parseRange } from './range.ts';

/** What a request wants of the cache. */
export interface Plan {
  /** May it be answered from the cache? */
  readonly reads: boolean;
  /** A stored answer of any age will do. */
  readonly anyAge: boolean;
  /** The server is asked in any case. */
  readonly validates: boolean;
  /** Nothing is sent: there is an answer, or a 504. */
  readonly onlyIfCached: boolean;
  /** What it says of freshness, in the form that http-cache-semantics understands; empty where it says nothing. */
  readonly cacheControl: string;
  /** What it says of `max-stale`, apart, since there are responses for which it does not count. */
  readonly maxStale: string;
  /** How stale an answer it accepts when the server fails, in milliseconds. @see RFC 5861 section 4 */
  readonly staleIfErrorMs: number;
  /** The part that it asks for. */
  readonly range?: ByteRange;
}

const usual: Plan = plan(parseCacheControl(null), {});

/** A request with these asks for something that only the server can judge. @see Fetch, "HTTP-network-or-cache fetch" */
const conditions = ['if-none-match', 'if-modified-since', 'if-match', 'if-unmodified-since', 'if-range'];

/**
 * What a GET or HEAD wants of the cache, by its headers and by fetch's own `cache`; `undefined` if the cache does not
 * apply. A body with `integrity` is checked by the platform as it arrives, so it has to arrive.
 *
 * @see RFC 9111 section 5.2.1; Fetch standard, "request's cache mode"
 */
export function planOf(request: Request, headers: HeaderFields): Plan | undefined {
  const { cache, integrity } = request;
  if (cache === 'no-store' || (integrity !== undefined && integrity !== '')) return undefined;
  if (conditions.some((name) => headers[name] !== undefined)) return undefined;
  if (headers['range'] !== undefined) return planOfRange(request, headers, headers['range']);
  const said = headers['cache-control'] ?? (/no-cache/i.test(headers['pragma'] ?? '') ? 'no-cache' : undefined);
  if (said === undefined && (cache === 'default' || cache === undefined)) return usual;
  const directives = parseCacheControl(said);
  if (directives.has('no-store')) return undefined;
  return plan(directives, {
    reads: cache !== 'reload',
    anyAge: cache === 'force-cache' || cache === 'only-if-cached',
    onlyIfCached: cache === 'only-if-cached' || directives.has('only-if-cached'),
    validates: cache === 'no-cache',
  });
}

/** The cache answers only a single range of a GET; the server answers any other. */
function planOfRange(request: Request, headers: HeaderFields, field: string): Plan | undefined {
  const range = request.method === 'GET' ? parseRange(field) : undefined;
  const { range: _, ...rest } = headers;
  const whole = range && planOf(request, rest);
  return whole && { ...whole, range };
}

function plan(
  directives: Directives,
  given: { reads?: boolean; anyAge?: boolean; onlyIfCached?: boolean; validates?: boolean },
): Plan {
  const { reads = true, anyAge = false, onlyIfCached = false } = given;
  const validates = given.validates || directives.has('no-cache');
  const shown = ['max-age', 'min-fresh'].flatMap((name) => {
    const value = directives.get(name);
    return value !== undefined && /^\d+$/.test(value) ? [`${name}=${value}`] : [];
  });
  if (validates) shown.push('no-cache');
  const maxStale = directives.get('max-stale');
  return {
    ...{ reads, anyAge, validates, onlyIfCached },
    cacheControl: shown.join(', '),
    staleIfErrorMs: 1000 * (secondsOf(directives, 'stale-if-error') ?? 0),
    maxStale: maxStale === '' ? 'max-stale' : /^\d+$/.test(maxStale ?? '') ? `max-stale=${maxStale}` : '',
  };
}
