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

/** A client in virtual time, without randomness, whose server answers as the script says. */
export function scripted(script: readonly Step[], options: ClientOptions = {}): Scene {
  const clock = new ManualClock();
  const transport = scriptedTransport(script);
  const fetch = transport as unknown as typeof globalThis.fetch;
  const api = createResilientClient({ baseUrl, clock, random: () => 0.5, fetch, ...options });
  return { api, clock, transport, log: eventLog(api) };
}

/**
 * The same, where the script replaces the platform's own `fetch`, which adds no credentials. With a `fetch` option of the
 * user's, calls share nothing.
 */
export function scriptedPlatform(script: readonly Step[], options: ClientOptions = {}): Scene {
  const clock = new ManualClock();
  const scripted = scriptedTransport(script);
  const transport = fetchTransport(scripted, { through: 'anyone' });
  const api = createResilientClient({ baseUrl, clock, random: () => 0.5, transport, ...options });
  return { api, clock, transport: scripted, log: eventLog(api) };
}

/** The error of a promise; throws if the promise resolves. */
export async function rejection<T = Error>(promise: PromiseLike<unknown>): Promise<T> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error as T;
  }
  throw new Error(`resolved, with ${String(value)}`);
}

/** Waits until a condition holds, without a timer, so that other callbacks run in between. The limit only ends a hang. */
export async function until(condition: () => boolean): Promise<void> {
  for (const startedAt = performance.now(); !condition(); ) {
    if (performance.now() - startedAt > 60_000) throw new Error('it never came to hold');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
