import type { CallContext, Clock } from '@holdfast/core';
import {
  type Emit,
  messageOf,
  noCall,
  outOfTime,
  redactText,
  remainingMs,
  type WithinCall,
  withinCall,
} from '@holdfast/core/internal';
import type { Judge } from '../rules/policy.ts';
import { decode, type Expected, encode } from './item-json.ts';
import { hashedKey } from './key.ts';
import type { Item, ItemStore, Resource } from './store.ts';

/**
 * A store by Keyv's interface: a `Keyv` with any adapter, or anything else that has these methods. Its keys are hashes,
 * and its values strings.
 */
export interface CacheStore {
  get(key: string): unknown;
  /** @param ttlMs How long the value may be used, in milliseconds. */
  set(key: string, value: string, ttlMs?: number): unknown;
  delete(key: string): unknown;
  /** Keyv reports errors that it does not throw by this event. */
  on?(event: 'error', listener: (error: unknown) => void): unknown;
  off?(event: 'error', listener: (error: unknown) => void): unknown;
}

export interface OuterStoreParts {
  readonly clock: Clock;
  readonly emit: Emit;
  readonly judge: Judge;
  /** How long a call waits for the store, in milliseconds. */
  readonly timeoutMs: number;
  /** The longest body that this cache stores, in bytes. */
  readonly maxEntryBytes: number;
}

/** How long the store is not used after a failure, doubling up to the maximum, so that not every call waits for it. */
const firstPauseMs = 1000;
const longestPauseMs = 30_000;

/**
 * A store outside the process may be slow, hang, reject, forget, or return something that this cache never put there. A
 * cache makes calls cheaper, so none of that may fail a call or delay it for long: it is reported (`cache.degraded`),
 * and the call is sent to the server.
 */
export class OuterStore implements ItemStore {
  readonly #store: CacheStore;
  readonly #parts: OuterStoreParts;
  /** Bounds the wait for the store where no call waits for it. */
  readonly #background: WithinCall;
  #failures = 0;
  #pauseMs = 0;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  /** Keys that could not be deleted: their values are not served any more, whatever the store returns. */
  readonly #deleted = new Set<string>();

  constructor(store: CacheStore, parts: OuterStoreParts) {
    this.#store = store;
    this.#parts = parts;
    this.#background = {
      call: noCall(parts.clock),
      settings: { totalTimeout: false },
      signal: new AbortController().signal,
      unref: true,
    };
    store.on?.('error', this.#failed);
  }

  async get(key: string, context?: CallContext): Promise<Item | undefined> {
    const { clock, maxEntryBytes, judge } = this.#parts;
    const hash = hashedKey(key);
    if (this.#deleted.has(hash)) {
      await this.#remove(hash, context);
      return undefined;
    }
    const text = await this.#ask(() => this.#store.get(hash), context);
    if (text === undefined || text === null) return undefined;
    const expected: Expected = { key: hash, wallNow: clock.wallNow(), maxEntryBytes };
    const item = decode(text, expected, judge);
    if (item) return item;
    this.#degraded('an entry of the store cannot be read, and is deleted');
    await this.#remove(hash, context);
    return undefined;
  }

  async set(key: string, item: Item, ttlMs: number): Promise<void> {
    const hash = hashedKey(key);
    const done = await this.#ask(async () => {
      if ((await this.#store.set(hash, encode(hash, item), Math.ceil(ttlMs))) === false)
        throw new Error('the store did not accept an entry');
      return true;
    }, undefined);
    if (done) this.#deleted.delete(hash);
  }

  delete(key: string, context?: CallContext): Promise<void> {
    return this.#remove(hashedKey(key), context);
  }

  invalidate(key: string, mark: Resource, ttlMs: number, context?: CallContext): Promise<void> {
    const hash = hashedKey(key);
    const write = (): unknown => this.#store.set(hash, encode(hash, { resource: mark }), Math.ceil(ttlMs));
    return this.#gone(hash, write, context);
  }

  close(): void {
    this.#store.off?.('error', this.#failed);
  }

  /**
   * Asks the store, unless it failed a moment ago; returns nothing if it fails.
   *
   * @param context The call that waits; without one, the store's time is limited all the same.
   */
  async #ask<T>(work: () => T, context: CallContext | undefined): Promise<Awaited<T> | undefined> {
    const { clock, timeoutMs } = this.#parts;
    if (clock.now() < this.#pausedUntil) return undefined;
    const before = this.#failures;
    try {
      const answer = await withinCall((async () => await work())(), context ?? this.#background, timeoutMs);
      if (answer === outOfTime) {
        // If the call's own time is up, this is not a failure of the store.
        const isLate = !context || remainingMs(context.call, context.settings.totalTimeout) > 0;
        if (isLate) this.#failed(new Error(`no answer from the store within ${timeoutMs} ms`));
        return undefined;
      }
      if (this.#failures === before) this.#recovered();
      return answer;
    } catch (error) {
      if (context?.signal.aborted) throw context.signal.reason;
      this.#failed(error);
      return undefined;
    }
  }

  /** Makes the item of a key unreachable; until that has succeeded, this process does not serve the item. */
  async #gone(key: string, work: () => unknown, context: CallContext | undefined): Promise<void> {
    const deleted = this.#deleted;
    deleted.add(key);
    // Any answer of the store is a success: an item that did not exist is gone as well.
    const done = await this.#ask(async () => [await work()], context);
    if (done) deleted.delete(key);
    else if (deleted.size > mostDeleted) deleted.delete(deleted.values().next().value as string);
  }

  #remove(hash: string, context: CallContext | undefined): Promise<void> {
    return this.#gone(hash, () => this.#store.delete(hash), context);
  }

  readonly #failed = (error: unknown): void => {
    const { clock } = this.#parts;
    const isNews = this.#pauseMs === 0;
    this.#failures++;
    if (clock.now() >= this.#pausedUntil) {
      this.#pauseMs = Math.min(Math.max(firstPauseMs, 2 * this.#pauseMs), longestPauseMs);
      this.#pausedUntil = clock.now() + this.#pauseMs;
    }
    if (isNews) this.#degraded(messageOf(error));
  };

  #recovered(): void {
    if (this.#pauseMs === 0) return;
    this.#pauseMs = 0;
    this.#parts.emit['cache.recovered']?.({ call: noCall(this.#parts.clock) }, {});
  }

  #degraded(message: string): void {
    const { clock, emit } = this.#parts;
    emit['cache.degraded']?.({ call: noCall(clock) }, { message: redactText(message) });
  }
}

const mostDeleted = 1000;
