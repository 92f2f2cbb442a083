import { integerAtLeast, numberBetween, optionsObject } from '@holdfast/core/internal';
import { type Answer, tooManyRequests } from './answers.ts';
import { checkOptions, type MockHandler, type MockOptions, mockHandler, type Target } from './mock-handler.ts';

export interface RateWindowOptions extends MockOptions {
  /** At most this many requests … */
  readonly requests: number;
  /** … in any window of this many milliseconds. */
  readonly perMs: number;
}

/** An answer: 429, with the time to wait, if any. */
export function rateLimited(options?: { readonly retryAfterMs?: number }): Answer;
/**
 * A handler: a real limit, by a sliding window. Requests beyond it get 429 with `Retry-After`, `RateLimit` and
 * `RateLimit-Policy`; all others are answered by `answer`, or the next handler. A refused request does not count.
 */
export function rateLimited(url: Target, options: RateWindowOptions): MockHandler;
export function rateLimited(
  first: Target | { readonly retryAfterMs?: number } = {},
  options?: RateWindowOptions,
): Answer | MockHandler {
  if (typeof first === 'string' || first instanceof RegExp) return rateWindow(first, options as RateWindowOptions);
  optionsObject(first, 'rateLimited', ['retryAfterMs']);
  const { retryAfterMs } = first;
  if (retryAfterMs !== undefined) {
    numberBetween(retryAfterMs, 0, Number.MAX_SAFE_INTEGER, 'rateLimited: retryAfterMs', 'milliseconds');
  }
  return tooManyRequests(retryAfterMs);
}

function rateWindow(url: Target, options: RateWindowOptions): MockHandler {
  const where = 'rateLimited';
  checkOptions(where, options, ['requests', 'perMs']);
  const { requests, perMs } = options;
  integerAtLeast(requests, 1, `${where}: requests`);
  numberBetween(perMs, 1, Number.MAX_SAFE_INTEGER, `${where}: perMs`, 'milliseconds');
  /** When each request of the window arrived. */
  let taken: number[] = [];
  return mockHandler(
    where,
    url,
    options,
    (_number, _request, { clock }) => {
      const now = clock.now();
      taken = taken.filter((at) => now - at < perMs);
      if (taken.length < requests) {
        taken.push(now);
        return undefined;
      }
      const waitMs = Math.ceil((taken[0] ?? now) + perMs - now);
      return tooManyRequests(waitMs, {
        'ratelimit-policy': `"default";q=${requests};w=${Math.ceil(perMs / 1000)}`,
        ratelimit: `"default";r=0;t=${Math.ceil(waitMs / 1000)}`,
      });
    },
    () => {
      taken = [];
    },
  );
}
