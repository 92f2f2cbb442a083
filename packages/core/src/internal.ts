// Exports that only our own packages use. It may change with any release: semver does not cover it. What only later
// parts of a page use is in `late.ts`: esbuild loads whatever an entry exports with the first file that imports the entry.

// The order of the first six lines puts the first load of a page into one file. rolldown and Vite cut the code that the
// first load shares with late parts into files, one for each set of late parts that use it. Then they try twice to move
// each file into the entry's file, in the order in which they meet the files' first modules, and move it unless another
// file still imports it. So each of these lines names one module of each file, itself without imports from other files,
// and a file is named before the files that it imports. `npm test -- size` says if there are more files than one.

export { bucketName } from './api-answer/bucket-name.ts';
export { isIdempotent } from './bodies/replay.ts';
export { responseSlot } from './bodies/response-slot.ts';
export { alsoNetworkError } from './errors/like-network-errors.ts';
export { longestTimerMs, systemRandom, type Timer } from './kernel/clock.ts';
export { throwingAsUser } from './platform/of-user.ts';

// All other exports, in the order of their files.

export type { ApiAnswer, ApiQuota, Issue, Kind, Quota } from './api-answer/api-answer.ts';
export type { BucketWord, NamedQuota } from './api-answer/bucket-word.ts';
export { checkDialects } from './api-answer/check-dialect.ts';
export type { Path, Test, Unit, Where } from './api-answer/dialect.ts';
export { isPath } from './api-answer/is-path.ts';
export { answerOf, judgesEvents, outcomeOf, toOutcome } from './api-answer/outcome-of.ts';
export { asGiven } from './bodies/as-given.ts';
export { type BodyReader, bodyLife } from './bodies/body-life.ts';
export { bodyReaders } from './bodies/body-readers.ts';
export { discard, letGoOfBody } from './bodies/discard.ts';
export { isRequest, ownRequest } from './bodies/own-request.ts';
export { bodyOfText, type ErrorBody, peekErrorBody, readErrorBody } from './bodies/read-error-body.ts';
export { referrerOf } from './bodies/referrer.ts';
export { emptyBody, type RequestBody, requestBody } from './bodies/request-body.ts';
export { responseWithBody } from './bodies/response-with-body.ts';
export { createCall, noCall } from './calls/create-call.ts';
export type { Coalescer } from './coalesce/coalesce.ts';
export { type CoalescedCall, type CoalesceOptions, resolveCoalesce } from './coalesce/options.ts';
export type { ApiKeyOptions } from './credentials/api-key.ts';
export type { BearerTokenOptions } from './credentials/bearer-token.ts';
export type { CredentialsContext } from './credentials/credentials.ts';
export { type CredentialsIdentity, credentialsIdentity } from './credentials/identity.ts';
export { type Inside, insideNow } from './credentials/inside.ts';
export type { CredentialsKeeper } from './credentials/keeper.ts';
export { credentialsFence, credentialsReady, credentialsRing } from './credentials/ring.ts';
// `sent.ts` and `timeline.ts` add members to `Call`, which other packages see only if an entry names these files.
export type { Sent } from './credentials/sent.ts';
export { credentialsKeeper } from './credentials/shared-keeper.ts';
export type { Token } from './credentials/tokens.ts';
export { aboutRequest } from './errors/about-request.ts';
export type { ErrorLink, ErrorLinks } from './errors/api-error.ts';
export { rebuildResponse } from './errors/api-error-facts.ts';
export { createApiError } from './errors/create-api-error.ts';
export type { ErrorCode } from './errors/error-code.ts';
export { errorData, isJsonType } from './errors/error-data.ts';
export { asFetchError } from './errors/fetch-error.ts';
export { isOutcomeOfAnother } from './errors/from-elsewhere.ts';
export type { Guide } from './errors/guides/status-guide.ts';
export type { Incident, Outage } from './errors/incident.ts';
export { invalidBody } from './errors/invalid-body-error.ts';
export type { describeTimeline } from './errors/timeline.ts';
export type { EventOf, EventType } from './events/all-events.ts';
export type { StaleBecause } from './events/cache-events.ts';
export type { EventHub } from './events/hub.ts';
export type { QueuedBecause } from './events/limiter-events.ts';
export type { FallbackFunction } from './fallback/fallback.ts';
export { guidesAtHand } from './fallback/guides-at-hand.ts';
export { noWildcards, type OriginFence, originFence } from './fences/allowed-origins.ts';
export { boundShortcuts } from './fences/bounded-body.ts';
export { fencedTransport, refuseOutside } from './fences/fenced-transport.ts';
export * from './first-load.ts';
export type { AttemptRecord } from './kernel/call.ts';
export type { CallSettings, HeadersGiven } from './kernel/call-context.ts';
export { type CallTrace, traceCall } from './kernel/call-trace.ts';
export type { Action, Applied, Because } from './kernel/decision.ts';
export type { Emit } from './kernel/events.ts';
export { given } from './kernel/given.ts';
export { ignore } from './kernel/ignore.ts';
export { messageOf } from './kernel/message-of.ts';
export type { ResponseOutcome } from './kernel/outcome.ts';
export {
  anything,
  type Check,
  checkGiven,
  checkMembers,
  either,
  functionOf,
  integer,
  isHeaderName,
  milliseconds,
  must,
  needs,
  number,
  orFalse,
  timeLimit,
} from './options/checks.ts';
export { defused } from './options/defused.ts';
export type { RedisSettings } from './options/redis-names.ts';
export { redisNameOption, redisOption } from './options/redis-option.ts';
export { type RequestKey, requestKey, urlKey } from './options/request-key.ts';
export { serversOnly } from './options/servers-only.ts';
export {
  integerAtLeast,
  nearest,
  numberBetween,
  OptionError,
  OptionRangeError,
  oneOf,
  optionsObject,
  show,
} from './options/validate.ts';
export { isServer } from './platform/is-server.ts';
export { type KeptContext, keptContext } from './platform/kept-context.ts';
export { LinkedList, type Member } from './platform/linked-list.ts';
export { isBrokenBody, networkFailure } from './platform/network.ts';
export { loadedInTime, type OnDemand, onDemand } from './platform/on-demand.ts';
export { httpUrl, isFromElsewhere, originOf, parsedUrl } from './platform/origin.ts';
export { fetchOfClient, isHandedBack, original as originalFetch, platformFetch } from './platform/platform-fetch.ts';
export { requestsAreApart } from './platform/requests-apart.ts';
export { weakly, whenGone } from './platform/weak.ts';
export type { Backoff, Jitter } from './policy/backoff.ts';
export { classify } from './policy/classify.ts';
export { levelsOfFetch } from './policy/default-levels.ts';
export { longestServerWait } from './policy/find-policy.ts';
export type { RetryPolicyOptions } from './policy/policies.ts';
export {
  type KyRetryOptions,
  kyRetryFields,
  type RetryOverride,
  type ShouldRetry,
  translateKyRetry,
} from './policy/retry-override.ts';
export { type RequestCondition, type Rule, type RuleCondition, requestMatcher } from './policy/rules.ts';
export { type PolicyLevel, type PolicyOptions, type PolicyTable, resolvePolicyLevel } from './policy/table.ts';
export type { Judge } from './receiving/first-chunk.ts';
export { isInMemory } from './receiving/in-memory.ts';
export { opening } from './receiving/opening.ts';
export { receiving } from './receiving/receive.ts';
export { resuming } from './receiving/resuming.ts';
export { typedReads } from './receiving/typed-reads.ts';
export { isSecretHeader, redactHeaders, redactText, shortened } from './redact/redact.ts';
export { errorOutcome } from './retry/attempt.ts';
export type { RetryBudget, RetryBudgetOptions } from './retry/budget.ts';
export type { RetryRingOptions } from './retry/ended.ts';
export type { ForcedRetry, RetryHooks } from './retry/hooks.ts';
export { CallBudget } from './retry/waiting/call-budget.ts';
export type { SharingScope } from './sharing/sharing-scope.ts';
export { deadlineExceeded, remainingMs } from './time/deadline.ts';
export { afterFailure, outOfTime, type WithinCall, withinCall } from './time/within-call.ts';
export { cutShort } from './transport/cut-short.ts';
export type { Fetch } from './transport/fetch-transport.ts';
export { isResponse } from './transport/is-response.ts';
export { giveUpOn, markFinal } from './transport/nested.ts';
export { sentAs } from './transport/sent-as.ts';
export type { AbortPart } from './waits/abort-part.ts';
export { AbortSource, type Follower } from './waits/abort-source.ts';
export { within } from './waits/within.ts';
