import { type Clock, parseHttpDate } from '@holdfast/core';
import CachePolicy from 'http-cache-semantics';
import { type Directives, parseCacheControl, type StaleOptions, type Terms, termsOf } from './cache-control.ts';
import { isStorableStatus, isSuccess, isUnderstood } from './statuses.ts';

/** Headers by name, in lower case. */
export type HeaderFields = Readonly<Record<string, string>>;

/** When a response was requested and received, by the wall clock, in milliseconds since 1970. */
export interface Times {
  readonly requestedAt: number;
  readonly receivedAt: number;
}

/** Judges one stored response. */
export interface Judged extends Terms {
  readonly storable: boolean;
  /** Milliseconds since it was made, or last validated, at its origin. */
  ageMs(): number;
  /** How long it stays fresh; negative if it is stale. */
  freshForMs(): number;
  /** May the response answer such a request unchanged? If so, is it to be revalidated meanwhile? */
  answers(cacheControl: string): 'yes' | 'meanwhile' | 'no';
  /** The headers that revalidate it; none if it has no validator. */
  readonly validators: HeaderFields;
}

/** Judges a response by its status, its headers, and when it was requested and received. */
export type Judge = (status: number, headers: HeaderFields, times: Times) => Judged;

export interface JudgeOptions extends StaleOptions {
  /**
   * May a response that does not say how long it is fresh count as fresh for a tenth of the time since it was last
   * modified?
   */
  readonly heuristics: boolean;
}

/**
 * Judges responses by http-cache-semantics, as a private cache does (RFC 9111). This is the only file that uses it.
 * Where it deviates from the RFC, it is not used, or gets changed input:
 *
 * - It takes the age from `Age` alone, not from `Date` and the time that the answer was on its way (section 4.2.3), and a
 *   wall clock that is set back makes a response younger: here the age runs by the monotonic clock.
 * - It reads dates by `Date.parse`, which accepts malformed ones, and reads asctime in the zone of the process: it gets
 *   dates that the strict parser has read, and a past date in place of a malformed `Expires`.
 * - It stores some statuses only, and some by heuristics that the RFC allows but that users do not expect for errors:
 *   it gets a 200, and `statuses.ts` decides.
 * - It can't tell `must-revalidate` from `no-cache`; see `termsOf`.
 * - Its `Vary` matches one response only; see `variants.ts`.
 */
export function judgeBy(clock: Clock, options: JudgeOptions): Judge {
  // Its authors say that the clock is set by overriding this method, so a class is needed.
  class ClockedPolicy extends CachePolicy {
    declare ageMs: () => number;
    now(): number {
      return clock.wallNow();
    }
    override age(): number {
      return this.ageMs() / 1000;
    }
  }
  const settings = { shared: false, immutableMinTimeToLive: 0 };
  return (status, headers, times) => {
    const directives = parseCacheControl(headers['cache-control']);
    const isError = status >= 400;
    const terms = termsOf(directives, options, isError);
    const cacheHeuristic = options.heuristics && isSuccess(status) ? 0.1 : 0;
    const shown = { status: 200, headers: shownHeaders(headers, terms, times) };
    const policy = new ClockedPolicy({ method: 'GET', headers: {} }, shown, { ...settings, cacheHeuristic });
    const ageMs = ageSince(clock, initialAge(headers, times), times);
    policy.ageMs = ageMs;
    const lifeMs = 1000 * policy.maxAge();
    const freshForMs = (): number => lifeMs - ageMs();
    return {
      ...terms,
      storable: policy.storable() && mayStore(status, headers, directives),
      ageMs,
      freshForMs,
      answers(cacheControl) {
        // For most requests the result is known without http-cache-semantics.
        if (cacheControl === '' && freshForMs() > 0) return 'yes';
        const { response, revalidation } = policy.evaluateRequest({
          method: 'GET',
          headers: { 'cache-control': cacheControl },
        });
        if (response === undefined) return 'no';
        return revalidation === undefined ? 'yes' : 'meanwhile';
      },
      validators: isError ? {} : validatorsOf(headers),
    };
  };
}

/** @see RFC 9111 section 3 */
function mayStore(status: number, headers: HeaderFields, directives: Directives): boolean {
  if (!isStorableStatus(status)) return false;
  if (directives.has('must-understand') && !isUnderstood(status)) return false;
  // An error with `Retry-After` is not stored: it might be served for longer than the wait lasts.
  if (status >= 400 && headers['retry-after'] !== undefined) return false;
  return isSuccess(status) || directives.has('max-age') || headers['expires'] !== undefined;
}

/** The headers that http-cache-semantics reads; it would copy all others at each request. */
function shownHeaders(headers: HeaderFields, terms: Terms, times: Times): Record<string, string> {
  const at = (name: string): number | undefined => dateIn(headers[name], times.receivedAt);
  const text = (ms: number): string => new Date(ms).toUTCString();
  // A malformed `Date` is replaced by the time of arrival: RFC 9110 section 6.6.1
  const shown: Record<string, string> = { date: text(at('date') ?? times.receivedAt) };
  const expires = at('expires');
  if (headers['expires'] !== undefined) shown['expires'] = expires === undefined ? '0' : text(expires);
  const modified = at('last-modified');
  if (modified !== undefined) shown['last-modified'] = text(modified);
  for (const name of ['pragma', 'etag']) if (headers[name] !== undefined) shown[name] = headers[name];
  if (headers['cache-control'] !== undefined) shown['cache-control'] = terms.shown;
  return shown;
}

function dateIn(field: string | undefined, nowMs: number): number | undefined {
  return field === undefined ? undefined : parseHttpDate(field, nowMs);
}

function validatorsOf(headers: HeaderFields): HeaderFields {
  const validators: Record<string, string> = {};
  if (headers['etag'] !== undefined) validators['if-none-match'] = headers['etag'];
  if (headers['last-modified'] !== undefined) validators['if-modified-since'] = headers['last-modified'];
  return validators;
}

/** The time since the arrival is read from the wall clock once, and from then on from the monotonic clock. */
function ageSince(clock: Clock, initialAgeMs: number, { receivedAt }: Times): () => number {
  const judgedAt = clock.now();
  const ageThenMs = initialAgeMs + Math.max(0, clock.wallNow() - receivedAt);
  return () => ageThenMs + clock.now() - judgedAt;
}

/** @see RFC 9111 section 4.2.3 */
function initialAge(headers: HeaderFields, { requestedAt, receivedAt }: Times): number {
  const date = dateIn(headers['date'], receivedAt);
  const apparent = date === undefined ? 0 : Math.max(0, receivedAt - date);
  return Math.max(apparent, saidAge(headers['age']) + Math.max(0, receivedAt - requestedAt));
}

/**
 * The first entry of a list counts, without parameters; a value that is not a whole number is ignored.
 *
 * @see RFC 9111 section 5.1
 */
function saidAge(field: string | undefined): number {
  const first = field?.split(/[,;]/, 1)[0]?.trim() ?? '';
  return /^\d+$/.test(first) ? 1000 * Math.min(Number(first), longestAgeSeconds) : 0;
}

/** @see RFC 9111 section 1.2.2 */
const longestAgeSeconds = 2 ** 31;
