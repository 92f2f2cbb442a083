import type { RedisSettings } from '@holdfast/core/internal';

/** Your own ioredis client, as far as it is needed. It is duplicated for listening, and stays yours. */
export interface FleetConnection extends RedisSettings {
  publish(channel: string, message: string): Promise<unknown>;
  duplicate(override?: {
    readonly enableOfflineQueue: boolean;
    readonly maxRetriesPerRequest: null;
    readonly disconnectTimeout: number;
  }): FleetListener;
}

/** The listening end. */
export interface FleetListener {
  readonly stream?: { unref?(): unknown };
  subscribe(channel: string): Promise<unknown>;
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'connect' | 'reconnecting', listener: () => void): unknown;
  disconnect(): void;
}
