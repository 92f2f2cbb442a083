import { milliseconds } from '@holdfast/core/internal';
import type { ResolvedOptions } from '../options/options.ts';

/** Opens and closes circuits by hand. */
export interface CircuitsByHand {
  /**
   * Opens a circuit for this many milliseconds; without a time, for `openMs`, or for the rest of its open time if that
   * is longer. After that a probe is sent, as usual.
   *
   * @throws TypeError or RangeError for a key that no request can have, and for an invalid time.
   */
  open(key: string, forMs?: number): void;
  /** Closes a circuit, whatever its window contains. */
  close(key: string): void;
  /** Closes all circuits, and forgets their outcomes. */
  reset(): void;
}

/** Checks what a person gives, before the circuits get it. */
export function byHand(circuits: CircuitsByHand, { keyByHand }: ResolvedOptions): CircuitsByHand {
  return {
    open(key, forMs) {
      const known = keyByHand(key, 'circuits.open: key');
      if (forMs !== undefined) milliseconds(1)(forMs, 'circuits.open: forMs');
      circuits.open(known, forMs);
    },
    close: (key) => circuits.close(keyByHand(key, 'circuits.close: key')),
    reset: () => circuits.reset(),
  };
}
