// One process of a fleet: a breaker whose transport answers as the parent process says.

import { flushCompileCache } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';
import { circuitBreaker } from '@holdfast/circuit-breaker';
import { compose, createEventHub } from '@holdfast/core';
import { createCall, emptyBody } from '@holdfast/core/internal';
import { ManualClock } from '@holdfast/core/testing';

const [url, openMs] = process.argv.slice(2);
const hub = createEventHub();
const events: string[] = [];
hub.on((event) => events.push('because' in event ? `${event.type}: ${event.because}` : event.type));
const complaints: string[] = [];
process.on('unhandledRejection', (reason) => complaints.push(String(reason)));
process.on('uncaughtException', (error) => complaints.push(String(error)));

const clock = new ManualClock();
const breaker = circuitBreaker(
  { minimumCalls: 4, openMs: Number(openMs), ...(url && { redis: url }) },
  { emit: hub.emit, clock },
);
let status = 200;
const send = compose([breaker.gate, breaker.strategy], async () => new Response(null, { status }));
const settings = { levels: [], timeout: false, totalTimeout: false } as const;

async function call(): Promise<string> {
  const request = new Request('https://api.example.com/');
  const context = {
    ...{ call: createCall('GET', request.url, clock), attempt: 1, signal: new AbortController().signal },
    ...{ random: () => 1, emit: hub.emit, settings, body: emptyBody },
  };
  return send(request, context).then(
    (response) => String(response.status),
    (error: { code: string }) => error.code,
  );
}

const orders: Record<string, (argument: never) => unknown> = {
  async calls({ count, status: answer }: { count: number; status: number }) {
    status = answer;
    const ends: string[] = [];
    for (let sent = 0; sent < count; sent++) ends.push(await call());
    return ends;
  },
  open: (key: string) => breaker.circuits.open(key),
  snapshot: () => breaker.snapshot(),
  events: () => events,
  complaints: () => complaints,
  advance: (ms: number) => clock.advance(ms),
  async close() {
    await breaker.close();
    // Zero timers fire before a timer of ten milliseconds, and destroyed sockets close within a turn.
    await wait(10);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    return process.getActiveResourcesInfo().filter((name) => /^(TCP|Timeout)/.test(name));
  },
  // From here on the process must end by itself.
  leave: () => process.disconnect?.(),
};

process.on('message', async ({ id, name, argument }: { id: number; name: string; argument: never }) => {
  const answer = await orders[name]?.(argument);
  if (process.connected) process.send?.({ id, answer });
});
// The parent kills this process; what it compiled saves time for the next one.
flushCompileCache();
process.send?.('ready');
