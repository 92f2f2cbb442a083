// Runs one case in its own process. Arguments give the name and the parts of the case. With `--expose-gc`, it reports
// what is kept after each collection; without, what the process takes from the machine.

import { type CaseParts, cases } from './cases.ts';

const [name = '', parts = '{}'] = process.argv.slice(2);
const collect = (globalThis as { readonly gc?: () => void }).gc;

/** Bytes in use on and off the heap, or bytes that the process holds. */
function bytes(): number {
  if (collect === undefined) return process.memoryUsage.rss();
  // The memory of collected buffers is freed in the background, at the latest by the next collection.
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

/** A collection takes long on a busy machine; most of the time must remain for the case. */
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
