/** What the client does next. */
export type Action = 'accept' | 'retry' | 'refreshCredentials' | 'fail' | 'fallback';

/** Why it does so. */
export type Because =
  | 'policy'
  | 'limitReached'
  | 'notReplayable'
  | 'retryAfterTooLong'
  | 'deadline'
  | 'budgetExhausted'
  | 'alreadyRefreshed'
  | 'insufficientScope'
  | 'noCredentials'
  | 'serverSaysNo'
  | 'quotaSpent'
  | 'cancelled';

/**
 * Did the server act on the request? `no`: a refused connection, DNS, 421, 425, 429, 503, 529 or 530 with `Retry-After`
 * or a similar header, and every other 4xx (except 408), 501 and 505. `unknown`: a reset, a timeout, 408, 500, 502,
 * 504, any other 503, any other 5xx. `yes`: an answer below 400.
 */
export type Applied = 'no' | 'unknown' | 'yes';

/** What the policy engine decides for one outcome. */
export interface Decision {
  readonly action: Action;
  readonly because: Because;
  /** One sentence for a person: `429 → retry 2 of 5 in 1200 ms (Retry-After)`. */
  readonly reason: string;
  /** What decided: `policies[429]`, `policies['5xx']`, `rules[0] (quota)`, `retry`, `hooks`, `dialect (stripe)`, `default`. */
  readonly rule: string;
  readonly applied: Applied;
  /** The wait before the next attempt, in milliseconds. */
  readonly delayMs?: number;
  /** The wait that the server asked for, in milliseconds, whether or not the client waits for it. */
  readonly retryAfterMs?: number;
}
