import { ignore, redisDigest, redisPrefix } from '@holdfast/core/internal/late';
import Bottleneck from 'bottleneck';
import type { LimitSpec } from '../limits/limit.ts';
import { connectRedis, keepNoProcessAlive, type Redis } from './ioredis.ts';
import { RedisClock } from './redis-clock.ts';
import { countedMs, type SharedSlots, type Store, type StoreConnection, type StoreEvents } from './store.ts';
import { unitStore } from './unit-store.ts';

/**
 * After this time, in milliseconds, the permits of a killed process are given back; so are those of a body that is read
 * for longer.
 */
const longestHoldMs = 60_000;
/** Redis removes an entry that was not used for this long after the time for which it is needed, in milliseconds. */
const forgetAfterMs = 60_000;
/**
 * Up to this time between two starts, in milliseconds, single starts are paced: polling for them would lose more than a
 * hundredth.
 */
const longestPaceMs = 1000;

/** Connects to Redis; throws ioredis' own error for an invalid URL. */
export async function connectStore({ redis, name }: StoreOptions, events: StoreEvents): Promise<Store> {
  const client = await connectRedis(redis);
  const clock = new RedisClock(client);
  // A channel is the same in all databases, so its name has to contain the database.
  const prefix = redisPrefix(name, client);
  const connection = new FleetConnection(client, clock);
  keepNoProcessAlive(client);
  keepNoProcessAlive(connection.subscriber);
  client.on('error', (error: Error) => events.failed(error));
  client.on('close', () => events.failed(new Error('the connection was closed')));
  const givingBack = new Set<Promise<unknown>>();
  /** A limiter of Bottleneck whose state is in Redis. */
  const begin = async (id: string, settings: Settings, timeout: number): Promise<Bottleneck> => {
    const limiter = new Bottleneck({ id, connection, timeout, ...settings });
    limiter.on('error', (error: Error) => events.failed(error));
    await limiter.ready();
    try {
      // The first process has created the limiter with its own settings; the latest process has the newest. And the
      // keys of a limiter that never had a job would never expire.
      await limiter.updateSettings(settings);
    } catch (error) {
      await limiter.disconnect(false);
      throw error;
    }
    limiter.on('message', (message: string) => events.received(message));
    return limiter;
  };
  /** A limiter that publishes pauses; it also shows whether scripts run and may write. */
  const board = whenNeeded(() => begin(`${prefix}:pauses`, { maxConcurrent: 1 }, forgetAfterMs));

  return {
    get isReady() {
      return client.status === 'ready' && connection.subscriber.status === 'ready';
    },
    async check() {
      await clock.adjust();
      await (await board()).updateSettings({ maxConcurrent: 1 });
    },
    slots: (key, spec) =>
      sharedSlots(`${prefix}:limit:${key}:${spec.perMs ?? 'concurrent'}`, spec, { begin, givingBack, clock }),
    units: (key, spec) => unitStore((...args) => client.eval(...args), `${prefix}:units:${key}`, spec, clock),
    digest: redisDigest(name, client),
    publish(message) {
      board()
        .then((limiter) => limiter.publish(message))
        .catch(ignore);
    },
    async close() {
      // The holder of a permit learns of the end as well, and gives its permit back in the meantime.
      // `failed` reports a client that cannot be reached.
      if (client.status === 'ready') await client.ping().catch(ignore);
      await Promise.allSettled(givingBack);
      await connection.disconnect(false);
    },
  };
}

/** The Redis, and the fleet in it. */
interface StoreOptions {
  readonly redis: string | StoreConnection;
  readonly name: string;
}

type Settings = Readonly<Pick<Bottleneck.ConstructorOptions, 'maxConcurrent' | 'minTime'>>;

/** Bottleneck's connection, with additions for a current Redis and for several hosts. */
class FleetConnection extends Bottleneck.IORedisConnection {
  declare readonly subscriber: Redis;
  declare readonly limiters: Record<string, Bottleneck>;
  readonly #clock: RedisClock;

  constructor(client: Redis, clock: RedisClock) {
    // Without this class Bottleneck would load ioredis itself, by a `require()` that is hidden from bundlers.
    super({ client, Redis: client.constructor } as ConstructorParameters<typeof Bottleneck.IORedisConnection>[0]);
    this.#clock = clock;
  }

