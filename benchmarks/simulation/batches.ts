import { AsyncLocalStorage } from 'node:async_hooks';
import { table, writeBlock } from '../lib/write.ts';
import { chance } from './chance.ts';
import { EventQueue } from './event-queue.ts';
import { awsStandard } from './rules/budgets.ts';
import { kyTimeouts, noRetry } from './rules/clients.ts';
import { holdfast } from './rules/holdfast.ts';
import { type Answer, Server } from './server.ts';
import type { Outcome, Rule, World } from './world.ts';

/**
 * Ordinary work: a fixed number of calls by one new client to a server that is healthy except for a moment. The server
 * distinguishes the calls, so that each of them can fail as often as the case says.
 */
export interface Batch {
  readonly title: string;
  readonly calls: number;
  /** How many calls run at once. Each worker takes the next call when it has finished the last one. */
  readonly atOnce?: number;
  /** How many attempts of each call fail before one succeeds. */
  readonly failures?: number;
  /** Until this time, in milliseconds, every attempt fails. */
  readonly downMs?: number;
  /** A failing attempt gets no answer at all. */
  readonly hangs?: boolean;
  readonly latencyMs?: number;
  /** The start times of further batches of the same size, in milliseconds. */
  readonly againAtMs?: readonly number[];
}

export const batches: readonly Batch[] = [
  ...[3, 10, 19, 50, 120].map((calls) => ({ title: `${calls} at once, each fails once`, calls, failures: 1 })),
  { title: '50 at once, each fails twice', calls: 50, failures: 2 },
  { title: '50 at once, each fails once, answers take 300 ms', calls: 50, failures: 1, latencyMs: 300 },
  { title: '50 at once, each fails twice, answers take 300 ms', calls: 50, failures: 2, latencyMs: 300 },
  { title: '100 items by ten workers, each fails once', calls: 100, atOnce: 10, failures: 1 },
  { title: '20 at once, the first attempt of each hangs', calls: 20, failures: 1, hangs: true },
  { title: '100 at once, the first attempt of each hangs', calls: 100, failures: 1, hangs: true },
  ...[1, 3, 60].map((calls) => ({ title: `an interruption of 500 ms over ${calls}`, calls, downMs: 500 })),
];

/** Outages in which no attempt is answered. */
export const outages: readonly Batch[] = [
  { title: 'an outage, one batch of 60', calls: 60, downMs: 1e6 },
  { title: 'an outage, three batches of 40', calls: 40, downMs: 1e6, againAtMs: [1500, 4000] },
  {
    title: 'an outage, a call each 100 ms',
    calls: 1,
    downMs: 1e6,
    againAtMs: Array.from({ length: 100 }, (_, at) => at * 100),
  },
];

/** The result of a batch. */
export interface BatchFigures {
  readonly calls: number;
  readonly answered: number;
  readonly requests: number;
  /** The time at which the last call ended. */
  readonly lastMs: number;
}

const timeoutMs = 1000;

export async function runBatch(batch: Batch, rule: Rule, seed = 1): Promise<BatchFigures> {
  const { failures = 0, downMs = 0, hangs = false, latencyMs = 5, againAtMs = [] } = batch;
  const clock = new EventQueue();
  const present = new AsyncLocalStorage<{ sent: number }>();
  let [requests, answered, calls, lastMs] = [0, 0, 0, 0];
  const send: World['send'] = (answer) => {
    requests++;
    const call = present.getStore();
    if (call) call.sent++;
    const fails = clock.now() < downMs || (call?.sent ?? 0) <= failures;
    if (fails && hangs) return () => undefined;
    const timer = clock.setTimer(() => answer({ status: fails ? 503 : 200 }), latencyMs);
    return () => clock.clearTimer(timer);
  };
  const attempt = (): Promise<Outcome> =>
    new Promise((resolve) => {
      const timer = clock.setTimer(() => {
        leave();
        resolve('timeout');
      }, timeoutMs);
      const leave = send((answer: Answer) => {
        clock.clearTimer(timer);
        resolve(answer);
      });
    });
  const server = new Server(clock, { workers: 1, serviceMs: () => 0, queue: 0 });
  const client = rule.client({ clock, random: chance(seed, 'client'), timeoutMs, send, attempt, client: 0, server });
  const callOnce = async (): Promise<void> => {
    calls++;
    if (await present.run({ sent: 0 }, client)) answered++;
    lastMs = clock.now();
  };
  const begin = (): void => {
    let left = batch.calls;
    const work = async (): Promise<void> => {
      while (left-- > 0) await callOnce();
    };
    for (let worker = 0; worker < (batch.atOnce ?? batch.calls); worker++) void work();
  };
  for (const at of [0, ...againAtMs]) clock.setTimer(begin, at);
  await clock.run();
  return { calls, answered, requests, lastMs };
}

const compared = [noRetry, kyTimeouts, awsStandard, holdfast];

/** A table of ordinary work for `docs/defaults.md`. */
export async function batchTable(seed: number): Promise<string> {
  const rows: string[][] = [];
  for (const batch of [...batches, ...outages]) {
    const cells: string[] = [];
    for (const rule of compared) {
      const { calls, answered, requests, lastMs } = await runBatch(batch, rule, seed);
      const text = `${answered} · ${(requests / calls).toFixed(2)} · ${(lastMs / 1000).toFixed(1)} s`;
      cells.push(rule === holdfast ? `**${text}**` : text);
    }
    rows.push([batch.title, ...cells]);
  }
  return table(['case', ...compared.map(({ name }) => name)], rows);
}

export function writeBatchTable(text: string): void {
  writeBlock('docs/defaults.md', 'ordinary-work', text);
}
