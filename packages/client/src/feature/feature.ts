/** What each feature brings, by its name; `features.ts` lists them. */
// biome-ignore lint/suspicious/noEmptyInterface: it is filled where the features are listed.
export interface Brings {}

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
