import { statusOf } from '../api-answer/kinds.ts';
import { statusName } from '../api-answer/status-names.ts';
import { isFinalServerStatus } from '../api-answer/statuses.ts';
import { ApiError, type ApiErrorInit } from './api-error.ts';
import { readFacts } from './api-error-facts.ts';
import {
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  ServiceUnavailableError,
  UnprocessableEntityError,
} from './status-errors.ts';

const classes: ReadonlyMap<number, typeof ApiError> = new Map<number, typeof ApiError>([
  [400, BadRequestError],
  [401, AuthenticationError],
  [403, PermissionDeniedError],
  [404, NotFoundError],
  [422, UnprocessableEntityError],
  [429, RateLimitError],
  [500, InternalServerError],
  [503, ServiceUnavailableError],
]);

/**
 * Makes the typed error for an answer whose error status is final: a `RateLimitError` where the answer is a rate limit,
 * else the class of the status, else `ApiError`. A success that a dialect calls an error has the class of its kind.
 */
export function createApiError(init: ApiErrorInit): ApiError {
  const { status } = init.response;
  const facts = readFacts(init.response, init.body, init.call.clock.wallNow(), init.dialects);
  const { kind } = facts;
  const isLimit = kind === 'rateLimited' && status < 500;
  const countsAs = isLimit ? 429 : status < 400 ? statusOf(kind) : status;
  const type = classes.get(countsAs) ?? (isUnknownServerError(countsAs) ? InternalServerError : ApiError);
  return new type({ ...init, facts });
}

/** A 5xx that no standard names. */
function isUnknownServerError(status: number): boolean {
  return status >= 500 && status <= 599 && statusName(status) === undefined && !isFinalServerStatus(status);
}
