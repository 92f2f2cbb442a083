// One contender in its own process, because importing undici changes the platform's fetch, and because the garbage of one
// library, or the object shapes that its compiled code expects, should not slow down another one. Runs one round per
// message.

import { setImmediate as turn } from 'node:timers/promises';
import { contenders } from './contenders.ts';
import { rings } from './rings.ts';

/** An order to a worker. */
export type Order =
  | { readonly do: 'open'; readonly name: string; readonly url: string | undefined }
  | { readonly do: 'time'; readonly call: string; readonly calls: number; readonly concurrency: number }
  | { readonly do: 'allocate'; readonly call: string; readonly calls: number }
  | { readonly do: 'retain'; readonly call: string; readonly calls: number; readonly concurrency: number };

/** The result of a round. */
export interface Round {
  /** µs of CPU per call, of the whole process. */
  readonly cpuUs: number;
  /** µs per call between the first call and the last answer. */
  readonly wallUs: number;
}

let calls: Record<string, () => unknown> = {};

process.on('message', async (order: Order) => {
  try {
    process.send?.({ result: await obey(order) });
  } catch (error) {
    process.send?.({ error: error instanceof Error ? error.stack : String(error) });
  }
});
process.on('disconnect', () => process.exit());

async function obey(order: Order): Promise<unknown> {
  if (order.do === 'open') return open(order.name, order.url);
  const call = calls[order.call] as () => unknown;
  if (order.do === 'time') return time(call, order.calls, order.concurrency);
  if (order.do === 'allocate') return allocate(call, order.calls);
  return retain(call, order.calls, order.concurrency);
}

async function open(name: string, url: string | undefined): Promise<readonly string[]> {
  if (url === undefined) globalThis.fetch = async () => new Response(answer, init);
  if (name === 'rings') calls = rings();
  else calls = { ...(await contenders.find((one) => one.name === name)?.open(url ?? 'http://localhost/orders/42')) };
  return Object.keys(calls);
}

const answer = '{"id":42,"status":"paid"}';
const init = { headers: { 'content-type': 'application/json' } };

async function time(call: () => unknown, count: number, concurrency: number): Promise<Round> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await run(call, count, concurrency);
  const wallUs = ((performance.now() - start) * 1000) / count;
  const { user, system } = process.cpuUsage(cpu);
  return { cpuUs: (user + system) / count, wallUs };
}

async function run(call: () => unknown, count: number, concurrency: number): Promise<void> {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, lane));
}

/** Allocated bytes per call, on and off the heap. The youngest generation must have room for all of them. */
async function allocate(call: () => unknown, count: number): Promise<number> {
  await settled();
  const before = bytes();
  await run(call, count, 1);
  return (bytes() - before) / count;
}

/** Bytes per finished call that no collection frees. */
async function retain(call: () => unknown, count: number, concurrency: number): Promise<number> {
  await settled();
  const before = process.memoryUsage().heapUsed;
  await run(call, count, concurrency);
  await settled();
  // The platform's own tables have grown by now. They shrink when they are used again.
  await run(call, concurrency, concurrency);
  await settled();
  return (process.memoryUsage().heapUsed - before) / count;
}

function bytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Objects with finalizers need another turn and another collection. */
async function settled(): Promise<void> {
  for (let times = 0; times < 4; times++) {
    globalThis.gc?.();
    await turn();
  }
}
