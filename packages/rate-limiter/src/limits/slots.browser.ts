import type { Clock } from '@holdfast/core';
import { ignore, onDemand } from '@holdfast/core/internal';
import type { Slots } from './slot-stock.ts';

/**
 * Most pages set no limit, and Bottleneck is the largest part of the limiter: a page loads it if a limit is set. A call
 * that needs one of its permits before it is loaded waits in the queue, as for any permit.
 */
const bottleneck = onDemand('Bottleneck', () => import('./fast-bottleneck.ts'));

export function createSlots(size: number, clock: Clock): Slots {
  let slots: Slots | undefined;
  const loaded = async (): Promise<Slots> => {
    const { bottleneckSlots } = bottleneck.loaded ?? (await bottleneck.load(clock));
    slots ??= bottleneckSlots(size);
    return slots;
  };
  return {
    take: async (permits) => (await loaded()).take(permits),
    giveBack: async (permits) => (await loaded()).giveBack(permits),
  };
}

/** A limit was set, so Bottleneck is loaded before the first call asks for a permit. */
export function prepareSlots(clock: Clock): void {
  // The next request for a permit tries again, and reports a failure.
  bottleneck.load(clock).catch(ignore);
}
