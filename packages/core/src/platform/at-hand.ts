import type { OnDemand } from './on-demand.ts';

/** A part that a server has loaded from the start, where a page loads it on demand. */
export function atHand<T>(part: T): OnDemand<T> {
  return { loaded: part, load: () => Promise.resolve(part), loadWhenIdle: () => undefined };
}
