// The public exports that the first load of a page may need. They are an entry's part of their own, so that our packages
// need not import `index.ts`: esbuild would load all of it at first.

export type { Dialect } from './api-answer/dialect.ts';
export { apiKey } from './credentials/api-key.ts';
export { bearerToken } from './credentials/bearer-token.ts';
export type { Credentials } from './credentials/credentials.ts';
export { ApiError } from './errors/api-error.ts';
export { CircuitOpenError } from './errors/circuit-open-error.ts';
export { ClientClosedError } from './errors/client-closed-error.ts';
export { CostError } from './errors/cost-error.ts';
export { CredentialsError } from './errors/credentials-error.ts';
export { InvalidBodyError } from './errors/invalid-body-error.ts';
export { isApiError } from './errors/is-api-error.ts';
export { isRateLimited } from './errors/is-rate-limited.ts';
export { NetworkError } from './errors/network-error.ts';
export { QueueRejectedError } from './errors/queue-rejected-error.ts';
export { isResilienceError, ResilienceError, resilienceErrorOf } from './errors/resilience-error.ts';
export { retryUnlessHandled } from './errors/retry-unless-handled.ts';
export {
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  ServiceUnavailableError,
  UnprocessableEntityError,
} from './errors/status-errors.ts';
export { LineError, StreamInterruptedError } from './errors/stream-errors.ts';
export { AttemptTimeoutError, DeadlineExceededError, IdleTimeoutError } from './errors/timeout-errors.ts';
export type { HoldfastEvent } from './events/all-events.ts';
export { createEventHub } from './events/hub.ts';
export { fallback } from './fallback/fallback.ts';
export { RequestRefusedError } from './fences/request-refused-error.ts';
export type { Call } from './kernel/call.ts';
export type { CallContext } from './kernel/call-context.ts';
export { type Clock, systemClock } from './kernel/clock.ts';
export type { Decision } from './kernel/decision.ts';
export type { Outcome } from './kernel/outcome.ts';
export { describe, type Handler, type Strategy } from './kernel/pipeline.ts';
export type { Verdict } from './kernel/verdict.ts';
export { constantBackoff, decorrelatedBackoff, exponentialBackoff, linearBackoff } from './policy/backoff.ts';
export { decide } from './policy/decide.ts';
export { defaultLevels } from './policy/default-levels.ts';
export type { Facts } from './policy/facts.ts';
export { accept, failFast, type Policy, refreshCredentials, retry } from './policy/policies.ts';
export { redactUrl } from './redact/redact.ts';
export { retryBudget } from './retry/budget.ts';
export { retryRing } from './retry/retry.ts';
export { attemptTimeout } from './time/attempt-timeout.ts';
export { deadline } from './time/deadline.ts';
export { compose } from './transport/compose.ts';
export { fetchTransport } from './transport/fetch-transport.ts';
