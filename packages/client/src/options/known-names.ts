import type { Absent, FeatureCallOptions, FeatureName, FeatureOptions, OptionNames } from '../feature/declared.ts';

/** Options of a call that belong to every client; features declare more of them. */
const ofCall = ['docsUrl', 'dashboardUrl', 'supportUrl'] as const;
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

/**
 * Holdfast's own options for a call. They are taken out before ky merges its options: ky would concatenate lists and strip
 * values that are not plain.
 */
export type CallKey = (typeof ofCall)[number] | keyof FeatureCallOptions;

/** Holdfast's own options. */
export type OwnKey = CallKey | (typeof ofClient)[number] | keyof FeatureOptions;
export const timeNames: ReadonlySet<string> = new Set(ofTime);
/** The options of fetch, and of its runtimes. */
export const initNames: ReadonlySet<string> = new Set(fetchKeys);

/** @param absent What clients without a feature know of it, with the names of its options. */
export function optionNames(absent: readonly (readonly [FeatureName, Absent])[]): OptionNames {
  const shared = [...ofClient, ...absent.flatMap(([, { options = [] }]) => options)];
  const own = [...absent.flatMap(([, { ofCall: names = [] }]) => names), ...ofCall, ...shared];
  const resembled = [...own, ...kyKeys];
  const featureOf = absent.flatMap(([feature, { ofCall: names = [], options = [] }]) =>
    [...names, ...options].map((name) => [name, feature] as const),
  );
  return {
    own: new Set(own),
    shared: new Set(shared),
    resembled,
    known: new Set([...resembled, ...fetchKeys]),
    featureOf: new Map<string, FeatureName>([...featureOf, ...ofTime.map((name) => [name, 'deadlines'] as const)]),
  };
}
