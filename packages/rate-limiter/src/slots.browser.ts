import { type Clock, onDemand } from '@holdfast/core';
import type { Slots } from './slots.ts';

/**
 * Most pages set no limit, and Bottleneck is the largest part of the limiter: a page loads it where there is a limit to
 * keep. Whoever comes before it is there waits in the queue, as for any permit.
 */
const bottleneck = onDemand('Bottleneck', () => import('./fast-bottleneck.ts'));

export function createSlots(size: number, clock: Clock): Slots {
  let slots: Slots | undefined;
  return {
    async schedule(options, job) {
      const { fastBottleneck } = bottleneck.loaded ?? (await bottleneck.load(clock));
      slots ??= fastBottleneck(size);
      return slots.schedule(options, job);
    },
  };
}

/** Limits are coming: it is on its way before the first call asks for a permit. */
export function prepareSlots(clock: Clock): void {
  bottleneck.load(clock).catch(ignore);
}

/** Whoever asks for a permit tries again, and hears of it then. */
function ignore(): void {}
