import { setTimeout as wait } from 'node:timers/promises';
import type { Client, Contender, Settings } from './contender.ts';

/** One cell: what was measured, and whether the rule was kept. */
export interface Cell {
  readonly fact: string;
  /** Absent if the library has no such feature, or if there is no right or wrong. */
  readonly good?: boolean;
}

export interface Probe {
  /** The number of the rule; absent for what every client must do, and for probes about the price. */
  readonly rule?: number;
  readonly title: string;
  /** What the library is configured with, besides two retries with a short backoff. */
  readonly settings?: () => Settings;
  run(world: World): Promise<Cell>;
}

export interface World {
  readonly contender: Contender;
  /** A client of the contender, configured as the probe says. */
  open(origin: string, further?: Settings): Client;
}

/** Runs a probe against a contender, unless the contender lacks what the probe needs. */
export async function measure(probe: Probe, contender: Contender): Promise<Cell> {
  const settings = probe.settings?.() ?? {};
  const lacking = (Object.keys(settings) as (keyof Settings)[]).map((name) => contender.lacks[name]).find(Boolean);
  if (lacking !== undefined) return { fact: lacking };
  const clients: Client[] = [];
  const open = (origin: string, further: Settings = {}): Client => {
    const client = contender.open(origin, { ...settings, ...further });
    clients.push(client);
    return client;
  };
  try {
    return await probe.run({ contender, open });
  } finally {
    for (const client of clients) await client.close?.();
  }
}

/** How a call ended, as a word. */
export type End = 'answered' | 'refused' | 'failed' | 'pending';

/** An error status counts as a refusal, whether the library resolves or rejects. */
export async function endOf(call: Promise<{ readonly status: number }>, withinMs = 5_000): Promise<End> {
  const late = new AbortController();
  const end = call.then(
    ({ status }): End => (status < 400 ? 'answered' : 'refused'),
    (error): End => (statusOf(error) === undefined ? 'failed' : 'refused'),
  );
  const pending = wait(withinMs, 'pending' as const, { signal: late.signal }).catch(() => 'pending' as const);
  return Promise.race([end, pending]).finally(() => late.abort());
}

/** The status of an error, under the name that the library uses. */
function statusOf(error: unknown): number | undefined {
  const { status, response } = error as { status?: number; response?: { status?: number; statusCode?: number } };
  return response?.status ?? response?.statusCode ?? status;
}

export const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