  /** A method of Bottleneck: the arguments of a script, of which the first is the time. */
  __scriptArgs__(name: string, id: string, args: readonly unknown[], callback: ScriptCallback): unknown[] {
    const plain: ScriptCallback = (error, reply) => callback(error && withoutPrefix(error), reply);
    const parent = Bottleneck.IORedisConnection.prototype as unknown as Pick<FleetConnection, '__scriptArgs__'>;
    return parent.__scriptArgs__.call(this, name, id, [this.#clock.now(), ...args.slice(1)], plain);
  }

  /**
   * A method of Bottleneck, which would wait, remove a newer limiter of the same id, and cause an unhandled rejection.
   */
  __removeLimiter__(limiter: Bottleneck & { channel_client?(): string }): void {
    for (const channel of [limiter.channel(), limiter.channel_client?.()]) {
      if (channel === undefined || this.limiters[channel] !== limiter) continue;
      delete this.limiters[channel];
      this.subscriber.unsubscribe(channel).catch(ignore);
    }
  }
}

type ScriptCallback = (error: Error | null | undefined, reply?: unknown) => void;

/** Redis 7 puts a prefix before the errors of scripts, by which Bottleneck recognises that its keys are gone. */
function withoutPrefix(error: Error): Error {
  error.message = error.message.replace(/^ERR (?=SETTINGS_KEY_NOT_FOUND|UNKNOWN_CLIENT|OVERWEIGHT)/, '');
  return error;
}

interface SlotParts {
  readonly begin: (id: string, settings: Settings, timeout: number) => Promise<Bottleneck>;
  readonly givingBack: Set<Promise<unknown>>;
  readonly clock: RedisClock;
}

function sharedSlots(id: string, { size, perMs }: LimitSpec, { begin, givingBack, clock }: SlotParts): SharedSlots {
  const expiration = perMs === undefined ? longestHoldMs : countedMs(perMs);
  const isPaced = size === 1 && perMs !== undefined && perMs <= longestPaceMs;
  const settings = isPaced ? { maxConcurrent: null, minTime: perMs } : { maxConcurrent: size, minTime: 0 };
  let begun: Bottleneck | undefined;
  /** The permits that are on their way: Bottleneck runs its jobs in the order of their starts. */
  const coming: Coming[] = [];
  const limiterOf = whenNeeded(async () => {
    const limiter = await begin(id, settings, expiration + forgetAfterMs);
    const store = innerOf(limiter)._store;
    // Only Redis knows when a job expires. Bottleneck's own timer of a job throws, and ends the process, if the process was
    // halted, and this timer then fires before the one that begins the job.
    const register = store.__register__;
    store.__register__ = async (index, weight) => {
      const askedAt = clock.now();
      const { delayMs } = clock;
      const counts = perMs === undefined ? expiration : expiration + delayMs;
      const reply = await register.call(store, index, weight, counts);
      if (reply.success) coming.push({ at: askedAt + reply.wait, delayMs });
      return reply;
    };
    // A start counts for its time, even if the process ends: the job is not freed, and Redis lets it expire.
    if (perMs !== undefined) store.__free__ = () => Promise.resolve({ running: 1 });
    begun = limiter;
    return limiter;
  });

  return {
    async acquire(weight) {
      const limiter = await limiterOf();
      return new Promise((resolve, reject) => {
        const ended = limiter.schedule({ weight }, (): Promise<void> => {
          const { at, delayMs } = coming.shift() ?? { at: clock.now(), delayMs: 0 };
          const lateMs = clock.now() - at;
          clock.noteDelay(lateMs);
          const ageMs = Math.max(0, lateMs - delayMs);
          if (perMs === undefined) return new Promise((end) => resolve({ ageMs, giveBack: () => giveBack(end) }));
          resolve({ ageMs, giveBack: ignore });
          return Promise.resolve();
        });
        const giveBack = (end: () => void): void => {
          givingBack.add(ended);
          ended.catch(ignore).then(() => givingBack.delete(ended));
          end();
        };
        ended.catch(reject);
      });
    },
    async look() {
      // Bottleneck reports its failures by an event.
      if (begun) await innerOf(begun)._drainAll();
    },
    close: () => void begun?.disconnect(false),
  };
}

/** A permit that is registered: when it may be used, and how much longer it counts, since it reaches the process late. */
interface Coming {
  readonly at: number;
  readonly delayMs: number;
}

/** Bottleneck's reply: whether a job was registered, and in how many milliseconds it may start. */
interface Registered {
  readonly success: boolean;
  readonly wait: number;
}

/** Internal members of Bottleneck, whose version is pinned. */
interface Inner {
  readonly _store: {
    __register__: (index: string, weight: number, expiration?: number) => Promise<Registered>;
    __free__: () => Promise<{ running: number }>;
  };
  _drainAll(): Promise<unknown>;
}

function innerOf(limiter: Bottleneck): Inner {
  return limiter as unknown as Inner;
}

/** Starts at the first use, and again if that has failed. */
function whenNeeded<T>(begin: () => Promise<T>): () => Promise<T> {
  let begun: Promise<T> | undefined;
  return () => {
    begun ??= begin().catch((error: unknown) => {
      begun = undefined;
      throw error;
    });
    return begun;
  };
}
