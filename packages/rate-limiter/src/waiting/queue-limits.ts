import type { Clock } from '@holdfast/core';

/** A queue's limits, and its name in errors. */
export interface QueueLimits {
  readonly key: string;
  readonly shownKey: string;
  readonly clock: Clock;
  readonly maxQueue: number;
  readonly maxQueueMs: number;
  /** Returns how many calls wait. */
  queued(): number;
}

/** @param shown Returns the name of the queue: few queues are ever named. */
export function queueLimits(shown: () => string, limits: Omit<QueueLimits, 'shownKey'>): QueueLimits {
  return {
    ...limits,
    get shownKey() {
      return shown();
    },
  };
}
