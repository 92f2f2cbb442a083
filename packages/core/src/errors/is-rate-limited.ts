import type { ApiError } from './api-error.ts';
import { isApiError } from './is-api-error.ts';

/**
 * True if an error is a rate limit, whatever its status: a 429, but also a 403 or a 400 by which an API says so. A
 * quota that is used up for a day or more is not a rate limit (`quotaSpent`). Works across copies of the package, and
 * never throws.
 */
export function isRateLimited(error: unknown): error is ApiError {
  try {
    return isApiError(error) && error.kind === 'rateLimited';
  } catch {
    return false;
  }
}
