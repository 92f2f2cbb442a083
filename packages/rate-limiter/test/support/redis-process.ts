// One process of a fleet: a limiter in front of the platform's fetch, which follows the messages of its parent.

import { flushCompileCache } from 'node:module';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { inspect } from 'node:util';
import { type CallContext, compose, createEventHub, fetchTransport, type Handler, systemClock } from '@holdfast/core';
import { createCall, emptyBody } from '@holdfast/core/internal';
import { type RateLimitOptions, rateLimiter } from '@holdfast/rate-limiter';
import { Redis } from 'ioredis';

interface Setting {
  readonly api: string;
  readonly limits: RateLimitOptions | readonly RateLimitOptions[];
  /** How far its clock is ahead. */
  readonly aheadMs?: number;
  /** Uses a ready client instead of a URL. */
  readonly isReady?: boolean;
  /** How many limiters take turns. */
  readonly limiters?: number;
}

const { api, limits, aheadMs = 0, isReady = false, limiters = 1 } = JSON.parse(process.argv[2] as string) as Setting;
const trueNow = Date.now;
Date.now = () => trueNow() + aheadMs;

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();

const hub = createEventHub();
const events: string[] = [];
const told: string[] = [];
hub.on((event) => {
  if (!event.type.startsWith('limiter.')) return;
  told.push(inspect(event, { depth: 10, showHidden: true }));

  events.push('message' in event ? `${event.type}: ${event.message}` : event.type);
});
const complaints: string[] = [];
process.on('unhandledRejection', (reason) => complaints.push(String(reason)));
process.on('uncaughtException', (error) => complaints.push(String(error)));

/** A limit in a unit counts the cost that the call names. */
const cost = ({ headers }: Request): number => Number(headers.get('x-cost'));
const list = ((Array.isArray(limits) ? limits : [limits]) as RateLimitOptions[]).map((one) =>
  one.unit === undefined ? one : { ...one, cost },
);
const own = isReady ? new Redis(String(list[0]?.redis), { lazyConnect: true, enableOfflineQueue: false }) : undefined;
if (own && list[0]) list[0] = { ...list[0], redis: own };
const all = Array.from({ length: limiters }, () => rateLimiter(list, { emit: hub.emit }));
const platform = fetchTransport();
/** The limit does not cover delays between this process and the server, so the request says when the call started. */
const stamped: Handler = (request, context) => {
  const copy = new Request(request);
  copy.headers.set('x-started', String(performance.timeOrigin + performance.now()));
  return platform(copy, context);
};
const pipelines = all.map((limiter) => compose([limiter], stamped));
const settings = { levels: [], timeout: false, totalTimeout: false } as const;
const end = new AbortController();
let begun = 0;
let ended = 0;

async function call(costs = 0): Promise<string> {
  const request = new Request(api, { headers: { 'x-cost': String(costs) } });
  const context = {
    ...{ call: createCall('GET', request.url, systemClock), attempt: 1, signal: end.signal },
    ...{ random: () => 0, emit: hub.emit, settings, body: emptyBody },
  } as CallContext;
  const send = pipelines[begun++ % limiters] as Handler;
  const how = await send(request, context).then(
    async (response) => {
      await response.text();
      return String(response.status);
    },
    (error: { code?: string }) => {
      const { cause } = error as { cause?: unknown };
      told.push(inspect([error, cause], { depth: 10, showHidden: true }));
      return error.code ?? String(error);
    },
  );
  ended++;
  return how;
}

const orders: Record<string, (argument: never) => unknown> = {
  /** Makes this many calls, some at once; returns how many ended in each way, and the longest time that one took. */
  async calls({ count, atOnce = count, costs }: { count: number; atOnce?: number; costs?: number }) {
    const ends: Record<string, number> = {};
    let left = count;
    let longestMs = 0;
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        while (left-- > 0) {
          const startedAt = performance.now();
          const end = await call(costs);
          longestMs = Math.max(longestMs, performance.now() - startedAt);
          ends[end] = (ends[end] ?? 0) + 1;
        }
      }),
    );
    return { ends, longestMs };
  },
  events: () => events,
  complaints: () => complaints,
  told: () => told,
  ended: () => ended,
  lateMs: () => delay.max / 1e6,
  snapshot: () => all.flatMap((limiter) => limiter.snapshot()),
  /** Ends the calls first, as a client does. */
  close: () => {
    end.abort();
    for (const limiter of all) limiter.close();
  },
  // From here on the process must end by itself.
  leave: () => {
    own?.disconnect();
    process.disconnect?.();
  },
};

process.on('message', async ({ id, name, argument }: { id: number; name: string; argument: never }) => {
  const answer = await orders[name]?.(argument);
  if (process.connected) process.send?.({ id, answer });
});
// The first fetch of a process takes longer. Without this one, the first calls would reach the server together.
await fetch(api, { method: 'HEAD' });
// The parent kills this process; what it compiled saves time for the next one.
flushCompileCache();
process.send?.('ready');
