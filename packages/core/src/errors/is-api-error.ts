import type { ApiError } from './api-error.ts';
import { resilienceErrorOf } from './resilience-error.ts';

/** Is it an {@link ApiError} or one of its classes? Works across copies of the package, and throws for nothing. */
export function isApiError(error: unknown): error is ApiError {
  try {
    const typed = resilienceErrorOf(error);
    return typed !== undefined && typed === error && typed.code === 'API_ERROR';
  } catch {
    return false;
  }
}
