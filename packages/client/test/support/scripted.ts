import { fetchTransport } from '@holdfast/core';
import {
  type EventLog,
  eventLog,
  ManualClock,
  type ScriptedTransport,
  type Step,
  scriptedTransport,
} from '@holdfast/core/testing';
import { type ClientOptions, createResilientClient, type ResilientClient } from 'holdfast';

export const baseUrl = 'https://api.example.com/v1/';

export interface Scene {
  readonly api: ResilientClient;
  readonly clock: ManualClock;
  readonly transport: ScriptedTransport;
  readonly log: EventLog;
}

/** A client in virtual time, without chance, whose server answers as the script says. */
export function scripted(script: readonly Step[], options: ClientOptions = {}): Scene {
  const clock = new ManualClock();
  const transport = scriptedTransport(script);
  const fetch = transport as unknown as typeof globalThis.fetch;
  const api = createResilientClient({ baseUrl, clock, random: () => 0.5, fetch, ...options });
  return { api, clock, transport, log: eventLog(api) };
}

/**
 * The same, where the script stands for the platform's own `fetch`, which puts nothing on that says who is asking: with a
 * `fetch` of the user's, nothing is shared.
 */
export function scriptedPlatform(script: readonly Step[], options: ClientOptions = {}): Scene {
  const clock = new ManualClock();
  const scripted = scriptedTransport(script);
  const transport = fetchTransport(scripted, { through: 'anyone' });
  const api = createResilientClient({ baseUrl, clock, random: () => 0.5, transport, ...options });
  return { api, clock, transport: scripted, log: eventLog(api) };
}

/** What a promise rejects with; a promise that resolves is an error. */
export async function rejection<T = Error>(promise: PromiseLike<unknown>): Promise<T> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error as T;
  }
  throw new Error(`resolved, with ${String(value)}`);
}

/** Waits until something holds, without a timer: other callbacks run in between. The limit only ends a hang. */
export async function until(condition: () => boolean): Promise<void> {
  for (const startedAt = performance.now(); !condition(); ) {
    if (performance.now() - startedAt > 60_000) throw new Error('it never came to hold');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
