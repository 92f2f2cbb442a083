import type { RedisSettings } from '@holdfast/core/internal';
import type { LimitSpec } from '../limits/limit.ts';
import type { UnitSpec } from '../units/unit-options.ts';

/** Your own ioredis client, as far as it is needed. It is duplicated, and stays yours. */
export interface StoreConnection extends RedisSettings {
  publish(channel: string, message: string): Promise<unknown>;
  duplicate(override?: object): unknown;
}

/**
 * How much later than it was counted a permit may be taken, in milliseconds: a hundredth of its window, or a twentieth
 * of a second.
 */
export function freshMs(perMs: number): number {
  return Math.max(shortestFreshMs, Math.ceil(perMs / 100));
}

/** How long a start counts. If a hundredth of the window is enough, that is added, and the window is exact. */
export function countedMs(perMs: number): number {
  return freshMs(perMs) > shortestFreshMs ? perMs + freshMs(perMs) : perMs;
}

const shortestFreshMs = 50;

/** A limit that is shared by all processes that use the same id. */
export interface SharedSlots {
  /**
   * Resolves when this many permits are available, with a function that gives them back; rejects if the store fails.
   */
  acquire(permits: number): Promise<() => void>;
  /** Checks whether a permit became free without notice; resolves when it has checked, or could not. */
  look(): Promise<void>;
  /** For calls that hold nothing, and wait for nothing. */
  close(): void;
}

/** A limit in a unit that is shared by all processes that use the same key. */
export interface UnitStore {
  /** Resolves with 0 if it was granted, or else with the milliseconds after which to ask again. */
  take(id: string, cost: number, leaseMs: number): Promise<number>;
  /** @param isNew It was not taken before. */
  settle(id: string, amount: number, isNew: boolean): Promise<unknown>;
  /** Waits no longer. */
  leave(id: string): Promise<unknown>;
}

/** Where limits are kept for several processes. */
export interface Store {
  readonly isReady: boolean;
  /** Rejects while it is out of reach, or takes nothing. */
  check(): Promise<void>;
  /** @param key A text that may stand in Redis. */
  slots(key: string, spec: LimitSpec): SharedSlots;
  /** @param key A text that may stand in Redis. */
  units(key: string, spec: UnitSpec): UnitStore;
  /** The same text in all processes of the fleet, which does not tell what it was made from. */
  digest(text: string): string;
  /** Publishes it to all processes, including this one. */
  tell(message: string): void;
  /** Ends the connections, once what is being given back has arrived. */
  close(): void;
}

/** What a store tells of itself. */
export interface StoreEvents {
  failed(error: Error): void;
  heard(message: string): void;
}
