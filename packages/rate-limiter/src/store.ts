import type { LimitSpec } from './limit.ts';

/** A ready ioredis client, as far as it is needed. It is duplicated, and stays its owner's. */
export interface StoreConnection {
  publish(channel: string, message: string): Promise<unknown>;
  duplicate(override?: object): unknown;
}

/** A limit that is shared by all processes that use the same id. */
export interface SharedSlots {
  /** Resolves when there are so many permits, with what gives them back; rejects if the store fails. */
  acquire(permits: number): Promise<() => void>;
  /** Looks whether a permit came free without anybody telling; resolves when it has looked, or could not. */
  look(): Promise<void>;
  /** For those who hold nothing, and wait for nothing. */
  close(): void;
}

/** Where limits are kept for several processes. */
export interface Store {
  readonly isReady: boolean;
  /** Rejects while it is out of reach, or takes nothing. */
  check(): Promise<void>;
  slots(id: string, spec: LimitSpec): SharedSlots;
  /** Tells all processes, this one included. */
  tell(message: string): void;
  /** Ends the connections, once what is being given back has arrived. */
  close(): void;
}

/** What a store tells of itself. */
export interface StoreEvents {
  failed(error: Error): void;
  heard(message: string): void;
}
