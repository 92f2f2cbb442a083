import { type Directives, parseCacheControl, secondsOf } from '../rules/cache-control.ts';
import type { HeaderFields } from '../rules/policy.ts';
import { type ByteRange, parseRange } from './range.ts';

/** What a request demands of the cache. */
export interface Plan {
  /** May the request be answered from the cache? */
  readonly reads: boolean;
  /** A stored answer of any age is accepted. */
  readonly anyAge: boolean;
  /** The request is sent to the server in any case. */
  readonly validates: boolean;
  /** Nothing is sent: the call gets a stored answer, or a 504. */
  readonly onlyIfCached: boolean;
  /** Its demands on freshness, in the form that http-cache-semantics understands; empty if there are none. */
  readonly cacheControl: string;
  /** Its `max-stale`, separately, since it does not apply to every response. */
  readonly maxStale: string;
  /** How stale an answer it accepts when the server fails, in milliseconds. @see RFC 5861 section 4 */
  readonly staleIfErrorMs: number;
  /** The range that it asks for. */
  readonly range?: ByteRange;
}

const usual: Plan = plan(parseCacheControl(null), {});

/** Headers of requests that only the server can answer. @see Fetch, "HTTP-network-or-cache fetch" */
const conditions = ['if-none-match', 'if-modified-since', 'if-match', 'if-unmodified-since', 'if-range'];

/**
 * The plan for a GET or HEAD, by its headers and by fetch's own `cache`; `undefined` if the cache does not
 * apply. The platform checks a body with `integrity` as it arrives, so such a request has to be sent.
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
    reads,
    anyAge,
    validates,
    onlyIfCached,
    cacheControl: shown.join(', '),
    staleIfErrorMs: 1000 * (secondsOf(directives, 'stale-if-error') ?? 0),
    maxStale: maxStale === '' ? 'max-stale' : /^\d+$/.test(maxStale ?? '') ? `max-stale=${maxStale}` : '',
  };
}
