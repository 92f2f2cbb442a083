import type { Clock } from '@holdfast/core';
import { bottleneckSlots } from './fast-bottleneck.ts';
import type { Slots } from './slot-stock.ts';

export function createSlots(size: number, _clock: Clock): Slots {
  return bottleneckSlots(size);
}

/** Called when a limit is set: then a page loads Bottleneck. */
export function prepareSlots(_clock: Clock): void {}
