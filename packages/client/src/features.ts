import type { ResponseCache } from '@holdfast/cache';
import { type CircuitBreaker, circuitBreaker } from '@holdfast/circuit-breaker';
import {
  attemptTimeout,
  type Credentials,
  deadline,
  defaultLevels,
  fallback,
  retryBudget,
  retryRing,
} from '@holdfast/core';
import {
  boundShortcuts,
  type CredentialsKeeper,
  checkDialects,
  coalescer,
  coalesceScope,
  credentialsFence,
  credentialsIdentity,
  credentialsKeeper,
  credentialsReady,
  credentialsRing,
  fencedTransport,
  levelsOfFetch,
  opening,
  originFence,
  type RetryBudget,
  type RetryBudgetOptions,
  receiving,
  refuseOutside,
  resolveCoalesce,
  resolvePolicyLevel,
  resuming,
  translateKyRetry,
} from '@holdfast/core/internal';
import { type RateLimiter, rateLimiter } from '@holdfast/rate-limiter';
import { responseCache as cache } from './cache/cache-on-demand.ts';
import { build } from './client/build.ts';
import type { ResilientClient } from './client/client.ts';
import { explain } from './explain/explain.ts';
import type { Brings } from './feature/declared.ts';
import { type Feature, type Features, featuresOf } from './feature/feature.ts';
import { idempotencyKeys as keys } from './idempotency-keys/idempotency-keys.ts';
import { authOriginsOf } from './options/auth-origins.ts';
import { checkNames } from './options/check-names.ts';
import { optionNames as namesOfOptions } from './options/known-names.ts';
import type { ClientOptions } from './options/options.ts';
import { checkPlatformLimits } from './options/platform-limits.ts';
import { checkRequest, requestCheck } from './request-schema/request-schema.ts';
import { statusPage } from './status-page/feature.ts';
import { clientStreams } from './streams/client-streams.ts';
import { firstEventJudge } from './streams/first-event-on-demand.ts';

/**
 * What a client may be made of. Each feature is a value: a page that makes its client of some of them, by `createClient`
 * of `holdfast/parts`, is bundled without the others. The order in which they act is in `strategy-order.ts`.
 */

declare module './feature/declared.js' {
  interface Brings {
    readonly retries: Declared & {
      readonly retryRing: typeof retryRing;
      readonly defaultLevels: typeof defaultLevels;
      readonly levelsOfFetch: typeof levelsOfFetch;
      readonly resolvePolicyLevel: typeof resolvePolicyLevel;
      readonly translateKyRetry: typeof translateKyRetry;
    };
    readonly deadlines: {
      readonly deadline: typeof deadline;
      readonly attemptTimeout: typeof attemptTimeout;
      readonly checkPlatformLimits: typeof checkPlatformLimits;
    };
    readonly credentials: Declared & {
      readonly credentialsIdentity: typeof credentialsIdentity;
      readonly credentialsReady: typeof credentialsReady;
      readonly credentialsRing: typeof credentialsRing;
      readonly credentialsFence: typeof credentialsFence;
      readonly authOriginsOf: typeof authOriginsOf;
    };
    readonly circuits: Declared;
    readonly limits: Declared;
    readonly responseCache: Declared;
    readonly coalescing: {
      readonly coalescer: typeof coalescer;
      readonly coalesceScope: typeof coalesceScope;
      readonly resolveCoalesce: typeof resolveCoalesce;
    };
    readonly fallbacks: { readonly fallback: typeof fallback };
    readonly fences: {
      readonly fencedTransport: typeof fencedTransport;
      readonly originFence: typeof originFence;
      readonly refuseOutside: typeof refuseOutside;
      readonly boundShortcuts: typeof boundShortcuts;
    };
    readonly bodies: { readonly receiving: typeof receiving; readonly resuming: typeof resuming };
    readonly streams: {
      readonly clientStreams: typeof clientStreams;
      readonly opening: typeof opening;
      readonly firstEventJudge: typeof firstEventJudge;
    };
    readonly requestSchemas: {
      readonly requestCheck: typeof requestCheck;
      readonly checkRequest: typeof checkRequest;
    };
    readonly idempotencyKeys: { readonly idempotencyKeys: typeof keys };
    readonly dialects: { readonly checkDialects: typeof checkDialects };
    readonly explaining: { readonly explain: typeof explain };
    readonly optionNames: { readonly checkNames: typeof checkNames };
  }

  interface SharedParts {
    readonly retryBudget?: RetryBudget | undefined;
    readonly auth?: CredentialsKeeper | undefined;
    readonly circuitBreaker?: CircuitBreaker | undefined;
    readonly rateLimit?: RateLimiter | undefined;
    readonly responseCache?: ResponseCache | undefined;
  }
}

