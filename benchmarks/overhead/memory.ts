import { median } from '../lib/median.ts';
import { contenders } from './contenders.ts';
import { startWorker } from './workers.ts';

/** Bytes per call. */
export interface Memory {
  readonly allocated: number;
  /** Memory that is still in use after the call has ended and the garbage is collected. */
  readonly retained: number;
}

/** A young generation that is large enough for a whole round without a collection. */
const flags = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256'];

/** Measures the contenders that can use a stub, because the memory of sockets is not the library's. */
export async function measureMemory(rounds: number): Promise<Record<string, Memory>> {
  const results: Record<string, Memory> = {};
  for (const { name, usesFetch } of contenders) {
    if (!usesFetch) continue;
    const worker = startWorker(flags);
    await worker.ask({ do: 'open', name, url: undefined });
    // Warms up first: code that is compiled later would count as retained.
    await worker.ask({ do: 'retain', call: 'get', calls: manyCalls(name), concurrency: 50 });
    const allocated: number[] = [];
    const retained: number[] = [];
    for (let round = 0; round < rounds; round++) {
      allocated.push(await worker.ask<number>({ do: 'allocate', call: 'get', calls: 200 }));
      retained.push(
        await worker.ask<number>({ do: 'retain', call: 'get', calls: manyCalls(name) / 2, concurrency: 50 }),
      );
    }
    results[name] = { allocated: median(allocated), retained: median(retained) };
    worker.end();
  }
  return results;
}

/** The stack with unmodified Bottleneck takes milliseconds for each call. */
function manyCalls(name: string): number {
  return name.includes('Bottleneck') ? 3_000 : 40_000;
}
