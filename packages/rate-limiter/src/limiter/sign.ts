import type { Outcome } from '@holdfast/core';
import { classify } from '@holdfast/core/internal';

/** What an attempt told of the server. `none`: it told nothing, such as one that its caller gave up. */
export type Sign = 'good' | 'distress' | 'none';

/** What an outcome tells of how the server feels. 429 tells of a quota, 4xx of the request, an abort of the caller. */
export function signOf(outcome: Outcome): Sign {
  // The time for the whole call is up, and the server has not answered.
  if (outcome.kind === 'error' && outcome.code === 'DEADLINE_EXCEEDED') return 'distress';
  const verdict = classify(outcome);
  if (verdict === 'success') return 'good';
  if (outcome.kind === 'response' && outcome.status < 500) return outcome.status === 429 ? 'none' : 'good';
  return verdict === 'transient' ? 'distress' : 'none';
}

/** What else is to be known of a call that has ended. */
export interface Traits {
  /** After a pause that the server asked for, more and more go: then slowness begins it, too. */
  readonly isResuming?: boolean;
  /** It was no first attempt. */
  readonly isRetry?: boolean;
  /** When its headers came, where the attempt went on after them. @defaultValue when it ended */
  readonly cameAt?: number | undefined;
}
