// Two hundred calls at a time, for a minute or as long as HOLDFAST_SOAK_SECONDS says, over a network that does everything
// that it may not, with all rings on; callers leave, tokens expire, the server goes down and comes back. At the end
// nothing may be left: no call, no event without its counterpart, no memory, no socket. HOLDFAST_SOAK_SEED repeats a run
// as far as the machine allows it: chance is seeded, time is real.

import { setTimeout as later } from 'node:timers/promises';
import { bearerToken, createResilientClient } from 'holdfast';
import { seeded } from '../../packages/testing/src/seeded.ts';
import { faultProxy } from '../hostile-network/fault-proxy.ts';
import { ledger } from '../hostile-network/ledger.ts';
import { soakApi } from './api.ts';
import { type CallEnd, makeCall, type Surroundings } from './calls.ts';
import { heapAtRest, leftPerCall, type Sample } from './memory.ts';
import { soakNetwork } from './network.ts';

const seconds = fromEnvironment('HOLDFAST_SOAK_SECONDS', 60);
const seed = fromEnvironment('HOLDFAST_SOAK_SEED', Math.floor(Math.random() * 1e9));
const concurrency = 200;
const windows = 6;
/** Caches and compilers have their share first. */
const warmUps = 2;
/** What a window's end differs by from one to the next, all else being well. */
const noiseBytes = 4_000_000;
const longestCallMs = 30_000;

console.log(`soak: seed ${seed}, ${seconds} s`);
const problems: string[] = [];
const problem = (what: string): void => {
  if (problems.length < 100) problems.push(what);
};
process.on('unhandledRejection', (error) =>
  problem(`unhandled rejection: ${error instanceof Error ? error.stack : String(error)}`),
);
process.on('uncaughtException', (error) => problem(`uncaught: ${error.stack}`));

const random = seeded(seed);
const server = await soakApi(random);
const network = soakNetwork(random);
const proxy = await faultProxy(server.address, (link) => network.fault(link));
const origin = `http://127.0.0.1:${proxy.port}`;
let refreshing = 0;
let refreshes = 0;

const api = createResilientClient({
  baseUrl: `${origin}/`,
  random,
  timeout: 1500,
  totalTimeout: 4000,
  auth: bearerToken({
    token: server.issueToken(),
    async refresh() {
      if (++refreshing > 1) problem('two refreshes at once');
      await new Promise((resolve) => setTimeout(resolve, random() * 30));
      refreshing--;
      refreshes++;
      if (random() < 0.02) throw new Error('the identity provider has a bad day');
      return server.issueToken();
    },
  }),
  coalesce: true,
  retryBudget: { ratio: 0.5, minPerSecond: 20 },
  rateLimit: [
    { maxConcurrent: 60, maxQueue: 130, maxQueueMs: 3000 },
    { requests: 500, perMs: 250 },
  ],
  circuitBreaker: { failureRatio: 0.7, minimumCalls: 20, windowMs: 500, openMs: 100, maxOpenMs: 400 },
  perCall: [{ name: 'own', execute: (request, next, context) => next(request, context) }],
});
const books = ledger();
const failures = new Map<string, number>();
api.on((event) => {
  books.hear(event);
  if (event.type === 'call.ended' && event.outcome === 'failure') {
    const by = String(event.errorCode ?? event.status);
    failures.set(by, (failures.get(by) ?? 0) + 1);
  }
  if (event.type === 'attempt.ended' && event.status !== undefined) proxy.sawHeaders();
});

const ends: Record<CallEnd, number> = { answered: 0, failed: 0, aborted: 0 };
const surroundings: Surroundings = { api, server, origin, random, forever: new AbortController().signal, problem };
const samples: Sample[] = [];
const calls = (): number => ends.answered + ends.failed + ends.aborted;

for (let window = 0; window < windows; window++) {
  const until = performance.now() + (seconds * 1000) / windows;
  const weather = [
    setTimeout(() => (network.isDown = true), (seconds * 300) / windows),
    setTimeout(() => (network.isDown = false), (seconds * 300) / windows + 500),
    setInterval(() => server.issueToken(), 500),
  ];
  await Promise.all(Array.from({ length: concurrency }, () => callAgainUntil(until)));
  for (const timer of weather) clearTimeout(timer);
  proxy.readOn();
  const heap = await heapAtRest();
  const { callsInFlight, limiters } = api.snapshot();
  if (callsInFlight > 0 || books.openCalls > 0) problem(`${callsInFlight} calls in flight, ${books.openCalls} open`);
  for (const { queued, running } of limiters) {
    if (queued > 0 || running > 0) problem(`${queued} wait in the queue still, and ${running} permits are out`);
  }
  samples.push({ calls: calls(), heap });
}

await api.close();
await proxy.close();
await server.close();
const handles = await handlesLeft();
if (handles.length > 0) problem(`handles are left: ${handles.join(', ')}`);
for (const one of books.problems) problem(one);
const counted = samples.slice(warmUps);
const perCall = leftPerCall(counted);
const grown = (counted.at(-1)?.heap ?? 0) - (counted[0]?.heap ?? 0);
if (perCall > 64 && grown > noiseBytes)
  problem(`memory grows by ${perCall.toFixed()} bytes per call: ${inMegabytes()}`);

const count = (type: string): number => books.counts.get(type) ?? 0;
console.log(
  `soak: ${calls()} calls (${ends.answered} answered, ${ends.failed} failed, ${ends.aborted} aborted), ` +
    `${count('attempt.started')} attempts, ${proxy.connections} connections, ${refreshes} refreshes, ` +
    `${count('limiter.paused')} pauses, ${count('permit.queued')} queued, ${count('circuit.opened')} circuits opened, ` +
    `${count('call.coalesced')} coalesced, ${count('fallback.used')} fallbacks; ` +
    `heap ${inMegabytes()} MB, ${perCall.toFixed(1)} bytes per call; ${problems.length} problems`,
);
console.log(`soak: failed by ${[...failures].map(([by, times]) => `${by} ${times}×`).join(', ')}`);
if (problems.length > 0) {
  console.log(problems.map((one) => `soak: ${one}`).join('\n'));
  process.exitCode = 1;
}

async function callAgainUntil(until: number): Promise<void> {
  while (performance.now() < until) {
    let isOver = false;
    const watch = setTimeout(() => isOver || problem('a call does not end'), longestCallMs);
    const end = await makeCall(surroundings);
    ends[end]++;
    // As somebody would do to whom the server is down.
    if (end === 'failed') await later(50);
    isOver = true;
    clearTimeout(watch);
  }
}

/** What would keep the process alive, once the platform's pool has let go of its idle connections. */
async function handlesLeft(): Promise<readonly string[]> {
  const left = (): readonly string[] =>
    process.getActiveResourcesInfo().filter((name) => /^(TCP|Timeout|Immediate)/.test(name));
  for (let turn = 0; left().length > 0 && turn < 150; turn++) {
    // Not by a timer, which would be one of them.
    await Promise.resolve();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return left();
}

function fromEnvironment(name: string, otherwise: number): number {
  const value = Number(process.env[name] || otherwise);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new Error(`${name} must be a number, got ${process.env[name]}`);
}

function inMegabytes(): string {
  return samples.map(({ heap }) => (heap / 1e6).toFixed(1)).join(' → ');
}
