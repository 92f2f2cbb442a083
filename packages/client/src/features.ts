import { build } from './client/build.ts';
import type { ResilientClient } from './client/client.ts';
import { type Feature, type Features, featuresOf } from './feature/feature.ts';
import { optionNames as namesOfOptions } from './options/known-names.ts';
import type { ClientOptions } from './options/options.ts';

/**
 * The features that a client may consist of. Each feature is a value: a page that makes its client of some of them, by
 * `createClient` of `holdfast/parts`, is bundled without the others. Each declares its options and what it brings in its
 * own file. `strategy-order.ts` has the order in which they act.
 */

/** What clients without a feature know of it. */
const absent: Features['absent'] = [
  [
    'retries',
    {
      ofCall: ['policies', 'rules', 'retry', 'maxRetryAfter'],
      options: ['retryBudget'],
      snapshot: { budgets: [] },
    },
  ],
  ['fallbacks', { ofCall: ['fallback'] }],
  ['fences', { ofCall: ['allowedOrigins', 'maxResponseBytes'] }],
  ['bodies', { ofCall: ['readBody', 'idleTimeout', 'resumeBody'] }],
  ['requestSchemas', { ofCall: ['requestSchema'] }],
  ['idempotencyKeys', { ofCall: ['idempotencyKeys'] }],
  ['dialects', { ofCall: ['dialect'] }],
  ['credentials', { options: ['auth', 'authOrigins'], snapshot: { auth: { refreshing: false } } }],
  [
    'circuits',
    {
      options: ['circuitBreaker'],
      members: (missing) => ({ circuits: { ...noCircuits, open: missing('circuits.open') } }),
      snapshot: { circuits: [] },
    },
  ],
  ['limits', { options: ['rateLimit'], snapshot: { limiters: [], quotas: [] } }],
  ['responseCache', { options: ['responseCache'] }],
  ['coalescing', { options: ['coalesce'] }],
  ['streams', { members: (missing) => ({ events: missing('events'), lines: missing('lines') }) }],
  ['explaining', { members: (missing) => ({ explain: missing('explain') }) }],
  ['statusPage', { options: ['statusPage'], members: (missing) => ({ onStatus: missing('onStatus') }) }],
];

/** A client without circuits has none to close. */
const noCircuits = { close: () => undefined, reset: () => undefined };

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
  return build(featuresOf(features, { absent, names: namesOfOptions(absent) }, where), options, where);
}
