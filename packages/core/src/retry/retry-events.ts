import type { Decision } from '../kernel/decision.ts';
import type { FailedBy } from '../kernel/events.ts';

/** The events of the retry ring. */
export interface RetryEvents {
  'retry.scheduled': FailedBy & { readonly attempt: number; readonly delayMs: number; readonly decision: Decision };
  /**
   * The budget has no token for the retry, which waits for the outcome of the retries under way. `waiting` counts all
   * waiting calls.
   */
  'retry.waiting': FailedBy & { readonly attempt: number; readonly decision: Decision; readonly waiting: number };
  'retry.denied': FailedBy & { readonly attempt: number; readonly decision: Decision };
}
