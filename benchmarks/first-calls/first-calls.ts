import { machineFacts } from '../lib/machine-facts.ts';
import { median } from '../lib/median.ts';
import { table, writeBlock, writeText } from '../lib/write.ts';
import type { Round } from '../overhead/worker.ts';
import { startServer, startWorker } from '../overhead/workers.ts';

/**
 * Measures what the first calls of a process cost. Most processes end before the compiler has optimised anything, so
 * users feel the first hundred and the first two thousand calls, not the average of forty thousand.
 */

const names = ['fetch', 'ky', 'Holdfast', 'Holdfast, client.fetch'] as const;
const calls = ['get', 'post'] as const;
const steps = [100, 2_000] as const;

/** µs of CPU per call, by name, such as `stub get Holdfast 100`. */
export type FirstCalls = Readonly<Record<string, number>>;

/** Runs the contenders in turn, each in its own process. The result is the median of all rounds. */
export async function measureFirstCalls(rounds: number): Promise<FirstCalls> {
  const server = await startServer();
  const taken = new Map<string, number[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [way, url] of Object.entries({ stub: undefined, loopback: server.url })) {
      for (const call of calls) for (const name of names) await measureOne({ way, url, call, name }, taken);
    }
  }
  server.end();
  return Object.fromEntries([...taken].map(([key, values]) => [key, median(values)]));
}

interface One {
  readonly way: string;
  readonly url: string | undefined;
  readonly call: string;
  readonly name: string;
}

async function measureOne({ way, url, call, name }: One, taken: Map<string, number[]>): Promise<void> {
  const worker = startWorker();
  await worker.ask({ do: 'open', name, url });
  let done = 0;
  let cpuUs = 0;
  for (const step of steps) {
    const count = step - done;
    const round = await worker.ask<Round>({ do: 'time', call, calls: count, concurrency: 1 });
    cpuUs += round.cpuUs * count;
    done = step;
    const key = `${way} ${call} ${name} ${step}`;
    taken.set(key, [...(taken.get(key) ?? []), cpuUs / step]);
  }
  worker.end();
}

export function describeFirstCalls(results: FirstCalls): string {
  const rows = ['loopback', 'stub'].flatMap((way) =>
    calls.flatMap((call) =>
      steps.map((step) => {
        const of = (name: string): number => results[`${way} ${call} ${name} ${step}`] ?? Number.NaN;
        const share = (name: string): string => (of(name) / of('ky')).toFixed(2);
        const figures = [`${of('ky').toFixed(0)} µs`, ...['fetch', 'Holdfast', 'Holdfast, client.fetch'].map(share)];
        return [`${call === 'get' ? 'GET' : 'POST 1 KiB'}, ${way}`, `first ${step.toLocaleString('en')}`, ...figures];
      }),
    ),
  );
  return table(['', 'calls', 'ky', 'fetch ÷ ky', '`client.get()`, `.post()` ÷ ky', '`client.fetch` ÷ ky'], rows);
}

export function writeFirstCalls(results: FirstCalls): void {
  const text = describeFirstCalls(results);
  writeBlock('docs/performance.md', 'first-calls', text);
  const note = `Measured ${machineFacts()}. Rewritten by \`npm run bench -- first-calls --write\`.`;
  writeText('benchmarks/results/first-calls.md', `# The first calls of a process\n\n${note}\n\n${text}\n`);
}
