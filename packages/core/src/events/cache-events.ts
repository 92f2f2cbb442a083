import type { FailedBy } from '../kernel/events.ts';

/** How old a stored answer is, and for how long it is still fresh, in milliseconds; negative for a stale one. */
interface CacheFigures {
  readonly ageMs: number;
  readonly freshForMs: number;
}

/** Why a stale answer was given: the call failed; a new one is being fetched meanwhile; the request takes it. */
export type StaleBecause = 'error' | 'revalidating' | 'asked';

/** The events of `@holdfast/cache`. */
export interface CacheEvents {
  /** A fresh answer from the cache. */
  'cache.hit': CacheFigures;
  /** A stale answer from the cache. */
  'cache.stale': CacheFigures & FailedBy & { readonly because: StaleBecause };
  /** The server was asked whether a stored answer is still valid: it is (304), or there is a new one. */
  'cache.revalidated': { readonly status: number; readonly outcome: 'same' | 'replaced' };
  /** The store fails, so calls continue without it. */
  'cache.degraded': { readonly message: string };
  'cache.recovered': object;
}
