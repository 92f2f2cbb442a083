import type { Clock } from '@holdfast/core';
import { bottleneckSlots } from './fast-bottleneck.ts';
import type { Slots } from './slot-stock.ts';

export function createSlots(size: number, _clock: Clock): Slots {
  return bottleneckSlots(size);
}

/** Limits are coming; in a page this is when Bottleneck is loaded. */
export function prepareSlots(_clock: Clock): void {}
