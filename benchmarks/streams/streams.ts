import { fork } from 'node:child_process';
import { join } from 'node:path';
import { machineFacts } from '../lib/machine-facts.ts';
import { table, writeText } from '../lib/write.ts';

/** µs of CPU per event in each round: by events per write, and by how they are read. */
export type StreamFigures = Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;

const bare = 'eventsource-parser over fetch, its callback';
const loop = 'eventsource-parser over fetch, the cheapest loop';

export async function measureStreams(isQuick: boolean): Promise<StreamFigures> {
  const server = fork(join(import.meta.dirname, '../memory/server.ts'));
  try {
    const { port } = await new Promise<{ port: number }>((resolve) => server.once('message', resolve as () => void));
    const args = [`http://127.0.0.1:${port}/`, isQuick ? '5' : '15', isQuick ? '20000' : '50000'];
    const worker = fork(join(import.meta.dirname, 'worker.ts'), args);
    return await new Promise<StreamFigures>((resolve, reject) => {
      worker.once('message', resolve as () => void);
      worker.once('exit', (code) => reject(new Error(`bench: the reader of streams ended with ${code}`)));
    });
  } finally {
    server.kill();
  }
}

export function describeStreams(figures: StreamFigures): string {
  const rows = Object.entries(figures).flatMap(([perWrite, ways]) =>
    Object.entries(ways).map(([name, times]) => [
      perWrite,
      name,
      least(times).toFixed(2),
      ...[loop, bare].map((other) => `${(least(times) / least(ways[other] ?? [])).toFixed(2)}×`),
    ]),
  );
  const head = ['events per write', '', 'CPU µs per event', '÷ the cheapest loop', '÷ the callback'];
  return `# Overhead of streams

Measured ${machineFacts()}. Rewritten by \`npm run bench -- streams --write\`.

A server in another process writes events of some 150 bytes over loopback, one or a hundred at a time; each round reads the
same events in each way, and the best round counts, since nothing else disturbs it.

What is compared: \`client.events()\` is a \`for await\` loop with limits of time, retries and resumption. The fair measure is
the same loop around the bare parser, in its cheapest form: an iterator written by hand, which parses a chunk when its
events are used up, and does nothing else. The callback only counts what it is told. No \`for await\` comes near it where a
chunk holds many events, since the loop itself, its promise and its turn of the queue for each event, costs as much as the
parser.

${table(head, rows)}
`;
}

export function writeStreams(figures: StreamFigures): void {
  writeText('benchmarks/results/streams.md', describeStreams(figures));
}

function least(times: readonly number[]): number {
  return Math.min(...times);
}
