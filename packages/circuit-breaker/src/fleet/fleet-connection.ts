import type { RedisSettings } from '@holdfast/core/internal';

/** The part of your own ioredis client that is needed. It is duplicated for listening, and is not closed. */
export interface FleetConnection extends RedisSettings {
  publish(channel: string, message: string): Promise<unknown>;
  duplicate(override?: {
    readonly enableOfflineQueue: boolean;
    readonly maxRetriesPerRequest: null;
    readonly disconnectTimeout: number;
  }): FleetListener;
}

/** The connection that listens. */
export interface FleetListener {
  readonly stream?: { unref?(): unknown };
  subscribe(channel: string): Promise<unknown>;
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'connect' | 'reconnecting', listener: () => void): unknown;
  disconnect(): void;
}
