import {
  type CallContext,
  type Clock,
  type Emit,
  noCall,
  outOfTime,
  redactText,
  remainingMs,
  type WithinCall,
  withinCall,
} from '@holdfast/core';
import { decode, encode } from './item-json.ts';
import type { Judge } from './policy.ts';
import type { Item, ItemStore } from './store.ts';

/**
 * A store by Keyv's interface: a `Keyv` with any adapter, or whatever else has these methods. What it is given are
 * strings.
 */
export interface CacheStore {
  get(key: string): unknown;
  /** @param ttlMs The value is of no use after so many milliseconds. */
  set(key: string, value: string, ttlMs?: number): unknown;
  delete(key: string): unknown;
  /** Keyv tells here what it does not throw. */
  on?(event: 'error', listener: (error: unknown) => void): unknown;
  off?(event: 'error', listener: (error: unknown) => void): unknown;
}

export interface OuterStoreParts {
  readonly clock: Clock;
  readonly emit: Emit;
  readonly judge: Judge;
  /** So long a call waits for it, in milliseconds. */
  readonly timeoutMs: number;
}

/** After a failure it is left alone for so long, doubling up to the longest, so that calls don't each wait for it. */
const firstPauseMs = 1000;
const longestPauseMs = 30_000;

/**
 * A store that lies outside may be slow, hang, reject, forget, or give what nobody has put there. A cache is there to
 * make calls cheaper, so none of that may fail one, nor let it wait for long: it is told (`cache.degraded`), and the
 * call goes to the server.
 */
export function outerStore(store: CacheStore, { clock, emit, judge, timeoutMs }: OuterStoreParts): ItemStore {
  let failures = 0;
  let pauseMs = 0;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  /** What could not be deleted: it is not given any more, whatever the store says. */
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
   * Asks the store, unless it has failed a moment ago; gives nothing where it fails.
   *
   * @param context The call that waits; without one, the store has its time all the same.
   */
  const ask = async <T>(work: () => T, context: CallContext | undefined): Promise<Awaited<T> | undefined> => {
    if (clock.now() < pausedUntil) return undefined;
    const before = failures;
    try {
      const answer = await withinCall((async () => await work())(), context ?? nobody, timeoutMs);
      if (answer === outOfTime) {
        // Where the time is up that the call had left, the store is not to blame.
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

  const remove = async (key: string, context: CallContext | undefined): Promise<void> => {
    deleted.add(key);
    // An answer of any kind will do: what was not there is gone as well.
    const done = await ask(async () => [await store.delete(key)], context);
    if (done) deleted.delete(key);
    else if (deleted.size > mostDeleted) deleted.delete(deleted.values().next().value as string);
  };

  const nobody: WithinCall = {
    call: noCall(clock),
    settings: { totalTimeout: false },
    signal: new AbortController().signal,
    unref: true,
  };
  store.on?.('error', failed);
  return {
    async get(key, context) {
      if (deleted.has(key)) {
        await remove(key, context);
        return undefined;
      }
      const text = await ask(() => store.get(key), context);
      if (text === undefined || text === null) return undefined;
      const item = decode(text, judge);
      if (item) return item;
      tell('an entry of the store can not be read, and is deleted');
      await remove(key, context);
      return undefined;
    },
    async set(key: string, item: Item, ttlMs: number) {
      const done = await ask(async () => {
        if ((await store.set(key, encode(item), Math.ceil(ttlMs))) === false)
          throw new Error('the store did not take an entry');
        return true;
      }, undefined);
      if (done) deleted.delete(key);
    },
    delete: remove,
    close: () => void store.off?.('error', failed),
  };
}

const mostDeleted = 1000;
