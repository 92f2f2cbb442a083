import type { Redis } from 'ioredis';
import type { StoreConnection } from './store.ts';

export type { Redis };

/** The connection fails fast, and is ended at once when it is not needed any more. */
const connectionOptions = {
  lazyConnect: false,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  commandTimeout: 2000,
  connectTimeout: 2000,
  disconnectTimeout: 0,
  retryStrategy: (times: number): number => Math.min(50 * times, 500),
};

/** Connects to a URL, or by a duplicate of the user's own client; throws ioredis' own error for an invalid URL. */
export async function connectRedis(redis: string | StoreConnection): Promise<Redis> {
  if (typeof redis !== 'string') return redis.duplicate(connectionOptions) as Redis;
  const { Redis } = await loadIoredis();
  return new Redis(redis, connectionOptions);
}

async function loadIoredis(): Promise<Pick<typeof import('ioredis'), 'Redis'>> {
  try {
    return await import('ioredis');
  } catch (cause) {
    throw new Error('a Redis URL needs the package ioredis, which is not installed', { cause });
  }
}

/** Neither the socket nor the reconnect timer of ioredis keeps the process alive. */
export function keepNoProcessAlive(client: Redis): void {
  client.stream?.unref?.();
  client.on('connect', () => client.stream.unref?.());
  client.on('reconnecting', () => {
    (client as unknown as { reconnectTimeout?: { unref?(): void } | null }).reconnectTimeout?.unref?.();
  });
}
