import type { Outcome } from '@holdfast/core';
import { classify } from '@holdfast/core/internal';

/** What an attempt shows about the server. `none`: it shows nothing, such as one that its caller aborted. */
export type Sign = 'good' | 'distress' | 'none';

/**
 * What an outcome shows about the server. A 429 is about a quota, a 4xx about the request, an abort about the caller.
 */
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
  /** Another server has answered, to which this one has redirected. */
  readonly isOfAnother?: boolean;
  /** It was no first attempt. */
  readonly isRetry?: boolean;
  /** When its headers came, where the attempt went on after them. @defaultValue when it ended */
  readonly cameAt?: number | undefined;
}
