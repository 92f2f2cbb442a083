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
import { authOriginsOf } from './auth-origins.ts';
import { responseCache as cache } from './cache-on-demand.ts';
import { explain } from './explain.ts';
import type { Brings, Feature } from './feature.ts';
import { idempotencyKeys as keys } from './idempotency-keys.ts';
import { checkNames } from './option-names/check-names.ts';
import { checkRequest, requestCheck } from './request-schema.ts';
import { statusPage as page } from './status-page.ts';
import { clientStreams } from './streams/client-streams.ts';
import { checkPlatformLimits } from './time/platform-limits.ts';

/**
 * What a client may be made of. Each feature is a value: a page that makes its client of some of them, by `createClient`
 * of `holdfast/parts`, is bundled without the others. The order in which they act is in `strategy-order.ts`.
 */

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
export const streams: Feature = { name: 'streams', brings: { clientStreams, opening } satisfies Brings['streams'] };

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
