import { paint } from '../quickstart/paint.ts';
import type { Job } from './jobs.ts';
import type { Served } from './model.ts';
import { minute } from './rolling-minute.ts';

/** The width of one column of the timeline, in milliseconds. */
const column = 2_500;

/** Draws when each job waited (·), was at the model (█) and was refused (×), and what each minute served. */
export function printTimeline(
  served: readonly Served[],
  jobs: readonly Job[],
  quotas: { readonly requests: number; readonly tokens: number },
): void {
  const minutes = Math.ceil(Math.max(...served.map(({ to }) => to)) / minute);
  const starts = Array.from({ length: minutes }, (_, index) => `${index}:00`.padEnd(minute / column));
  console.log(`${' '.repeat(8)}${starts.join('')}`);
  for (const { name } of jobs) {
    const row = rowOf(served.filter((one) => one.name === name));
    console.log(`${name.padEnd(8)}${row}`);
  }
  console.log();
  for (let index = 0; index < minutes; index++) {
    const own = served.filter(({ from }) => Math.floor(from / minute) === index);
    const tokens = own.reduce((sum, one) => sum + one.tokens, 0);
    console.log(
      `minute ${index + 1}: ${own.length} of ${quotas.requests} requests, ${tokens} of ${quotas.tokens} tokens`,
    );
  }
  console.log();
}

function rowOf(attempts: readonly Served[]): string {
  let row = '';
  let columns = 0;
  for (const { status, from, to } of attempts) {
    const waits = Math.max(0, Math.floor(from / column) - columns);
    const works = Math.max(1, Math.ceil(to / column) - Math.floor(from / column));
    row += paint('dim', '·'.repeat(waits));
    row += status === 200 ? paint('green', '█'.repeat(works)) : paint('red', '×');
    columns += waits + works;
  }
  return row;
}
