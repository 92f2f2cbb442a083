const collect = (globalThis as unknown as { gc?: () => void }).gc;

/** What is on the heap when all that can go has gone, in bytes. Finalizers run in turns of their own. */
export async function heapAtRest(): Promise<number> {
  if (!collect) throw new Error('run with --expose-gc');
  for (let round = 0; round < 5; round++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}

/** One window of a soak. */
export interface Sample {
  readonly calls: number;
  readonly heap: number;
}

/** Bytes that each call leaves behind: the slope of the straight line that fits best. */
export function leftPerCall(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const calls = mean((sample) => sample.calls);
  const heap = mean((sample) => sample.heap);
  const above = samples.reduce((sum, one) => sum + (one.calls - calls) * (one.heap - heap), 0);
  const below = samples.reduce((sum, one) => sum + (one.calls - calls) ** 2, 0);
  return above / below;
}