/** Policies, rules and retries, with their budget: `policies`, `rules`, `retry`, `maxRetryAfter`, `retryBudget`. */
export const retries: Feature = {
  name: 'retries',
  brings: {
    shared: {
      retryBudget: {
        standard: {},
        create: (option: RetryBudgetOptions, { clock, where }) => retryBudget(option, clock, where),
      },
    },
    retryRing,
    defaultLevels,
    levelsOfFetch,
    resolvePolicyLevel,
    translateKyRetry,
  } satisfies Brings['retries'],
};

/** Limits of time for an attempt and for the whole call: `timeout`, `totalTimeout`. */
export const deadlines: Feature = {
  name: 'deadlines',
  brings: { deadline, attemptTimeout, checkPlatformLimits } satisfies Brings['deadlines'],
};

/** `auth` and `authOrigins`. */
export const credentials: Feature = {
  name: 'credentials',
  brings: {
    shared: { auth: { create: (option: Credentials, { where }) => credentialsKeeper(option, where) } },
    credentialsIdentity,
    credentialsReady,
    credentialsRing,
    credentialsFence,
    authOriginsOf,
  } satisfies Brings['credentials'],
};

/** A circuit for each origin: `circuitBreaker`. */
export const circuits: Feature = {
  name: 'circuits',
  brings: { shared: { circuitBreaker: { standard: {}, create: circuitBreaker } } } satisfies Brings['circuits'],
};

/** The pauses that servers ask for, and limits of your own: `rateLimit`. */
export const limits: Feature = {
  name: 'limits',
  brings: { shared: { rateLimit: { standard: {}, create: rateLimiter } } } satisfies Brings['limits'],
};

/** `responseCache`. */
export const responseCache: Feature = {
  name: 'responseCache',
  brings: { shared: { responseCache: { create: cache } } } satisfies Brings['responseCache'],
};

/** `coalesce`. */
export const coalescing: Feature = {
  name: 'coalescing',
  brings: { coalescer, coalesceScope, resolveCoalesce } satisfies Brings['coalescing'],
};

/** `fallback`, and the fallbacks of policies. */
export const fallbacks: Feature = { name: 'fallbacks', brings: { fallback } satisfies Brings['fallbacks'] };

/** `allowedOrigins` and `maxResponseBytes`. */
export const fences: Feature = {
  name: 'fences',
  brings: { fencedTransport, originFence, refuseOutside, boundShortcuts } satisfies Brings['fences'],
};

/** `readBody`, `idleTimeout`, `resumeBody`. */
export const bodies: Feature = { name: 'bodies', brings: { receiving, resuming } satisfies Brings['bodies'] };

/** `client.events()` and `client.lines()`; with {@link bodies} their `idleTimeout`. */
export const streams: Feature = {
  name: 'streams',
  brings: { clientStreams, opening, firstEventJudge } satisfies Brings['streams'],
};

/** `requestSchema`. */
export const requestSchemas: Feature = {
  name: 'requestSchemas',
  brings: { requestCheck, checkRequest } satisfies Brings['requestSchemas'],
};

/** `idempotencyKeys`. */
export const idempotencyKeys: Feature = {
  name: 'idempotencyKeys',
  brings: { idempotencyKeys: keys } satisfies Brings['idempotencyKeys'],
};

/** `dialect`. */
export const dialects: Feature = { name: 'dialects', brings: { checkDialects } satisfies Brings['dialects'] };

/** `client.explain()`. */
export const explaining: Feature = { name: 'explaining', brings: { explain } satisfies Brings['explaining'] };

/** Names of options that are misspelt, or another library's, are refused. Without it they go on to ky and fetch. */
export const optionNames: Feature = { name: 'optionNames', brings: { checkNames } satisfies Brings['optionNames'] };

/** The names of features that declare themselves, for clients without them. */
const declared: Features['declared'] = [['statusPage', { options: ['statusPage'], members: ['onStatus'] }]];

export { statusPage };

/**
 * Creates a client of the features that are given, and of no others: a bundler leaves out what is not named.
 *
 * @param features Such as `[retries, deadlines]`, in any order.
 * @param options Those of `createResilientClient()`, as far as the features know them.
 * @throws TypeError or RangeError as `createResilientClient()` does, and TypeError for an option whose feature is missing.
 * @example
 * ```ts
 * import { createClient, deadlines, retries } from 'holdfast/parts';
 *
 * const api = createClient([retries, deadlines], { baseUrl: 'https://api.example.com/v1/', timeout: 5_000 });
 * ```
 */
export function createClient(
  features: readonly Feature[],
  options: ClientOptions = {},
  where = 'createClient',
): ResilientClient {
  return build(featuresOf(features, { declared, names: namesOfOptions(declared) }, where), options, where);
}
