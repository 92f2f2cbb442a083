import { fork } from 'node:child_process';
import { join } from 'node:path';
import { machineFacts } from '../lib/machine-facts.ts';
import { table, writeBlock, writeText } from '../lib/write.ts';

/** µs of CPU per event in each round: by events per write, and by how they are read. */
export type StreamFigures = Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;

const bare = 'eventsource-parser over fetch, its callback';
const loop = 'eventsource-parser over fetch, the cheapest loop';
const ours = 'client.events()';
/** The longest allowed ratio of `client.events()` to the same loop around the bare parser. */
const mostOfLoop = 1.3;

export async function measureStreams(isQuick: boolean): Promise<StreamFigures> {
  const server = fork(join(import.meta.dirname, '../memory/server.ts'));
  try {
    const { port } = await new Promise<{ port: number }>((resolve) => server.once('message', resolve as () => void));
    const args = [`http://127.0.0.1:${port}/`, isQuick ? '5' : '31', isQuick ? '20000' : '50000'];
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
      median(times).toFixed(2),
      ...[loop, bare].map((other) => `${ratio(times, ways[other] ?? []).toFixed(2)}×`),
    ]),
  );
  const head = ['events per write', '', 'CPU µs per event', '÷ the cheapest loop', '÷ the callback'];
  return `# Overhead of streams

Measured ${machineFacts()}. Rewritten by \`npm run bench -- streams --write\`; it fails where \`client.events()\` takes more
than ${mostOfLoop} times the CPU of the cheapest loop.

A server in another process writes events of some 150 bytes over loopback, one or a hundred at a time. Each round reads the
same events in each way; a figure is the median over the rounds, a ratio the median of the ratios within a round.

There are two readings of "the bare parser". *The cheapest loop* is a \`for await\` loop, as one over \`client.events()\` is,
around an iterator written by hand, which parses a chunk when its events are used up, and does nothing else: no limit of
time, no retry, no resumption. *The callback* only counts the events that the parser reports to it. The loop's own row says
what a \`for await\` costs in any case: its promise and its turn of the queue for each event. Where a chunk holds many
events, these cost as much as the parser.

${table(head, rows)}
`;
}

/** The two readings side by side, for docs/performance.md. */
function summaryOf(figures: StreamFigures): string {
  const rows = Object.entries(figures).map(([perWrite, ways]) => {
    const [events = [], cheapest = [], callback = []] = [ours, loop, bare].map((name) => ways[name] ?? []);
    const ratios = [ratio(events, cheapest), ratio(events, callback), ratio(cheapest, callback)];
    return [perWrite, `${median(events).toFixed(2)} µs`, ...ratios.map((each) => each.toFixed(2))];
  });
  const head = ['events per write', '`client.events()`', '÷ cheapest loop', '÷ callback', 'cheapest loop ÷ callback'];
  return table(head, rows);
}

/** What is more than allowed. */
export function tooSlow(figures: StreamFigures): readonly string[] {
  return Object.entries(figures).flatMap(([perWrite, ways]) => {
    const most = ratio(ways[ours] ?? [], ways[loop] ?? []);
    return most > mostOfLoop ? [`${ours}, ${perWrite} per write: ${most.toFixed(2)}× the cheapest loop`] : [];
  });
}

export function writeStreams(figures: StreamFigures): void {
  writeText('benchmarks/results/streams.md', describeStreams(figures));
  writeBlock('docs/performance.md', 'streams', summaryOf(figures));
}

/** The median of the ratios of two ways in the same round. */
function ratio(times: readonly number[], others: readonly number[]): number {
  return median(times.map((time, round) => time / (others[round] ?? Number.NaN)));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
