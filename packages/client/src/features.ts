import type { ResponseCache } from '@holdfast/cache';
import type { CircuitBreaker } from '@holdfast/circuit-breaker';
import type { attemptTimeout, deadline, defaultLevels, fallback, retryRing } from '@holdfast/core';
import type {
  boundShortcuts,
  CallBudget,
  CredentialsKeeper,
  checkDialects,
  coalescer,
  coalesceScope,
  credentialsFence,
  credentialsIdentity,
  credentialsReady,
  credentialsRing,
  fencedTransport,
  levelsOfFetch,
  opening,
  originFence,
  RetryBudget,
  receiving,
  refuseOutside,
  resolveCoalesce,
  resolvePolicyLevel,
  resuming,
  translateKyRetry,
} from '@holdfast/core/internal';
import type { RateLimiter } from '@holdfast/rate-limiter';
import { build } from './client/build.ts';
import type { ResilientClient } from './client/client.ts';
import type { explain } from './explain/explain.ts';
import { type Feature, type Features, featuresOf } from './feature/feature.ts';
import type { idempotencyKeys as keys } from './idempotency-keys/idempotency-keys.ts';
import type { authOriginsOf } from './options/auth-origins.ts';
import type { checkNames } from './options/check-names.ts';
import { optionNames as namesOfOptions } from './options/known-names.ts';
import type { ClientOptions } from './options/options.ts';
import type { checkPlatformLimits } from './options/platform-limits.ts';
import type { checkRequest, requestCheck } from './request-schema/request-schema.ts';
import type { clientStreams } from './streams/client-streams.ts';
import type { firstEventJudge } from './streams/first-event-on-demand.ts';

/**
 * The features that a client may consist of. Each feature is a value: a page that makes its client of some of them, by
 * `createClient` of `holdfast/parts`, is bundled without the others. `strategy-order.ts` has the order in which they
 * act.
 */

declare module './feature/declared.js' {
  interface Brings {
    readonly retries: Declared & {
      readonly retryRing: typeof retryRing;
      readonly CallBudget: typeof CallBudget;
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

/** The names of features that declare themselves, for clients without them. */
const declared: Features['declared'] = [['statusPage', { options: ['statusPage'], members: ['onStatus'] }]];

export { bodies } from './features/bodies.ts';
export { circuits } from './features/circuits.ts';
export { coalescing } from './features/coalescing.ts';
export { credentials } from './features/credentials.ts';
export { deadlines } from './features/deadlines.ts';
export { dialects } from './features/dialects.ts';
export { explaining } from './features/explaining.ts';
export { fallbacks } from './features/fallbacks.ts';
export { fences } from './features/fences.ts';
export { idempotencyKeys } from './features/idempotency-keys.ts';
export { limits } from './features/limits.ts';
export { optionNames } from './features/option-names.ts';
export { requestSchemas } from './features/request-schemas.ts';
export { responseCache } from './features/response-cache.ts';
export { retries } from './features/retries.ts';
export { streams } from './features/streams.ts';
export { statusPage } from './status-page/feature.ts';

/**
 * Creates a client with the given features, and no others: a bundler leaves out the features that are not named.
 *
 * @param features The features, in any order, such as `[retries, deadlines]`.
 * @param options The options of `createResilientClient()` that belong to these features.
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
