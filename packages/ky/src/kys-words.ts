import { isApiError, isResilienceError, resilienceErrorOf } from '@holdfast/core';
import {
  isHTTPError as isKyHTTPError,
  isTimeoutError as isKyTimeoutError,
  isKyError as isOfKy,
  HTTPError as KyHTTPError,
  TimeoutError as KyTimeoutError,
} from './kys-own.ts';

/**
 * ky's error classes and guards, which accept the typed errors as well: a `catch` that was written for ky still works
 * if the promise rejects with an `ApiError` in place of an `HTTPError`, and with a typed timeout in place of a
 * `TimeoutError`.
 */

/** ky's `HTTPError`. `error instanceof HTTPError` holds for an `ApiError`, too. */
export class HTTPError<T = unknown> extends KyHTTPError<T> {
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a class that extends this one has other instances
    return this === HTTPError ? isInstance(KyHTTPError, value) || isApiError(value) : isInstance(this, value);
  }
}

/** ky's `TimeoutError`. `error instanceof TimeoutError` holds for an attempt's timeout and the call's deadline, too. */
export class TimeoutError extends KyTimeoutError {
  static override [Symbol.hasInstance](value: unknown): boolean {
    const isTyped = isInstance(KyTimeoutError, value) || isTypedTimeout(value);
    // biome-ignore lint/complexity/noThisInStatic: a class that extends this one has other instances
    return this === TimeoutError ? isTyped : isInstance(this, value);
  }
}

/** ky's guard; true for an `ApiError`, too. */
export function isHTTPError<T = unknown>(error: unknown): error is KyHTTPError<T> {
  return isKyHTTPError(error) || isApiError(error);
}

/** ky's guard; true for an `AttemptTimeoutError` and a `DeadlineExceededError`, too. */
export function isTimeoutError(error: unknown): error is KyTimeoutError {
  return isKyTimeoutError(error) || isTypedTimeout(error);
}

/** ky's guard; true for the typed errors that stand for one of ky's: an error status, a timeout, a network failure. */
export function isKyError(error: unknown): boolean {
  return isOfKy(error) || isApiError(error) || isTypedTimeout(error);
}

const timeouts: ReadonlySet<string> = new Set(['ATTEMPT_TIMEOUT', 'DEADLINE_EXCEEDED']);

function isTypedTimeout(error: unknown): boolean {
  return isResilienceError(error) && resilienceErrorOf(error) === error && timeouts.has(error.code);
}

function isInstance(type: abstract new (...args: never[]) => unknown, value: unknown): boolean {
  return Function.prototype[Symbol.hasInstance].call(type, value);
}
