import { redisDigest, redisPrefix } from '@holdfast/core/internal/late';
import type { FleetConnection } from './fleet-connection.ts';
import { connectRedis } from './redis.ts';
import { unrefReconnect } from './unref-reconnect.ts';

/**
 * A fleet is a group of processes: one publishes over Redis pub/sub that it has opened a circuit, and the others open
 * theirs, too.
 *
 * A message is a hint, not a lock: no circuit waits for Redis, each process closes by its own probes, and without Redis
 * each process works alone.
 */

/** How a process takes part in a fleet. */
export interface FleetOptions {
  readonly redis: string | FleetConnection;
  /** The fleet's name: processes with the same name share openings. */
  readonly name: string;
  /** True if a user's function makes the keys: they may hold secrets, so only their digests are published. */
  readonly hidesKeys: boolean;
  /** May a request have this key? */
  isKey(key: string): boolean;
}

/** What the fleet needs of this process. */
export interface FleetEvents {
  /** Called when another process has opened a circuit. */
  opened(key: string, forMs: number): void;
  /** The keys that are in use in this process. */
  keys(): Iterable<string>;
}

export interface Fleet {
  /** Publishes that this process has opened a circuit. */
  publish(key: string, forMs: number): void;
  leave(): Promise<void>;
}

/** The connection waits for Redis without a limit, and is ended at once when it is not needed any more. */
const listenerOptions = { enableOfflineQueue: true, maxRetriesPerRequest: null, disconnectTimeout: 0 } as const;

export function joinFleet(options: FleetOptions, { opened, keys }: FleetEvents): Fleet {
  const { redis, name, hidesKeys, isKey } = options;
  const self = crypto.randomUUID();
  let leave = (): void => undefined;
  let left = false;
  const own = typeof redis === 'string' ? connectRedis(redis) : undefined;
  const connected: Promise<FleetConnection> = own ?? Promise.resolve(redis as FleetConnection);
  const channelOf = (connection: FleetConnection): string => `${redisPrefix(name, connection)}:circuit:opened`;
  const joined = connected.then((connection) => {
    const digest = hidesKeys ? redisDigest(name, connection) : undefined;
    const listener = connection.duplicate(listenerOptions);
    leave = () => listener.disconnect();
    listener.on('error', ignore);
    if (left) return;
    listener.on('connect', () => listener.stream?.unref?.());
    listener.on('reconnecting', () => unrefReconnect(listener));
    listener.on('message', (_channel, message) => {
      const opening = left ? undefined : parseOpening(message);
      if (opening === undefined || opening.from === self) return;
      const { key, forMs } = opening;
      const known = digest ? [...keys()].find((one) => digest(one) === key) : key;
      if (known !== undefined && isKey(known)) opened(known, forMs);
    });
    listener.subscribe(channelOf(connection)).catch(ignore);
  });
  joined.catch((error: unknown) =>
    console.error('holdfast: circuitBreaker.redis: Redis failed, so circuits are not shared:', error),
  );
  return {
    publish(key, forMs) {
      connected
        .then((connection) => {
          const published = hidesKeys ? redisDigest(name, connection)(key) : key;
          return connection.publish(channelOf(connection), JSON.stringify({ from: self, key: published, forMs }));
        })
        .catch(ignore);
    },
    async leave() {
      left = true;
      await joined.catch(ignore);
      leave();
      (await own?.catch(ignore))?.disconnect();
    },
  };
}

/** A message of another process. */
export interface OpeningMessage {
  readonly from: string;
  readonly key: string;
  readonly forMs: number;
}

/** In characters: ten times as long as a message of a process of the fleet. */
const longestMessage = 10_000;

/** Anything that can write to Redis can write such a message: it is checked, and used within bounds. */
export function parseOpening(message: string): OpeningMessage | undefined {
  if (message.length > longestMessage) return undefined;
  try {
    const { from, key, forMs } = Object(JSON.parse(message)) as Readonly<Record<keyof OpeningMessage, unknown>>;
    const isValid = typeof from === 'string' && typeof key === 'string' && typeof forMs === 'number' && forMs > 0;
    return isValid ? { from, key, forMs } : undefined;
  } catch {
    return undefined;
  }
}

/** Without Redis, the circuit works as if there were no fleet. */
function ignore(): undefined {
  return undefined;
}
