import type { Clock } from '@holdfast/core';
import { fastBottleneck } from './fast-bottleneck.ts';

/** So many jobs may run at once, by their weight. */
export interface Slots {
  /** Starts the job when there is room for it; rejects where it can't be started at all. */
  schedule(options: { readonly weight: number }, job: () => Promise<void>): Promise<void>;
}

export function createSlots(size: number, _clock: Clock): Slots {
  return fastBottleneck(size);
}

/** Limits are coming; in a page this is when Bottleneck is loaded. */
export function prepareSlots(_clock: Clock): void {}
