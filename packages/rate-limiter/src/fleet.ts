import type { Clock, Timer } from '@holdfast/core';
import type { Limit, LimitSpec } from './limit.ts';
import { SharedLimit } from './shared-limit.ts';
import type { SharedSlots, Store, StoreConnection } from './store.ts';

/** Redis has so long to answer at the beginning, in milliseconds, before each process goes by itself. */
const connectMs = 1000;
/** That time counts in steps, while this process gets to run: one that is starting up hears late what came in time. */
const connectSteps = 10;
/** So often is it asked whether it is there, whether it is back, and whether it still is. */
const firstAskMs = 10;
const askAgainMs = 500;
const askOnMs = 10_000;
const longestKey = 2000;

/** What the fleet tells. */
export interface FleetEvents {
  degraded(error: Error): void;
  recovered(): void;
  /** Another process heard from the server that it wants to be left alone. */
  paused(key: string, pauseMs: number, source: string): void;
  /** It can be reached, or can't any more: whoever waits for a permit has to be asked for again. */
  changed(): void;
}

/** The fleet that shares one Redis. */
export function joinFleet(redis: string | StoreConnection, clock: Clock, events: FleetEvents): Fleet {
  return new Fleet(redis, clock, events);
}

/**
 * The limits that several processes share, over Redis. No call waits for it: as long as it is out of reach, each process
 * is on its own, and asks now and then whether it is back.
 */
export class Fleet {
  readonly #redis: string | StoreConnection;
  readonly #clock: Clock;
  readonly #events: FleetEvents;
  readonly #self = crypto.randomUUID();
  #store: Store | undefined;
  #state: 'new' | 'connecting' | 'up' | 'down' = 'new';
  #isClosed = false;
  #timer: Timer;
  #deadline: Timer;
  #failure = new Error('Redis is out of reach');

  constructor(redis: string | StoreConnection, clock: Clock, events: FleetEvents) {
    this.#redis = redis;
    this.#clock = clock;
    this.#events = events;
  }

  /** Is it out of reach? While it is being connected to for the first time, calls wait for a moment. */
  get failure(): Error | undefined {
    return this.#state === 'down' ? this.#failure : undefined;
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  /** Connects, at the first use. */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'connecting';
    this.#connect().catch((error: Error) => this.fail(error));
  }

  async #connect(): Promise<void> {
    // Loaded when it is needed: Bottleneck's Redis part is large, and most have no fleet.
    const { connectStore } = await import('./redis.ts');
    const store = await connectStore(this.#redis, {
      failed: (error) => this.fail(error),
      heard: (message) => this.#heard(message),
    });
    this.#store = store;
    if (this.#isClosed) {
      store.close();
      return;
    }
    if (this.#state === 'connecting') this.#giveUpIn(connectSteps);
    this.#askIn(0);
  }

  #giveUpIn(steps: number): void {
    this.#deadline = this.#clock.setTimer(() => {
      if (steps > 1) this.#giveUpIn(steps - 1);
      else this.fail(new Error(`no connection to Redis within ${connectMs} ms`));
    }, connectMs / connectSteps);
  }

  /** @param local The same limit, as this process keeps it by itself. */
  share(id: string, spec: LimitSpec, local: Limit, onReady: () => void): Limit {
    return new SharedLimit(id, spec, this, local, this.#clock, onReady);
  }

  slots(id: string, spec: LimitSpec): SharedSlots | undefined {
    return this.#store?.slots(id, spec);
  }

  /** Something went wrong with it. */
  fail(error: Error): void {
    if (this.#isClosed || this.#state === 'down') return;
    // ioredis puts the arguments of the command on its errors, a password among them.
    this.#failure = new Error(error.message);
    this.#clock.clearTimer(this.#deadline);
    this.#state = 'down';
    this.#events.degraded(this.#failure);
    this.#events.changed();
    if (this.#store) this.#askIn(askAgainMs);
  }

  /** Asks until it is up, and now and then whether it still is; only who connects is worth a process that stays. */
  #askIn(delayMs: number): void {
    this.#clock.clearTimer(this.#timer);
    this.#timer = this.#clock.setTimer(() => void this.#ask(), delayMs);
    if (this.#state !== 'connecting') this.#clock.unref?.(this.#timer);
  }

  async #ask(): Promise<void> {
    try {
      if (!this.#store?.isReady) throw this.#failure;
      await this.#store.check();
    } catch (error) {
      if (this.#isClosed) return;
      if (this.#state === 'up') this.fail(error as Error);
      else this.#askIn(this.#state === 'down' ? askAgainMs : firstAskMs);
      return;
    }
    if (this.#isClosed) return;
    const before = this.#state;
    this.#state = 'up';
    this.#askIn(askOnMs);
    if (before === 'up') return;
    this.#clock.clearTimer(this.#deadline);
    if (before === 'down') this.#events.recovered();
    this.#events.changed();
  }

  tellPause(key: string, pauseMs: number, source: string): void {
    if (this.#state === 'up') this.#store?.tell(JSON.stringify({ from: this.#self, key, pauseMs, source }));
  }

  /** Whatever stands on the channel, it is a pause, or it is nothing. */
  #heard(message: string): void {
    const { from, key, pauseMs, source } = parsed(message);
    if (from === this.#self || typeof key !== 'string' || key === '' || key.length > longestKey) return;
    if (typeof pauseMs !== 'number' || !(pauseMs > 0)) return;
    this.#events.paused(key, pauseMs, typeof source === 'string' ? source.slice(0, 100) : 'another process');
  }

  close(): void {
    this.#isClosed = true;
    // Whoever comes now is on its own.
    this.#state = 'down';
    this.#clock.clearTimer(this.#timer);
    this.#clock.clearTimer(this.#deadline);
    this.#store?.close();
  }
}

function parsed(message: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(message)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
