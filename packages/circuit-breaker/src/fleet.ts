/**
 * A fleet shares what it learned: one process's opening is told over Redis pub/sub, and the others open, too.
 *
 * It is a hint, not a lock: no circuit waits for Redis, each process closes by its own probes, and while Redis is away
 * everything is as if there were no fleet.
 */

/** A ready ioredis client, as far as it is needed. It is duplicated for listening, and stays its owner's. */
export interface FleetConnection {
  publish(channel: string, message: string): Promise<unknown>;
  duplicate(): FleetListener;
}

/** The listening end. */
export interface FleetListener {
  subscribe(channel: string): Promise<unknown>;
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  disconnect(): void;
}

export interface Fleet {
  tell(key: string, forMs: number): void;
  leave(): Promise<void>;
}

const channel = 'holdfast:circuit:opened';

/** @param heard Called when another process has opened a circuit. */
export function joinFleet(redis: string | FleetConnection, heard: (key: string, forMs: number) => void): Fleet {
  const self = crypto.randomUUID();
  let listener: FleetListener | undefined;
  let left = false;
  const joined = connect(redis).then(({ connection, owned }) => {
    if (left) {
      if (owned) connection.disconnect?.();
      return undefined;
    }
    listener = connection.duplicate();
    listener.on('error', ignore);
    listener.on('message', (_channel, message) => {
      const opened = parse(message);
      if (opened && opened.from !== self) heard(opened.key, opened.forMs);
    });
    listener.subscribe(channel).catch(ignore);
    return { connection, owned };
  });
  joined.catch(ignore);
  return {
    tell(key, forMs) {
      const message = JSON.stringify({ from: self, key, forMs });
      joined.then((fleet) => fleet?.connection.publish(channel, message)).catch(ignore);
    },
    async leave() {
      left = true;
      const fleet = await joined.catch(ignore);
      listener?.disconnect();
      if (fleet?.owned) fleet.connection.disconnect?.();
    },
  };
}

type Connection = FleetConnection & { disconnect?(): void; on?(event: 'error', listener: () => void): unknown };

async function connect(redis: string | FleetConnection): Promise<{ connection: Connection; owned: boolean }> {
  if (typeof redis !== 'string') return { connection: redis, owned: false };
  const { Redis } = await import('ioredis');
  const connection: Connection = new Redis(redis, { maxRetriesPerRequest: 1, enableOfflineQueue: true }) as never;
  connection.on?.('error', ignore);
  return { connection, owned: true };
}

function parse(message: string): { from: string; key: string; forMs: number } | undefined {
  try {
    const { from, key, forMs } = JSON.parse(message) as Record<string, unknown>;
    if (typeof from !== 'string' || typeof key !== 'string' || typeof forMs !== 'number') return undefined;
    return Number.isFinite(forMs) && forMs >= 0 ? { from, key, forMs } : undefined;
  } catch {
    return undefined;
  }
}

/** Redis away: the circuit works as it does alone. */
function ignore(): undefined {
  return undefined;
}
