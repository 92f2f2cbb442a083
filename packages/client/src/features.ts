import { circuitBreaker } from '@holdfast/circuit-breaker';
import { attemptTimeout, deadline, defaultLevels, fallback, retryBudget, retryRing } from '@holdfast/core';
import {
  boundShortcuts,
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
  receiving,
  refuseOutside,
  resolveCoalesce,
  resolvePolicyLevel,
  resuming,
  translateKyRetry,
} from '@holdfast/core/internal';
import { rateLimiter } from '@holdfast/rate-limiter';
import { responseCache as cache } from './cache/cache-on-demand.ts';
import { explain } from './explain/explain.ts';
import type { Brings, Feature } from './feature/feature.ts';
import { idempotencyKeys as keys } from './idempotency-keys/idempotency-keys.ts';
import { authOriginsOf } from './options/auth-origins.ts';
import { checkNames } from './options/check-names.ts';
import { checkPlatformLimits } from './options/platform-limits.ts';
import { checkRequest, requestCheck } from './request-schema/request-schema.ts';
import { statusPage as page } from './status-page/status-page.ts';
import { clientStreams } from './streams/client-streams.ts';
import { firstEventJudge } from './streams/first-event-on-demand.ts';

/**
 * What a client may be made of. Each feature is a value: a page that makes its client of some of them, by `createClient`
 * of `holdfast/parts`, is bundled without the others. The order in which they act is in `strategy-order.ts`.
 */

declare module './feature/feature.js' {
  interface Brings {
    readonly retries: {
      readonly retryBudget: typeof retryBudget;
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
    readonly credentials: {
      readonly credentialsKeeper: typeof credentialsKeeper;
      readonly credentialsIdentity: typeof credentialsIdentity;
      readonly credentialsReady: typeof credentialsReady;
      readonly credentialsRing: typeof credentialsRing;
      readonly credentialsFence: typeof credentialsFence;
      readonly authOriginsOf: typeof authOriginsOf;
    };
    readonly circuits: { readonly circuitBreaker: typeof circuitBreaker };
    readonly limits: { readonly rateLimiter: typeof rateLimiter };
    readonly responseCache: { readonly responseCache: typeof cache };
    readonly coalescing: {
      readonly coalescer: typeof coalescer;
      readonly coalesceScope: typeof coalesceScope;
      readonly resolveCoalesce: typeof resolveCoalesce;
    };
    readonly fallbacks: { readonly fallback: typeof fallback };
    readonly statusPage: { readonly statusPage: typeof page };
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
}

/** Policies, rules and retries, with their budget: `policies`, `rules`, `retry`, `maxRetryAfter`, `retryBudget`. */
export const retries: Feature = {
  name: 'retries',
  brings: {
    retryBudget,
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
    credentialsKeeper,
    credentialsIdentity,
    credentialsReady,
    credentialsRing,
    credentialsFence,
    authOriginsOf,
  } satisfies Brings['credentials'],
};

/** A circuit for each origin: `circuitBreaker`. */
export const circuits: Feature = { name: 'circuits', brings: { circuitBreaker } satisfies Brings['circuits'] };

/** The pauses that servers ask for, and limits of your own: `rateLimit`. */
export const limits: Feature = { name: 'limits', brings: { rateLimiter } satisfies Brings['limits'] };

/** `responseCache`. */
export const responseCache: Feature = {
  name: 'responseCache',
  brings: { responseCache: cache } satisfies Brings['responseCache'],
};

/** `coalesce`. */
export const coalescing: Feature = {
  name: 'coalescing',
  brings: { coalescer, coalesceScope, resolveCoalesce } satisfies Brings['coalescing'],
};

/** `fallback`, and the fallbacks of policies. */
export const fallbacks: Feature = { name: 'fallbacks', brings: { fallback } satisfies Brings['fallbacks'] };

/** `statusPage`. */
export const statusPage: Feature = { name: 'statusPage', brings: { statusPage: page } satisfies Brings['statusPage'] };

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

/** What `createResilientClient()` is made of. */
export const allFeatures: readonly Feature[] = [
  optionNames,
  fallbacks,
  responseCache,
  deadlines,
  coalescing,
  retries,
  statusPage,
  circuits,
  limits,
  credentials,
  fences,
  bodies,
  streams,
  requestSchemas,
  idempotencyKeys,
  dialects,
  explaining,
];
