import { type Clock, parseHttpDate } from '@holdfast/core';
import CachePolicy from 'http-cache-semantics';
import { parseCacheControl, type StaleOptions, type Terms, termsOf } from './cache-control.ts';

/** Headers by name, in lower case. */
export type HeaderFields = Readonly<Record<string, string>>;

/** When a response was asked for and came, by the wall clock, in milliseconds since 1970. */
export interface Times {
  readonly requestedAt: number;
  readonly receivedAt: number;
}

/** A response as the cache judges it. */
export interface Judged extends Terms {
  readonly storable: boolean;
  /** Milliseconds since it was made, or last validated, at its origin. */
  ageMs(): number;
  /** How long it is fresh yet; negative where it is not. */
  freshForMs(): number;
  /** May it answer such a request as it is; and if so, is a new one to be fetched meanwhile? */
  answers(cacheControl: string): 'yes' | 'meanwhile' | 'no';
  /** What asks the server whether it still holds; nothing where it has no validator. */
  readonly validators: HeaderFields;
}

/** Judges a response by its status, its headers, and when it was asked for and came. */
export type Judge = (status: number, headers: HeaderFields, times: Times) => Judged;

export interface JudgeOptions extends StaleOptions {
  /** May a response that says nothing of it be fresh for a tenth of the time since it was last modified? */
  readonly heuristics: boolean;
}

/** What http-cache-semantics looks at; the rest would only be copied at each request. */
const judgedBy = ['expires', 'pragma', 'last-modified', 'etag'];

/**
 * Judges responses by http-cache-semantics, as a private cache does (RFC 9111).
 *
 * Where that differs from the RFC: it takes the age from `Age` alone, not from `Date` and the time that the answer was
 * on its way (section 4.2.3), and `Vary` is what the shelf keeps apart by.
 */
export function judgeBy(clock: Clock, options: JudgeOptions): Judge {
  // The clock is a method that its makers tell to replace, and so it takes a class.
  class ClockedPolicy extends CachePolicy {
    declare ageMs: () => number;
    now(): number {
      return clock.wallNow();
    }
    override age(): number {
      return this.ageMs() / 1000;
    }
  }
  const settings = { shared: false, cacheHeuristic: options.heuristics ? 0.1 : 0, immutableMinTimeToLive: 0 };
  return (status, headers, times) => {
    const directives = parseCacheControl(headers['cache-control']);
    const terms = termsOf(directives, options);
    const initialAgeMs = initialAge(headers, times);
    const ageMs = (): number => initialAgeMs + Math.max(0, clock.wallNow() - times.receivedAt);
    const judged: Record<string, string> = { date: headers['date'] ?? new Date(times.receivedAt).toUTCString() };
    for (const name of judgedBy) if (headers[name] !== undefined) judged[name] = headers[name];
    if (headers['cache-control'] !== undefined) judged['cache-control'] = terms.shown;
    const policy = new ClockedPolicy({ method: 'GET', headers: {} }, { status, headers: judged }, settings);
    policy.ageMs = ageMs;
    const lifeMs = 1000 * policy.maxAge();
    const freshForMs = (): number => lifeMs - ageMs();
    const validators: Record<string, string> = {};
    if (headers['etag'] !== undefined) validators['if-none-match'] = headers['etag'];
    if (headers['last-modified'] !== undefined) validators['if-modified-since'] = headers['last-modified'];
    return {
      ...terms,
      storable: policy.storable(),
      ageMs,
      freshForMs,
      answers(cacheControl) {
        // What most requests ask is known without asking.
        if (cacheControl === '' && freshForMs() > 0) return 'yes';
        const { response, revalidation } = policy.evaluateRequest({
          method: 'GET',
          headers: { 'cache-control': cacheControl },
        });
        if (response === undefined) return 'no';
        return revalidation === undefined ? 'yes' : 'meanwhile';
      },
      validators,
    };
  };
}

/** @see RFC 9111 section 4.2.3 */
function initialAge(headers: HeaderFields, { requestedAt, receivedAt }: Times): number {
  const date = headers['date'] === undefined ? undefined : parseHttpDate(headers['date'], receivedAt);
  const apparent = date === undefined ? 0 : Math.max(0, receivedAt - date);
  const said = /^\s*(\d+)/.exec(headers['age'] ?? '')?.[1];
  return Math.max(apparent, 1000 * Number(said ?? 0) + Math.max(0, receivedAt - requestedAt));
}
