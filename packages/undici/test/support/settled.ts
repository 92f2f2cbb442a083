/** Waits until a figure has not changed for several turns of the event loop. */
export async function settled(figure: () => number): Promise<number> {
  let last = -1;
  for (let still = 0; still < 200; ) {
    await new Promise((resolve) => setImmediate(resolve));
    const now = figure();
    still = now === last ? still + 1 : 0;
    last = now;
  }
  return last;
}
