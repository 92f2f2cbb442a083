// Four worker processes share one quota over Redis: 50 calls a second for all of them. Prints what the server saw.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { paint } from '../quickstart/paint.ts';
import { openRedis } from './redis.ts';

const workers = 4;
const callsEach = 50;
const quota = 50;
const perMs = 1000;
/** A margin: the network may delay calls, so that they arrive closer together. */
const bunchMs = 150;

const redis = await openRedis();
if (!redis) {
  console.error('This example starts a redis-server, and none is installed (Debian: `sudo scripts/setup-debian.sh`).');
  process.exit(1);
}

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const arrivals: { readonly at: number; readonly worker: string }[] = [];
const api = createServer((request, response) => {
  if (request.method === 'HEAD') return response.end();
  arrivals.push({ at: performance.now(), worker: String(request.headers['x-worker']) });
  response.end('{}');
});
await once(api.listen(0, '127.0.0.1'), 'listening');
const url = `http://127.0.0.1:${(api.address() as AddressInfo).port}/`;

console.log(
  `\n ${paint('bold', 'Holdfast')}: ${workers} workers, ${callsEach} calls each, ${quota} a second for all\n`,
);

const file = fileURLToPath(new URL('./worker.ts', import.meta.url));
let latestMs = 0;
const exits = await Promise.all(
  Array.from({ length: workers }, async (_, index) => {
    const env = { ...process.env, WORKER: String(index + 1) };
    const worker = fork(file, [url, redis.url, String(callsEach)], { env });
    worker.once('message', (lateMs) => {
      latestMs = Math.max(latestMs, Number(lateMs));
    });
    const [code] = (await once(worker, 'exit')) as [number | null];
    return code;
  }),
);
api.closeAllConnections();
api.close();
await redis.close();

// The network may have delayed the first call.
const first = (arrivals[0]?.at ?? 0) - bunchMs;
const seconds = Math.ceil(((arrivals.at(-1)?.at ?? 0) - first) / perMs);
for (let second = 0; second < seconds; second++) {
  const inIt = arrivals.filter(({ at }) => Math.floor((at - first) / perMs) === second);
  const shares = Array.from({ length: workers }, (_, index) => {
    const count = inIt.filter(({ worker }) => worker === `worker ${index + 1}`).length;
    return paint((['green', 'yellow', 'red', 'dim'] as const)[index] ?? 'dim', '█'.repeat(count));
  });
  console.log(` ${String(second + 1).padStart(2)} s  ${shares.join('')} ${inIt.length}`);
}

// On a busy machine, a worker starts a permitted call late, and the server notices arrivals late. The window is shorter
// by both.
const windowMs = Math.max(1, Math.floor(perMs - bunchMs - latestMs - delay.max / 1e6));
let most = 0;
for (const { at } of arrivals) {
  const inWindow = arrivals.filter((one) => one.at >= at && one.at < at + windowMs).length;
  most = Math.max(most, inWindow);
}
const isKept = most <= quota;
const isEnded = exits.every((code) => code === 0);
console.log(`
 The server saw ${arrivals.length} requests, ${isKept ? 'never' : paint('red', 'SOMETIMES')} more than ${quota} in any ${windowMs} ms; the network, and a busy machine, may bunch those of a second.
 ${exits.filter((code) => code === 0).length} of ${workers} workers had all their answers, and ended by themselves.
`);
if (!isKept || !isEnded) process.exitCode = 1;
