import { aboutRequest } from '../errors/about-request.ts';
import { NetworkError } from '../errors/network-error.ts';
import { isResilienceError, type ResilienceError } from '../errors/resilience-error.ts';
import { IdleTimeoutError } from '../errors/timeout-errors.ts';
import type { Call } from '../kernel/call.ts';
import { networkFailure } from '../platform/network.ts';

/** How long Node's own fetch waits for headers, and for the next bytes of a body, in milliseconds. */
export const platformLimitMs = 300_000;

/**
 * The error for a body that broke after its headers. Node's fetch gives up after 300 s without a byte; to the caller
 * that is an idle timeout like the client's own, and not a network failure.
 */
export function cutShort(error: unknown, call: Call): ResilienceError {
  if (isResilienceError(error)) return error;
  const { reason } = networkFailure(error);
  if (reason === 'UND_ERR_BODY_TIMEOUT') return idleTimeoutError(call, platformLimitMs, { cause: error });
  return new NetworkError({
    call,
    message: aboutRequest(
      call,
      (request) => `${request} was cut short while its body was read${reason === undefined ? '' : `: ${reason}`}`,
    ),
    cause: error,
    applied: 'yes',
    neverSent: false,
    reason,
  });
}

/**
 * The error for a body of which no byte came for the idle timeout while a reader waited.
 *
 * @param what The words for what did not arrive. @defaultValue 'nothing more'
 */
export function idleTimeoutError(
  call: Call,
  limitMs: number,
  { cause, what = 'nothing more' }: { readonly cause?: unknown; readonly what?: string } = {},
): IdleTimeoutError {
  return new IdleTimeoutError({
    call,
    limitMs,
    message: aboutRequest(call, (request) => `${request} sent ${what} for ${limitMs} ms while its body was read`),
    applied: 'yes',
    cause,
  });
}
