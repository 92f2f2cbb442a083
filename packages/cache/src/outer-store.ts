import type { CallContext, Clock } from '@holdfast/core';
import {
  type Emit,
  noCall,
  outOfTime,
  redactText,
  remainingMs,
  type WithinCall,
  withinCall,
} from '@holdfast/core/internal';
import { decode, type Expected, encode } from './item-json.ts';
import { hashedKey } from './key.ts';
import type { Judge } from './policy.ts';
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
export function outerStore(store: CacheStore, parts: OuterStoreParts): ItemStore {
  const { clock, emit, judge, timeoutMs, maxEntryBytes } = parts;
  let failures = 0;
  let pauseMs = 0;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  /** Keys that could not be deleted: their values are not served any more, whatever the store returns. */
  const deleted = new Set<string>();

  const failed = (error: unknown): void => {
    const isNews = pauseMs === 0;
    failures++;
    if (clock.now() >= pausedUntil) {
      pauseMs = Math.min(Math.max(firstPauseMs, 2 * pauseMs), longestPauseMs);
      pausedUntil = clock.now() + pauseMs;
    }
    if (isNews) tell(error instanceof Error ? error.message : String(error));
  };
  const tell = (message: string): void =>
    emit['cache.degraded']?.({ call: noCall(clock) }, { message: redactText(message) });

  /**
   * Asks the store, unless it failed a moment ago; returns nothing if it fails.
   *
   * @param context The call that waits; without one, the store's time is limited all the same.
   */
  const ask = async <T>(work: () => T, context: CallContext | undefined): Promise<Awaited<T> | undefined> => {
    if (clock.now() < pausedUntil) return undefined;
    const before = failures;
    try {
      const answer = await withinCall((async () => await work())(), context ?? background, timeoutMs);
      if (answer === outOfTime) {
        // If the call's own time is up, this is not a failure of the store.
        const isLate = !context || remainingMs(context.call, context.settings.totalTimeout) > 0;
        if (isLate) failed(new Error(`no answer from the store within ${timeoutMs} ms`));
        return undefined;
      }
      if (failures === before && pauseMs > 0) {
        pauseMs = 0;
        emit['cache.recovered']?.({ call: noCall(clock) }, {});
      }
      return answer;
    } catch (error) {
      if (context?.signal.aborted) throw context.signal.reason;
      failed(error);
      return undefined;
    }
  };

  /** Makes the item of a key unreachable; until that has succeeded, this process does not serve the item. */
  const gone = async (key: string, work: () => unknown, context: CallContext | undefined): Promise<void> => {
    deleted.add(key);
    // Any answer of the store is a success: an item that did not exist is gone as well.
    const done = await ask(async () => [await work()], context);
    if (done) deleted.delete(key);
    else if (deleted.size > mostDeleted) deleted.delete(deleted.values().next().value as string);
  };

  const remove = (hash: string, context: CallContext | undefined): Promise<void> =>
    gone(hash, () => store.delete(hash), context);

  const background: WithinCall = {
    call: noCall(clock),
    settings: { totalTimeout: false },
    signal: new AbortController().signal,
    unref: true,
  };
  store.on?.('error', failed);
  return {
    async get(key, context) {
      const hash = hashedKey(key);
      if (deleted.has(hash)) {
        await remove(hash, context);
        return undefined;
      }
      const text = await ask(() => store.get(hash), context);
      if (text === undefined || text === null) return undefined;
      const expected: Expected = { key: hash, wallNow: clock.wallNow(), maxEntryBytes };
      const item = decode(text, expected, judge);
      if (item) return item;
      tell('an entry of the store cannot be read, and is deleted');
      await remove(hash, context);
      return undefined;
    },
    async set(key: string, item: Item, ttlMs: number) {
      const hash = hashedKey(key);
      const done = await ask(async () => {
        if ((await store.set(hash, encode(hash, item), Math.ceil(ttlMs))) === false)
          throw new Error('the store did not accept an entry');
        return true;
      }, undefined);
      if (done) deleted.delete(hash);
    },
    delete: (key, context) => remove(hashedKey(key), context),
    invalidate(key: string, mark: Resource, ttlMs: number, context?: CallContext) {
      const hash = hashedKey(key);
      return gone(hash, () => store.set(hash, encode(hash, { resource: mark }), Math.ceil(ttlMs)), context);
    },
    close: () => void store.off?.('error', failed),
  };
}

const mostDeleted = 1000;
