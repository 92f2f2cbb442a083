import type { Clock } from '@holdfast/core';
import { shownUrl, type Timer } from '@holdfast/core/internal/late';
import { type Scope, scopeText } from '../buckets/scope.ts';
import { shownBucket } from '../buckets/shown-bucket.ts';
import type { Limit, LimitSpec } from '../limits/limit.ts';
import type { SharedUnits } from '../units/shared-units.ts';
import type { UnitSpec } from '../units/unit-options.ts';
import { FleetUnits } from './fleet-units.ts';
import { type PauseMessage, parsePause } from './pause-message.ts';
import { SharedLimit } from './shared-limit.ts';
import type { SharedSlots, Store, StoreConnection, UnitStore } from './store.ts';

/** How long Redis may take to answer at the start, in milliseconds, before each process works on its own. */
const connectMs = 1000;
/**
 * That time is counted in steps in which this process runs: a process that is starting up notices answers late.
 */
const connectSteps = 10;
/** How often the connection is checked, in milliseconds. */
const firstAskMs = 10;
const askAgainMs = 500;
const askOnMs = 10_000;

/** How a process takes part in a fleet. */
export interface FleetOptions {
  readonly redis: string | StoreConnection;
  /** Processes with the same name share limits and pauses. */
  readonly name: string;
  /** True if a user's function makes the keys: they may hold secrets, so only their digests are published. */
  readonly hidesKeys: boolean;
  readonly clock: Clock;
}

/** What the fleet reports. */
export interface FleetEvents {
  degraded(error: Error): void;
  recovered(): void;
  /** The server has asked another process for a pause. */
  paused(pause: PauseMessage): void;
  /** Redis has become reachable, or unreachable: permits for waiting calls have to be requested again. */
  changed(): void;
}

/** The fleet that shares one Redis. */
export function joinFleet(options: FleetOptions, events: FleetEvents): Fleet {
  return new Fleet(options, events);
}

/**
 * The limits that several processes share, over Redis. No call waits for it: while it cannot be reached, each process
 * works on its own, and checks now and then whether it is back.
 */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #clock: Clock;
  readonly #events: FleetEvents;
  readonly #self = crypto.randomUUID();
  #store: Store | undefined;
  #state: 'new' | 'connecting' | 'up' | 'down' = 'new';
  #isClosed = false;
  #timer: Timer;
  #deadline: Timer;
  #failure = new Error('Redis cannot be reached');

  constructor(options: FleetOptions, events: FleetEvents) {
    this.#options = options;
    this.#clock = options.clock;
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
    // Loaded when it is needed: Bottleneck's Redis part is large, and most clients have no fleet.
    const { connectStore } = await import('./redis.ts');
    const store = await connectStore(this.#options, {
      failed: (error) => this.fail(error),
      received: (message) => this.#received(message),
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

  /** @param local The same limit, kept by this process alone. */
  share(key: string, spec: LimitSpec, local: Limit, onReady: () => void): Limit {
    return new SharedLimit(key, spec, this, local, this.#clock, onReady);
  }

  /** @param ready Called when a permit for which a call waits may be available. */
  shareUnits(key: string, spec: UnitSpec, ready: () => void): SharedUnits | undefined {
    // A limit that is only learned is not shared: each process learns it from the server.
    if (spec.amount === Number.POSITIVE_INFINITY) return undefined;
    return new FleetUnits(this, key, spec, { clock: this.#clock, ready });
  }

  units(key: string, spec: UnitSpec): UnitStore | undefined {
    const shown = this.#options.hidesKeys ? this.digest(key) : key;
    return shown === undefined ? undefined : this.#store?.units(shown, spec);
  }

  slots(key: string, spec: LimitSpec): SharedSlots | undefined {
    const shown = this.#options.hidesKeys ? this.digest(key) : key;
    return shown === undefined ? undefined : this.#store?.slots(shown, spec);
  }

  /** The digest of a text, as the other processes of the fleet make it; absent as long as there is no connection. */
  digest(text: string): string | undefined {
    return this.#store?.digest(text);
  }

  /** The connection has failed. */
  fail(error: Error): void {
    if (this.#isClosed || this.#state === 'down') return;
    // ioredis puts the arguments of the command on its errors, including a password.
    this.#failure = new Error(error.message);
    this.#clock.clearTimer(this.#deadline);
    this.#state = 'down';
    this.#events.degraded(this.#failure);
    this.#events.changed();
    if (this.#store) this.#askIn(askAgainMs);
  }

  /**
   * Connects until it succeeds, and checks now and then; only a process that uses the connection stays alive for it.
   */
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

  publishPause(scope: Scope, pauseMs: number, source: string): void {
    const digest = this.#state === 'up' ? this.digest(scopeText(scope)) : undefined;
    if (digest === undefined) return;
    const owner = this.#options.hidesKeys ? undefined : shownUrl(scope.owner);
    const bucket = scope.bucket === undefined ? undefined : shownBucket(scope);
    this.#store?.publish(JSON.stringify({ from: this.#self, digest, owner, bucket, pauseMs, source }));
  }

  #received(message: string): void {
    const pause = parsePause(message);
    if (pause && pause.from !== this.#self) this.#events.paused(pause);
  }

  close(): void {
    this.#isClosed = true;
    // A call that arrives now uses the process's own limit.
    this.#state = 'down';
    this.#clock.clearTimer(this.#timer);
    this.#clock.clearTimer(this.#deadline);
    this.#store?.close();
  }
}
