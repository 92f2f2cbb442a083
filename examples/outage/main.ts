// A server dies and comes back, while a client with a circuit breaker calls it fifty times a second.

import { setTimeout as wait } from 'node:timers/promises';
import { createResilientClient } from 'holdfast';
import { paint } from '../quickstart/paint.ts';
import { openShop } from './shop.ts';

const startedAt = performance.now();
const shop = await openShop();

const api = createResilientClient({
  baseUrl: shop.url,
  retry: 0,
  // The demonstration takes a few seconds, so everything is quicker than by default: a window of one second, and half a
  // second open.
  circuitBreaker: { minimumCalls: 10, windowMs: 1000, openMs: 500, maxOpenMs: 1000 },
});

type End = 'answered' | 'failed' | 'failed fast';

const marks: Record<End, string> = {
  answered: paint('green', '█'),
  failed: paint('red', '█'),
  'failed fast': paint('yellow', '░'),
};

/** How every call so far ended, in order. */
const ends: End[] = [];
const printed = { ends: 0, requests: 0 };
/** What the circuit reported during the current call. */
let news: string[] = [];
let firstAnswerAt: number | undefined;
let probesSent = 0;

function count(list: readonly End[], end: End): number {
  return list.filter((one) => one === end).length;
}

function print(text: string): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(5);
  console.log(` ${paint('dim', `${seconds} s`)}  ${text}`);
}

/** Prints one line for the calls since the last line: a mark for each, and how many of them the server saw. */
function printNews(): void {
  const latest = ends.slice(printed.ends);
  if (latest.length === 0) return;
  const kinds = (['answered', 'failed', 'failed fast'] as const).filter((end) => latest.includes(end));
  const words = kinds.map((end) => `${count(latest, end)} ${end}`).join(', ');
  print(`${latest.map((end) => marks[end]).join('')} ${words}; ${shop.requests - printed.requests} reached the server`);
  Object.assign(printed, { ends: ends.length, requests: shop.requests });
}

api.on('circuit.opened', ({ because, failures, successes, retryAfterMs = 0 }) => {
  const why = because === 'probeFailed' ? 'the probe failed' : `${failures} of ${failures + successes} calls failed`;
  news.push(`${paint('red', 'circuit opened')}: ${why}; next probe in ${retryAfterMs} ms`);
});
api.on('circuit.halfOpened', () => {
  probesSent++;
  news.push(`${paint('yellow', 'circuit half-open')}: that one went out as a probe`);
});
api.on('circuit.closed', () => news.push(`${paint('green', 'circuit closed')}: the probe was answered`));

async function call(): Promise<void> {
  const end = await api.get('stock').then(
    (): End => 'answered',
    (error: { code?: string }): End => (error.code === 'CIRCUIT_OPEN' ? 'failed fast' : 'failed'),
  );
  ends.push(end);
  if (end === 'answered') firstAnswerAt ??= performance.now();
  if (news.length > 0 || ends.length - printed.ends === 25) printNews();
  for (const line of news) print(line);
  news = [];
}

async function callsFor(ms: number): Promise<void> {
  for (const until = performance.now() + ms; performance.now() < until; await wait(20)) {
    await call();
  }
  printNews();
}

console.log(`\n ${paint('bold', 'Holdfast')}: a server that dies and comes back, at ${shop.url}\n`);
await callsFor(800);

print(paint('bold', 'the server dies'));
shop.die();
const before = shop.requests;
await callsFor(3500);
const reached = shop.requests - before;
const probes = probesSent;

print(paint('bold', 'the server is back'));
shop.comeBack();
const backAt = performance.now();
firstAnswerAt = undefined;
await callsFor(2000);

await api.close();
await shop.close();

const recoveredMs = Math.round((firstAnswerAt ?? Number.POSITIVE_INFINITY) - backAt);
const [answered, failed, spared] = [count(ends, 'answered'), count(ends, 'failed'), count(ends, 'failed fast')];
console.log(`
 ${ends.length} calls: ${answered} answered, ${failed} failed, ${spared} failed fast, without troubling the server.
 While it was down it saw ${reached} requests, ${probes} of them probes.
 Back in service ${recoveredMs} ms after the server was.
`);
if (!(recoveredMs < 3000 && spared > failed && probes >= 2)) {
  console.log(` ${paint('red', 'Not as it should be.')}\n`);
  process.exitCode = 1;
}
