import Bottleneck from 'bottleneck';
import type { Redis } from 'ioredis';
import type { LimitSpec } from './limit.ts';
import { redisClockOffset } from './redis-clock.ts';
import type { SharedSlots, Store, StoreConnection, StoreEvents } from './store.ts';

/** A process that was killed gives its permits back after so long; a body that is read for longer, too. */
const longestHoldMs = 60_000;
/** What nobody has used for so long is forgotten by Redis, beyond the time that it has to be known. */
const forgetAfterMs = 60_000;

/** It fails fast, and is gone at once when it is not needed any more. */
const connectionOptions = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  commandTimeout: 2000,
  connectTimeout: 2000,
  disconnectTimeout: 0,
  retryStrategy: (times: number): number => Math.min(50 * times, 500),
};

/** Connects to Redis; what ioredis throws at a bad URL is thrown here. */
export async function connectStore(redis: string | StoreConnection, events: StoreEvents): Promise<Store> {
  const client = typeof redis === 'string' ? await connect(redis) : (redis.duplicate(connectionOptions) as Redis);
  let offset = 0;
  const connection = new FleetConnection(client, () => offset);
  keepNoProcessAlive(client);
  keepNoProcessAlive(connection.subscriber);
  client.on('error', (error: Error) => events.failed(error));
  client.on('close', () => events.failed(new Error('the connection was closed')));
  const board = new Bottleneck({ id: 'holdfast:pauses', connection, timeout: forgetAfterMs });
  board.on('message', (message: string) => events.heard(message));
  // Keys of a limiter that never had a job would stay for ever.
  board.schedule(() => Promise.resolve()).catch(ignore);

  return {
    get isReady() {
      return client.status === 'ready' && connection.subscriber.status === 'ready';
    },
    async check() {
      offset = await redisClockOffset(client);
    },
    slots: (id, spec) => sharedSlots(id, spec, connection, events),
    tell: (message) => void board.publish(message).catch(ignore),
    close: () => void connection.disconnect(false),
  };
}

/** Bottleneck's connection, with what it lacks for a Redis of today and for several hosts. */
class FleetConnection extends Bottleneck.IORedisConnection {
  declare readonly subscriber: Redis;
  readonly #offset: () => number;

  constructor(client: Redis, offset: () => number) {
    // Without the class it would look for ioredis by itself, with a require() that is hidden from bundlers.
    super({ client, Redis: client.constructor } as ConstructorParameters<typeof Bottleneck.IORedisConnection>[0]);
    this.#offset = offset;
  }

  /** Bottleneck's own: the arguments of a script, of which the first is the time. */
  __scriptArgs__(name: string, id: string, args: readonly unknown[], callback: ScriptCallback): unknown[] {
    const [now, ...rest] = args;
    const plain: ScriptCallback = (error, reply) => callback(error && withoutPrefix(error), reply);
    const parent = Bottleneck.IORedisConnection.prototype as unknown as Pick<FleetConnection, '__scriptArgs__'>;
    return parent.__scriptArgs__.call(this, name, id, [Number(now) + this.#offset(), ...rest], plain);
  }
}

type ScriptCallback = (error: Error | null | undefined, reply?: unknown) => void;

/** Redis 7 puts a prefix before the errors of scripts, by which Bottleneck tells that its keys are gone. */
function withoutPrefix(error: Error): Error {
  error.message = error.message.replace(/^ERR (?=SETTINGS_KEY_NOT_FOUND|UNKNOWN_CLIENT|OVERWEIGHT)/, '');
  return error;
}

/** A limiter of Bottleneck's that lives in Redis; made anew where its beginning failed. */
function sharedSlots(id: string, spec: LimitSpec, connection: FleetConnection, events: StoreEvents): SharedSlots {
  const { size, perMs } = spec;
  const expiration = perMs ?? longestHoldMs;
  let begun: Promise<Bottleneck> | undefined;

  const begin = async (): Promise<Bottleneck> => {
    const limiter = new Bottleneck({ id, connection, maxConcurrent: size, timeout: expiration + forgetAfterMs });
    // A start counts for `perMs`, whatever becomes of the process: the job is not freed, Redis lets it expire.
    if (perMs !== undefined) storeOf(limiter).__free__ = () => Promise.resolve({ running: 1 });
    limiter.on('error', (error: Error) => events.failed(error));
    try {
      await limiter.ready();
      // Whoever came first has made it with a size of their own; the last one to come knows best.
      await limiter.updateSettings({ maxConcurrent: size });
    } catch (error) {
      begun = undefined;
      await limiter.disconnect(false);
      throw error;
    }
    return limiter;
  };

  return {
    async acquire() {
      begun ??= begin();
      const limiter = await begun;
      return new Promise((resolve, reject) => {
        const job = (): Promise<void> => {
          if (perMs === undefined) return new Promise((end) => resolve(end));
          resolve(ignore);
          return Promise.resolve();
        };
        limiter.schedule({ expiration }, job).catch(reject);
      });
    },
    nudge() {
      begun?.then((limiter) => (limiter as unknown as { _drainAll(): Promise<unknown> })._drainAll()).catch(ignore);
    },
  };
}

function storeOf(limiter: Bottleneck): { __free__: () => Promise<{ running: number }> } {
  return (limiter as unknown as { _store: { __free__: () => Promise<{ running: number }> } })._store;
}

async function connect(url: string): Promise<Redis> {
  try {
    const { Redis } = await import('ioredis');
    return new Redis(url, connectionOptions);
  } catch (cause) {
    throw new Error('a Redis URL needs the package ioredis, which is not installed', { cause });
  }
}

/** Neither its socket nor the timer with which ioredis waits before it connects again. */
function keepNoProcessAlive(client: Redis): void {
  client.stream?.unref?.();
  client.on('connect', () => client.stream.unref?.());
  client.on('reconnecting', () => {
    (client as unknown as { reconnectTimeout?: { unref?(): void } | null }).reconnectTimeout?.unref?.();
  });
}

/** Whoever is out of reach is said to be by `failed`. */
function ignore(): void {}
