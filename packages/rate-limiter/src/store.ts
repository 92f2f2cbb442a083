import type { LimitSpec } from './limit.ts';

/** A ready ioredis client, as far as it is needed. It is duplicated, and stays its owner's. */
export interface StoreConnection {
  publish(channel: string, message: string): Promise<unknown>;
  duplicate(override?: object): unknown;
}

/** A limit that is shared by all processes that use the same id. */
export interface SharedSlots {
  /** Resolves when there is a permit, with what gives it back; rejects if the store fails. */
  acquire(): Promise<() => void>;
  /** Looks whether a permit came free without anybody telling. */
  nudge(): void;
}

/** Where limits are kept for several processes. */
export interface Store {
  readonly isReady: boolean;
  /** Rejects while it is out of reach. */
  check(): Promise<void>;
  slots(id: string, spec: LimitSpec): SharedSlots;
  /** Tells all processes, this one included. */
  tell(message: string): void;
  close(): void;
}

/** What a store tells of itself. */
export interface StoreEvents {
  failed(error: Error): void;
  heard(message: string): void;
}
