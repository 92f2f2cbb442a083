import { OptionError } from '@holdfast/core/internal';

/**
 * Reproducible random numbers: the same seed gives the same numbers in [0, 1).
 *
 * @throws TypeError for a seed that is not a finite number.
 * @see mulberry32, a generator of 32 bits by Tommy Ettinger
 */
export function seeded(seed: number, path = 'seed'): () => number {
  if (!Number.isFinite(seed)) throw new OptionError(path, seed, 'must be a finite number');
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
