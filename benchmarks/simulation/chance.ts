/**
 * Reproducible randomness: one stream of numbers in [0, 1) for each seed and name. So the arrivals of a scenario do not
 * depend on how many numbers the clients and the server draw.
 *
 * @see The algorithm is known as splitmix32: a counter whose bits are mixed.
 */
export function chance(seed: number, name: string): () => number {
  let state = seed >>> 0;
  for (const letter of name) state = Math.imul(state ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** A time from the exponential distribution with this mean, as between independent arrivals. */
export function exponential(meanMs: number, random: () => number): number {
  return -Math.log(1 - random()) * meanMs;
}
