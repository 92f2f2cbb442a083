/** Holdfast's for a call. Taken out before ky merges its options: it would concatenate lists and strip what is not plain. */
const callKeys = [
  'policies',
  'rules',
  'retry',
  'fallback',
  'docsUrl',
  'dashboardUrl',
  'supportUrl',
  'maxRetryAfter',
  'idempotencyKeys',
  'requestSchema',
  'readBody',
  'idleTimeout',
  'resumeBody',
  'allowedOrigins',
  'maxResponseBytes',
  'dialect',
] as const;
const clientKeys = [
  'retryBudget',
  'circuitBreaker',
  'rateLimit',
  'responseCache',
  'auth',
  'authOrigins',
  'perCall',
  'perAttempt',
  'transport',
  'clock',
  'random',
  'coalesce',
  'statusPage',
] as const;
const kyKeys = [
  'json',
  'parseJson',
  'stringifyJson',
  'searchParams',
  'baseUrl',
  'prefix',
  'timeout',
  'totalTimeout',
  'hooks',
  'throwHttpErrors',
  'onDownloadProgress',
  'onUploadProgress',
  'fetch',
  'context',
];
/** What a Request takes along. */
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

/** Those of `client.events()` alone. */
export const streamNames: readonly string[] = ['eventTimeout', 'isFailure', 'until', 'resume'];

export type CallKey = (typeof callKeys)[number];

/** Holdfast's own options. */
export type OwnKey = CallKey | (typeof clientKeys)[number];
export const ownNames: ReadonlySet<string> = new Set([...callKeys, ...clientKeys]);
/** What calls share, so that a single call can't set it. */
export const sharedNames: ReadonlySet<string> = new Set(clientKeys);
/** ky's options that are ours, too; `undefined` does not undo what the client says. */
export const timeNames: ReadonlySet<string> = new Set(['timeout', 'totalTimeout']);
/** The names for which a misspelling is reported: ours and ky's. */
export const namesToResemble: readonly string[] = [...ownNames, ...kyKeys];
/** fetch's own, and those of its runtimes. */
export const initNames: ReadonlySet<string> = new Set(fetchKeys);
export const knownNames: ReadonlySet<string> = new Set([...namesToResemble, ...fetchKeys]);
