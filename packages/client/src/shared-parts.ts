import type { ResponseCache } from '@holdfast/cache';
import { type CircuitBreaker, circuitBreaker } from '@holdfast/circuit-breaker';
import { type Clock, retryBudget } from '@holdfast/core';
import {
  type Coalescer,
  type CredentialsKeeper,
  coalescer,
  credentialsKeeper,
  type Emit,
  type RetryBudget,
} from '@holdfast/core/internal';
import { type RateLimiter, rateLimiter } from '@holdfast/rate-limiter';
import { responseCache } from './cache-on-demand.ts';
import type { OwnKey } from './option-names/known-names.ts';
import type { ClientOptions } from './options.ts';
import { type StatusPage, statusPage } from './status-page.ts';

/** What is shared by all calls of a client, and handed down to those that it is extended to. */
export interface SharedParts {
  readonly budget: RetryBudget | undefined;
  readonly credentials: CredentialsKeeper | undefined;
  readonly breaker: CircuitBreaker | undefined;
  readonly limiter: RateLimiter | undefined;
  readonly page: StatusPage | undefined;
  readonly cache: ResponseCache | undefined;
  /** Hears of every change, whichever client of the family made it. */
  readonly coalescer: Coalescer;
}

/** A client's own options and parts, as the ones that are extended from it find them. */
export interface PartsOfParent {
  readonly own: Pick<ClientOptions, OwnKey>;
  readonly parts: SharedParts;
}

/** What the parts need to live. */
interface Surroundings {
  readonly clock: Clock;
  readonly random: () => number;
  readonly emit: Emit;
  /** How messages about options begin. */
  readonly where: string;
}

/** Makes anew what an option changes; whatever else there is, is the parent's. */
export function sharedParts(
  own: Pick<ClientOptions, OwnKey>,
  parent: PartsOfParent | undefined,
  { where, ...around }: Surroundings,
): SharedParts {
  const inherits = (key: OwnKey): boolean =>
    // A function that extends may hand its parent's options back: what is the same is no change.
    parent !== undefined && (own[key] === undefined || own[key] === parent.own[key]);
  const named = (key: OwnKey): Surroundings => ({ ...around, where: `${where}: ${key}` });
  const {
    retryBudget: budget,
    auth,
    circuitBreaker: circuits,
    rateLimit,
    statusPage: page,
    responseCache: cache,
  } = own;
  const { clock } = around;
  return {
    budget: inherits('retryBudget')
      ? parent?.parts.budget
      : budget === false
        ? undefined
        : retryBudget(budget === undefined ? {} : budget, clock, `${where}: retryBudget`),
    credentials: inherits('auth')
      ? parent?.parts.credentials
      : auth === undefined
        ? undefined
        : credentialsKeeper(auth, where),
    breaker: inherits('circuitBreaker')
      ? parent?.parts.breaker
      : circuits === false
        ? undefined
        : circuitBreaker(circuits, named('circuitBreaker')),
    limiter: inherits('rateLimit')
      ? parent?.parts.limiter
      : rateLimit === false
        ? undefined
        : rateLimiter(rateLimit, named('rateLimit')),
    page: inherits('statusPage')
      ? parent?.parts.page
      : page === undefined || page === false
        ? undefined
        : statusPage(page, named('statusPage')),
    cache: inherits('responseCache')
      ? parent?.parts.cache
      : cache === undefined || cache === false
        ? undefined
        : responseCache(cache, named('responseCache')),
    coalescer: parent?.parts.coalescer ?? coalescer(),
  };
}

/** Closes what was made for this client alone. */
export async function closeParts(parts: SharedParts, inherited: SharedParts | undefined): Promise<void> {
  if (parts.cache !== inherited?.cache) parts.cache?.close();
  if (parts.credentials !== inherited?.credentials) parts.credentials?.close();
  if (parts.breaker !== inherited?.breaker) await parts.breaker?.close();
  if (parts.limiter !== inherited?.limiter) parts.limiter?.close();
  if (parts.page !== inherited?.page) parts.page?.close();
}
