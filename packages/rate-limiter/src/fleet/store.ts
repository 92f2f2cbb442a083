import type { RedisSettings } from '@holdfast/core/internal';
import type { LimitSpec } from '../limits/limit.ts';
import type { UnitSpec } from '../units/unit-options.ts';

/** The part of your own ioredis client that is needed. It is duplicated, and is not closed. */
export interface StoreConnection extends RedisSettings {
  publish(channel: string, message: string): Promise<unknown>;
  duplicate(override?: object): unknown;
}

/**
 * How long after it was counted a permit may be taken, in milliseconds: a hundredth of its window, or a twentieth of a
 * second.
 */
export function freshMs(perMs: number): number {
  return Math.max(shortestFreshMs, Math.ceil(perMs / 100));
}

/**
 * How long a start counts, in milliseconds. If a hundredth of the window is enough, it is added, and the window is
 * exact.
 */
export function countedMs(perMs: number): number {
  return freshMs(perMs) > shortestFreshMs ? perMs + freshMs(perMs) : perMs;
}

const shortestFreshMs = 50;

/** Permits that were counted together. */
export interface SharedPermit {
  /** For how long they have counted already beyond the usual delay of the store, in milliseconds. */
  readonly ageMs: number;
  readonly giveBack: () => void;
}

/** A limit that is shared by all processes that use the same id. */
export interface SharedSlots {
  /** Resolves when this many permits are available; rejects if the store fails. */
  acquire(permits: number): Promise<SharedPermit>;
  /** Checks whether a permit became free without notice; resolves when it has checked, or failed to. */
  look(): Promise<void>;
  /** Called when no call holds a permit or waits for one. */
  close(): void;
}

/** A limit in a unit that is shared by all processes that use the same key. */
export interface UnitStore {
  /** How long the store usually takes to answer, in milliseconds; a charge counts for that time longer. */
  readonly delayMs: number;
  /** Resolves with 0 if it was granted, or else with the milliseconds after which to ask again. */
  take(id: string, cost: number, leaseMs: number): Promise<number>;
  /** @param from Whether the charge counts from now on, even if its window has passed, or it was never taken. */
  settle(id: string, amount: number, from?: 'fromNow'): Promise<unknown>;
  /** Leaves the queue. */
  leave(id: string): Promise<unknown>;
}

/** The store of limits that several processes share. */
export interface Store {
  readonly isReady: boolean;
  /** Rejects while the store cannot be reached, or cannot be written. */
  check(): Promise<void>;
  /** @param key A text that may stand in Redis. */
  slots(key: string, spec: LimitSpec): SharedSlots;
  /** @param key A text that may stand in Redis. */
  units(key: string, spec: UnitSpec): UnitStore;
  /** The digest of a text, the same in all processes of the fleet. */
  digest(text: string): string;
  /** Publishes a message to all processes, including this one. */
  publish(message: string): void;
  /** Ends the connections, once all permits that are being given back have arrived. */
  close(): void;
}

/** What a store reports. */
export interface StoreEvents {
  failed(error: Error): void;
  received(message: string): void;
}
