// One case in a process of its own: its name and parts come as arguments. With `--expose-gc` it tells what is kept after
// each collection, without it what the process takes from the machine.

import { type CaseParts, cases } from './cases.ts';

const [name = '', parts = '{}'] = process.argv.slice(2);
const collect = (globalThis as { readonly gc?: () => void }).gc;

/** Bytes on and off the heap that are in use, or that the process holds. */
function bytes(): number {
  if (collect === undefined) return process.memoryUsage.rss();
  // The memory of buffers that a collection frees is given back in the background, and by the next collection at the latest.
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const measured = cases[name];
if (measured === undefined) throw new Error(`no case is called ${name}`);
const before = bytes();
let most = before;
let timer: NodeJS.Timeout | undefined;

/** A collection takes long on a busy machine: most of the time is for the case. */
function sample(): void {
  const startedAt = performance.now();
  most = Math.max(most, bytes());
  timer = setTimeout(sample, Math.max(50, 5 * (performance.now() - startedAt)));
}

sample();
const result = await measured(JSON.parse(parts) as CaseParts);
most = Math.max(most, bytes());
clearTimeout(timer);
process.send?.({ result, bytes: Math.max(0, most - before) });
process.disconnect?.();
process.exit();
