import type { Clock } from '@holdfast/core';
import { ConcurrencyLimit } from './concurrency-limit.ts';
import type { Limit, LimitEvents, LimitSpec } from './limit.ts';
import { WindowLimit } from './window-limit.ts';

/** The limit of a specification. */
export function createLimit({ size, perMs }: LimitSpec, clock: Clock, events: LimitEvents): Limit {
  return perMs === undefined ? new ConcurrencyLimit(size, clock, events) : new WindowLimit(size, perMs, clock, events);
}
