import type { Clock } from '@holdfast/core';
import { bottleneckSlots } from './fast-bottleneck.ts';

/** A stock of permits, which never gives out more than it has. */
export interface Slots {
  /** Resolves when so many permits are taken; rejects where that is not possible at all. */
  take(permits: number): Promise<void>;
  giveBack(permits: number): Promise<void>;
}

export function createSlots(size: number, _clock: Clock): Slots {
  return bottleneckSlots(size);
}

/** Limits are coming; in a page this is when Bottleneck is loaded. */
export function prepareSlots(_clock: Clock): void {}
