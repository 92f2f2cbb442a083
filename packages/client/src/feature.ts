import type { circuitBreaker } from '@holdfast/circuit-breaker';
import type { attemptTimeout, deadline, defaultLevels, fallback, retryBudget, retryRing } from '@holdfast/core';
import type {
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
import type { rateLimiter } from '@holdfast/rate-limiter';
import type { authOriginsOf } from './auth-origins.ts';
import type { responseCache } from './cache-on-demand.ts';
import type { explain } from './explain.ts';
import type { idempotencyKeys } from './idempotency-keys.ts';
import type { checkNames } from './option-names/check-names.ts';
import type { checkRequest, requestCheck } from './request-schema.ts';
import type { statusPage } from './status-page.ts';
import type { clientStreams } from './streams/client-streams.ts';
import type { checkPlatformLimits } from './time/platform-limits.ts';

/** What each feature brings. */
export interface Brings {
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
  readonly responseCache: { readonly responseCache: typeof responseCache };
  readonly coalescing: {
    readonly coalescer: typeof coalescer;
    readonly coalesceScope: typeof coalesceScope;
    readonly resolveCoalesce: typeof resolveCoalesce;
  };
  readonly fallbacks: { readonly fallback: typeof fallback };
  readonly statusPage: { readonly statusPage: typeof statusPage };
  readonly fences: {
    readonly fencedTransport: typeof fencedTransport;
    readonly originFence: typeof originFence;
    readonly refuseOutside: typeof refuseOutside;
    readonly boundShortcuts: typeof boundShortcuts;
  };
  readonly bodies: { readonly receiving: typeof receiving; readonly resuming: typeof resuming };
  readonly streams: { readonly clientStreams: typeof clientStreams; readonly opening: typeof opening };
  readonly requestSchemas: {
    readonly requestCheck: typeof requestCheck;
    readonly checkRequest: typeof checkRequest;
  };
  readonly idempotencyKeys: { readonly idempotencyKeys: typeof idempotencyKeys };
  readonly dialects: { readonly checkDialects: typeof checkDialects };
  readonly explaining: { readonly explain: typeof explain };
  readonly optionNames: { readonly checkNames: typeof checkNames };
}

export type FeatureName = keyof Brings;

/** One part of a client, as a value to give to `createClient()` of `holdfast/parts`. What it brings is not public. */
export interface Feature {
  readonly name: FeatureName;
  readonly brings: object;
}

/** The features of one client, by name. */
export type Features = { readonly [Name in FeatureName]?: Brings[Name] };

/** @throws TypeError for what is no list of features. */
export function featuresOf(list: readonly Feature[], where: string): Features {
  if (!Array.isArray(list) || !list.every((one: Partial<Feature> | null) => typeof one?.brings === 'object')) {
    throw new TypeError(`${where}: features must be a list such as [retries, deadlines] of 'holdfast/parts'`);
  }
  return Object.fromEntries((list as readonly Feature[]).map(({ name, brings }) => [name, brings]));
}

/** Whose options they are; all others belong to each client. */
const featureOf: Readonly<Record<string, FeatureName>> = {
  policies: 'retries',
  rules: 'retries',
  retry: 'retries',
  maxRetryAfter: 'retries',
  retryBudget: 'retries',
  timeout: 'deadlines',
  totalTimeout: 'deadlines',
  auth: 'credentials',
  authOrigins: 'credentials',
  circuitBreaker: 'circuits',
  rateLimit: 'limits',
  responseCache: 'responseCache',
  coalesce: 'coalescing',
  fallback: 'fallbacks',
  statusPage: 'statusPage',
  allowedOrigins: 'fences',
  maxResponseBytes: 'fences',
  readBody: 'bodies',
  idleTimeout: 'bodies',
  resumeBody: 'bodies',
  requestSchema: 'requestSchemas',
  idempotencyKeys: 'idempotencyKeys',
  dialect: 'dialects',
};

/** @throws TypeError for an option whose feature the client does not have, and which would have no effect. */
export function refuseMissing(options: object, features: Features, where: string): void {
  for (const [key, value] of Object.entries(options)) {
    const name = Object.hasOwn(featureOf, key) ? featureOf[key] : undefined;
    if (name === undefined || features[name] !== undefined || value === undefined || value === false) continue;
    throw new TypeError(`${where}: ${key} needs the feature ${name}; add it to createClient([…, ${name}], options)`);
  }
}
