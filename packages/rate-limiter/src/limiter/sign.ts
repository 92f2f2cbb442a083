import type { Outcome } from '@holdfast/core';
import { classify } from '@holdfast/core/internal';

/** What an attempt shows about the server. `none`: nothing, such as an attempt that its caller aborted. */
export type Sign = 'good' | 'distress' | 'none';

/**
 * What an outcome shows about the server. A 429 is about a quota, any other 4xx about the request, an abort about the
 * caller.
 */
export function signOf(outcome: Outcome): Sign {
  // True if the time for the whole call is up, and the server has not answered.
  if (outcome.kind === 'error' && outcome.code === 'DEADLINE_EXCEEDED') return 'distress';
  const verdict = classify(outcome);
  if (verdict === 'success') return 'good';
  if (outcome.kind === 'response' && outcome.status < 500) return outcome.status === 429 ? 'none' : 'good';
  return verdict === 'transient' ? 'distress' : 'none';
}

/** Further facts of a call that has ended. */
export interface Traits {
  /**
   * True after a pause that the server asked for, while more and more calls go: then slowness starts the limit, too.
   */
  readonly isResuming?: boolean;
  /** True if another server has answered, to which this one has redirected. */
  readonly isOfAnother?: boolean;
  /** True for a retry. */
  readonly isRetry?: boolean;
  /** When its headers arrived, if the attempt continued after them. @defaultValue when it ended */
  readonly cameAt?: number | undefined;
}
