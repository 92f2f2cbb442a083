// Makes two hundred calls at a time, for a minute or for HOLDFAST_SOAK_SECONDS, over a network with every possible fault,
// with all rings on, for two tenants in separate async contexts. Callers abort, tokens expire, and the server goes down
// and comes back. Outside of outages, at least nine calls in ten must be answered, which is judged where other processes
// leave this one its time; and none may be answered for the other tenant. At the end nothing may be left: no call, no
// event without its counterpart, no object, no socket.
// HOLDFAST_SOAK_SEED repeats a run as far as possible: randomness is seeded, but time is real. HOLDFAST_SOAK_LEAK=1
// plants a leak of 32 bytes per call, which the soak must find.

import { performance as nodePerformance } from 'node:perf_hooks';
import { setTimeout as later } from 'node:timers/promises';
import { bearerToken, createResilientClient } from 'holdfast';
import { seeded } from '../../packages/testing/src/seeded.ts';
import { type CountedAfter, countObjects, leaksBetween } from '../heap/objects.ts';
import { faultProxy } from '../hostile-network/fault-proxy.ts';
import { ledger } from '../hostile-network/ledger.ts';
import { soakApi } from './api.ts';
import { type CallEnd, makeCall, type Surroundings } from './calls.ts';
import { soakNetwork } from './network.ts';
import { tenantNames, tenantNow, tenants } from './tenants.ts';

const seconds = fromEnvironment('HOLDFAST_SOAK_SECONDS', 60);
const seed = fromEnvironment('HOLDFAST_SOAK_SEED', Math.floor(Math.random() * 1e9));
const concurrency = 200;
const windows = 6;
/** Rounds in which caches fill and the compiler works. */
const warmUps = 2;
const outageMs = 1000;
/** The time after an outage in which the circuit may be open, and retries may wait. */
const aftermathMs = 2500;
const longestCallMs = 30_000;
/** If other processes take more of the time, attempts reach their timeouts, and the share of answered calls says nothing. */
const mostTaken = 0.2;

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
const refreshing = new Set<string>();
let refreshes = 0;

const api = createResilientClient({
  baseUrl: `${origin}/`,
  random,
  timeout: 1500,
  totalTimeout: 4000,
  auth: bearerToken({
    account: tenantNow,
    async refresh() {
      const tenant = tenantNow();
      if (refreshing.has(tenant)) problem(`two refreshes at once for ${tenant}`);
      refreshing.add(tenant);
      await later(random() * 30);
      refreshing.delete(tenant);
      refreshes++;
      return server.issueToken(tenant);
    },
  }),
  coalesce: true,
  responseCache: { maxBytes: 1_000_000 },
  rateLimit: [
    { maxConcurrent: 100, maxQueue: 400, maxQueueMs: 3000 },
    { requests: 500, perMs: 250 },
  ],
  circuitBreaker: { failureRatio: 0.8, minimumCalls: 20, windowMs: 400, openMs: 100, maxOpenMs: 400 },
  perCall: [{ name: 'own', addsIdentity: false, execute: (request, next, context) => next(request, context) }],
});
const record = ledger();
const failures = new Map<string, number>();
api.on((event) => {
  record.hear(event);
  if (event.type === 'call.ended' && event.outcome === 'failure') {
    const by = String(event.errorCode ?? event.status);
    failures.set(by, (failures.get(by) ?? 0) + 1);
  }
  if (event.type === 'attempt.ended' && event.status !== undefined) proxy.sawHeaders();
});

const planted: unknown[] | undefined = process.env['HOLDFAST_SOAK_LEAK'] === '1' ? [] : undefined;
const ends: Record<CallEnd, number> = { answered: 0, failed: 0, aborted: 0 };
/** The ends of the calls that met no outage. */
const inGoodTimes: Record<CallEnd, number> = { answered: 0, failed: 0, aborted: 0 };
const surroundings: Surroundings = { api, server, origin, random, forever: new AbortController().signal, problem };
const samples: CountedAfter[] = [];
const calls = (): number => ends.answered + ends.failed + ends.aborted;
let outageEndsAt = Number.NEGATIVE_INFINITY;

