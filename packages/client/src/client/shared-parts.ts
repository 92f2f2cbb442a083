import type { ResponseCache } from '@holdfast/cache';
import type { CircuitBreaker } from '@holdfast/circuit-breaker';
import type { Clock } from '@holdfast/core';
import type { Coalescer, CredentialsKeeper, Emit, RetryBudget } from '@holdfast/core/internal';
import type { RateLimiter } from '@holdfast/rate-limiter';
import type { Features } from '../feature/feature.ts';
import type { OwnKey } from '../options/known-names.ts';
import type { ClientOptions } from '../options/options.ts';
import type { StatusPage } from '../status-page/status-page.ts';

/** What is shared by all calls of a client, and handed down to those that it is extended to. */
export interface SharedParts {
  readonly budget: RetryBudget | undefined;
  readonly credentials: CredentialsKeeper | undefined;
  readonly breaker: CircuitBreaker | undefined;
  readonly limiter: RateLimiter | undefined;
  readonly page: StatusPage | undefined;
  readonly cache: ResponseCache | undefined;
  /** Gets every change, whichever client of the family made it. */
  readonly coalescer: Coalescer | undefined;
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

/** Creates again what an option changes; everything else is the parent's. */
export function sharedParts(
  features: Features,
  own: Pick<ClientOptions, OwnKey>,
  parent: PartsOfParent | undefined,
  { where, ...around }: Surroundings,
): SharedParts {
  const { retries, credentials, circuits, limits, statusPage, responseCache, coalescing } = features;
  /** The parent's part, or one that is made of this client's option: by default, of `standard`. */
  const part = <Key extends OwnKey, Part>(
    key: Key,
    inherited: Part | undefined,
    make: ((option: Exclude<NonNullable<ClientOptions[Key]>, false>, tools: Surroundings) => Part) | undefined,
    standard?: Exclude<NonNullable<ClientOptions[Key]>, false>,
  ): Part | undefined => {
    // A function that extends may hand its parent's options back: what is the same is no change.
    if (parent !== undefined && (own[key] === undefined || own[key] === parent.own[key])) return inherited;
    const option = own[key] === undefined ? standard : own[key];
    if (option === undefined || option === false || make === undefined) return undefined;
    return make(option as Exclude<NonNullable<ClientOptions[Key]>, false>, { ...around, where: `${where}: ${key}` });
  };
  const below = parent?.parts;
  const { clock } = around;
  return {
    budget: part(
      'retryBudget',
      below?.budget,
      retries && ((option, tools) => retries.retryBudget(option, clock, tools.where)),
      {},
    ),
    credentials: part(
      'auth',
      below?.credentials,
      credentials && ((option) => credentials.credentialsKeeper(option, where)),
    ),
    breaker: part('circuitBreaker', below?.breaker, circuits?.circuitBreaker, {}),
    limiter: part('rateLimit', below?.limiter, limits?.rateLimiter, {}),
    page: part('statusPage', below?.page, statusPage?.statusPage),
    cache: part('responseCache', below?.cache, responseCache?.responseCache),
    coalescer: below?.coalescer ?? coalescing?.coalescer(),
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
