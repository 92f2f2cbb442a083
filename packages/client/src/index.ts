export type { CacheStore } from '@holdfast/cache';
export type {
  Action,
  ApiAnswer,
  ApiKeyOptions,
  ApiQuota,
  Applied,
  AttemptRecord,
  Backoff,
  BearerTokenOptions,
  Because,
  CoalescedCall,
  CredentialsContext,
  ErrorCode,
  EventOf,
  EventType,
  Guide,
  Incident,
  Issue,
  Jitter,
  Kind,
  PolicyTable,
  Quota,
  RequestCondition,
  RetryPolicyOptions,
  Rule,
  RuleCondition,
  Token,
} from '@holdfast/core/internal';
export {
  ApiError,
  AttemptTimeoutError,
  AuthenticationError,
  accept,
  apiKey,
  BadRequestError,
  bearerToken,
  type CallContext,
  CircuitOpenError,
  ClientClosedError,
  type Clock,
  CostError,
  CredentialsError,
  constantBackoff,
  DeadlineExceededError,
  type Decision,
  decorrelatedBackoff,
  exponentialBackoff,
  type Facts,
  failFast,
  type Handler,
  type HoldfastEvent,
  IdleTimeoutError,
  InternalServerError,
  InvalidBodyError,
  isApiError,
  isRateLimited,
  isResilienceError,
  LineError,
  linearBackoff,
  NetworkError,
  NotFoundError,
  type Outcome,
  PermissionDeniedError,
  type Policy,
  QueueRejectedError,
  RateLimitError,
  RequestRefusedError,
  ResilienceError,
  refreshCredentials,
  resilienceErrorOf,
  retry,
  retryUnlessHandled,
  ServiceUnavailableError,
  type Strategy,
  StreamInterruptedError,
  UnprocessableEntityError,
} from '@holdfast/core/internal';
export {
  HTTPErrorWord as HTTPError,
  isForceRetryError,
  isHTTPErrorWord as isHTTPError,
  isKyError,
  isKyNetworkError as isNetworkError,
  isTimeoutError,
  ky,
  SchemaValidationError,
  TimeoutError,
} from '@holdfast/ky';
export type { CloseOptions } from './call/calls-in-flight.ts';
export type { ClientSnapshot, ResilientClient } from './client/client.ts';
export type { ExplainInput } from './explain/explain.ts';
export type { ResilientFetch, ResilientRequestInit } from './faces/fetch.ts';
// Each file of a feature also declares options of clients or calls, which the package's declarations need.
export type {} from './features/bodies.ts';
export type { CircuitBreakerOptions, CircuitSnapshot } from './features/circuits.ts';
export type { CoalesceOptions } from './features/coalescing.ts';
export type { Credentials } from './features/credentials.ts';
export type { Dialect } from './features/dialects.ts';
export type { FallbackFunction } from './features/fallbacks.ts';
export type {} from './features/fences.ts';
export type { IdempotencyKeyOptions } from './features/idempotency-keys.ts';
export type { RateLimitOptions } from './features/limits.ts';
export type { RequestSchema, RequestSchemaRoute } from './features/request-schemas.ts';
export type { ResponseCacheOptions } from './features/response-cache.ts';
export type { RetryBudgetOptions } from './features/retries.ts';
export type { CallOptions, ClientOptions, FetchCallOptions } from './options/options.ts';
export { createResilientClient } from './resilient-client/resilient-client.ts';
export type { StatusPageOptions, StatusReader, StatusSnapshot } from './status-page/feature.ts';
export type { ClientStreams } from './streams/client-streams.ts';
export { ServerEvent } from './streams/server-event.ts';
export type { EventStream, ItemStream } from './streams/stream.ts';
export type { EventsOptions, LastEvent } from './streams/stream-options.ts';