for (let window = 0; window < windows; window++) {
  const windowMs = (seconds * 1000) / windows;
  const until = performance.now() + windowMs;
  const weather = [
    setTimeout(() => {
      network.isDown = true;
      outageEndsAt = performance.now() + outageMs + aftermathMs;
    }, windowMs * 0.3),
    setTimeout(() => (network.isDown = false), windowMs * 0.3 + outageMs),
    setInterval(() => tenantNames.map(server.issueToken), 2000),
  ];
  await Promise.all(
    Array.from({ length: concurrency }, (_, caller) =>
      tenants.run(tenantNames[caller % tenantNames.length] as string, callAgainUntil, until),
    ),
  );
  for (const timer of weather) clearTimeout(timer);
  proxy.readOn();
  const { callsInFlight, limiters } = api.snapshot();
  if (callsInFlight > 0 || record.openCalls > 0) problem(`${callsInFlight} calls in flight, ${record.openCalls} open`);
  for (const { queued, running } of limiters) {
    if (queued > 0 || running > 0) problem(`${queued} wait in the queue still, and ${running} permits are out`);
  }
  if (window >= warmUps - 1) samples.push({ calls: calls(), counts: await countObjects() });
}

await api.close();
await proxy.close();
await server.close();
const handles = await handlesLeft();
if (handles.length > 0) problem(`handles are left: ${handles.join(', ')}`);
for (const one of record.problems) problem(one);
for (const leak of leaksBetween(samples)) problem(`left behind: ${leak}`);
const count = (type: string): number => record.counts.get(type) ?? 0;
const share = inGoodTimes.answered / (inGoodTimes.answered + inGoodTimes.failed);
const taken = shareTakenByOthers();
if (!(share >= 0.9) && taken < mostTaken)
  problem(`outside the outages only ${percent(share)} of the calls were answered`);
const work = {
  attempts: count('attempt.started'),
  retries: count('retry.scheduled'),
  refreshes,
  pauses: count('limiter.paused'),
  queued: count('permit.queued'),
  'circuits opened': count('circuit.opened'),
  coalesced: count('call.coalesced'),
  'cache hits': count('cache.hit'),
  fallbacks: count('fallback.used'),
  timeouts: count('attempt.timedOut'),
};
for (const [ring, times] of Object.entries(work)) if (times === 0) problem(`no work for a ring: ${ring} 0×`);

console.log(
  `soak: ${calls()} calls (${ends.answered} answered, ${ends.failed} failed, ${ends.aborted} aborted), outside the ` +
    `outages ${percent(share)} answered${taken < mostTaken ? '' : ' (not judged)'}; other processes took ` +
    `${percent(taken)} of the time; ${proxy.connections} connections, ` +
    `${Object.entries(work)
      .map(([what, times]) => `${times} ${what}`)
      .join(', ')}; ${problems.length} problems`,
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
    const startedAt = performance.now();
    const end = await makeCall(surroundings);
    ends[end]++;
    if (startedAt > outageEndsAt) inGoodTimes[end]++;
    planted?.push({ bytes: 32 });
    // Waits, as a caller would while the server is down. A caller that called again at once would count each refusal of
    // the same moment.
    if (end === 'failed') await later(500);
    isOver = true;
    clearTimeout(watch);
  }
}

/** The share of the time in which this process had work to do, and other processes had its processor. */
function shareTakenByOthers(): number {
  const { user, system } = process.cpuUsage();
  const { active, idle } = nodePerformance.eventLoopUtilization();
  return Math.max(0, (active - (user + system) / 1000) / (active + idle));
}

/** Whatever would keep the process alive after the platform's pool has closed its idle connections. */
async function handlesLeft(): Promise<readonly string[]> {
  const left = (): readonly string[] =>
    process.getActiveResourcesInfo().filter((name) => /^(TCP|Timeout|Immediate)/.test(name));
  for (let turn = 0; left().length > 0 && turn < 150; turn++) {
    // Uses no timer, because a timer would be counted, too.
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

function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}
