/** Even if a server asks for a longer wait, a probe is sent once an hour. */
const longestAskedMs = 3_600_000;

/**
 * How long a circuit stays open: twice as long each time that a probe fails, within bounds, and randomised, so that
 * clients do not probe at the same time.
 */
export function grownOpenMs(
  { openMs, maxOpenMs }: { readonly openMs: number; readonly maxOpenMs: number },
  openings: number,
  random: () => number,
): number {
  return Math.min(openMs * 2 ** openings, maxOpenMs) * (0.8 + 0.2 * random());
}

/** Never sooner than asked, and a little later, so that clients with the same time do not all return at once. */
export function spreadMs(askedMs: number, random: () => number): number {
  const ms = Math.min(askedMs, longestAskedMs);
  return ms + random() * Math.min(ms * 0.1, 500);
}
