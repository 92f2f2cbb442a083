import type { ApiError } from './api-error.ts';
import { resilienceErrorOf } from './resilience-error.ts';

/**
 * Is a value an {@link ApiError} or an instance of one of its subclasses? Works across copies of the package, and never
 * throws.
 */
export function isApiError(error: unknown): error is ApiError {
  try {
    const typed = resilienceErrorOf(error);
    return typed !== undefined && typed === error && typed.code === 'API_ERROR';
  } catch {
    return false;
  }
}
