import type { Call } from '../kernel/call.ts';
import type { ResilienceError, ResilienceErrorInit } from './resilience-error.ts';

/**
 * The same failure for another call: an error names one call, its history and its time, and calls that shared a request
 * each need their own. Every class keeps what it was made from under the same names.
 *
 * @param message Another one, where there is more to say by now.
 */
export function errorOfCall(error: ResilienceError, call: Call, message: string = error.message): ResilienceError {
  const { cause, applied, retryAt } = error;
  const type = error.constructor as new (init: ResilienceErrorInit) => ResilienceError;
  return new type({ ...error, call, message, cause, applied, retryAt });
}
