import type { Decision } from '@holdfast/core';
import { giveUpOn, markFinal } from '@holdfast/core/internal';

/** How an SDK that retries by itself numbers its attempts. OpenAI's, Anthropic's and their kin do, from 0 on. */
const retryCountHeader = 'x-stainless-retry-count';
/** And what it believes about the next one. */
const shouldRetryHeader = 'x-should-retry';

/** How often an SDK above has sent this call already; `NaN` where it does not say. */
export function sdkRetries(request: Request): number {
  return Number(request.headers.get(retryCountHeader) ?? Number.NaN);
}

/**
 * Says that an error status is the client's last word, so that retries do not multiply: to a client around this one, and
 * to an SDK above. The SDK sends its count with retries on and off alike; so the client retries as it always does, and
 * where it may not try again, the SDK is told not to, in the header that it looks for.
 */
export function sayFinal(
  response: Response,
  decision: Decision | undefined,
  request: Request,
  input: string | URL | Request,
): void {
  markFinal(response);
  if (input instanceof Request) giveUpOn(input);
  const isSpent = decision?.because === 'limitReached' || decision?.because === 'budgetExhausted';
  if (!isSpent || Number.isNaN(sdkRetries(request)) || response.headers.has(shouldRetryHeader)) return;
  const headers = new Headers(response.headers);
  headers.set(shouldRetryHeader, 'false');
  // The very Response of the platform, whose own headers can't be changed.
  Reflect.defineProperty(response, 'headers', { value: headers, configurable: true, enumerable: true });
}
