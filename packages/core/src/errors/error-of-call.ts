import type { Call } from '../kernel/call.ts';
import type { ResilienceError, ResilienceErrorInit } from './resilience-error.ts';

/**
 * The same failure for another call: an error names one call, its history and its time, and calls that shared a request
 * each need their own. Every class has members of the same names as its constructor's options.
 *
 * @param message A new message, where more is known by now.
 */
export function errorOfCall(error: ResilienceError, call: Call, message: string = error.message): ResilienceError {
  const { cause, applied, retryAt } = error;
  const type = error.constructor as new (init: ResilienceErrorInit) => ResilienceError;
  return new type({ ...error, call, message, cause, applied, retryAt });
}
