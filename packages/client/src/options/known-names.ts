import type { Absent, FeatureName, FeatureOptions, OptionNames } from '../feature/declared.ts';

/**
 * Holdfast's own options for a call, by the feature that they belong to; `client` has those of every client. They are
 * taken out before ky merges its options: ky would concatenate lists and strip values that are not plain.
 */
const ofCall = {
  retries: ['policies', 'rules', 'retry', 'maxRetryAfter'],
  fallbacks: ['fallback'],
  fences: ['allowedOrigins', 'maxResponseBytes'],
  bodies: ['readBody', 'idleTimeout', 'resumeBody'],
  requestSchemas: ['requestSchema'],
  idempotencyKeys: ['idempotencyKeys'],
  dialects: ['dialect'],
  client: ['docsUrl', 'dashboardUrl', 'supportUrl'],
} as const;
/** Options of every client that a single call can't set; features declare more of them. */
const ofClient = ['perCall', 'perAttempt', 'transport', 'clock', 'random'] as const;
/** ky's options that are ours, too. `undefined` at a call does not override the client's value. */
const ofTime = ['timeout', 'totalTimeout'] as const;
const kyKeys = [
  'json',
  'parseJson',
  'stringifyJson',
  'searchParams',
  'baseUrl',
  'prefix',
  ...ofTime,
  'hooks',
  'throwHttpErrors',
  'onDownloadProgress',
  'onUploadProgress',
  'fetch',
  'context',
];
/** Members of an init that a Request keeps. */
export const requestKeys: readonly string[] = [
  'method',
  'headers',
  'body',
  'mode',
  'credentials',
  'cache',
  'redirect',
  'referrer',
  'referrerPolicy',
  'integrity',
  'keepalive',
  'window',
  'duplex',
];
const fetchKeys = [
  ...requestKeys,
  'signal',
  'priority',
  'dispatcher',
  'next',
  'cf',
  'agent',
  'attributionReporting',
  'browsingTopics',
  'reactNative',
  'retryOptions',
  'client',
  'proxy',
  'tls',
  'verbose',
  'unix',
  'decompress',
  'compress',
  'backend',
  'cacheOverride',
  'encodeResponse',
  'webSocketUrl',
  'privateToken',
  'targetAddressSpace',
  'sharedStorageWritable',
  'adAuctionHeaders',
  's3',
];

/** The options of `client.events()` alone. */
export const streamNames: readonly string[] = ['eventTimeout', 'isFailure', 'until', 'resume'];

type In<Table extends Readonly<Record<string, readonly string[]>>> = Table[keyof Table][number];

export type CallKey = In<typeof ofCall>;

/** Holdfast's own options. */
export type OwnKey = CallKey | (typeof ofClient)[number] | keyof FeatureOptions;
export const timeNames: ReadonlySet<string> = new Set(ofTime);
/** The options of fetch, and of its runtimes. */
export const initNames: ReadonlySet<string> = new Set(fetchKeys);

/** @param absent What clients without a feature know of it, with the names of its options. */
export function optionNames(absent: readonly (readonly [FeatureName, Absent])[]): OptionNames {
  const ofFeatures = absent.map(([name, { options = [] }]) => [name, options] as const);
  const shared = [['client', ofClient] as const, ...ofFeatures];
  const own = [...Object.entries(ofCall), ...shared];
  const resembled = [...namesIn(own), ...kyKeys];
  const owned = [...own, ['deadlines', ofTime] as const].filter(([feature]) => feature !== 'client');
  return {
    own: new Set(namesIn(own)),
    shared: new Set(namesIn(shared)),
    resembled,
    known: new Set([...resembled, ...fetchKeys]),
    featureOf: new Map(owned.flatMap(([feature, names]) => names.map((name) => [name, feature as FeatureName]))),
  };
}

function namesIn(table: readonly (readonly [feature: string, names: readonly string[]])[]): readonly string[] {
  return table.flatMap(([, names]) => names);
}
