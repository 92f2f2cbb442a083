import { ApiError } from './api-error.ts';
import { define } from './resilience-error.ts';

/**
 * 400: the API could not make sense of the request; or `requestSchema` refused its body before it was sent. Then
 * `attempts` is empty, `applied` is `no`, and `response` is what the client itself made of the issues.
 */
export class BadRequestError extends ApiError {
  static {
    define(BadRequestError, 'BadRequestError');
  }

  declare readonly status: 400;
}

/** 401: the API could not authenticate the request. */
export class AuthenticationError extends ApiError {
  static {
    define(AuthenticationError, 'AuthenticationError');
  }

  declare readonly status: 401;
}

/** 403: the credentials do not allow the request. */
export class PermissionDeniedError extends ApiError {
  static {
    define(PermissionDeniedError, 'PermissionDeniedError');
  }

  declare readonly status: 403;
}

/** 404: there is nothing at this address. */
export class NotFoundError extends ApiError {
  static {
    define(NotFoundError, 'NotFoundError');
  }

  declare readonly status: 404;
}

/** 422: well-formed, but against a rule; see `issues`. */
export class UnprocessableEntityError extends ApiError {
  static {
    define(UnprocessableEntityError, 'UnprocessableEntityError');
  }

  declare readonly status: 422;
}

/** Too many requests: a 429, or another status that the API uses for a rate limit; see `retryAt` and `quotas`. */
export class RateLimitError extends ApiError {
  static {
    define(RateLimitError, 'RateLimitError');
  }
}

/** 500, and every 5xx without a meaning of its own, such as 520 or 529: something broke on the server. */
export class InternalServerError extends ApiError {
  static {
    define(InternalServerError, 'InternalServerError');
  }
}

/** 503: the service is temporarily unavailable; see `retryAt`. */
export class ServiceUnavailableError extends ApiError {
  static {
    define(ServiceUnavailableError, 'ServiceUnavailableError');
  }

  declare readonly status: 503;
}
