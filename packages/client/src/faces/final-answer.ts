import type { Decision } from '@holdfast/core';
import { giveUpOn, isRequest, markFinal } from '@holdfast/core/internal';

/**
 * The header in which an SDK that retries by itself numbers its attempts, from 0 on, as those of OpenAI and Anthropic
 * do.
 */
const retryCountHeader = 'x-stainless-retry-count';
/** The header in which such an SDK reads whether to retry. */
const shouldRetryHeader = 'x-should-retry';

/** How often an SDK above has sent this call already; `NaN` if it does not say. */
export function sdkRetries(request: Request): number {
  return Number(request.headers.get(retryCountHeader) ?? Number.NaN);
}

/**
 * Marks an error status as the client's final answer, so that retries do not multiply: for a client around this one,
 * and for an SDK above. The SDK sends its count whether its retries are on or off, so the client retries as usual; when
 * the client has given up, it says so in the header that the SDK reads.
 */
export function sayFinal(
  response: Response,
  decision: Decision | undefined,
  request: Request,
  input: string | URL | Request,
): void {
  markFinal(response);
  if (isRequest(input)) giveUpOn(input);
  const isSpent = decision?.because === 'limitReached' || decision?.because === 'budgetExhausted';
  // If the SDK has retried already (from 1 on), the client adds no retry of its own, and the SDK decides how often to
  // send.
  if (!isSpent || sdkRetries(request) !== 0 || response.headers.has(shouldRetryHeader)) return;
  const headers = new Headers(response.headers);
  headers.set(shouldRetryHeader, 'false');
  // The original Response of the platform, whose headers can't be changed.
  Reflect.defineProperty(response, 'headers', { value: headers, configurable: true, enumerable: true });
}
