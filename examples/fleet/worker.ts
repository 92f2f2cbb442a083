// A worker: a separate process with calls to make, and a quota that it shares with other processes.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createResilientClient } from 'holdfast';

const [api = '', redis = '', calls = '0'] = process.argv.slice(2);
const client = createResilientClient({
  baseUrl: api,
  totalTimeout: 60_000,
  rateLimit: { requests: 50, perMs: 1000, redis },
});
client.on('limiter.degraded', ({ message }) => console.error(`Each worker is on its own: ${message}`));
const name = `worker ${process.env['WORKER']}`;
// The first request of a process takes longer. Without this one, the first calls would reach the server late, and
// together.
await fetch(api, { method: 'HEAD' });
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const answers = await Promise.all(
  Array.from({ length: Number(calls) }, () => client.get('work', { headers: { 'x-worker': name } })),
);
await client.close();
// The longest delay of this process for lack of CPU.
process.send?.(delay.max / 1e6);
process.exitCode = answers.every(({ ok }) => ok) ? 0 : 1;
