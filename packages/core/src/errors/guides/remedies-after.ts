import type { Because, Decision } from '../../kernel/decision.ts';

/** What Holdfast did in place of another attempt, and the option that changes it. */
const remedies: Readonly<Partial<Record<Because, readonly string[]>>> = {
  budgetExhausted: [
    'Holdfast did not send it again, since the retries of other calls to this origin failed too: the server seems overloaded',
    '`retryBudget: {ratio, minPerSecond}` allows more retries, and `retryBudget: false` removes the limit',
  ],
  limitReached: ['Holdfast made all allowed attempts; `retry: {limit}`, or a `limit` in `policies`, allows more'],
  notReplayable: [
    'Holdfast did not send it again, since that may be unsafe (`error.decision.reason` has the details)',
    'Pass `idempotencyKeys: true`, if the API supports them, so that POST and PATCH are safe to send again',
  ],
  retryAfterTooLong: [
    'Holdfast did not wait that long: a larger `maxRetryAfter` allows it, and `error.retryAt` says when to try again',
  ],
  deadline: ['No time was left for another attempt; `totalTimeout` sets how long a call may take'],
  serverSaysNo: [
    'The server said that another attempt will not help; only your own `policies` or `rules` override that',
  ],
};

/** Remedies for a call that a guard has ended; none where the policy alone has ended it. */
export function remediesAfter(decision: Decision): readonly string[] {
  return remedies[decision.because] ?? [];
}
