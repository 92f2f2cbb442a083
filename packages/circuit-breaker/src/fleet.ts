import { connectRedis } from './redis.ts';
import { unrefReconnect } from './unref-reconnect.ts';

/**
 * A fleet shares what it learned: one process's opening is told over Redis pub/sub, and the others open, too.
 *
 * It is a hint, not a lock: no circuit waits for Redis, each process closes by its own probes, and while Redis is away
 * everything is as if there were no fleet.
 */

/** A ready ioredis client, as far as it is needed. It is duplicated for listening, and stays its owner's. */
export interface FleetConnection {
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

export interface Fleet {
  tell(key: string, forMs: number): void;
  leave(): Promise<void>;
}

const channel = 'holdfast:circuit:opened';
const longestKey = 2_000;
/** It waits for Redis as long as that takes, and is gone at once when it is not needed any more. */
const listenerOptions = { enableOfflineQueue: true, maxRetriesPerRequest: null, disconnectTimeout: 0 } as const;

/** @param heard Called when another process has opened a circuit. */
export function joinFleet(redis: string | FleetConnection, heard: (key: string, forMs: number) => void): Fleet {
  const self = crypto.randomUUID();
  let leave = (): void => undefined;
  let left = false;
  const own = typeof redis === 'string' ? connectRedis(redis) : undefined;
  const connected: Promise<FleetConnection> = own ?? Promise.resolve(redis as FleetConnection);
  const joined = connected.then((connection) => {
    const listener = connection.duplicate(listenerOptions);
    leave = () => listener.disconnect();
    listener.on('error', ignore);
    if (left) return;
    listener.on('connect', () => listener.stream?.unref?.());
    listener.on('reconnecting', () => unrefReconnect(listener));
    listener.on('message', (_channel, message) => {
      const opened = parse(message);
      if (opened && opened.from !== self && !left) heard(opened.key, opened.forMs);
    });
    listener.subscribe(channel).catch(ignore);
  });
  joined.catch((error: unknown) =>
    console.error('holdfast: circuitBreaker.redis: no fleet, circuits work alone:', error),
  );
  return {
    tell(key, forMs) {
      const message = JSON.stringify({ from: self, key, forMs });
      connected.then((connection) => connection.publish(channel, message)).catch(ignore);
    },
    async leave() {
      left = true;
      await joined.catch(ignore);
      leave();
      (await own?.catch(ignore))?.disconnect();
    },
  };
}

/** Whatever stands on the channel, it is an opening, or it is nothing. */
function parse(message: string): { from: string; key: string; forMs: number } | undefined {
  try {
    const { from, key, forMs } = JSON.parse(message) as Record<string, unknown>;
    if (typeof from !== 'string' || typeof key !== 'string' || typeof forMs !== 'number') return undefined;
    return key !== '' && key.length <= longestKey && forMs > 0 ? { from, key, forMs } : undefined;
  } catch {
    return undefined;
  }
}

/** Redis away: the circuit works as it does alone. */
function ignore(): undefined {
  return undefined;
}
