import type { FleetConnection } from './fleet-connection.ts';
import { unrefReconnect } from './unref-reconnect.ts';

/** A connection that we have made, and that we end. */
export interface OwnConnection extends FleetConnection {
  disconnect(): void;
}

/** Connects to Redis by its URL; throws ioredis' own error for an invalid URL. */
export async function connectRedis(url: string): Promise<OwnConnection> {
  const { Redis } = await loadIoredis();
  // Commands are not queued while Redis cannot be reached: a late opening would be outdated.
  const connection = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 1, disconnectTimeout: 0 });
  connection.on('error', () => undefined);
  connection.on('connect', () => connection.stream.unref?.());
  connection.on('reconnecting', () => unrefReconnect(connection));
  return connection as unknown as OwnConnection;
}

async function loadIoredis(): Promise<Pick<typeof import('ioredis'), 'Redis'>> {
  try {
    return await import('ioredis');
  } catch (cause) {
    throw new Error('a Redis URL needs the package ioredis, which is not installed', { cause });
  }
}
