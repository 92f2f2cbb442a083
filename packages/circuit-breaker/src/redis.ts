import type { FleetConnection } from './fleet-connection.ts';
import { unrefReconnect } from './unref-reconnect.ts';

/** A connection of our own: ours to end. */
export interface OwnConnection extends FleetConnection {
  disconnect(): void;
}

/** Connects to Redis by its URL; what ioredis throws at a bad one is thrown here. */
export async function connectRedis(url: string): Promise<OwnConnection> {
  const { Redis } = await loadIoredis();
  // An opening that can't be published now is outdated later.
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
