/** However long a server asks to be left alone, a probe is sent once an hour. */
const longestAskedMs = 3_600_000;

/** How long a circuit opens: twice as long each time that a probe fails, within bounds, and not in step with others. */
export function grownOpenMs(
  { openMs, maxOpenMs }: { readonly openMs: number; readonly maxOpenMs: number },
  openings: number,
  random: () => number,
): number {
  return Math.min(openMs * 2 ** openings, maxOpenMs) * (0.8 + 0.2 * random());
}

/** Never sooner than asked, and a little later, so that clients that got the same time do not all come back at once. */
export function spreadMs(askedMs: number, random: () => number): number {
  const ms = Math.min(askedMs, longestAskedMs);
  return ms + random() * Math.min(ms * 0.1, 500);
}
