import type { ApiError } from './api-error.ts';
import { isResilienceError } from './resilience-error.ts';

/** Is it an {@link ApiError} or one of its classes? Works across copies of the package, and throws for nothing. */
export function isApiError(error: unknown): error is ApiError {
  try {
    return isResilienceError(error) && error.code === 'API_ERROR';
  } catch {
    return false;
  }
}
